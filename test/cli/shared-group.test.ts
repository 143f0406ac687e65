/** Several clusters in one group that somebody else made, and that group's locks: each is made, grows, shrinks and goes, and no other one notices. */
import { beforeEach, expect, test } from "vitest";
import { addGroup, addLock, byHand, everything, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(async () => {
  azure = ownAzure();
  await addGroup(azure, "shared", { owner: "platform" });
});

const MADE = "--resource-group shared --num-nodes 1 --etcd-plain --pip --data-disk --wait-for machines";

async function run(argv: string): Promise<string> {
  const { exit, stderr } = await azure.run(argv);
  expect(exit, `${argv}\n${stderr}`).toBe(0);
  return stderr;
}

/** What there is of a cluster, by its tags, with all that Azure says of it. */
const stateOf = (name: string): Body[] =>
  azure.simulation.save().entries.flatMap(({ resource }) => {
    const { "aoc-cluster": cluster } = (resource["tags"] ?? {}) as Record<string, string>;
    return cluster === name ? [resource] : [];
  });
const writes = (since: number): string[] =>
  azure.exchanges
    .slice(since)
    .flatMap(({ method, url, headers }: Body) =>
      ["GET", "HEAD"].includes(method) || headers?.authorization === "Bearer by hand"
        ? []
        : [`${method} ${new URL(url).pathname}`],
    );

/** Names that begin like one another, that are the default set's, and whose machines' names look alike. */
const ALIKE = [
  ["abc", "abc-coreos-0"],
  ["coreos", "coreos-as"],
  ["abc", "abc-coreos"],
  ["abc-as", "abc"],
] as const;
test.each(some(ALIKE, 0))("%s and %s are made at the same time in one group, and each goes alone", async (one, other) => {
  await Promise.all([run(`${one} ${MADE}`), run(`${other} ${MADE}`)]);
  const [first, second] = [stateOf(one), stateOf(other)];
  const types = (all: readonly Body[]): string =>
    all
      .map(({ type }) => type as string)
      .toSorted()
      .join(" ");
  expect(types(first)).toBe(types(second));
  expect(first.length).toBeGreaterThan(9);
  // growth and removal of one, then its end
  await run(`${one} ${MADE.replace("--num-nodes 1", "--num-nodes 2")}`);
  await run(`remove ${one} 1 --resource-group shared --yes`);
  expect(stateOf(other)).toEqual(second);
  await run(`destroy ${one} --resource-group shared --yes`);
  expect(stateOf(one)).toEqual([]);
  expect(stateOf(other)).toEqual(second);
  await run(`destroy ${other} --resource-group shared --yes`);
  expect(everything(azure)).toEqual(["/resourceGroups/shared"]);
  const [group] = azure.simulation.save().entries;
  expect(group?.resource["tags"]).toEqual({ owner: "platform" });
});

test("a cluster in a group that is named like it keeps the old set's name; a second one beside it has its own", async () => {
  await run("abc --num-nodes 1 --etcd-plain --wait-for machines");
  await run("xyz --resource-group abc --num-nodes 1 --etcd-plain --wait-for machines");
  expect(
    everything(azure)
      .filter((id) => id.includes("availabilitySets"))
      .map((id) => id.split("/").at(-1)),
  ).toEqual(["coreos-as", "xyz-as"]);
});

test("a group that the tool made for the first of two: the last destroy names it, empty as it is", async () => {
  const two = MADE.replace("shared", "pool");
  await run(`abc ${two}`);
  await run(`xyz ${two}`);
  expect(await run("destroy abc --resource-group pool --yes")).toContain(
    "The resource group pool stays, for others have resources in it",
  );
  const last = await run("destroy xyz --resource-group pool --yes");
  expect(last.replaceAll(/\s+/g, " ")).toContain("The resource group pool is empty now, and stays");
  expect(last).toContain("az group delete --name pool");
  expect(everything(azure)).toEqual(["/resourceGroups/pool", "/resourceGroups/shared"]);
});

test("a set of somebody else's is in the way of no name", async () => {
  const set = { location: "westus", sku: { name: "Aligned" }, properties: { platformFaultDomainCount: 2 }, tags: { owner: "x" } };
  for (const name of ["coreos-as", "ABC-AS"])
    await byHand(azure, "PUT", inGroup("shared", "Microsoft.Compute/availabilitySets", name), set);
  await run(`abc ${MADE}`);
  expect(everything(azure).some((id) => id.endsWith("/availabilitySets/abc-nodes-as"))).toBe(true);
  await run("destroy abc --resource-group shared --yes");
  expect(everything(azure)).toHaveLength(3);
});

const balancer = inGroup("shared", "Microsoft.Network/loadBalancers", "abc-lb");
const GROUP = "/resourceGroups/shared";

test("locks: each command that one forbids says so before its first write, by the lock's name", async () => {
  const grow = "abc --resource-group shared --num-nodes 3 --wait-for machines";
  const remove = "remove abc 1 --resource-group shared --yes";
  const destroy = "destroy abc --resource-group shared --yes";
  const gc = "gc --yes";
  const retag = "abc --resource-group shared --tag A=1 --wait-for machines";
  const machine = inGroup("shared", "Microsoft.Compute/virtualMachines", "abc-coreos-1");
  await run(`abc ${MADE.replace("--num-nodes 1", "--num-nodes 2")} --ttl 1s`);
  const before = stateOf("abc");
  for (const [scope, level, ...forbidden] of [
    [GROUP, "ReadOnly", grow, remove, destroy, gc, retag],
    [balancer, "ReadOnly", grow, remove, destroy, gc, retag],
    [GROUP, "CanNotDelete", remove, destroy, gc],
    [machine, "CanNotDelete", remove, destroy, gc],
    [machine, "ReadOnly", remove, destroy, gc, retag],
  ] as const) {
    expect((await addLock(azure, scope, "hold", level)).status).toBe(201);
    for (const argv of forbidden) {
      const since = azure.exchanges.length;
      const { exit, stderr } = await azure.run(argv);
      expect({ exit, written: writes(since) }, `${level} on ${scope}: ${argv}\n${stderr}`).toEqual({ exit: 5, written: [] });
      expect(stderr.replaceAll(/\s+/g, " ")).toMatch(new RegExp(`hold \\(${level}\\) on .*az lock delete --ids`));
    }
    expect((await byHand(azure, "DELETE", `${scope}/providers/Microsoft.Authorization/locks/hold`)).status).toBe(200);
  }
  expect(stateOf("abc")).toEqual(before);
});

test("a lock that forbids deletion is said by a create, which goes on; with a read-only one nothing is begun", async () => {
  await addLock(azure, GROUP, "keep");
  expect((await run(`abc ${MADE}`)).replaceAll(/\s+/g, " ")).toContain(
    "A lock forbids deletion here, and so remove and destroy: keep (CanNotDelete)",
  );
  // nothing to change: no lock is in its way, nor is one asked for
  await addLock(azure, GROUP, "still", "ReadOnly");
  await run("abc --resource-group shared --wait-for machines");
  const since = azure.exchanges.length;
  for (const argv of [`xyz ${MADE}`, `plan xyz ${MADE}`]) {
    const { exit, stderr } = await azure.run(argv);
    expect({ exit, written: writes(since) }, stderr).toEqual({ exit: 5, written: [] });
    expect(stderr).toContain("still (ReadOnly)");
  }
});
