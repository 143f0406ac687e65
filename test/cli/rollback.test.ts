/** --rollback: after a failure nothing of the run is left, and nothing else is touched. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addForeign, addGroup, addLock, byHand, everything, inGroup } from "./azure-hand.ts";
import { wantedOf } from "../../src/operations/create/rollback.ts";
import { shapeOf } from "../cluster-state.ts";
import { some } from "../long.ts";
import { type Body, type TestAzure, ownAzure, testAzure } from "./world.ts";

function newAzure(fault?: string, from?: TestAzure): TestAzure {
  const state = from?.simulation.save();
  const azure = testAzure({
    ...(fault === undefined ? {} : { faults: [parseFault(fault)] }),
    ...(state === undefined ? {} : { state, clock: createVirtualClock(state.now) }),
  });
  onTestFinished(() => azure.close());
  return azure;
}

const FAULTS = [
  "machine-1:SkuNotAvailable",
  "machine-1:AllocationFailedx9",
  "balancer:RequestDisallowedByPolicy",
  "nic-0:SubnetIsFull",
  "address:DnsRecordInUse",
  "nsg:AuthorizationFailed",
];
test.each(some(FAULTS, 1, 4))("a new cluster that fails leaves nothing: %s", async (fault) => {
  const azure = newAzure(fault);
  const { exit, stdout, stderr } = await azure.run("mycluster --num-nodes 3 --rollback --wait-for machines");
  expect(exit, stderr).not.toBe(0);
  expect(everything(azure)).toEqual([]);
  expect(existsSync(join(azure.dir, "mycluster/user-data-0.yaml"))).toBe(false);
  expect(stdout).toBe("");
  expect(stderr).toMatch(
    exit === 7 ? /DnsRecordInUse|taken/ : /Rolled back: \d+ resources of this run were removed, nothing of it is left\./,
  );
  expect(stderr).not.toContain("What was made stays");
});

const IN_SHARED = [
  ["machine-1:SkuNotAvailable", 1],
  ["machine-1:AllocationFailedx9", 1],
  ["address:RequestDisallowedByPolicy", 4],
] as const;
test.each(some(IN_SHARED, 1))("in somebody else's group what was there stays, and nothing else: %s", async (fault, code) => {
  const azure = newAzure(fault);
  await addGroup(azure, "shared");
  await addForeign(azure, "shared");
  const before = everything(azure);
  const { exit } = await azure.run("mycluster --num-nodes 3 --pip --resource-group shared --rollback --wait-for machines");
  expect(exit).toBe(code);
  expect(everything(azure)).toEqual(before);
  expect(existsSync(join(azure.dir, "mycluster/user-data-0.yaml"))).toBe(false);
});

test.each([
  ["machine-4:SkuNotAvailable", 1],
  ["balancer:RequestDisallowedByPolicy", 4],
])("a growth that fails gives back the cluster that was: %s", async (fault, code) => {
  const small = newAzure();
  expect((await small.run("mycluster --num-nodes 3 --wait-for machines")).exit).toBe(0);
  const azure = newAzure(fault, small);
  const before = shapeOf(azure.simulation.save());
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 5 --rollback --wait-for machines --dir ${small.dir}`);
  expect(exit, stderr).toBe(code);
  const after = shapeOf(azure.simulation.save());
  expect(after).toEqual(before);
  const kept = [0, 1, 2, 3, 4].filter((node) => existsSync(join(small.dir, "mycluster", `user-data-${node}.yaml`)));
  expect(kept).toEqual([0, 1, 2]);
  expect((await azure.json<{ nodes: unknown[]; drift: unknown[] }>("status mycluster")).document).toMatchObject({
    nodes: [{}, {}, {}],
    drift: [],
  });
});

test("in somebody else's group, with ids that Azure writes in other letters in its lists, nothing of the run is left", async () => {
  const azure = newAzure("machine-1:SkuNotAvailable");
  await addGroup(azure, "shared");
  const before = everything(azure);
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --resource-group shared --rollback --wait-for machines", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      const isList = request.method === "GET" && /"value":\s*\[/.test(answer.body ?? "");
      return isList
        ? { ...answer, body: answer.body?.replaceAll("/resourceGroups/shared/", "/resourceGroups/SHARED/") ?? "" }
        : answer;
    },
  });
  expect(exit, stderr).toBe(1);
  expect(stderr).toContain("nothing of it is left");
  expect(everything(azure)).toEqual(before);
});

test("without --rollback what was made stays, and the message says how to go on", async () => {
  const azure = newAzure("machine-1:SkuNotAvailable");
  const { stderr } = await azure.run("mycluster --num-nodes 3 --wait-for machines");
  expect(stderr).toContain("What was made stays");
  expect(everything(azure)).not.toEqual([]);
});

test("enough nodes by --min-ready is no failure", async () => {
  const azure = newAzure("machine-2:SkuNotAvailable");
  expect((await azure.run("mycluster --num-nodes 3 --min-ready 2 --rollback --wait-for machines")).exit).toBe(0);
  expect(everything(azure).some((id) => id.endsWith("mycluster-coreos-1"))).toBe(true);
});

test("when the time is up, what was made is taken back all the same", async () => {
  const azure = ownAzure({ pace: 0.2 });
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --rollback --wait-for machines --timeout 12s");
  expect(exit, stderr).toBe(6);
  expect(stderr).toContain("The time is up. What this run made is being removed");
  expect(stderr).not.toContain("Nothing is lost");
  expect(everything(azure)).toEqual([]);
});

test.each(["", "--resource-group shared"])("interrupted once, what was made is taken back %s", async (where) => {
  const azure = newAzure();
  if (where !== "") await addGroup(azure, "shared");
  const before = everything(azure);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 3 --rollback --wait-for machines ${where}`, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "PUT" && request.url.includes("networkInterfaces")) {
        interrupt();
        interrupt = () => undefined;
      }
      return azure.simulation.handle(request);
    },
  });
  expect(exit).toBe(130);
  expect(stderr).toContain("Rolled back");
  expect(everything(azure)).toEqual(before);
});

test("of two creates that begin at once the one that loses the name takes nothing of the other's away", async () => {
  const azure = newAzure();
  const [a, b] = await Promise.all([
    azure.run("mycluster --num-nodes 3 --rollback --wait-for machines"),
    azure.run("mycluster --num-nodes 3 --rollback --wait-for machines", { dir: `${azure.dir}/.` }),
  ]);
  const exits = [a.exit, b.exit].sort((x, y) => x - y);
  expect(exits, `${a.stderr}\n${b.stderr}`).toEqual([0, 7]);
  expect((await azure.json<{ drift: unknown[] }>("status mycluster")).document.drift).toEqual([]);
});

test.each([
  ["balancer:RequestDisallowedByPolicy", "machine-0:SkuNotAvailable"],
  // what failed to be made is there all the same
  ["balancer:InternalExecutionErrorx99", "balancer:InternalExecutionErrorx99"],
])("a group that an earlier run began stays, with what that run made: %s, and then %s", async (then, now) => {
  const first = newAzure(then);
  await first.run("mycluster --num-nodes 1 --wait-for machines");
  const before = everything(first);
  expect(before.length).toBeGreaterThan(3);
  const azure = newAzure(now, first);
  expect((await azure.run(`mycluster --num-nodes 1 --rollback --wait-for machines --dir ${first.dir}`)).exit).toBe(1);
  expect(everything(azure)).toEqual(before);
  expect((await byHand(azure, "GET", "/resourceGroups/mycluster")).body["tags"]).not.toHaveProperty("aoc-destroying");
});

/** What somebody else does when the last machine is refused. */
const whenRefused =
  (azure: TestAzure, work: () => Promise<unknown>): TestAzure["simulation"]["handle"] =>
  async (request) => {
    const answer = await azure.simulation.handle(request);
    if (request.method === "PUT" && request.url.includes("/virtualMachines/") && answer.status >= 400) await work();
    return answer;
  };

test("a name that is another creation's by now: nothing is taken away", async () => {
  const azure = newAzure("machine-0:RequestDisallowedByPolicy");
  const taken = async (): Promise<void> => {
    const path = "/resourceGroups/mycluster/providers/Microsoft.Network/publicIPAddresses";
    const [claim] = (await byHand(azure, "GET", path)).body["value"] as Body[];
    await byHand(azure, "PATCH", `${path}/${claim?.name}`, { tags: { ...claim?.tags, "aoc-id": "0badcafe" } });
  };
  const argv = "mycluster --num-nodes 1 --rollback --wait-for machines";
  const { exit, stderr } = await azure.run(argv, { azure: whenRefused(azure, taken) });
  expect(exit, stderr).not.toBe(0);
  expect(stderr).toContain("Nothing is rolled back: mycluster is another run's by now");
  expect(everything(azure).some((id) => id.endsWith("/mycluster-coreos-0-nic"))).toBe(true);
});

test("a growth that is not taken back whole leaves the claim as it grew; a failed machine that this run made anew goes", async () => {
  const small = newAzure("machine-1:AllocationFailedx9");
  expect((await small.run("mycluster --num-nodes 3 --wait-for machines")).exit).toBe(3);
  const azure = newAzure("machine-3:RequestDisallowedByPolicy", small);
  const locked = () =>
    addLock(azure, inGroup("mycluster", "Microsoft.Network/networkInterfaces", "mycluster-coreos-3-nic"), "theirs");
  const { stderr } = await azure.run(`mycluster --num-nodes 4 --rollback --wait-for machines --dir ${small.dir}`, {
    azure: whenRefused(azure, locked),
  });
  const said = stderr.replaceAll(/\s+/g, " ");
  expect(said).toContain("Rolled back in part");
  expect(said).toContain("remove mycluster NODE");
  expect(said).not.toContain("removes the whole cluster");
  const machines = everything(azure).filter((id) => /virtualMachines\/[^/]*$/i.test(id));
  expect(machines.map((id) => id.at(-1))).toEqual(["0", "2"]);
  expect((await azure.json<{ nodes: unknown[] }>("status mycluster")).document.nodes).toHaveLength(4);
});

const ONE = "mycluster --num-nodes 1 --rollback --wait-for machines";
const REFUSED = "machine-0:RequestDisallowedByPolicy";
const onlyOf = (azure: TestAzure, what: RegExp): void =>
  expect(everything(azure).filter((id) => !what.test(id) && !id.endsWith("/resourceGroups/mycluster"))).toEqual([]);

test("a lock that somebody set meanwhile keeps what was made, and is told beside what had failed", async () => {
  const azure = newAzure(REFUSED);
  const { exit, stderr } = await azure.run(ONE, {
    azure: whenRefused(azure, () => addLock(azure, "/resourceGroups/mycluster", "theirs")),
  });
  expect(exit, stderr).toBe(4);
  expect(stderr).toMatch(/\(RequestDisallowedByPolicy\)$/m);
  expect(stderr).toContain("Change what it objects to.");
  expect(stderr).toMatch(/Rolled back in part: 8 of .* are left .*\nWhat stands in the way: ScopeLocked: /);
  expect(everything(azure).some((id) => id.endsWith("/mycluster-coreos-0-nic"))).toBe(true);
  expect((await byHand(azure, "GET", "/resourceGroups/mycluster")).body["tags"]).not.toHaveProperty("aoc-destroying");
  expect(existsSync(join(azure.dir, "mycluster"))).toBe(true);
});

const answering =
  (azure: TestAzure, url: RegExp, status: number): TestAzure["simulation"]["handle"] =>
  (request) =>
    request.method === "GET" && url.test(request.url)
      ? Promise.resolve({ status, headers: {}, body: JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } }) })
      : azure.simulation.handle(request);

test("a group of which Azure does not tell what is in it stays; what the run made in it goes", async () => {
  const azure = newAzure(REFUSED);
  const { exit, stderr } = await azure.run(ONE, { azure: answering(azure, /resourceGroups\/mycluster\/resources\?/i, 404) });
  expect(exit, stderr).toBe(4);
  expect(stderr).toMatch(/Rolled back in part: 1 of .*resourceGroups\/mycluster\)/);
  expect(stderr).toContain("ContentsUnknown: Azure does not tell what is in the resource group mycluster");
  onlyOf(azure, /^$/);
  expect(everything(azure)).toHaveLength(1);
});

test("what somebody puts into the group meanwhile stays, and so does the group, which is said", async () => {
  const azure = newAzure(REFUSED);
  const { stderr } = await azure.run(ONE, { azure: whenRefused(azure, () => addForeign(azure, "mycluster")) });
  expect(stderr).toMatch(/Rolled back in part: 1 of .*resourceGroups\/mycluster\)/);
  onlyOf(azure, /\/theirs$/);
});

test("a group that Azure does not delete keeps the keys of what is in it here", async () => {
  const azure = newAzure();
  const { stderr } = await azure.run(ONE, {
    azure: (request) =>
      /virtualMachines\/[^/]*\?/.test(request.url) && request.method === "PUT"
        ? Promise.resolve({
            status: 403,
            headers: {},
            body: JSON.stringify({ error: { code: "RequestDisallowedByPolicy", message: "no" } }),
          })
        : request.method === "DELETE"
          ? Promise.resolve({ status: 202, headers: {}, body: "" })
          : azure.simulation.handle(request),
  });
  expect(stderr).toMatch(/Rolled back in part/);
  expect(existsSync(join(azure.dir, "mycluster", "user-data-0.yaml"))).toBe(true);
});

test("a disk that Azure does not delete with its machine goes all the same", async () => {
  const azure = newAzure("machine-1:SkuNotAvailable");
  await addGroup(azure, "shared");
  const before = everything(azure);
  const machine = inGroup("shared", "Microsoft.Compute/virtualMachines", "mycluster-coreos-0");
  const { stderr } = await azure.run("mycluster --num-nodes 2 --resource-group shared --rollback --wait-for machines", {
    azure: async (request) => {
      if (request.method === "DELETE" && request.url.includes(machine)) {
        const body = structuredClone(azure.puts().get("virtualMachines/mycluster-coreos-0"));
        delete body.properties.osProfile;
        body.properties.storageProfile.osDisk.deleteOption = "Detach";
        await byHand(azure, "PUT", machine, body);
      }
      return azure.simulation.handle(request);
    },
  });
  expect(stderr).toContain("nothing of it is left");
  expect(everything(azure)).toEqual(before);
});

test("a machine that stays for etcd's sake keeps what is its own", () => {
  const made = new Map(["/vm-3", "/vm-4", "/nic-4"].map((id) => [id, { kind: "machine", id }]));
  const wanted = wantedOf(made, new Set([4]));
  const ids = [
    { id: "/VM-3", node: 3 },
    { id: "/disk-3", node: 3, goesWith: "/vm-3" },
    { id: "/vm-4", node: 4 },
    { id: "/nic-4", node: 4 },
    { id: "/disk-4", node: 4, goesWith: "/vm-4" },
    { id: "/theirs" },
  ].filter((one) => wanted({ kind: "machine", label: "", dependsOn: [], ...one }));
  expect(ids.map(({ id }) => id)).toEqual(["/VM-3", "/disk-3"]);
});

test.each(some(["publicIPAddresses/mycluster-ip", "loadBalancers/mycluster-lb"], 0))(
  "what somebody destroys while a growth is taken back is not made again: %s",
  async (what) => {
    const small = newAzure();
    await small.run("mycluster --num-nodes 1 --wait-for machines");
    const azure = newAzure("machine-1:SkuNotAvailable", small);
    let taking = false;
    const { exit, stderr } = await azure.run(`mycluster --num-nodes 2 --rollback --wait-for machines --dir ${small.dir}`, {
      azure: (request) => {
        taking ||= request.method === "DELETE";
        return taking && request.method === "GET" && request.url.includes(`/${what}`)
          ? Promise.resolve({
              status: 404,
              headers: {},
              body: JSON.stringify({ error: { code: "ResourceNotFound", message: "" } }),
            })
          : azure.simulation.handle(request);
      },
    });
    expect(exit, stderr).toBe(1);
    expect(stderr).toMatch(/still counts their nodes, .*\nWhat stands in the way: BeingDestroyed: /);
    const since = azure.exchanges.findIndex(({ method }) => method === "DELETE");
    const made = azure.exchanges.slice(since).filter(({ method, url }) => method === "PUT" && url.includes(`/${what}`));
    expect(made).toEqual([]);
  },
);

test("a second Ctrl-C ends it, and is not taken for what stands in its way", async () => {
  const azure = newAzure(REFUSED);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(ONE, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "DELETE") for (let times = 0; times < 2; times++) interrupt();
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).not.toContain("Rolled back");
});
