/**
 * What is the cluster's and has lost the tags that say so, to a policy or to a company's tag tool: it is there and paid for, and no command
 * works on the rest as if it were not. Each says what it is and how the tags are put back, before its first write.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StopDocument } from "../../src/core/documents.ts";
import { type Tags, withoutTags } from "../../src/core/plan/tag-parts.ts";
import { addLock, byHand, everything, inGroup } from "./azure-hand.ts";
import { type Body, type TestAzure, ownAzure, testAzure } from "./world.ts";

let azure: TestAzure;

const NOT_MANAGED = (tags: Tags): Tags => withoutTags(tags, ["managed-by"]);
const REPLACED = (): Tags => ({ CostCenter: "4711" });

const MACHINE = inGroup("abc", "Microsoft.Compute/virtualMachines", "abc-coreos-1");
const BALANCER = inGroup("abc", "Microsoft.Network/loadBalancers", "abc-lb");
const claim = (): string => everything(azure).find((id) => id.includes("/abc-ip-")) ?? "";

const tagsOf = async (path: string): Promise<Tags> => (await byHand(azure, "GET", path)).body["tags"] as Tags;
async function retag(path: string, change: (tags: Tags) => Tags): Promise<void> {
  expect((await byHand(azure, "PATCH", path, { tags: change(await tagsOf(path)) })).status).toBeLessThan(300);
}

/** What `az tag update --operation merge` does, as a message says that it is to be typed. */
async function typed(stderr: string): Promise<void> {
  const [, id = "", tags = ""] =
    /az tag update --resource-id (\S+) --operation merge --tags ([^`]+)`/.exec(stderr.replaceAll(/\s+/g, " ")) ?? [];
  const back = Object.fromEntries(tags.split(" ").map((tag) => tag.split("=")));
  await retag(id.replace(/^\/subscriptions\/[^/]+/, ""), (now) => ({ ...now, ...back }));
}

const made = async (flags = ""): Promise<void> => {
  const { exit, stderr } = await azure.run(`abc --num-nodes 3 ${flags} --wait-for machines`);
  expect(exit, stderr).toBe(0);
};
const writes = (since: number): string[] =>
  azure.exchanges
    .slice(since)
    .filter(({ method, url }) => method !== "GET" && !/checkDns|permissions|register|SerialConsole|BootDiagnostics/i.test(url))
    .map(({ method, url }) => `${method} ${new URL(url).pathname}`);

/** Runs what is to be refused. @returns the text, in one line */
async function refused(argv: string, exit = 7): Promise<string> {
  const since = azure.exchanges.length;
  const ended = await azure.run(argv);
  expect({ exit: ended.exit, writes: writes(since) }, ended.stderr).toEqual({ exit, writes: [] });
  return ended.stderr.replaceAll(/\s+/g, " ");
}

const COMMANDS = [
  "abc --wait-for machines",
  "plan abc",
  "stop abc --yes",
  "start abc",
  "remove abc 1 --yes",
  "remove abc 2 --yes",
  "replace abc 1 --yes",
  "replace abc 2 --yes",
  "reboot abc",
  "reboot abc 1",
  "logs abc 1",
];

describe.each([
  [
    "lost managed-by",
    NOT_MANAGED,
    "managed-by is gone",
    "managed-by=azure-coreos-cluster",
    ["stop abc --yes", "remove abc 1 --yes"],
  ],
  [
    "has a company's tags instead of ours",
    REPLACED,
    "managed-by is gone, aoc-cluster is gone, aoc-id is gone",
    String.raw`managed-by=azure-coreos-cluster aoc-cluster=abc aoc-id=[0-9a-f]{8}`,
    COMMANDS,
  ],
])("a machine that %s", (_, change, lost, back, commands) => {
  beforeAll(async () => {
    azure = testAzure();
    await made();
    await retag(MACHINE, change);
  });
  afterAll(() => azure.close());

  test.each(commands)("%s says so and how they are put back, and writes nothing", async (argv) => {
    const said = await refused(argv);
    expect(said).toContain(`the tags of machine abc-coreos-1 were changed: ${lost} (/subscriptions/`);
    expect(said).toMatch(new RegExp(`az tag update --resource-id /\\S+/abc-coreos-1 --operation merge --tags ${back}\``));
    expect(said).not.toContain("Choose another name");
  });

  test("logs of the others are shown, and what is left out is said", async () => {
    const { exit, stdout, stderr } = await azure.run("logs abc");
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain("abc-coreos-2");
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(`Left out: the tags of machine abc-coreos-1 were changed: ${lost}`);
  });

  test("destroy, too, deletes nothing, and says how", async () => {
    const said = await refused("destroy abc --yes", 5);
    expect(said).toMatch(/interface of abc-coreos-1, by \S+\/virtualMachines\/abc-coreos-1/);
    expect(said).toMatch(
      /abc-coreos-1 --operation merge --tags managed-by=azure-coreos-cluster aoc-cluster=abc aoc-id=[0-9a-f]{8}`/,
    );
  });

  test("with what it says they are the cluster's again", async () => {
    await typed(await refused("stop abc --yes"));
    const { document } = await azure.json<StopDocument>("stop abc --yes");
    expect(document.stopped).toEqual(["abc-coreos-0", "abc-coreos-1", "abc-coreos-2"]);
  });
});

test("a machine of somebody else's that has a name beyond the claim's nodes stands in nobody's way", async () => {
  azure = ownAzure();
  await made("--resource-group shared");
  const one = await byHand(azure, "GET", inGroup("shared", "Microsoft.Compute/virtualMachines", "abc-coreos-1"));
  const state = azure.simulation.save();
  const entry = state.entries.find(({ id }) => id === one.body["id"])!;
  const id = entry.id.replace(/1$/, "7");
  azure = ownAzure({
    state: { ...state, entries: [...state.entries, { ...entry, id, resource: { ...entry.resource, id, tags: {} } }] },
  });
  expect((await azure.run("remove abc 7 --yes --resource-group shared")).stderr).toContain("abc-coreos-7 is not there");
  expect((await azure.run("stop abc --yes --resource-group shared")).exit).toBe(0);
});

test("an interface that somebody's machine holds is not removed: it was asked to go until the time was over", async () => {
  azure = ownAzure();
  await made();
  const path = everything(azure).find((id) => id.endsWith("/abc-coreos-1-nic")) ?? "";
  // as an earlier version left it: the machine was not known any more, and the claim was told that the node is gone
  await retag(MACHINE, REPLACED);
  await retag(claim(), (tags) => ({ ...tags, "aoc-nodes": "0,2", "aoc-members": tags["aoc-members"]!.replace(/,1=[^,]+/, "") }));
  const said = await refused("remove abc 1 --yes", 5);
  expect(said).toMatch(/interface of abc-coreos-1, by \S+\/virtualMachines\/abc-coreos-1/);
  expect(everything(azure)).toContain(path);
});

test("a load balancer that has lost them is refused before a node goes: afterwards its rule stayed; stop and start do not write it", async () => {
  azure = ownAzure();
  await made();
  await retag(BALANCER, REPLACED);
  expect((await azure.run("stop abc --yes")).exit).toBe(0);
  expect((await azure.run("start abc")).exit).toBe(0);
  for (const argv of ["abc --num-nodes 4 --wait-for machines", "replace abc 1 --yes", "remove abc 1 --yes"]) {
    const said = await refused(argv);
    expect(said).toContain("the tags of load balancer were changed: managed-by is gone");
    expect(said).not.toContain("Choose another name");
  }
  await typed(await refused("remove abc 1 --yes"));
  const { exit, stderr } = await azure.run("remove abc 1 --yes");
  expect(exit, stderr).toBe(0);
  const { properties } = (await byHand(azure, "GET", BALANCER)).body as Body;
  expect(properties.inboundNatRules.map(({ name }: Body) => name)).toEqual(["ssh-0", "ssh-2"]);
});

describe.each([
  ["in a group of its own", "", "abc", "/abc-ip-"],
  ["in a group of others", "--resource-group shared", "shared", "/abc-ip-"],
  ["of a private cluster", "--private", "abc", "/abc-nsg"],
])("a claim with a company's tags instead of ours, %s", (_, flags, group, part) => {
  beforeAll(async () => {
    azure = testAzure();
    await made(`${flags} --ttl 1s`);
    await retag(everything(azure).find((id) => id.includes(part)) ?? "", REPLACED);
  });
  afterAll(() => azure.close());

  test.each([
    "abc --wait-for machines",
    "plan abc",
    "status abc",
    "destroy abc --yes",
    "remove abc 0 --yes",
    "stop abc --yes",
    "logs abc",
  ])("%s says so and how they are put back, and writes nothing", async (argv) => {
    const said = await refused(`${argv} --resource-group ${group}`);
    expect(said).toMatch(/the tags of (public address|security group) were changed: managed-by is gone, .*, aoc-role is gone/);
    expect(said).toMatch(/--tags managed-by=azure-coreos-cluster aoc-cluster=abc aoc-id=[0-9a-f]{8} aoc-role=claim`/);
    expect(said).toMatch(/Without those only `azure-coreos-cluster destroy abc[^`]*` knows it again/);
  });

  test("gc deletes nothing of it", async () => {
    const since = azure.exchanges.length;
    await azure.run("gc --yes");
    expect(writes(since)).toEqual([]);
  });

  test("with what it says destroy leaves nothing, and not the address that is paid for", async () => {
    await typed(await refused(`destroy abc --yes --resource-group ${group}`));
    const { exit, stderr } = await azure.run(`destroy abc --yes --resource-group ${group}`);
    expect(exit, stderr).toBe(0);
    expect(everything(azure).filter((id) => id.includes("/abc-"))).toEqual([]);
  });
});

test.each<[string, string[], (tags: Tags) => Tags, string]>([
  [
    "with the security group's",
    ["/abc-nsg", "/abc-ip-"],
    REPLACED,
    "managed-by is gone, aoc-cluster is gone, aoc-id is gone, aoc-role is gone",
  ],
  ["aoc-role alone", ["/abc-ip-"], (tags) => withoutTags(tags, ["aoc-role"]), "aoc-role is gone"],
])("the tags of a claim, %s", async (_, parts, change, lost) => {
  azure = ownAzure();
  await made();
  for (const part of parts) await retag(everything(azure).find((id) => id.includes(part)) ?? "", change);
  expect(await refused("status abc")).toContain(`the tags of public address were changed: ${lost} (`);
});

test("list and gc tell of a public address that has lost its tags, and of what it was", async () => {
  azure = ownAzure();
  await made("--resource-group shared");
  await retag(claim(), REPLACED);
  for (const argv of ["list", "gc"])
    expect((await azure.run(argv)).stderr.replaceAll(/\s+/g, " ")).toContain(
      "abc is not known as it was: the tags of public address were changed: managed-by is gone",
    );
});

describe("a read-only lock on one machine", () => {
  beforeAll(async () => {
    azure = testAzure();
    await made();
    await addLock(azure, MACHINE, "keep", "ReadOnly");
  });
  afterAll(() => azure.close());

  test("stop is refused before the first machine is deallocated", async () => {
    const said = await refused("stop abc --yes", 5);
    expect(said).toMatch(/a lock forbids it: keep \(ReadOnly\) on \S+abc-coreos-1/);
    expect(said).toMatch(/Nothing was changed\. Remove the lock, .*`az lock delete --ids \S+\/locks\/keep`/);
  });

  test("start is refused before the first one is started", async () => {
    const lock = `${MACHINE}/providers/Microsoft.Authorization/locks/keep`;
    await byHand(azure, "DELETE", lock);
    expect((await azure.run("stop abc --yes")).exit).toBe(0);
    await addLock(azure, MACHINE, "keep", "ReadOnly");
    expect(await refused("start abc", 5)).toContain("a lock forbids it: keep (ReadOnly)");
  });
});

test.each([
  ["against deletion, on the group", "/resourceGroups/abc", "CanNotDelete"],
  ["on what is not touched", BALANCER, "ReadOnly"],
])("a lock %s keeps nobody from stopping and starting", async (_, scope, level) => {
  azure = ownAzure();
  await made();
  await addLock(azure, scope, "keep", level);
  expect((await azure.run("stop abc --yes")).exit).toBe(0);
  expect((await azure.run("start abc")).exit).toBe(0);
});
