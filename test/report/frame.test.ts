/** The live screen, of 3 to 1,000 nodes in windows of 80 to 250 columns: it is used in full, and never more than that. */
import { expect, test } from "vitest";
import type { Event } from "../../src/engine/event.ts";
import { expectedEnd } from "../../src/report/expected.ts";
import type { FrameOptions } from "../../src/report/frame-line.ts";
import { frame } from "../../src/report/frame.ts";
import type { NodeProgress } from "../../src/report/node-stages.ts";
import { paint } from "../../src/report/paint.ts";
import { type Progress, newProgress, take } from "../../src/report/progress.ts";
import { width } from "../../src/core/words.ts";
import { event, run } from "./screen.ts";

const node = (index: number): string => `mycluster-coreos-${index}`;

const readiness = (seconds: number, index: number, kind: Event["kind"], rest: Partial<Event> = {}): Event =>
  event(seconds, kind, `node ${node(index)}`, { id: `readiness/${node(index)}`, node: index, ...rest });

/** A create at 75 s: a tenth of the nodes is ready, and one of them shows a host key that is not its own. */
function under(nodes: number): Progress {
  const progress = newProgress();
  for (const each of run(nodes).filter(({ at }) => at < 60_000)) take(progress, each);
  for (let index = 0; index < nodes; index++) take(progress, readiness(8, index, "started"));
  for (let index = 0; index < nodes / 10; index++) {
    take(progress, event(55, "done", `machine ${node(index)}`, { node: index, change: "created" }));
    take(progress, readiness(60, index, "done"));
  }
  const last = nodes - 1;
  take(progress, readiness(61, last, "waiting", { step: "wrong-host-key", detail: REASON }));
  return progress;
}

const REASON =
  "it shows another host key than it was given: sshd answers with one of its own until cloud-config has put ours in, and somebody else may answer in its place";

const shown = (progress: Progress, options: Partial<FrameOptions> & { nodes: number }): string[] =>
  frame(progress, {
    now: 75_000,
    columns: 80,
    rows: 24,
    ink: paint(false),
    head: { title: "mycluster in westus, subscription Sandbox", usualMs: 100_000 },
    ...options,
  }).map(({ text }) => text);

test("three nodes in 80 columns", () => {
  expect(`\n${shown(under(3), { nodes: 3 }).join("\n")}\n`).toMatchInlineSnapshot(`
    "
    mycluster in westus, subscription Sandbox         1 min 15 s of about 1 min 20 s
    ████████████████████████████████████████████████████████████████████████░░░ 96 %
    ✓ interfaces 3/3, preflight, resource group mycluster and 2 more
      machines  1 of 3 made  2 being made                                  1 min 9 s
      nodes  1 booting, 1 answering, 1 ready
        mycluster-coreos-2  answering: it shows another host key than it was    14 s
          given: sshd answers with one of its own until cloud-config has put
          ours in, and somebody else may answer in its place
        mycluster-coreos-1  booting                                        1 min 7 s
    "
  `);
});

test("300 nodes in 120 columns: counted by how far they are, and who has a reason is named with it", () => {
  expect(`\n${shown(under(300), { nodes: 300, columns: 120, rows: 16 }).join("\n")}\n`).toMatchInlineSnapshot(`
    "
    mycluster in westus, subscription Sandbox                                                 1 min 15 s of about 1 min 20 s
    ██████████████████████████████████████████████████████████████████████████████████████████████████████████████░░░░░ 96 %
    ✓ interfaces 300/300, preflight, resource group mycluster, virtual network, load balancer
      machines  30 of 300 made  270 being made                                                                     1 min 9 s
      nodes  269 booting, 1 answering, 30 ready
        mycluster-coreos-299  answering: it shows another host key than it was given: sshd answers with one of its own  14 s
          until cloud-config has put ours in, and somebody else may answer in its place
        mycluster-coreos-30  booting                                                                               1 min 7 s
        mycluster-coreos-31  booting                                                                               1 min 7 s
        mycluster-coreos-32  booting                                                                               1 min 7 s
        mycluster-coreos-33  booting                                                                               1 min 7 s
        mycluster-coreos-34  booting                                                                               1 min 7 s
        and 264 more
    "
  `);
});

test.each(
  [3, 30, 300, 1000].flatMap((nodes) =>
    [80, 132, 250].flatMap((columns) => [8, 24, 60].map((rows) => [nodes, columns, rows] as const)),
  ),
)(
  "%i nodes, %i columns, %i rows: no more than there is room for, the bar as wide as the window, the slow node's reason whole",
  (nodes, columns, rows) => {
    const lines = shown(under(nodes), { nodes, columns, rows });
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => width(line)))).toBe(columns);
    expect(lines[0]).toMatch(/^mycluster in westus, subscription Sandbox +1 min 15 s of about/);
    expect(lines[1]).toMatch(/^█+░+ \d\d %$/);
    if (rows > 8) expect(lines.map((line) => line.replace(/ {2,}\d+ s$/, "").trim()).join(" ")).toContain(REASON);
  },
);

test("a machine that is there and is only changed has not gone, and has not failed where that is refused", () => {
  const progress = newProgress();
  for (const kind of ["started", "failed"] as const) {
    take(progress, event(1, kind, `machine ${node(0)}`, { node: 0, change: "updated" }));
    expect(progress.nodes.get(0)?.stage).toBe("made");
  }
  expect(progress.groups.get("machine")?.counts).toMatchObject({ "not changed": 1 });
});

test("a machine that failed and is made again has none, until Azure has accepted it once more", () => {
  const progress = newProgress();
  const machine = (seconds: number, kind: Event["kind"], rest: Partial<Event> = {}): unknown =>
    take(progress, event(seconds, kind, `machine ${node(0)}`, { node: 0, ...rest }));
  const stage = (): string | undefined => progress.nodes.get(0)?.stage;
  machine(1, "started");
  expect(stage()).toBe("no machine");
  machine(2, "waiting");
  take(progress, readiness(2, 0, "started"));
  expect(stage()).toBe("boots");
  machine(40, "retrying", { code: "AllocationFailed" });
  machine(40, "started", { detail: "its creation failed: deleting it, to make it again" });
  expect(stage()).toBe("no machine");
  machine(60, "waiting");
  expect(stage()).toBe("boots");
  take(progress, readiness(70, 0, "waiting", { step: "ssh" }));
  machine(80, "done", { change: "created" });
  expect(stage()).toBe("etcd joins");
});

test("after Ctrl-C it says what is waited for, until that has ended", () => {
  const progress = under(3);
  take(progress, event(70, "note", "interrupted", { id: "interrupt", message: "Stopping" }));
  expect(shown(progress, { nodes: 3, columns: 120 }).at(-1)).toBe(
    "Stopping (Ctrl-C again: at once). Waiting for machine mycluster-coreos-1, machine mycluster-coreos-2.",
  );
  for (const index of [1, 2]) take(progress, event(80, "done", `machine ${node(index)}`, { node: index, change: "created" }));
  expect(shown(progress, { nodes: 3 }).at(-1)).toBe("Stopping.");
});

test("a destroy counts down", () => {
  const progress = newProgress("being deleted");
  take(progress, event(0, "plan", "machine", { id: "plan/machine", count: 40 }));
  for (let index = 0; index < 40; index++) take(progress, event(1, "started", `machine ${node(index)}`, { node: index }));
  const left = (): string[] => shown(progress, { nodes: 40, head: { title: "mycluster: being destroyed" } }).slice(0, 2);
  expect(left()[0]).toMatch(/^mycluster: being destroyed +40 left, 1 min 15 s$/);
  for (let index = 0; index < 30; index++)
    take(progress, event(60, "done", `machine ${node(index)}`, { node: index, change: "deleted" }));
  expect(left()[0]).toMatch(/10 left, 1 min 15 s$/);
  expect(left()[1]).toMatch(/ 75 %$/);
});

const up = (startedAt: number, since?: number): NodeProgress => ({
  name: "n",
  stage: since === undefined ? "boots" : "ready",
  startedAt,
  since: since ?? startedAt,
  awaited: true,
});

test.each([
  { what: "nothing is known yet", nodes: [], now: 5000, wanted: 3, end: 105_000 },
  { what: "as usual while nobody is ready", nodes: [up(10_000), up(12_000)], now: 30_000, wanted: 2, end: 112_000 },
  { what: "those that came up tell of the others", nodes: [up(10_000, 50_000), up(12_000)], now: 50_000, wanted: 2, end: 53_000 },
  { what: "never over before it is", nodes: [up(10_000)], now: 500_000, wanted: 1, end: 503_000 },
  { what: "Azure takes so many a second", nodes: [up(0), up(1000)], now: 2000, wanted: 102, end: 202_000 },
  { what: "all are up", nodes: [up(10_000, 50_000)], now: 51_000, wanted: 1, end: 51_000 },
])("when it will be over: $what", ({ nodes, now, wanted, end }) => {
  expect(expectedEnd(nodes, now, 100_000, wanted)).toBe(end);
});
