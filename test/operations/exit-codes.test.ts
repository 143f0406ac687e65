/** How a create ends, as an exit code; and what of a cluster's claims, nodes and parts is said. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import type { Invocation } from "../../src/cli/invocation.ts";
import { endWith } from "../../src/cli/screens/outcome.ts";
import type { Session } from "../../src/cli/session.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import { type ClaimedCluster, claimNeeded, claimed } from "../../src/operations/cluster/claim.ts";
import { type NodePart, withParts } from "../../src/operations/cluster/node-parts.ts";
import { chooseNodes } from "../../src/operations/create/choose-nodes.ts";
import { exitOf } from "../../src/operations/create/finish.ts";
import { carryOutReboot } from "../../src/operations/reboot.ts";
import type { Run } from "../../src/operations/run.ts";

const failure = (exit: 1 | 4 | 6 | 7): ClusterError => new ClusterError("X", "x", { exit });
const runOf = ({ stopped = false, aborted = false, now = 0 }: { stopped?: boolean; aborted?: boolean; now?: number }): Run =>
  ({
    stop: { aborted: stopped },
    tools: { signal: { aborted } },
    clock: { now: () => now },
    giveUpAt: 100,
  }) as unknown as Run;

test.each<
  [
    string,
    number,
    {
      ready: number;
      all?: number;
      whole?: boolean;
      failure?: unknown;
      minReady?: number;
      stopped?: boolean;
      aborted?: boolean;
      now?: number;
    },
  ]
>([
  ["all are ready", 0, { ready: 3 }],
  ["interrupted, and complete", 0, { ready: 3, stopped: true }],
  ["interrupted, and something was not begun", 130, { ready: 3, stopped: true, whole: false }],
  ["interrupted, and some are ready", 130, { ready: 2, stopped: true, minReady: 2 }],
  ["interrupted, whatever else", 130, { ready: 3, stopped: true, failure: failure(7) }],
  ["a conflict, whatever is ready", 7, { ready: 3, failure: failure(7), minReady: 1 }],
  ["all ready, and something failed", 3, { ready: 3, failure: failure(1) }],
  ["some are ready", 3, { ready: 2 }],
  ["some are ready, and a failure", 3, { ready: 2, failure: failure(4) }],
  ["as many as were asked for", 0, { ready: 2, minReady: 2 }],
  ["as many as were asked for, and a failure", 0, { ready: 2, minReady: 2, failure: failure(1) }],
  ["fewer than were asked for", 3, { ready: 1, minReady: 2 }],
  ["none, and there is time left", 3, { ready: 0, now: 99 }],
  ["none, and the time is up", 6, { ready: 0, now: 100 }],
  ["none, and it was ended", 6, { ready: 0, aborted: true }],
  ["none, with a failure of its own code", 4, { ready: 0, failure: failure(4) }],
  ["none, with an error of ours", 1, { ready: 0, failure: new TypeError("x") }],
])("%s: %i", (_, exit, { ready, all = 3, failure: failed, whole = failed === undefined, minReady, ...more }) => {
  const spec = (minReady === undefined ? {} : { minReady }) as Parameters<typeof exitOf>[1];
  expect(exitOf(runOf(more), spec, { ready, all, failure: failed, whole })).toBe(exit);
});

test("two claims are a conflict, and both are named; none is no cluster", async () => {
  const account = { subscription: { id: "s" }, signIn: { kind: "loopback" } };
  const run = { account: () => Promise.resolve(account), others: [] } as unknown as Run;
  const cluster = (claims: object[]): ClaimedCluster => ({ name: "abc", groupName: "g", claims }) as unknown as ClaimedCluster;
  for (const read of [claimed, (one: ClaimedCluster) => claimNeeded(run, one)])
    await expect(async () => read(cluster([{ id: "/x/one" }, { id: "/x/two" }]))).rejects.toThrow(
      expect.objectContaining({ code: "ClaimTwice", exit: 7, source: "azure", advice: expect.stringContaining("one, two") }),
    );
  expect(claimed(cluster([])).claim).toBeUndefined();
  await expect(claimNeeded(run, cluster([]))).rejects.toThrow(expect.objectContaining({ code: "ClusterNotFound", exit: 1 }));
});

test.each([
  [[], 1, ""],
  [["machine"], 1, " with its disks"],
  [["publicAddress"], 2, " with their addresses"],
  [["publicAddress", "machine"], 2, " with their disks and addresses"],
  [["machine", "networkInterface", "publicAddress"], 1, " with its disks, interface and address"],
])("of %j and %i nodes it is said:%s", (kinds, nodes, said) => {
  expect(
    withParts(
      kinds.map((kind) => ({ kind }) as NodePart),
      nodes,
    ),
  ).toBe(said);
});

test.each([
  [3, [], [0, 1, 2]],
  [3, [1, 4], [0, 1, 4]],
  [2, [1, 4], [1, 4]],
  [5, [0, 2], [0, 1, 2, 3, 4]],
])("of %i nodes, with %j there, these are wanted: %j", (numNodes, known, wanted) => {
  expect(chooseNodes(buildSpec("abc", { numNodes }).spec, new Set(known))).toEqual(wanted);
});

test("fewer than there are is remove's matter, and only when it was asked for", () => {
  const asked = { ...buildSpec("abc", { numNodes: 1 }).spec, given: ["numNodes"] } as ReturnType<typeof buildSpec>["spec"];
  expect(() => chooseNodes(asked, new Set([0, 3]))).toThrow(
    expect.objectContaining({ code: "FewerNodes", exit: 2, advice: expect.stringContaining("remove abc abc-coreos-3") }),
  );
  const kept = { ...asked, given: [] } as typeof asked;
  expect(chooseNodes(kept, new Set([0, 3]))).toEqual([0, 3]);
});

test.each([
  ["well", undefined, true, { exit: 0, thrown: undefined, done: true }],
  ["well, for people", undefined, undefined, { exit: 0, thrown: undefined, done: true }],
  ["in part: the document is there, and the code says it", failure(4), true, { exit: 4, thrown: undefined, done: false }],
  [
    "in part, for people: the error is what they see",
    failure(4),
    undefined,
    { exit: undefined, thrown: failure(4), done: false },
  ],
])("work that may stop half-way ends %s", (_, error, json, ended) => {
  let [exit, thrown, done]: [unknown, unknown, boolean] = [undefined, undefined, false];
  const handed: unknown[] = [];
  const session = { endReport: () => undefined, hand: (one: unknown) => handed.push(one), say: () => undefined };
  try {
    const outcome = { document: [], ...(error && { error }) };
    const typed = { given: { json }, args: [], command: "stop", world: { argv: ["stop"] } } as unknown as Invocation;
    exit = endWith(session as unknown as Session, typed, outcome, () => (done = true));
  } catch (cause) {
    thrown = cause;
  }
  expect({ exit, thrown, done }).toEqual(ended);
  expect(handed).toEqual([[]]);
});

test.each([
  [[], false, 5],
  [[1], true, 3],
])("a reboot that etcd's other members do not allow, with %j done before: exit code", async (done, goesOn, exit) => {
  let now = 0;
  const clock = { now: () => now, sleep: async () => void (now += 3_600_000) };
  const { signal } = new AbortController();
  const none = (): void => undefined;
  const run = {
    simulated: false,
    dir: mkdtempSync(join(tmpdir(), "reboot-")),
    clock,
    startedAt: 0,
    stop: signal,
    tools: { signal, random: () => 0, emit: none },
    emit: none,
    say: none,
    changesNodes: none,
  } as unknown as Run;
  // nobody listens there
  const node = (index: number) => ({
    index,
    name: `n${index}`,
    host: "127.0.0.1",
    port: 1,
    user: "core",
    hostKeys: [],
    identity: {},
  });
  const members = [node(0), node(1), node(2)];
  const cluster = { spec: { name: "abc", platform: "flatcar" }, cluster: { groupName: "abc" } };
  const reboot = {
    etcd: { cluster, members, tls: undefined, who: "me" },
    nodes: [members[0], members[1]],
    noted: { cluster: "x", begun: "", nodes: [0, 1], boots: {}, done },
    goesOn,
  } as unknown as Parameters<typeof carryOutReboot>[1];
  const { error, document } = await carryOutReboot(run, reboot);
  expect(error).toMatchObject({ code: "EtcdNotWhole", exit });
  expect(document.rebooted).toEqual([]);
  rmSync(run.dir, { recursive: true, force: true });
});
