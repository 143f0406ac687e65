/** `--tag`: on everything, kept, changed, taken away, and refused in time; tags of others beside them stay (foreign-tags.test.ts). */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { PlanDocument, StatusDocument } from "../../src/core/documents.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addGroup, byHand } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

const SUBSCRIPTION = /^\/subscriptions\/[^/]+/;
const CREATE = "abc --num-nodes 2 --etcd-plain --pip --data-disk --affinity-group near --wait-for machines";
const KINDS =
  "availabilitySets disks loadBalancers networkInterfaces networkSecurityGroups proximityPlacementGroups publicIPAddresses resourceGroups sshPublicKeys virtualMachines virtualNetworks";

let azure: TestAzure;
beforeEach(() => void (azure = ownAzure()));

/** Everything that has tags, by type. */
const tagged = (): Body[] =>
  azure.simulation.save().entries.flatMap(({ resource }) => (resource["tags"] === undefined ? [] : [resource]));
const writes = (since = 0): string[] =>
  azure.exchanges.slice(since).flatMap(({ method, url }) => (method === "GET" || method === "HEAD" ? [] : [`${method} ${url}`]));

/** The user's tags of everything: what one resource has, and that it is the same on all. */
function userTags(): Record<string, string> {
  const all = tagged().map(({ tags }) =>
    Object.fromEntries(Object.entries(tags as Record<string, string>).filter(([name]) => !/^(aoc-|managed-by$)/.test(name))),
  );
  for (const one of all) expect(one).toEqual(all[0]);
  return all[0] ?? {};
}

async function run(argv: string | readonly string[], env?: Record<string, string>): Promise<string> {
  const { exit, stderr } = await azure.run(argv, env === undefined ? undefined : { env });
  expect(exit, stderr).toBe(0);
  return stderr;
}

test("everything carries them, and a change of them reaches everything, disks too", async () => {
  await run([...CREATE.split(" "), "--tag", "CostCenter=4711", "--tag", "Owner=the team, all of it; 100%"]);
  expect([...new Set(tagged().map(({ type }) => type.split("/").at(-1)))].toSorted((a, b) => (a < b ? -1 : 1)).join(" ")).toBe(
    KINDS,
  );
  expect(userTags()).toEqual({ CostCenter: "4711", Owner: "the team, all of it; 100%" });
  const made = azure.exchanges.length;
  // nothing new, and what is given is what it has
  await run("abc --wait-for machines");
  await run("abc --tag CostCenter=4711 --wait-for machines");
  expect(writes(made)).toEqual([]);
  // a name is one whatever its case
  await run("abc --tag COSTCENTER=4712 --tag Owner- --tag Empty= --wait-for machines");
  expect(userTags()).toEqual({ COSTCENTER: "4712", Empty: "" });
  expect(writes(made).filter((one) => /^(PUT|DELETE).*\/(virtualMachines|networkInterfaces|disks)\//.test(one))).toEqual([]);
  await run("abc --num-nodes 3 --wait-for machines");
  expect(userTags()).toEqual({ COSTCENTER: "4712", Empty: "" });
  for (const argv of ["remove abc 2 --yes", "stop abc --yes", "start abc"]) {
    await run(argv);
    expect(userTags()).toEqual({ COSTCENTER: "4712", Empty: "" });
  }
  await run("abc --tag COSTCENTER- --tag Empty- --wait-for machines");
  expect(userTags()).toEqual({});
  expect(tagged().some(({ tags }) => "aoc-tags" in tags)).toBe(false);
  const done = azure.exchanges.length;
  await run("abc --wait-for machines");
  expect(writes(done)).toEqual([]);
  await run("destroy abc --yes");
  expect(tagged()).toEqual([]);
});

test("an existing group that is not ours gets none, and what is in it does", async () => {
  await addGroup(azure, "shared", { CostCenter: "1" });
  await run("abc --resource-group shared --num-nodes 1 --tag CostCenter=2 --wait-for machines");
  const [group] = tagged().filter(({ type }) => type.endsWith("resourceGroups"));
  expect(group.tags).toEqual({ CostCenter: "1" });
  for (const { type, tags } of tagged()) if (type !== group.type) expect(tags.CostCenter, type).toBe("2");
});

const BROKEN_OFF = [
  ["before the claim has it, is undone", 1, { CostCenter: "4711", Owner: "me" }],
  ["half way, is finished", 5, { CostCenter: "5" }],
  ["before the machines' disks, is finished", 11, { CostCenter: "5" }],
] as const;
test.each(some(BROKEN_OFF, 0, 1))(
  "a change that breaks off %s by the next run, which is told nothing of it",
  async (_, last, wanted) => {
    await run(`${CREATE} --tag CostCenter=4711 --tag Owner=me`);
    let count = 0;
    await azure.run("abc --tag CostCenter=5 --tag Owner- --wait-for machines", {
      azure: (request) => {
        if (request.method !== "GET" && ++count > last) throw Object.assign(new Error("killed"), { name: "AbortError" });
        return azure.simulation.handle(request);
      },
      env: {},
    });
    await run("abc --wait-for machines");
    expect(userTags()).toEqual(wanted);
  },
);

test("the configuration file holds them as a map, as they were typed, or as a list; a variable one a line", async () => {
  const file = join(azure.dir, "c.yaml");
  writeFileSync(file, "num-nodes: 1\ntag:\n  CostCenter: 0042\n  Until: 2026-12-31\n  Prod: yes\n  Owner: 'a: b'\n");
  await run(`abc --config ${file} --wait-for machines`);
  expect(userTags()).toEqual({ CostCenter: "0042", Until: "2026-12-31", Prod: "yes", Owner: "a: b" });
  writeFileSync(file, "tag:\n  CostCenter: '7'\n  Until:\n");
  await run(`abc --config ${file} --wait-for machines`);
  expect(userTags()).toEqual({ CostCenter: "7", Prod: "yes", Owner: "a: b" });
  writeFileSync(file, "tag: [Prod-, Owner-]\n");
  await run(`abc --config ${file} --wait-for machines`);
  await run("abc --wait-for machines", { AZURE_COREOS_CLUSTER_TAG: "A=1\nB=2=3\n" });
  expect(userTags()).toEqual({ CostCenter: "7", A: "1", B: "2=3" });
});

test("a cluster without a public address carries and changes them too", async () => {
  await run("abc --num-nodes 1 --private --wait-for machines --tag A=1");
  expect(userTags()).toEqual({ A: "1" });
  await run("abc --wait-for machines --tag A=2");
  expect(userTags()).toEqual({ A: "2" });
});

test("two runs that give different tags at once lose none of them", async () => {
  await run(`${CREATE} --tag A=1`);
  await Promise.all([run("abc --tag B=2 --wait-for machines"), run("abc --tag C=3 --wait-for machines")]);
  await run("abc --wait-for machines");
  expect(userTags()).toEqual({ A: "1", B: "2", C: "3" });
});

test("plan, its document and both exports show them; nothing is written", async () => {
  const flags = "abc --num-nodes 1 --tag CostCenter=4711 --tag Owner=me";
  expect(await run(`plan ${flags}`)).toContain("tags CostCenter=4711, Owner=me");
  const { document } = await azure.json<PlanDocument>(`plan ${flags}`);
  expect(document.tags).toEqual({ CostCenter: "4711", Owner: "me" });
  for (const format of ["arm", "terraform"]) {
    const { stdout, exit } = await azure.run(`export ${flags} --format ${format}`);
    expect(exit).toBe(0);
    expect(stdout.match(/"CostCenter": "4711"/g)?.length).toBeGreaterThan(7);
  }
  expect(writes()).toEqual([]);
  await run(`${CREATE} --tag CostCenter=4711 --tag Owner=me`);
  const change = "plan abc --tag CostCenter=5 --tag Owner- --tag New=1";
  expect((await run(change)).replaceAll(/\s+/g, " ")).toContain(
    "load balancer: ~ tag CostCenter: 4711 -> 5; + tag New=1; - tag Owner",
  );
});

test("a tag that is lost is drift, and put back; one of somebody else's is none", async () => {
  await run(`${CREATE} --tag CostCenter=4711 --tag Owner=me`);
  const drift = async (): Promise<string[]> =>
    (await azure.json<StatusDocument>("status abc")).document.drift.map(({ kind, message }) => `${kind}: ${message}`);
  expect(await drift()).toEqual([]);
  for (const { id, type, tags } of tagged()) {
    const { Owner: _, ...rest } = tags;
    const changed = type.endsWith("virtualMachines") ? { ...rest, Theirs: "x" } : { ...tags, Theirs: "x" };
    const lost = /resourceGroups$|-0-data$/.test(type.endsWith("disks") ? id : type);
    const other = lost ? { ...changed, CostCenter: "9" } : changed;
    expect((await byHand(azure, "PATCH", id.replace(SUBSCRIPTION, ""), { tags: other })).status).toBe(200);
  }
  expect((await drift()).sort()).toEqual([
    "tag: the tag CostCenter=4711 is not on the resource group abc (there it is 9), the disk abc-coreos-0-data (there it is 9): the next create puts it back",
    "tag: the tag Owner=me is not on abc-coreos-0, abc-coreos-1: the next create puts it back",
  ]);
  await run("abc --wait-for machines");
  expect(await drift()).toEqual([]);
  expect(userTags()).toEqual({ CostCenter: "4711", Owner: "me", Theirs: "x" });
});

test.each([
  ["Owner", "Write KEY=VALUE"],
  ["=x", "no name of a tag"],
  ["-", "no name of a tag"],
  [" a=x", "without a blank before or after KEY"],
  ["aoc-id=deadbeef", "the tool's own"],
  ["AOC-x=1", "the tool's own"],
  ["Managed-By=me", "the tool's own"],
  ["microsoftX=1", "begins with microsoft"],
  ["Azure=1", "begins with Azure"],
  ["windows-x-", "begins with windows"],
  ["a/b=1", "no name of a tag"],
  ["a?=1", "no name of a tag"],
  ["a\u0007=1", "no name of a tag"],
  [`${"a".repeat(513)}=1`, "has 513 characters"],
  [`a=${"b".repeat(257)}`, "has 257 characters"],
  ["a=b\tc", "cannot be printed"],
])("--tag %j is refused before anything is asked", async (tag, said) => {
  const { exit, stderr } = await azure.run(["abc", "--tag", tag]);
  expect({ exit, asked: azure.exchanges.length }, stderr).toEqual({ exit: 2, asked: 0 });
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(said);
});

test.each([
  ["a name twice", ["--tag", "a=1", "--tag", "A=2"], "names A twice"],
  ["more than Azure takes", Array.from({ length: 45 }, (_, at) => ["--tag", `t${at}=1`]).flat(), "tags are too many"],
  [
    "a name that a storage account does not take",
    ["--coreos-image", "x.vhd", "--tag", `${"n".repeat(129)}=1`],
    "has 129 characters",
  ],
])("%s: exit 2, nothing written", async (_, flags, said) => {
  const { exit, stderr } = await azure.run(["abc", "--num-nodes", "1", ...flags]);
  expect({ exit, written: writes() }, stderr).toEqual({ exit: 2, written: [] });
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(said);
});

test.each([
  ["short", Array.from({ length: 60 }, (_, at) => `t${at}=1`)],
  ["long", Array.from({ length: 45 }, (_, at) => `tag-${at}=${"v".repeat(240)}`)],
  ["both", Array.from({ length: 48 }, (_, at) => `tag-${at}=${"v".repeat(at * 5)}`)],
])("of too many %s tags so many are to be left out as do not fit, and no more", async (_, tags) => {
  const plan = (texts: readonly string[]) =>
    ownAzure().run(["plan", "abc", "--num-nodes", "1", ...texts.flatMap((text) => ["--tag", text])]);
  const longestFirst = [...tags].sort((a, b) => b.length - a.length);
  const { exit, stderr } = await plan(tags);
  const out = Number(/Leave out (\d+) of the longest/.exec(stderr)?.[1]);
  expect([exit, (await plan(longestFirst.slice(out))).exit, (await plan(longestFirst.slice(out - 1))).exit]).toEqual([2, 0, 2]);
});

test("twenty-five tags of a company's beside ours have room, kept and given back", async () => {
  const flags = Array.from({ length: 25 }, (_, at) => `--tag company-tag-${at}=a-value-of-some-length-${at}`).join(" ");
  await run(`abc --data-disk --deis --num-nodes 3 --wait-for machines ${flags}`);
  for (const { tags, id } of tagged()) expect(Object.keys(tags).length, id).toBeLessThanOrEqual(46);
  await run("abc --tag company-tag-0- --wait-for machines");
  expect(Object.keys(userTags())).toHaveLength(24);
});

test("others' tags and ours together are too many: exit 5, named, nothing written; a destroy finds room all the same", async () => {
  await run("abc --num-nodes 1 --ttl 1h --wait-for machines");
  const [claim] = tagged().filter(({ tags }) => tags["aoc-role"] === "claim");
  const free = 50 - Object.keys(claim.tags).length;
  const theirs = Object.fromEntries(Array.from({ length: free }, (_, at) => [`their-${at}`, "x"]));
  await byHand(azure, "PATCH", claim.id.replace(SUBSCRIPTION, ""), { tags: { ...claim.tags, ...theirs } });
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run("abc --tag A=1 --wait-for machines");
  expect({ exit, written: writes(since) }, stderr).toEqual({ exit: 5, written: [] });
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(
    /the public address would have 5\d tags: 1\d of the tool's own, 1 by --tag, 3\d that others put there/,
  );
  await run("destroy abc --yes");
  expect(tagged()).toEqual([]);
});

const DEMANDED = [
  ["everything", "any:tag=CostCenter"],
  ["groups", "group:tag=CostCenter"],
] as const;
test.each(some(DEMANDED, 1))(
  "a policy demands a tag on %s: the advice has it, and with it the cluster is made",
  async (_, fault) => {
    azure = ownAzure({ faults: [parseFault(fault)] });
    const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines");
    expect(exit).toBe(4);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("`azure-coreos-cluster abc --num-nodes 1 --tag CostCenter=VALUE`");
    expect(tagged()).toEqual([]);
    await run("abc --num-nodes 1 --tag CostCenter=4711 --wait-for machines");
    await run("abc --num-nodes 2 --wait-for machines");
    await run("remove abc 1 --yes");
    await run("destroy abc --yes");
  },
);
