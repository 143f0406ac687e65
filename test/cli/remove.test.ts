/** remove over the simulated Azure: what forbids it is known before anything changes, and only what is there is deleted and named. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SimulationOptions } from "../../src/sim/simulation.ts";
import { addLock, byHand, everything, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type TestAzure, ownAzure } from "./world.ts";

async function withCluster(argv = "", options: Partial<SimulationOptions> = {}): Promise<TestAzure> {
  const azure = ownAzure(options);
  const { exit, stderr } = await azure.run(`abc --num-nodes 4 --wait-for machines ${argv}`);
  if (exit !== 0) throw new Error(stderr);
  return azure;
}

/** Requests that change something, since a moment. */
const writes = (azure: TestAzure, since: number): string[] =>
  azure.exchanges.slice(since).flatMap((one) => (one.method === "GET" ? [] : [`${one.method} ${one.url}`]));

const LOCKS = [
  ["on the group", "/resourceGroups/abc", "CanNotDelete"],
  ["on the subscription", "", "CanNotDelete"],
  ["on the machine", inGroup("abc", "Microsoft.Compute/virtualMachines", "abc-coreos-3"), "CanNotDelete"],
  ["on its interface", inGroup("abc", "Microsoft.Network/networkInterfaces", "abc-coreos-3-nic"), "CanNotDelete"],
  ["on its disk", inGroup("abc", "Microsoft.Compute/disks", "abc-coreos-3-os"), "CanNotDelete"],
  ["on the load balancer, which must change", inGroup("abc", "Microsoft.Network/loadBalancers", "abc-lb"), "ReadOnly"],
] as const;
test.each(some(LOCKS, 0, 3, 5))("a lock %s is named before anything is changed", async (_, scope, level) => {
  const azure = await withCluster();
  await addLock(azure, scope, "keep", level);
  const [before, since] = [everything(azure), azure.exchanges.length];
  const { exit, stderr } = await azure.run("remove abc 3 --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain(`keep (${level})`);
  expect(stderr).toContain("az lock delete --ids");
  expect(writes(azure, since)).toEqual([]);
  expect(everything(azure)).toEqual(before);
});

test.each([
  ["another node", inGroup("abc", "Microsoft.Compute/virtualMachines", "abc-coreos-0"), "CanNotDelete"],
  ["the load balancer, which only changes", inGroup("abc", "Microsoft.Network/loadBalancers", "abc-lb"), "CanNotDelete"],
])("a lock on %s forbids nothing", async (_, scope, level) => {
  const azure = await withCluster();
  await addLock(azure, scope, "keep", level);
  expect((await azure.run("remove abc 3 --yes")).exit).toBe(0);
});

test.each(["Microsoft.Compute/virtualMachines/delete", "Microsoft.Network/loadBalancers/write", "*/delete"])(
  "a right that is missing is named before anything is changed: %s",
  async (right) => {
    const azure = await withCluster("", { limits: { notActions: [right] } });
    const since = azure.exchanges.length;
    const { exit, stderr } = await azure.run("remove abc 3 --yes");
    expect(exit).toBe(4);
    expect(stderr).toContain(
      right === "*/delete" ? "you may not Microsoft.Compute/virtualMachines/delete" : `you may not ${right}`,
    );
    expect(writes(azure, since)).toEqual([]);
  },
);

test("an address that never was is neither deleted nor reported", async () => {
  const azure = await withCluster();
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run("remove abc 3 --yes");
  expect(exit).toBe(0);
  expect(stderr).toContain("abc: 1 node will be removed with its disks and interface: abc-coreos-3.");
  expect(stderr).toContain("machine abc-coreos-3  deleted");
  expect(stderr).toContain("interface of abc-coreos-3  deleted");
  expect(stderr).not.toContain("address of abc-coreos-3");
  expect(writes(azure, since).filter((one) => one.startsWith("DELETE") && one.includes("publicIPAddresses"))).toEqual([]);
});

test("one that is there goes, and is reported", async () => {
  const azure = await withCluster("--pip");
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run("remove abc 2 3 --yes");
  expect(exit).toBe(0);
  // by its rules a removal that broke off is known: they go last
  const order = writes(azure, since);
  expect(order.findIndex((one) => /^PUT .*loadBalancers/.test(one))).toBeGreaterThan(
    order.findLastIndex((one) => one.startsWith("DELETE")),
  );
  expect(stderr).toContain(
    "abc: 2 nodes will be removed with their disks, interfaces and addresses: abc-coreos-2, abc-coreos-3.",
  );
  expect(stderr).toContain("address of abc-coreos-3  deleted");
  expect(everything(azure).filter((id) => /coreos-[23]/.test(id))).toEqual([]);
});

test("what goes of a node goes as it was read, so that what another run makes in its place meanwhile stays", async () => {
  const azure = await withCluster();
  const since = azure.exchanges.length;
  expect((await azure.run("remove abc 2 3 --yes")).exit).toBe(0);
  const conditions = azure.exchanges.slice(since).flatMap(({ method, url, headers }) => {
    const condition = Object.entries(headers).find(([name]) => /^if-match$/i.test(name))?.[1];
    return method === "DELETE" && /virtualMachines/.test(url) ? [condition ?? "-"] : [];
  });
  expect(conditions).toHaveLength(2);
  for (const condition of conditions) expect(condition).toMatch(/^(W\/)?"?[\w-]{4,}"?$/);
});

test("what Azure calls deleted and shows all the same is not called removed, and the same command goes on with it", async () => {
  const azure = await withCluster("--pip");
  const path = inGroup("abc", "Microsoft.Compute/virtualMachines", "abc-coreos-3");
  const { body } = await byHand(azure, "GET", path);
  const { networkProfile } = body["properties"] as {
    networkProfile: { networkInterfaces: { properties: { deleteOption: string } }[] };
  };
  for (const { properties } of networkProfile.networkInterfaces) properties.deleteOption = "Detach";
  expect((await byHand(azure, "PUT", path, body)).status).toBe(200);
  const { exit, document } = await azure.json<{ error: { code: string; message: string } }>("remove abc 3 --yes", {
    azure: async (request) =>
      request.method === "DELETE" && /(publicIPAddresses|networkInterfaces)\/abc-coreos-3/i.test(request.url)
        ? { status: 204, headers: {} }
        : azure.simulation.handle(request),
  });
  expect([exit, document.error.code]).toEqual([3, "NotRemoved"]);
  expect(document.error.message).toMatch(/abc-coreos-3-nic\n.*abc-coreos-3-ip$/);
  const again = await azure.run("remove abc 3 --yes");
  expect(again.exit, again.stderr).toBe(0);
  expect(everything(azure).filter((id) => id.includes("coreos-3"))).toEqual([]);
});

/** As a destroy does before its first delete. */
async function markDestroying(azure: TestAzure): Promise<void> {
  const claim = azure.exchanges.find(({ method, url }) => method === "PUT" && url.includes("/publicIPAddresses/"));
  const path = new URL(claim?.url ?? "").pathname.replace(/^\/subscriptions\/[^/]+/, "");
  const { tags } = (await byHand(azure, "GET", path)).body as { tags: Record<string, string> };
  expect((await byHand(azure, "PATCH", path, { tags: { ...tags, "aoc-destroying": "2026-11-22T12:00:00Z" } })).status).toBe(200);
}

test.each(["remove abc 0-3 --yes", "remove abc 3 --yes", "replace abc 3 --yes"])(
  "in a cluster that is being destroyed %s deletes nothing, says so, and no way to keep a node",
  async (argv) => {
    const azure = await withCluster();
    await markDestroying(azure);
    const since = azure.exchanges.length;
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(7);
    expect(stderr).toContain("abc is being destroyed");
    // the destroy may have been killed: waiting alone would never end, and after it there is nothing to remove from
    expect(stderr).toContain("or end a destroy that broke off: `azure-coreos-cluster destroy abc`.");
    expect(stderr).not.toContain("same command again");
    expect(writes(azure, since)).toEqual([]);
  },
);

test.each([
  ["remove abc 3 --yes", /\/permissions\?/],
  ["replace abc 3 --yes", /checkdns|usages|skus/i],
])("a destroy that begins while %s looks is seen before the first delete", async (argv, at) => {
  const azure = await withCluster();
  let marked: Promise<void> | undefined;
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run(argv, {
    azure: async (request) => {
      if (at.test(request.url)) marked ??= markDestroying(azure);
      await marked;
      return azure.simulation.handle(request);
    },
  });
  expect([exit, marked === undefined], stderr).toEqual([7, false]);
  expect(stderr).toContain("abc is being destroyed");
  expect(writes(azure, since).filter((one) => one.startsWith("DELETE"))).toEqual([]);
});

test("all of etcd's members do not go: its data would be gone", async () => {
  const azure = await withCluster();
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run("remove abc 0-2 --yes");
  expect(exit, stderr).toBe(5);
  expect(stderr).toContain("these are all of etcd's members");
  expect(writes(azure, since)).toEqual([]);
});

test("a node that another run takes in again while it is removed stays", async () => {
  const azure = await withCluster();
  const nic = inGroup("abc", "Microsoft.Network/networkInterfaces", "abc-coreos-3-nic");
  const body = azure.puts().get("networkInterfaces/abc-coreos-3-nic");
  let again: Promise<{ status: number }> | undefined;
  const { exit, stderr } = await azure.run("remove abc 3 --yes", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method !== "PATCH" || !request.url.includes("/publicIPAddresses/abc-ip-") || again !== undefined) return answer;
      // as another run writes them: the claim with the node, and then what is the node's
      const claim = new URL(request.url).pathname.replace(/^\/subscriptions\/[^/]+/, "");
      const { tags } = (await byHand(azure, "GET", claim)).body as { tags: Record<string, string> };
      await byHand(azure, "PATCH", claim, { tags: { ...tags, "aoc-nodes": "0-3" } });
      await (again = byHand(azure, "PUT", nic, body));
      return answer;
    },
  });
  expect(await again).toMatchObject({ status: 201 });
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toContain(nic);
});

/** Everything that matches is refused. */
const refusing =
  (azure: TestAzure, method: string, url: RegExp): TestAzure["simulation"]["handle"] =>
  (request) =>
    request.method === method && url.test(request.url)
      ? Promise.resolve({
          status: 403,
          headers: {},
          body: JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } }),
        })
      : azure.simulation.handle(request);
const natRules = (azure: TestAzure): string[] =>
  azure
    .puts()
    .get("loadBalancers/abc-lb")
    .properties.inboundNatRules.map(({ name }: { name: string }) => name);

test("a node of which nothing was made but a place in the claim is taken out of it", async () => {
  const azure = await withCluster();
  await azure.run("abc --num-nodes 5 --etcd-members 3 --wait-for machines", { azure: refusing(azure, "PUT", /loadBalancers/) });
  expect(everything(azure).filter((id) => id.includes("coreos-4"))).toEqual([]);
  const { exit, document } = await azure.json<{ removed: string[] }>("remove abc 4 --yes");
  expect({ exit, removed: document.removed }).toEqual({ exit: 0, removed: ["abc-coreos-4"] });
  expect((await azure.json<{ nodes: unknown[] }>("status abc")).document.nodes).toHaveLength(4);
});

test("a removal that broke off at the load balancer is found again by the rule", async () => {
  const azure = await withCluster();
  expect((await azure.run("remove abc 3 --yes", { azure: refusing(azure, "PUT", /loadBalancers/) })).exit).not.toBe(0);
  expect(natRules(azure)).toContain("ssh-3");
  expect((await azure.run("remove abc 3 --yes")).exit).toBe(0);
  expect(natRules(azure)).toEqual(["ssh-0", "ssh-1", "ssh-2"]);
});

test("the user-data of a node that is gone goes too, and that of the others stays", async () => {
  const azure = await withCluster();
  // it holds keys
  for (const file of ["user-data-0.yaml", "user-data-3.yaml"])
    expect(statSync(join(azure.dir, "abc", file)).mode & 0o777, file).toBe(0o600);
  expect((await azure.run("remove abc 3 --yes")).exit).toBe(0);
  const files = readdirSync(join(azure.dir, "abc"));
  expect(files.filter((file) => file.startsWith("user-data"))).toEqual([
    "user-data-0.yaml",
    "user-data-1.yaml",
    "user-data-2.yaml",
  ]);
});

test("the user-data of a namesake elsewhere is not touched", async () => {
  const azure = await withCluster();
  const other = ownAzure({ seed: 99 });
  await other.run("abc --num-nodes 4 --wait-for machines");
  expect((await other.run(`remove abc 3 --yes --dir ${azure.dir}`)).exit).toBe(0);
  expect(existsSync(join(azure.dir, "abc", "user-data-3.yaml"))).toBe(true);
});

const WORDS = [
  ["1-3", "1, 2, 3"],
  ["1..3", "1, 2, 3"],
  ["3 coreos-3 abc-coreos-3 3-3", "3"],
  ["2-3 1..2", "2, 3, 1"],
  ["3 7 8-9", "3"],
] as const;
test.each(some(WORDS, 0, 2, 3, 4))("remove abc %s takes %s, each once, and names what is not there", async (words, going) => {
  const azure = await withCluster();
  const { exit, stderr, document } = await azure.json<{ removed: string[]; notFound?: string[] }>(`remove abc ${words} --yes`);
  expect(exit).toBe(0);
  expect(document.removed).toEqual(going.split(", ").map((index) => `abc-coreos-${index}`));
  const absent = words.includes("7") ? ["abc-coreos-7", "abc-coreos-8", "abc-coreos-9"] : undefined;
  expect(document.notFound).toEqual(absent);
  if (absent !== undefined) expect(stderr).toContain(`Not there: ${absent.join(", ")}.`);
});

test.each([
  ["7-8", "there is nothing to remove: abc-coreos-7, abc-coreos-8 are not there"],
  ["3-1", '"3-1" runs backwards'],
  ["0-3", "these are all the nodes of abc"],
  ["1-", "is no node of abc"],
])("remove abc %s is bad usage, and nothing is written", async (words, message) => {
  const azure = await withCluster();
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run(`remove abc ${words} --yes`);
  expect(exit).toBe(2);
  expect(stderr).toContain(message);
  expect(writes(azure, since)).toEqual([]);
});
