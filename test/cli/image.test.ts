/** Images of elsewhere, by other names, of other kinds and for other machines. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type RunOptions, type TestAzure, testAzure } from "./world.ts";

const OTHER = "99999999-9999-9999-9999-999999999999";
const VERSION = `/subscriptions/${OTHER}/resourceGroups/shared/providers/Microsoft.Compute/galleries/ours/images/flatcar/versions/1.2.3`;
const ARM = "kinvolk:flatcar-container-linux-corevm:stable";
const X64 = "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2";

function newAzure(): TestAzure {
  const azure = testAzure();
  onTestFinished(() => azure.close());
  return azure;
}

/** One in which another subscription answers in its own way, to what is asked there alone. */
function elsewhere(azure: TestAzure, answer: (path: string) => { status: number; body: object }) {
  const asked: string[] = [];
  const options: RunOptions = {
    azure: (request) => {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith(`/subscriptions/${OTHER}/`)) return azure.simulation.handle(request);
      asked.push(pathname);
      const { status, body } = answer(pathname);
      return Promise.resolve({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    },
  };
  return { asked, options };
}

const gallery = (properties: object) => (path: string) => ({
  status: 200,
  body: { id: path, name: "x", location: "eastus", properties: { provisioningState: "Succeeded", ...properties } },
});

test("a gallery version of another subscription is asked for there", async () => {
  const azure = newAzure();
  const { asked, options } = elsewhere(azure, gallery({ hyperVGeneration: "V2", architecture: "x64" }));
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 1 --dry-run --coreos-image ${VERSION}`, options);
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(asked).toEqual([VERSION, VERSION.replace("/versions/1.2.3", "")]);
  expect(stderr).not.toContain("Not checked");
});

test("the plan of a gallery's image that came from the Marketplace comes along with each machine: Azure refuses one without", async () => {
  const plan = { name: "standard", publisher: "kinvolk", product: "flatcar" };
  for (const [purchasePlan, sent] of [
    [plan, plan],
    [{ ...plan, product: "flatcar; reboot" }, undefined],
    [{ name: "standard" }, undefined],
  ]) {
    const azure = newAzure();
    const { options } = elsewhere(azure, gallery({ hyperVGeneration: "V2", architecture: "x64", purchasePlan }));
    const { exit, stderr } = await azure.run(`mycluster --num-nodes 1 --coreos-image ${VERSION}`, options);
    expect(exit, stderr).toBe(0);
    expect(azure.puts().get("virtualMachines/mycluster-coreos-0").plan).toEqual(sent);
  }
});

test("a gallery version that is not in the location, or no image for Linux nodes, is refused before the first write", async () => {
  const azure = newAzure();
  const { options } = elsewhere(azure, (path) =>
    gallery(
      path.includes("/versions/")
        ? { publishingProfile: { targetRegions: [{ name: "East US", regionalReplicaCount: 1 }] } }
        : { osType: "Windows", osState: "Specialized", hyperVGeneration: "V2", architecture: "x64" },
    )(path),
  );
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 1 --coreos-image ${VERSION}`, options);
  expect({ exit, stderr }).toMatchObject({ exit: 5 });
  expect(stderr).toContain("in eastus, not in westus");
  expect(stderr).toContain("the image is of Windows");
  expect(stderr).toContain("the image is specialized");
  expect(stderr).toContain(`mycluster --num-nodes 1 --coreos-image ${VERSION} --location eastus`);
});

test.each([
  [401, "InvalidAuthenticationTokenTenant"],
  [403, "AuthorizationFailed"],
  [404, "ResourceNotFound"],
  [404, "ResourceGroupNotFound"],
  [404, "SubscriptionNotFound"],
])("what is not seen there (%i %s) is not checked, and not missing", async (status, code) => {
  const azure = newAzure();
  const { options } = elsewhere(azure, () => ({ status, body: { error: { code, message: "no" } } }));
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 1 --dry-run --coreos-image ${VERSION}`, options);
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(stderr).toContain(`Not checked: the image, which is in the subscription ${OTHER}`);
});

test("in the cluster's own subscription what is not there is missing", async () => {
  const azure = newAzure();
  const id = VERSION.replace(OTHER, "00000000-0000-0000-0000-000000000000");
  const { exit, stderr } = await azure.run(`plan mycluster --coreos-image ${id}`);
  expect(exit).toBe(5);
  expect(stderr).toContain("is not there");
  expect(stderr).not.toContain("publisher kinvolk");
});

test.each([
  [{ architecture: "Arm64", hyperVGeneration: "V2" }, "Standard_D2s_v5 is x64; the image is Arm64"],
  [{ architecture: "x64", hyperVGeneration: "V1" }, "boots generation V2 only; the image is generation V1", "Standard_D2s_v6"],
])("an image that the size does not boot is refused: %j", async (properties, message, size = "Standard_D2s_v5") => {
  const azure = newAzure();
  const { options } = elsewhere(azure, gallery(properties));
  const { exit, stderr } = await azure.run(`mycluster --vm-size ${size} --coreos-image ${VERSION}`, options);
  expect([exit, stderr]).toEqual([5, expect.stringContaining(message)]);
  expect(azure.puts().size).toBe(0);
});

test("an ARM64 size takes Flatcar's ARM64 image by itself, and the cluster can grow on both", async () => {
  const azure = newAzure();
  const images = () => azure.json<{ nodes: unknown[] }>("status mycluster");
  const image = (node: number): string => {
    const { publisher, offer, sku } = azure.puts().get(`virtualMachines/mycluster-coreos-${node}`).properties
      .storageProfile.imageReference;
    return [publisher, offer, sku].join(":");
  };
  const first = await azure.run("mycluster --num-nodes 1 --wait-for machines --vm-size Standard_D2ps_v5");
  expect(first).toMatchObject({ exit: 0 });
  expect(first.stderr).toContain(`Standard_D2ps_v5 is Arm64: its machines run ${ARM}:`);
  expect(image(0)).toBe(ARM);
  expect(await azure.run("mycluster --num-nodes 2 --wait-for machines")).toMatchObject({ exit: 0 });
  expect(image(1)).toBe(ARM);
  expect(await azure.run("mycluster --num-nodes 3 --wait-for machines --vm-size Standard_D2s_v5")).toMatchObject({ exit: 0 });
  expect(image(2)).toBe(X64);
  expect((await images()).document.nodes).toHaveLength(3);
});

test("one that was named for other machines is refused before the first write, with the one that fits", async () => {
  const azure = newAzure();
  const { exit, stderr } = await azure.run(`mycluster --vm-size Standard_D2ps_v5 --coreos-image ${X64}:latest`);
  expect(exit).toBe(5);
  expect(stderr).toContain(`Give --coreos-image ${ARM}:latest`);
  expect(azure.puts().size).toBe(0);
});

test("the Azure CLI's word for Flatcar is taken, and said", async () => {
  const azure = newAzure();
  const { exit, stderr } = await azure.run("plan mycluster --coreos-image FlatcarLinuxFreeGen2");
  expect(exit).toBe(0);
  expect(stderr).toContain("the Azure CLI's word for kinvolk:flatcar-container-linux-free:stable-gen2:latest");
});

test.each([
  ["image.qcow2", "QFI\xfb\0\0\0\x03", "qemu-img convert -f qcow2 -O vpc -o subformat=fixed,force_size"],
  ["image.img", "", "qemu-img convert -f raw -O vpc -o subformat=fixed,force_size"],
  ["image.raw", "", "qemu-img convert -f raw"],
  ["image.img", "QFI\xfb\0\0\0\x03", "qemu-img convert -f qcow2"],
  ["image.vhdx", "vhdxfile", "qemu-img convert -f vhdx"],
  ["image.vmdk", "KDMV", "qemu-img convert -f vmdk"],
  ["image.vmdk", "# Disk DescriptorFile\n", "qemu-img convert -f vmdk"],
  ["image.vdi", "<<< Oracle VM VirtualBox Disk Image >>>", "qemu-img convert -f vdi"],
  ["image.vhd.bz2", "BZh9", "bunzip2"],
  ["image.vhd.gz", "\x1f\x8b\x08", "gunzip"],
  ["image.img.xz", "\xfd7zXZ\0", "unxz"],
  ["image.iso", "", "is an ISO image"],
  ["./disk", "QFI\xfb\0\0\0\x03", "qemu-img convert -f qcow2"],
])("%s beginning with %j gets the command that makes a fixed VHD of it", async (name, start, command) => {
  const azure = newAzure();
  const bytes = Buffer.alloc(4096);
  bytes.write(start, "latin1");
  writeFileSync(join(azure.dir, name), bytes);
  const { exit, stderr } = await azure.run(`plan mycluster --coreos-image ${name}`);
  expect([exit, stderr]).toEqual([2, expect.stringContaining(command)]);
});

test("such a command names the file, and writes to none that is there", async () => {
  const azure = newAzure();
  writeFileSync(join(azure.dir, "my image.qcow2"), Buffer.from("QFI\xfb".padEnd(4096, "\0"), "latin1"));
  writeFileSync(join(azure.dir, "my image.vhd"), "");
  const { stderr } = await azure.run(["plan", "mycluster", "--coreos-image", "my image.qcow2"]);
  expect(stderr).toMatch(/force_size '\S*my image\.qcow2' '\S*my image-2\.vhd'/);
});
