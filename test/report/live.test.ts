/* eslint-disable no-control-regex -- a terminal's control characters are what is tested */
import { expect, test } from "vitest";
import type { Event } from "../../src/engine/event.ts";
import { live } from "../../src/report/live.ts";
import type { Report } from "../../src/report/screen.ts";
import { type TestPulse, type TestScreen, event, run, testPulse, testScreen } from "./screen.ts";

function start(
  nodes: number,
  color = false,
): { report: Report; screen: TestScreen; pulse: TestPulse; at: (seconds: number) => void } {
  const screen = testScreen();
  const pulse = testPulse();
  let now = 0;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  return { report: live({ screen, clock, color, nodes, pulse }), screen, pulse, at: (seconds) => void (now = seconds * 1000) };
}

const play = (report: Report, events: readonly Event[]): void => events.forEach((each) => report.event(each));
const before = (events: readonly Event[], seconds: number): Event[] => events.filter((each) => each.at < seconds * 1000);

test("three nodes: what is over in one line, a line for each resource in work", () => {
  const { report, screen, pulse, at } = start(3);
  play(report, before(run(3), 61));
  at(75);
  pulse.beat();
  expect(screen.seen()).toMatchInlineSnapshot(`
    "✓ interfaces 3/3, preflight, resource group mycluster and 2 more
      machines  1 of 3 made  2 being made                                 1 min 9 s
      nodes  2 without a machine, 1 made
        mycluster-coreos-1  without a machine                             1 min 9 s
        mycluster-coreos-2  without a machine                             1 min 9 s
    "
  `);
});

test("200 nodes: counts and the longest-running", () => {
  const { report, screen, pulse, at } = start(200);
  play(report, before(run(200), 100));
  at(101);
  pulse.beat();
  expect(screen.seen()).toMatchInlineSnapshot(`
    "✓ interfaces 200/200, preflight, resource group mycluster and 2 more
      machines  40 of 200 made  160 being made                           1 min 35 s
      nodes  160 without a machine, 40 made
        mycluster-coreos-40  without a machine                           1 min 35 s
        mycluster-coreos-41  without a machine                           1 min 35 s
        mycluster-coreos-42  without a machine                           1 min 35 s
        mycluster-coreos-43  without a machine                           1 min 35 s
        mycluster-coreos-44  without a machine                           1 min 35 s
        and 155 more
    "
  `);
});

test("a single resource in work shows its wait in its own line", () => {
  const { report, screen, pulse, at } = start(3);
  play(report, [
    event(0, "phase", "preflight", { id: "preflight", detail: "asking for quotas" }),
    event(0, "started", "load balancer"),
    event(1, "retrying", "load balancer", { code: "RetryableError", delayMs: 12_000 }),
  ]);
  at(4);
  pulse.beat();
  expect(screen.seen()).toMatchInlineSnapshot(`
    "  preflight      asking for quotas                                          4 s
      load balancer  again in 12 s: RetryableError                              4 s
    "
  `);
});

test("failures and notes stay above the frame, and the last frame becomes the summary", () => {
  const { report, screen, pulse } = start(3);
  play(report, before(run(3, new Map([["machine mycluster-coreos-1", "No room."]])), 62));
  report.event(event(62, "note", "note", { message: "A note." }));
  pulse.beat();
  expect(screen.seen()).toMatchInlineSnapshot(`
    "✗ machine mycluster-coreos-1  FAILED: AllocationFailed: No room.
    A note.
    ✓ interfaces 3/3, preflight, resource group mycluster and 2 more
      machines  1 of 3 made  1 being made  1 failed                            56 s
      nodes  1 without a machine, 1 made, 1 failed
        mycluster-coreos-2  without a machine                                  56 s
    "
  `);
  report.event(event(70, "done", "machine mycluster-coreos-2", { node: 2, change: "created" }));
  report.end();
  report.end();
  expect(screen.seen()).toMatchInlineSnapshot(`
    "✗ machine mycluster-coreos-1  FAILED: AllocationFailed: No room.
    A note.
    3 interfaces, 2 machines, resource group mycluster, virtual network and 1 more
    made; 1 machine failed; 1 min 10 s in all.
    "
  `);
});

test("drawn by the pulse, not by events: 1000 nodes, two frames", () => {
  const { report, screen, pulse } = start(1000);
  play(report, run(1000));
  const frames = () => screen.raw.split("\u001B[?25l").length - 1;
  expect(frames()).toBe(1);
  pulse.beat();
  expect(frames()).toBe(2);
  pulse.beat();
  expect(frames(), "nothing new and nothing in work: no frame").toBe(2);
});

test("where timers have no room an event draws, once in 100 ms of real time", () => {
  const { report, screen, pulse } = start(3);
  const frames = () => screen.raw.split("\u001B[?25l").length - 1;
  for (const each of run(3)) {
    pulse.time += 30;
    report.event(each);
  }
  expect(frames()).toBe(Math.ceil((run(3).length * 30) / 120));
});

test("the cursor is hidden while a frame is drawn, and there after each: nobody who stops the process loses it; the timer is stopped", () => {
  const { report, screen, pulse } = start(3);
  play(report, run(3));
  expect(screen.raw).toMatch(/^(?:\u001B\[\?25l(?:(?!\u001B\[\?25)[^])*\u001B\[\?25h)+$/);
  report.end();
  expect(screen.raw.lastIndexOf("\u001B[?25h")).toBeGreaterThan(screen.raw.lastIndexOf("\u001B[?25l"));
  expect(pulse.stopped).toBe(true);
});

test("nothing at all is written when nothing happened", () => {
  const { report, screen } = start(3);
  report.end();
  expect(screen.raw).toBe("");
});

test.for([
  [20, 8],
  [34, 6],
  [80, 5],
  [200, 60],
] as const)("fits %i columns and %i rows", ([columns, rows]) => {
  const { report, screen, pulse } = start(200);
  screen.columns = columns;
  screen.rows = rows;
  play(report, before(run(200), 100));
  pulse.beat();
  const seen = screen.seen().replace(/\n$/, "").split("\n");
  expect(Math.max(...seen.map((line) => line.length))).toBeLessThan(columns);
  expect(seen.length).toBeLessThan(rows);
});

test("in a low window the single resources give way to the kinds, and the last kinds to the edge", () => {
  const { report, screen, pulse } = start(3);
  const kinds = ["address", "disk", "image", "interface"];
  for (const kind of kinds) for (const node of [0, 1, 2]) report.event(event(0, "started", `${kind} a-${node}`, { node }));
  const shown = (rows: number): string[] => {
    screen.rows = rows;
    pulse.beat();
    return screen
      .seen()
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(" ")[0]!);
  };
  expect(shown(7)).toEqual(["addresses", "a-0", "disks", "images", "interfaces", "and"]);
  expect(shown(5)).toEqual(["addresses", "disks", "images", "interfaces"]);
  expect(shown(4)).toEqual(["addresses", "disks", "and"]);
});

test("what Azure goes on with after a second Ctrl-C is not called skipped", () => {
  const { report, screen, pulse } = start(3);
  play(report, before(run(3), 61));
  const left = { node: 1, detail: "left to Azure, which goes on with it" };
  report.event(event(61, "skipped", "machine mycluster-coreos-1", left));
  pulse.beat();
  expect(screen.seen()).toContain("1 of 3 made  1 being made  1 left to Azure");
  report.event(event(61, "skipped", "machine mycluster-coreos-2", { ...left, node: 2 }));
  report.event(event(61, "skipped", "node mycluster-coreos-2"));
  report.end();
  expect(screen.seen().replaceAll("\n", " ")).toContain(
    "2 machines left to Azure, which goes on; node mycluster-coreos-2 skipped;",
  );
});

test("a phase is over when the next one begins, whether it says so or not", () => {
  const { report, screen, pulse } = start(3);
  play(report, [event(0, "phase", "preflight", { id: "preflight" }), event(2, "phase", "keys", { id: "keys" })]);
  pulse.beat();
  expect(screen.seen()).toMatch(/^✓ preflight\n {2}keys /);
});

test("a window that became narrower is drawn over whole", () => {
  const { report, screen, pulse } = start(3);
  play(report, before(run(3), 61));
  pulse.beat();
  const longest = Math.max(
    ...screen
      .seen()
      .split("\n")
      .map((line) => line.length),
  );
  screen.columns = Math.ceil(longest / 2);
  screen.raw = "";
  pulse.beat();
  const up = Number(/\u001B\[(\d+)A/.exec(screen.raw)![1]);
  const lines = screen.seen().replace(/\n$/, "").split("\n").length;
  expect(up, "each line of more than half the width has become two").toBeGreaterThan(lines);
});

test("with colour the text is the same", () => {
  const plain = start(3);
  const colored = start(3, true);
  for (const each of [plain, colored]) {
    play(each.report, before(run(3), 61));
    each.pulse.beat();
  }
  expect(colored.screen.raw).toContain("\u001B[32m✓");
  expect(colored.screen.seen()).toBe(plain.screen.seen());
});
