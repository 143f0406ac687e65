/** `--platform ubuntu` and `debian`, and clusters without etcd, through the whole command over the simulation: what Azure is sent, what is kept, what is refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { beforeEach, describe, expect, test } from "vitest";
import type { StatusDocument } from "../../src/core/documents.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const done = async (argv: string, exit = 0): Promise<string> => {
  const result = await azure.run(argv);
  expect(result.exit, `${argv}\n${result.stderr}`).toBe(exit);
  return result.stderr;
};
const machine = (index = 0): Body => azure.puts().get(`virtualMachines/mycluster-coreos-${index}`);
function imageOf({ properties }: Body): string {
  const { publisher, offer, sku, version } = properties.storageProfile.imageReference;
  return [publisher, offer, sku, version].join(":");
}
const userData = (index = 0): string => Buffer.from(machine(index).properties.osProfile.customData ?? "", "base64").toString();
const probes = (): unknown[] =>
  azure
    .puts()
    .get([...azure.puts().keys()].find((name) => name.startsWith("loadBalancers/")) ?? "")
    .properties.probes.map(({ properties }: Body) => [properties.port, properties.protocol, properties.requestPath]);

describe.each([
  ["ubuntu", "Canonical:ubuntu-24_04-lts:server:24.04.202511050", "Canonical:ubuntu-24_04-lts:server-arm64:24.04.202511050"],
  ["debian", "Debian:debian-13:13-gen2:0.20260914.2601", "Debian:debian-13:13-arm64:0.20260914.2601"],
])("--platform %s", (platform, x64, arm64) => {
  test("its own image, pinned; etcd with TLS and user-data for cloud-init; the rest as ever; a rerun keeps it, and no other fits", async () => {
    await done(`mycluster --num-nodes 4 --platform ${platform}`);
    expect(imageOf(machine())).toBe(x64);
    expect(machine().properties.osProfile.adminUsername).toBe("core");
    const config = load(userData()) as Record<string, unknown>;
    expect(Object.keys(config)).not.toContain("coreos");
    expect(config["packages"]).toEqual(["etcd-server", "etcd-client", "chrony"]);
    expect(userData()).toContain("ETCD_CLIENT_CERT_AUTH=true");
    expect(userData(3)).toContain("gateway start");
    const { document } = await azure.json<StatusDocument>("status mycluster");
    expect(document.etcd).toMatchObject({ mode: "static", members: [0, 1, 2].map((index) => `mycluster-coreos-${index}`) });

    expect(await done("mycluster --num-nodes 5 --platform flatcar", 7)).toContain(
      `the cluster was made with --platform ${platform}; that cannot change to flatcar`,
    );
    // the image is the platform's that the cluster has
    await done(`mycluster --num-nodes 5 --coreos-image ${x64}`);
    expect(userData(4)).toContain("etcd-gateway.service");
    expect(machine(4).properties.storageProfile.imageReference).toEqual(machine().properties.storageProfile.imageReference);
  });

  test("Arm64 machines get the image for theirs", async () => {
    await done(`mycluster --num-nodes 1 --platform ${platform} --vm-size Standard_D2ps_v5`);
    expect(imageOf(machine())).toBe(arm64);
  });

  test("--deis: three endpoints by TCP, machines that can carry it, no etcd beside the one of k3s", async () => {
    // Deis wanted three, and its heir begins with one
    const said = await done(`mycluster --deis --num-nodes 2 --platform ${platform}`);
    expect(said).toMatch(/machines are Standard_D4s_v5 \(4 vCPUs and 16 GiB.*--vm-size chooses others/);
    expect(machine().properties.hardwareProfile.vmSize).toBe("Standard_D4s_v5");
    expect(probes()).toEqual([80, 443, 2222].map((port) => [port, "Tcp", undefined]));
    expect(userData()).not.toContain("etcd");
    expect(said).not.toContain("majority");
    // the size is the cluster's from then on, and one that is given goes before
    await done("mycluster --num-nodes 4 --vm-size Standard_D8s_v5");
    expect(machine(3).properties.hardwareProfile.vmSize).toBe("Standard_D8s_v5");
  });
});

test("on Flatcar --deis keeps its health check, its size and its etcd", async () => {
  await done("mycluster --deis");
  expect(probes()).toEqual([
    [80, "Http", "/health-check"],
    [443, "Tcp", undefined],
    [2222, "Tcp", undefined],
  ]);
  expect(machine().properties.hardwareProfile.vmSize).toBe("Standard_D2s_v5");
  expect(userData()).toContain("ETCD_INITIAL_CLUSTER=");
});

describe("--etcd-members 0", () => {
  test("everything that a cluster lives through", async () => {
    const made = await azure.json("mycluster --num-nodes 2 --etcd-members 0");
    expect({ exit: made.exit, etcd: made.document.etcd }, made.stderr).toEqual({ exit: 0, etcd: { mode: "none", members: [] } });
    expect(userData()).not.toContain("etcd");
    const again = await azure.json("mycluster --num-nodes 3");
    expect({ exit: again.exit, etcd: again.document.etcd }).toEqual({ exit: 0, etcd: { mode: "none", members: [] } });
    expect(userData(2)).not.toContain("etcd");
    for (const argv of [
      "status mycluster",
      "reboot mycluster",
      "replace mycluster 1 --yes",
      "stop mycluster --yes",
      "start mycluster",
    ])
      await done(argv);
    await done("remove mycluster 2 --yes");
    expect((await azure.run("status mycluster")).stdout).toContain("etcd: none");
    expect(await done("mycluster --etcd-members 1", 7)).toContain("made with --etcd-members 0; that cannot change to 1");
    await done("export mycluster --num-nodes 2 --etcd-members 0 --format arm");
    await done("destroy mycluster --yes");
  });
});

test("a cluster with etcd does not lose it by a flag", async () => {
  await done("mycluster --platform debian");
  // what it has may be said; of one that is not there it is refused
  const said = (await done("mycluster --num-nodes 5 --deis --etcd-members 3")).replaceAll(/\s+/g, " ");
  expect(said).toContain("this cluster keeps its etcd: k3s, which");
  // what is advised leads where it says: platform install takes no cluster with an etcd
  expect(said).not.toMatch(/Two commands|platform install/);
  expect(said).toMatch(/create NAME --deis --platform debian.*create NAME --deis --platform debian/);
  expect(userData(4)).toContain("gateway start");
  expect(await done("another --platform debian --deis --etcd-members 3", 2)).toContain("k3s, which Drycc Workflow brings along");
  await done("remove mycluster 3-4 --yes");
  expect(await done("mycluster --etcd-members 0", 7)).toContain("made with --etcd-members 3; that cannot change to 0");
});

test.each([
  ["--platform ubuntu --etcd-version 3.5.30", "etcd comes from the system's own packages"],
  ["--platform coreos --coreos-image a:b:c:d --etcd-members 0", "fleet, which starts Deis' parts"],
  ["--etcd-members 0 --wait-for etcd", "there is to be no etcd"],
  ["--etcd-members 0 --etcd-plain", "--etcd-plain is about etcd"],
  ["--etcd-members 0 --discovery-service-url http://127.0.0.1:1/x", "--discovery-service-url is about etcd"],
])("refused before anything is asked: %s", async (flags, why) => {
  expect(await done(`mycluster ${flags}`, 2)).toContain(why);
  expect(azure.exchanges).toEqual([]);
});

test("one's own file is checked as cloud-init reads it, by lint and by create", async () => {
  writeFileSync(join(azure.dir, "mine.yaml"), "#cloud-config\npackages: [curl]\nruncmd: [[ls, 1]]\nhostnam: a\n");
  const { exit, stdout } = await azure.run("lint mine.yaml --platform debian");
  expect({ exit, lines: stdout.split("\n").filter((line) => line.startsWith("mine")) }).toEqual({
    exit: 1,
    lines: [
      "mine.yaml:3: warning: runcmd[0][1] is a number, and cloud-init wants text",
      'mine.yaml:4: error: unknown key "hostnam": cloud-init ignores it',
    ],
  });
  expect(await done("mycluster --platform debian --custom-data mine.yaml", 5)).toContain("Did you mean hostname?");
  writeFileSync(join(azure.dir, "mine.yaml"), "#cloud-config\npackages: [curl]\nhostname: {1}\n");
  await done("mycluster --platform debian --custom-data mine.yaml");
  expect(userData()).toBe("#cloud-config\npackages: [curl]\nhostname: mycluster-coreos-0\n");
});

test.each([
  ["--platform debian --deis --data-disk", true],
  ["--platform debian --deis --data-disk --data-disk-mount /var/lib/docker", false],
  ["--platform debian --data-disk", false],
  ["--platform flatcar --deis --data-disk", false],
])("who makes a cluster for k3s hears where its data disk is mounted: %s", async (flags, said) => {
  expect((await done(`plan mycluster ${flags}`)).includes("--data-disk-mount /var/lib/rancher gives it the disk")).toBe(said);
});

test.each([
  ["--data-disk-size 200 --data-disk-mount /srv", "--data-disk-size and --data-disk-mount: without effect", true],
  ["--data-disk-size 200 --data-disk", "without effect", false],
  ["--blob-container-url https://account.blob.core.windows.net/images", "--blob-container-url: without effect", true],
])("what is typed for nothing is named: %s", async (flags, words, said) => {
  expect((await done(`plan mycluster ${flags}`)).includes(words)).toBe(said);
});

test("a rehearsal of the platform takes a domain of one's own, and says that nobody asked for its record", async () => {
  await done("mycluster --deis --platform ubuntu --wait-for machines");
  expect(await done("platform install mycluster --domain apps.example.com")).toContain(
    "nobody asked whether *.apps.example.com leads to the cluster",
  );
  expect(await done("platform install mycluster")).toContain("is a platform already, at apps.example.com");
  expect((await azure.run("platform status mycluster")).stdout).toContain("platform at apps.example.com: healthy");
});

test("a platform whose first node somebody deleted can be left, and is none then", async () => {
  await done("mycluster --deis --platform ubuntu --wait-for machines");
  await done("platform install mycluster");
  await byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-0"));
  await azure.pass(120_000);
  const lost = await azure.run("platform status mycluster");
  expect(lost.stderr).toContain("the platform's first node, 0, is not there any more");
  expect(lost.stderr).toContain("Uninstall the platform");
  expect(await done("platform uninstall mycluster --yes")).toContain("mycluster-coreos-1");
  expect((await azure.run("platform status mycluster")).stderr).toContain("(NoPlatform)");
});
