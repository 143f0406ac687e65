/** Only tags prove: what is called like the cluster's, what hangs on its machines, and what somebody wrote into its tags. */
import { expect, test } from "vitest";
import type { SimulationOptions } from "../../src/sim/simulation.ts";
import { addGroup, byHand, deletes, everything, inGroup } from "./azure-hand.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";
import { compact, tagAFlag } from "../kept-tags.ts";
import { some } from "../long.ts";
import { type Body, START, type TestAzure, ownAzure } from "./world.ts";

const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000";
const DISK = {
  location: "westus",
  sku: { name: "Standard_LRS" },
  properties: { creationData: { createOption: "Empty" }, diskSizeGB: 4 },
};
const disk = (name: string, group = "alpha"): string => inGroup(group, "Microsoft.Compute/disks", name);
const machine = (index: number, group = "alpha"): string =>
  inGroup(group, "Microsoft.Compute/virtualMachines", `alpha-coreos-${index}`);

let clock: VirtualClock;

async function withAlpha(argv = "alpha --num-nodes 2", options: Partial<SimulationOptions> = {}): Promise<TestAzure> {
  clock = createVirtualClock(START);
  const azure = ownAzure({ clock, ...options });
  if (argv.includes("shared")) await addGroup(azure, "shared");
  const { exit, stderr } = await azure.run(`${argv} --wait-for machines`);
  expect(exit, stderr).toBe(0);
  return azure;
}

const claimOf = (azure: TestAzure): string => everything(azure).find((id) => /\/alpha-ip-[0-9a-f]{8}$/.test(id)) ?? "";
const tagsOf = async (azure: TestAzure, path: string): Promise<Record<string, string>> =>
  ((await byHand(azure, "GET", path)).body["tags"] ?? {}) as Record<string, string>;
const tag = async (azure: TestAzure, path: string, tags: Record<string, string>): Promise<void> => {
  expect((await byHand(azure, "PATCH", path, { tags: { ...(await tagsOf(azure, path)), ...tags } })).status).toBe(200);
};
/** The kept flags are changed as if each had a tag of its own. */
const tagClaim = async (azure: TestAzure, change: Record<string, string>): Promise<void> => {
  const claim = claimOf(azure);
  const tags = compact({ ...tagAFlag(await tagsOf(azure, claim)), ...change });
  expect((await byHand(azure, "PATCH", claim, { tags })).status).toBe(200);
};

/** Somebody hangs what is his on machine 0. */
async function hang(azure: TestAzure, name: string, deleteOption: "Delete" | "Detach"): Promise<void> {
  await byHand(azure, "PUT", disk(name), { ...DISK, tags: { owner: "payroll" } });
  await clock.sleep(60_000);
  const { body } = (await byHand(azure, "GET", machine(0))) as { body: Body };
  delete body.properties.osProfile;
  body.properties.storageProfile.dataDisks.push({
    lun: 7,
    createOption: "Attach",
    deleteOption,
    managedDisk: { id: `${SUBSCRIPTION}${disk(name)}` },
  });
  expect((await byHand(azure, "PUT", machine(0), body)).status).toBe(200);
  await clock.sleep(600_000);
}

test.each(some(["x|.*", "(", "(([a-z0-9-]+)+)+x", "../../secrets"], 0))(
  "a prefix %s in the claim's tags deletes nobody's disk, and stands in no way",
  async (prefix) => {
    const azure = await withAlpha("alpha --num-nodes 1");
    for (const name of ["alpha-coreos-77-data", "oracle-0-data"])
      await byHand(azure, "PUT", disk(name), { ...DISK, tags: { owner: "payroll", keep: "yes" } });
    await tagClaim(azure, { "aoc-vm-name-prefix": prefix });
    const created = await azure.run("alpha --wait-for machines");
    expect(
      {
        exit: created.exit,
        named: created.stderr.includes(
          "aoc-flags of the cluster's public address (security group, where it is private), which says what was chosen for it, is damaged in vm-name-prefix",
        ),
      },
      created.stderr,
    ).toEqual({
      exit: 7,
      named: true,
    });
    const { exit, stderr } = await azure.run("destroy alpha --yes");
    expect(exit, stderr).toBe(0);
    expect(everything(azure)).toEqual(["/resourceGroups/alpha", disk("alpha-coreos-77-data"), disk("oracle-0-data")]);
  },
);

const DAMAGED: [name: string, value: string, where?: string][] = [
  ["aoc-num-nodes", "1e9", "in num-nodes"],
  ["aoc-num-nodes", "NaN", "in num-nodes"],
  ["aoc-members", "0=10.0.0.4,0=10.0.0.5"],
  ["aoc-members", "0=10.0.0.999"],
  ["aoc-members", "__proto__=10.0.0.4"],
  ["aoc-id", "../../x"],
  ["aoc-etcd-ca", "a\nb"],
  ["aoc-vm-size", "Standard_D2s_v5\nHost *", "in vm-size"],
  ["aoc-ssh-from", "0.0.0.0/0; reboot", "in ssh-from"],
  ["aoc-availability-set", "../x", "in availability-set"],
  ["aoc-vnet-resource-group", "x", "is damaged: --vnet-resource-group goes with --virtual-network-name"],
  ["aoc-ssh-key-1", `ssh-rsa ${"A".repeat(248)}`],
];
// what is damage: core/read-tags.test.ts
test.each(some(DAMAGED, 0, 2, 5, -2, -1))(
  "a damaged tag %s (%j) is named with exit code 7, by create, status and remove; destroy needs none of it",
  async (name, value, where) => {
    const azure = await withAlpha();
    await tagClaim(azure, { [name]: value });
    for (const argv of ["alpha --num-nodes 3 --wait-for machines", "status alpha", "remove alpha 1 --yes"]) {
      const { exit, stderr } = await azure.run(argv);
      expect(exit, `${argv}\n${stderr}`).toBe(7);
      expect(stderr.replaceAll(/\s+/g, " ")).toContain(where ?? `the tag ${name}`);
    }
    expect((await azure.run("destroy alpha --yes")).exit).toBe(0);
    expect(everything(azure)).toEqual([]);
  },
);

test("a host key with more than a key in it gets into no file", async () => {
  const azure = await withAlpha();
  const before = await tagsOf(azure, machine(1));
  await tag(azure, machine(1), { "aoc-host-key": `${before["aoc-host-key"]}\n* ssh-ed25519 AAAA` });
  for (const argv of ["alpha --num-nodes 3 --wait-for machines", "status alpha"]) {
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(7);
    expect(stderr).toContain("aoc-host-key");
  }
});

test("a name in a tag that the tool never gives is no cluster: gc and list do not know it", async () => {
  const azure = await withAlpha("alpha --num-nodes 1 --ttl 300d");
  const tags = {
    "managed-by": "azure-coreos-cluster",
    "aoc-cluster": "../../x",
    "aoc-id": "01234567",
    "aoc-role": "claim",
    "aoc-expires": "2020-01-01T00:00:00Z",
  };
  await addGroup(azure, "victim", tags);
  await byHand(azure, "PUT", inGroup("victim", "Microsoft.Network/publicIPAddresses", "x-ip-01234567"), {
    location: "westus",
    sku: { name: "Standard" },
    properties: { publicIPAllocationMethod: "Static" },
    tags,
  });
  const before = everything(azure);
  expect((await azure.run("gc --yes")).stderr).toContain("No cluster has passed its time to live.");
  expect((await azure.run("list")).stdout).not.toContain("../");
  expect(everything(azure)).toEqual(before);
});

test("disks that Azure makes without tags are told whose they are, by the create that made them", async () => {
  const azure = await withAlpha("alpha --num-nodes 2 --data-disk", { limits: { diskTags: false } });
  const { "aoc-id": word } = await tagsOf(azure, claimOf(azure));
  for (const name of ["alpha-coreos-0-os", "alpha-coreos-0-data", "alpha-coreos-1-os", "alpha-coreos-1-data"])
    expect(await tagsOf(azure, disk(name)), name).toEqual({
      "managed-by": "azure-coreos-cluster",
      "aoc-cluster": "alpha",
      "aoc-id": word,
      "aoc-node": name.split("-")[2],
    });
});

test.each([
  ["are listed beside the last machines, and not after them", true, 1],
  ["are listed again where Azure makes them without tags, and tagged", false, 2],
])("disks of many machines %s", async (_, diskTags, lists) => {
  const azure = ownAzure({ seconds: {}, pace: 0.2, limits: { diskTags, cores: 1000, familyCores: 1000 } });
  const asked: string[] = [];
  const { exit, stderr } = await azure.run("alpha --num-nodes 50 --wait-for machines", {
    azure: (request) => {
      asked.push(`${request.method} ${request.url.replace(/\?.*/, "")}`);
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(0);
  const ofDisks = asked.flatMap((one, at) => (/^GET .*\/disks$/.test(one) ? [at] : []));
  expect(ofDisks).toHaveLength(lists);
  expect(ofDisks[0]).toBeLessThan(asked.findLastIndex((one) => one.includes("/virtualMachines")));
  for (const node of [0, 49])
    expect(await tagsOf(azure, disk(`alpha-coreos-${node}-os`))).toMatchObject({ "aoc-node": `${node}` });
});

test.each(["destroy alpha --yes --resource-group shared", "remove alpha 1 --yes --resource-group shared"])(
  "and before their machine goes: %s",
  async (argv) => {
    const azure = await withAlpha("alpha --num-nodes 2 --resource-group shared", { limits: { diskTags: false } });
    const name = disk("alpha-coreos-1-os", "shared");
    await byHand(azure, "PATCH", name, { tags: {} });
    let tagged: Record<string, string> | undefined;
    const { exit, stderr } = await azure.run(argv, {
      azure: async (request) => {
        if (request.method === "DELETE" && request.url.includes("alpha-coreos-1?")) tagged = await tagsOf(azure, name);
        return azure.simulation.handle(request);
      },
    });
    expect(exit, stderr).toBe(0);
    expect(tagged).toMatchObject({ "aoc-cluster": "alpha", "aoc-node": "1" });
  },
);

test("and in a later pass, where a list was behind", async () => {
  const azure = await withAlpha("alpha --num-nodes 2 --resource-group shared", { limits: { diskTags: false } });
  const name = disk("alpha-coreos-1-os", "shared");
  await byHand(azure, "PATCH", name, { tags: {} });
  let hidden = true;
  let tagged: Record<string, string> | undefined;
  const { exit, stderr } = await azure.run("destroy alpha --yes --resource-group shared", {
    azure: async (request) => {
      if (request.method === "DELETE" && request.url.includes("alpha-coreos-0?")) hidden = false;
      if (request.method === "DELETE" && request.url.includes("alpha-coreos-1?")) tagged = await tagsOf(azure, name);
      const answer = await azure.simulation.handle(request);
      if (!hidden || request.method !== "GET" || !/\/virtualMachines(\?|\/alpha-coreos-1\?)/.test(request.url)) return answer;
      if (request.url.includes("alpha-coreos-1?"))
        return { ...answer, status: 404, body: '{"error":{"code":"ResourceNotFound"}}' };
      const page = JSON.parse(answer.body ?? "{}") as { value: { name: string }[] };
      return { ...answer, body: JSON.stringify({ ...page, value: page.value.filter((one) => one.name !== "alpha-coreos-1") }) };
    },
  });
  expect(exit, stderr).toBe(0);
  expect(tagged).toMatchObject({ "aoc-cluster": "alpha", "aoc-node": "1" });
});

test("a user's own disk on a machine of ours, to be deleted with it, stops destroy and remove before anything is done", async () => {
  const azure = await withAlpha();
  await hang(azure, "alpha-coreos-0-data", "Delete");
  for (const argv of ["destroy alpha --yes", "remove alpha 0 --yes"]) {
    const before = everything(azure);
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(5);
    expect(stderr).toContain("/disks/alpha-coreos-0-data, on alpha-coreos-0");
    expect(stderr).toMatch(
      /az resource update --ids \S+alpha-coreos-0 --set 'properties\.storageProfile\.dataDisks\[0\]\.deleteOption=Detach'/,
    );
    expect(everything(azure)).toEqual(before);
    expect(deletes(azure)).toEqual([]);
  }
});

test("one that is only attached is let go, and kept as it was", async () => {
  const azure = await withAlpha();
  await hang(azure, "alpha-coreos-0-data", "Detach");
  const { exit, stderr } = await azure.run("destroy alpha --yes");
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/alpha", disk("alpha-coreos-0-data")]);
  expect(await tagsOf(azure, disk("alpha-coreos-0-data"))).toEqual({ owner: "payroll" });
});

test("a disk of a data disk's name that is not the cluster's is attached to no machine", async () => {
  const azure = await withAlpha("alpha --num-nodes 1 --data-disk");
  await byHand(azure, "PUT", disk("alpha-coreos-1-data"), { ...DISK, tags: { owner: "payroll" } });
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("alpha --num-nodes 2 --wait-for machines");
  expect({ exit, puts: azure.puts().size }, stderr).toEqual({ exit: 5, puts: 0 });
  expect(stderr).toContain("its tags do not say that it is alpha's");
});

test("of two clusters with machines of one name each counts its own", async () => {
  const azure = await withAlpha("alpha --vm-name-prefix b-coreos --num-nodes 2 --resource-group shared --availability-set a-as");
  const before = everything(azure);
  // alpha-b-coreos-0 is alpha's: the other cluster cannot have a machine of that name
  const other = await azure.run("alpha-b --num-nodes 1 --resource-group shared --availability-set b-as --wait-for machines");
  expect(other.exit, other.stderr).toBe(7);
  expect(other.stderr).toContain("belongs to the cluster alpha");
  expect(everything(azure)).toEqual(before);
  expect((await azure.run("destroy alpha-b --yes --resource-group shared")).stderr).toContain("Nothing of alpha-b is there");
  expect(everything(azure)).toEqual(before);
});

test("an address that bears an old creation's tags is no second claim, and stays", async () => {
  const azure = await withAlpha("alpha --num-nodes 1 --resource-group shared");
  const old = inGroup("shared", "Microsoft.Network/publicIPAddresses", "alpha-ip-deadbeef");
  await byHand(azure, "PUT", old, {
    location: "westus",
    sku: { name: "Standard" },
    properties: { publicIPAllocationMethod: "Static" },
    tags: { ...(await tagsOf(azure, claimOf(azure))), "aoc-id": "deadbeef" },
  });
  expect((await azure.run("alpha --num-nodes 2 --resource-group shared --wait-for machines")).exit).toBe(0);
  const { exit, document } = await azure.json<{ kept: { why: string }[] }>("destroy alpha --yes --resource-group shared");
  expect(exit).toBe(0);
  expect(document.kept.map(({ why }) => why)).toEqual(["it is of another creation of alpha (aoc-id deadbeef)"]);
  expect(everything(azure)).toEqual(["/resourceGroups/shared", old]);
});
