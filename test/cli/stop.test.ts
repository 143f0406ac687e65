/** stop and start, over the simulation: what Azure is asked, what other commands say of a stopped cluster, and what a run that broke off leaves. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { ListDocument, StartDocument, StatusDocument, StopDocument } from "../../src/core/documents.ts";
import type { Clock } from "../../src/core/clock.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import { generateHostKey } from "../../src/prepare/host-keys.ts";
import { freePort } from "../ports.ts";
import { serveNode } from "./node-server.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type Body, START, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const nameOf = (index: number): string => `mycluster-coreos-${index}`;
const made = async (flags = ""): Promise<void> => {
  const { exit, stderr } = await azure.run(`mycluster ${flags}`);
  expect(exit, stderr).toBe(0);
  azure.exchanges.length = 0;
};
const writes = (): string[] =>
  azure.exchanges
    .filter(({ method, url }) => method !== "GET" && !/checkDns|permissions|register/i.test(url))
    .map(({ method, url }) => `${method} ${new URL(url).pathname.split("/").slice(-2).join("/")}`);
const status = async (): Promise<{ exit: number; document: StatusDocument; stderr: string }> =>
  azure.json<StatusDocument>("status mycluster");

test("stopped: the claim says so before the first machine, all are deallocated, what is still paid is said; started: as it was", async () => {
  await made();
  const before = await status();
  const { exit, document, stderr } = await azure.json<StopDocument>("stop mycluster --yes");
  expect(exit, stderr).toBe(0);
  expect(document).toMatchObject({ schema: "azure-coreos-cluster/stop/1", stopped: [0, 1, 2].map(nameOf), before: [], left: [] });
  expect(document.cost.items.map(({ what }) => what.split(" of ")[0])).toEqual([
    "public address",
    "load balancer",
    "system disks",
  ]);
  expect(document.cost.items.some(({ what }) => what.startsWith("machine"))).toBe(false);
  expect(stderr).toMatch(/3 machines deallocated in /);
  expect(stderr).toMatch(/Still paid for: 1 public address, .* 3 system disks of 30 GiB/);
  const [mark, ...powers] = writes();
  expect(mark).toMatch(/^PATCH publicIPAddresses\/mycluster-/);
  expect(powers.sort((a, b) => a.localeCompare(b))).toEqual([0, 1, 2].map((index) => `POST ${nameOf(index)}/deallocate`));

  const seen = await status();
  expect({ exit: seen.exit, states: seen.document.states, drift: seen.document.drift }).toEqual({
    exit: 3,
    states: { stopped: 3 },
    drift: [],
  });
  expect(seen.document.stopped).toBe(document.since);
  expect(seen.stderr).toContain("azure-coreos-cluster start mycluster");
  const [listed] = (await azure.json<ListDocument[]>("list")).document;
  expect(listed).toMatchObject({ state: "stopped", nodes: 3 });

  azure.exchanges.length = 0;
  const again = await azure.run("stop mycluster");
  expect({ exit: again.exit, writes: writes() }).toEqual({ exit: 0, writes: [] });

  const started = await azure.json<StartDocument>("start mycluster");
  expect(started).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(/^Subscription [^]*3 machines started/),
    document: { started: [0, 1, 2].map(nameOf), ready: [0, 1, 2].map(nameOf), notReady: [], up: true },
  });
  const after = await status();
  expect({ exit: after.exit, drift: after.document.drift, ip: after.document.ip }).toEqual({
    exit: 0,
    drift: [],
    ip: before.document.ip,
  });
  azure.exchanges.length = 0;
  expect((await azure.run("mycluster")).exit).toBe(0);
  expect(writes()).toEqual([]);
});

test.each([
  ["mycluster --num-nodes 5", 5],
  ["plan mycluster", 5],
  ["mycluster", 5],
  ["remove mycluster 0 --yes", 5],
  ["reboot mycluster", 5],
])("of a stopped cluster: %s is refused with exit code %i, and nothing is written", async (argv, exit) => {
  await made();
  await azure.run("stop mycluster --yes");
  azure.exchanges.length = 0;
  const ended = await azure.run(argv);
  expect({ exit: ended.exit, writes: writes() }, ended.stderr).toEqual({ exit, writes: [] });
  expect(ended.stderr.replaceAll(/\s+/g, " ")).toContain("Start it first: `azure-coreos-cluster start mycluster`");
});

test("beside a growth: what it made after the first look is stopped, too, and once the claim says so it makes nothing", async () => {
  await made("--num-nodes 2");
  let marked = false;
  const { exit, document, stderr } = await azure.json<StopDocument>("stop mycluster --yes", {
    azure: async (request) => {
      marked ||= request.method === "PATCH";
      const answer = await azure.simulation.handle(request);
      if (marked || !/\/virtualMachines\?/.test(request.url)) return answer;
      const { value } = JSON.parse(answer.body ?? "{}") as { value: { name: string }[] };
      return { ...answer, body: JSON.stringify({ value: value.filter(({ name }) => name !== nameOf(1)) }) };
    },
  });
  expect({ exit, stopped: document.stopped }, stderr).toEqual({ exit: 0, stopped: [0, 1].map(nameOf) });

  expect((await azure.run("start mycluster")).exit).toBe(0);
  azure.exchanges.length = 0;
  const grown = await azure.run("mycluster --num-nodes 3 --wait-for machines", {
    azure: async (request) => {
      // the growth is in the claim
      if (request.method === "PUT" && request.url.includes("/loadBalancers/")) await azure.run("stop mycluster --yes");
      return azure.simulation.handle(request);
    },
  });
  expect(grown).toMatchObject({ exit: 7, stderr: expect.stringContaining("(ClusterStopped)") });
  expect(writes().filter((one) => one.startsWith("PUT virtualMachines"))).toEqual([]);
});

test("a stopped cluster keeps its time to live: gc destroys it when that is over", async () => {
  const clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  await made("--ttl 2h");
  await azure.run("stop mycluster --yes");
  expect((await azure.json<unknown[]>("gc --yes")).document).toEqual([]);
  await clock.sleep(7_200_000);
  expect((await azure.json<unknown[]>("gc --yes")).document).toHaveLength(1);
  expect((await azure.json<unknown[]>("list")).document).toEqual([]);
});

test.each([
  ["", [undefined], 130],
  ["", ["other"], 1],
  ["", undefined, 2],
  ["--no-input", ["mycluster"], 2],
  ["", ["mycluster"], 0],
] as const)("stop asks: %s, answered with %j, ends with %i", async (flags, answers, exit) => {
  await made("--num-nodes 1");
  const ended = await azure.run(`stop mycluster ${flags}`, answers === undefined ? {} : { answers });
  expect(ended.exit).toBe(exit);
  expect(writes()).toHaveLength(exit === 0 ? 2 : 0);
  if (exit === 2) expect(ended.stderr).toContain("stop asks before it stops, and nobody can answer here");
});

/** An Azure that answers nothing any more from its n-th write on, as for a run whose machine went to sleep. */
function cutOff(writesLeft: number): NonNullable<Parameters<TestAzure["run"]>[1]> {
  let left = writesLeft;
  return {
    azure: (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") left--;
      return left < 0 ? Promise.reject(new TypeError("fetch failed")) : azure.simulation.handle(request);
    },
  };
}

test.each(some([0, 1, 2, 3], 0, 2))(
  "broken off after %i writes: stop goes on to the end, and start brings back what was stopped half",
  async (count) => {
    await made();
    const first = await azure.run("stop mycluster --yes --timeout 3m", cutOff(count));
    expect(first.exit).not.toBe(0);
    if (count > 0) expect((await azure.run("mycluster")).exit).toBe(5);
    if (count === 2) {
      expect((await azure.json<StartDocument>("start mycluster")).document).toMatchObject({ up: true, notReady: [] });
      expect((await status()).exit).toBe(0);
    }
    expect((await azure.run("stop mycluster --yes")).exit).toBe(0);
    expect((await status()).document.states).toEqual({ stopped: 3 });
    const second = await azure.run("start mycluster --timeout 3m", cutOff(count));
    expect(second.exit).not.toBe(0);
    expect((await azure.run("start mycluster")).exit).toBe(0);
    expect(await status()).toMatchObject({ exit: 0, document: { drift: [], states: { ready: 3 } } });
  },
);

const noRoomFor = (of: TestAzure, machines: RegExp): NonNullable<Parameters<TestAzure["run"]>[1]> => {
  const refused = { error: { code: "AllocationFailed", message: "Allocation failed." } };
  return {
    azure: (request) =>
      machines.test(request.url)
        ? Promise.resolve({ status: 409, headers: { "content-type": "application/json" }, body: JSON.stringify(refused) })
        : of.simulation.handle(request),
  };
};

test("a machine that Azure has no room for: the others are up, the cluster counts as started, exit code 3", async () => {
  await made();
  await azure.run("stop mycluster --yes");
  const start = async (): Promise<{ exit: number; document: StartDocument }> =>
    azure.json<StartDocument>("start mycluster", noRoomFor(azure, /coreos-1\/start/));
  const { exit, document } = await start();
  expect({ exit, up: document.up, notReady: document.notReady.map(({ name }) => name) }).toEqual({
    exit: 3,
    up: true,
    notReady: [nameOf(1)],
  });
  expect((await status()).document).toMatchObject({ states: { ready: 2, deallocated: 1 } });
  // now it is the only one to be started
  expect(await start()).toMatchObject({ exit: 3, document: { up: true } });
});

test("no majority of etcd's members: it is not up, says so, counts as stopped, and the exit code is 6", async () => {
  await made("--num-nodes 4 --etcd-members 3");
  await azure.run("stop mycluster --yes");
  const { exit, document, stderr } = await azure.json<StartDocument>("start mycluster", noRoomFor(azure, /coreos-[12]\/start/));
  expect({ exit, up: document.up, ready: document.ready }).toEqual({ exit: 6, up: false, ready: [nameOf(0), nameOf(3)] });
  expect(stderr).toContain("Too few for etcd: it counts as stopped");
  expect((await azure.run("mycluster")).exit).toBe(5);
});

test.each([
  ["all machines", [0, 1, 2], [], "no machine is left"],
  ["a majority of etcd's members", [1, 2], [nameOf(0)], "1 machine to start"],
])("stopped, and somebody has deleted %s: start leads to create, and that makes them", async (_, deleted, started, said) => {
  const clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  await made();
  await azure.run("stop mycluster --yes");
  for (const index of deleted)
    await byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(index)));
  await clock.sleep(600_000);
  const { exit, document, stderr } = await azure.json<StartDocument>("start mycluster");
  expect({ exit, up: document.up, started: document.started, ready: document.ready }).toEqual({
    exit: 3,
    up: false,
    started,
    ready: [],
  });
  expect(stderr).toContain(said);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(
    "counts as stopped no more: `azure-coreos-cluster create mycluster` makes what is missing",
  );
  expect((await azure.run("mycluster")).exit).toBe(0);
  expect((await status()).exit).toBe(0);
});

/** A stopped cluster, seen from a machine without its key. */
async function stoppedElsewhere(): Promise<{ elsewhere: TestAzure; dir: string }> {
  await made();
  await azure.run("stop mycluster --yes");
  const state = azure.simulation.save();
  const elsewhere = ownAzure({ state, clock: createVirtualClock(state.now), rehearsal: false });
  const dir = join(elsewhere.dir, "empty");
  mkdirSync(dir);
  return { elsewhere, dir };
}

test.each([
  [/coreos-[12]\/start/, 6, false],
  [/nothing/, 3, true],
])("nobody can log in from here, no power for %s: exit code %i, and up is %s", async (refused, exit, up) => {
  const { elsewhere, dir } = await stoppedElsewhere();
  const started = await elsewhere.json<StartDocument>("start mycluster", { ...noRoomFor(elsewhere, refused), dir });
  expect(started, started.stderr).toMatchObject({ exit, document: { up, ready: [] } });
});

/** Azure's word about the power of some machines, once they were told to start. */
function powerOf(of: TestAzure, machines: RegExp, power: string | undefined): NonNullable<Parameters<TestAzure["run"]>[1]> {
  const told = new Set<string>();
  return {
    azure: async (request) => {
      const answer = await of.simulation.handle(request);
      const [machine = ""] = machines.exec(request.url) ?? [];
      if (machine !== "" && /\/start\?/.test(request.url)) told.add(machine);
      if (!told.has(machine) || !/\/instanceView\?/.test(request.url)) return answer;
      const view = JSON.parse(answer.body ?? "") as { statuses: { code: string }[] };
      const statuses = view.statuses.filter(({ code }) => !code.startsWith("PowerState/"));
      if (power !== undefined) statuses.push({ code: `PowerState/${power}` });
      return { ...answer, body: JSON.stringify({ ...view, statuses }) };
    },
  };
}

test.each([
  ["deallocated", /coreos-1/, 3, true, "2 of 3 machines of mycluster have power", "its machine is deallocated"],
  ["deallocated", /coreos-[12]/, 6, false, "Too few for etcd", "its machine is deallocated"],
  [undefined, /coreos-[12]/, 6, false, "Too few for etcd", "Azure does not say whether its machine has power"],
] as const)(
  "a start that Azure calls done, and says %s of %s: exit code %i, up is %s",
  async (power, which, exit, up, said, why) => {
    const { elsewhere, dir } = await stoppedElsewhere();
    const started = await elsewhere.json<StartDocument>("start mycluster", { ...powerOf(elsewhere, which, power), dir });
    expect(started, started.stderr).toMatchObject({ exit, document: { up, ready: [] } });
    expect(started.stderr.replaceAll(/\s+/g, " ")).toContain(said);
    expect(
      started.document.notReady.filter(({ name }) => which.test(name)).map(({ reason }) => reason.endsWith(why)),
    ).not.toContain(false);
  },
);

test("a machine of whose power Azure says nothing is told to start, too", async () => {
  await made();
  await azure.run("stop mycluster --yes");
  let before = true;
  const { exit, document } = await azure.json<StartDocument>("start mycluster", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      before &&= !request.url.includes("/start?");
      if (!before || !/instanceView\?/.test(request.url)) return answer;
      return { ...answer, body: JSON.stringify({ statuses: [] }) };
    },
  });
  expect({ exit, started: document.started }).toEqual({ exit: 0, started: [0, 1, 2].map(nameOf) });
});

const UNREACHED = [
  ["--num-nodes 3", /nothing/, { left: false, says: "No node answers here", grown: 0 }],
  ["--num-nodes 3 --etcd-members 0", /nothing/, { left: false, says: "No node answers here", grown: 0 }],
  ["--num-nodes 3", /coreos-[12]\/start/, { left: true, says: "Too few for etcd", grown: 5 }],
] as const;
test.each(some(UNREACHED, 0, 2))(
  "who cannot reach SSH gets past a stop (%s, no power for %s): %o",
  async (flags, refused, { left, says, grown }) => {
    // nothing listens on port 1 and up of this machine's loopback
    azure = ownAzure({ rehearsal: false, publicAddress: "127.0.0.1" });
    await made(`${flags} --ssh 1 --wait-for machines`);
    expect((await azure.run("stop mycluster --yes")).exit).toBe(0);
    const how = noRoomFor(azure, refused);
    const { exit, document, stderr } = await azure.json<StartDocument>("start mycluster --timeout 10s", how);
    expect({ exit, up: document.up, ready: document.ready }, stderr).toEqual({ exit: 6, up: false, ready: [] });
    expect(stderr).toContain(says);
    const seen = await azure.json<StatusDocument>("status mycluster");
    expect(seen.document.stopped !== undefined).toBe(left);
    if (left) expect(seen.stderr.replaceAll(/\s+/g, " ")).toMatch(/counts as stopped since .* and 1 of its machines has power/);
    expect((await azure.run("mycluster --num-nodes 4 --wait-for machines")).exit).toBe(grown);
  },
);

test("where a node answers nothing is taken for granted: one with another host key is not ready, and the mark stays", async () => {
  let now: Clock = createVirtualClock(START);
  const clock: Clock = { now: () => now.now(), sleep: (ms, signal) => now.sleep(ms, signal) };
  const port = await freePort();
  azure = ownAzure({ clock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2] });
  await made(`--num-nodes 1 --etcd-members 0 --ssh ${port} --wait-for machines`);
  const path = "/resourceGroups/mycluster/providers/Microsoft.Network/publicIPAddresses";
  const [claim] = (await byHand(azure, "GET", path)).body["value"] as Body[];
  const tags = { ...claim?.tags, "aoc-stopped": "2026-11-22T12:00:00Z" };
  await byHand(azure, "PATCH", `${path}/${claim?.name}`, { tags });
  const ahead = now.now() - realClock.now();
  now = { now: () => realClock.now() + ahead, sleep: (ms, signal) => realClock.sleep(ms, signal) };
  const server = await serveNode(port, 0, (await generateHostKey("swap")).privateKey, "none");
  const { exit, document, stderr } = await azure.json<StartDocument>("start mycluster");
  await new Promise((resolve) => server.close(resolve));
  expect({ exit, up: document.up }, stderr).toEqual({ exit: 6, up: false });
  expect(stderr).toContain("It counts as stopped until `start` finds a node that is ready");
  expect((await azure.run("plan mycluster")).stderr).toContain("(ClusterStopped)");
});

test.each(["start mycluster", "stop mycluster --yes"])(
  "%s of a cluster that is being destroyed changes nothing",
  async (argv) => {
    await made();
    const path = "/resourceGroups/mycluster/providers/Microsoft.Network/publicIPAddresses";
    const [claim] = (await byHand(azure, "GET", path)).body["value"] as Body[];
    await byHand(azure, "PATCH", `${path}/${claim?.name}`, {
      tags: { ...claim?.tags, "aoc-destroying": "2026-11-22T12:00:00Z" },
    });
    azure.exchanges.length = 0;
    const { exit, stderr } = await azure.run(argv);
    expect({ exit, writes: writes() }, stderr).toEqual({ exit: 7, writes: [] });
  },
);

test.each([
  ["one machine", "coreos-1/deallocate", 3, [1]],
  ["any machine", "/deallocate", 1, [0, 1, 2]],
])(
  "a stop that Azure refuses %s ends with what stands in the way, and the same command goes on",
  async (_, refused, exit, left) => {
    await made();
    const answer = { error: { code: "OperationNotAllowed", message: "Not now." } };
    const stopped = await azure.json<StopDocument>("stop mycluster --yes", {
      azure: (request) =>
        request.url.includes(refused)
          ? Promise.resolve({ status: 409, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) })
          : azure.simulation.handle(request),
    });
    expect({ exit: stopped.exit, left: stopped.document.left }, stopped.stderr).toEqual({ exit, left: left.map(nameOf) });
    expect(stopped.document.cost.items.some(({ what }) => what.startsWith("machine"))).toBe(true);
    const again = await azure.json<StopDocument>("stop mycluster --yes");
    expect({ exit: again.exit, stopped: again.document.stopped }, again.stderr).toEqual({ exit: 0, stopped: left.map(nameOf) });
    expect(again.document.since).toBe(stopped.document.since);
  },
);

test("Ctrl-C once the claim is marked, before the first machine: all of them are left, none is called stopped", async () => {
  await made();
  let interrupt = (): void => undefined;
  const stopped = await azure.json<StopDocument>("stop mycluster --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PATCH") interrupt();
      return answer;
    },
  });
  const { document } = stopped;
  expect({ exit: stopped.exit, stopped: document.stopped, left: document.left }, stopped.stderr).toEqual({
    exit: 130,
    stopped: [],
    left: [0, 1, 2].map(nameOf),
  });
  expect(stopped.stderr).toContain("3 of 3 machines of mycluster still run");
  expect(document.cost.items.some(({ what }) => what.startsWith("machine"))).toBe(true);
  const again = await azure.json<StopDocument>("stop mycluster --yes");
  expect({ exit: again.exit, stopped: again.document.stopped }, again.stderr).toEqual({
    exit: 0,
    stopped: [0, 1, 2].map(nameOf),
  });
});

const ENDLESS = [
  ["stop mycluster --yes", /^POST .*coreos-1\/deallocate\?/],
  ["start mycluster", /^POST .*coreos-1\/start\?/],
  ["remove mycluster 1 --yes", /^DELETE .*virtualMachines\/mycluster-coreos-1\?/],
  ["destroy mycluster --yes", /^DELETE .*resourceGroups\/mycluster\?/i],
] as const;
test.each(some(ENDLESS, 0, 2))(
  "an operation that never ends in Azure's books holds up nothing for ever, where the resource says that it is done: %s",
  async (command, which) => {
    await made("--num-nodes 2 --wait-for machines");
    if (command.startsWith("start")) expect((await azure.run("stop mycluster --yes")).exit).toBe(0);
    let [operation, asked] = ["", 0];
    const { exit, stderr } = await azure.run(command, {
      azure: async (request) => {
        const answer = await azure.simulation.handle(request);
        const url = answer.headers["azure-asyncoperation"] ?? answer.headers["location"];
        if (which.test(`${request.method} ${request.url}`) && url !== undefined) operation = url;
        if (request.url !== operation) return answer;
        asked += 1;
        return { ...answer, status: 202, body: JSON.stringify({ status: "InProgress" }) };
      },
    });
    expect(exit, stderr).toBe(0);
    expect(asked).toBeGreaterThan(1);
  },
);
