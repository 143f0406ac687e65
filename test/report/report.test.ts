import { expect, test } from "vitest";
import { abilities } from "../../src/report/paint.ts";
import { type ReportMode, chooseReport, joined } from "../../src/report/report.ts";
import { event, testPulse, testScreen } from "./screen.ts";

const clock = { now: () => 0, sleep: () => Promise.resolve() };

test.for([
  ["auto", true, true, "live"],
  ["auto", false, true, "lines"],
  ["auto", true, false, "lines"],
  ["lines", true, true, "lines"],
  ["verbose", true, true, "verbose"],
  ["quiet", true, true, "quiet"],
] as const satisfies readonly (readonly [ReportMode, boolean, boolean, string])[])(
  "%s, terminal %s, animate %s: %s",
  ([mode, isTTY, animate, expected]) => {
    const screen = testScreen(isTTY);
    const report = chooseReport({ stderr: screen, mode, clock, color: false, animate, nodes: 3, pulse: testPulse() });
    report.event(event(0, "started", "load balancer"));
    const kind = screen.raw.includes("\u001B[?25l")
      ? "live"
      : screen.raw.includes("[started")
        ? "verbose"
        : screen.raw === ""
          ? "quiet"
          : "lines";
    report.end();
    expect(kind).toBe(expected);
  },
);

test("what is in work has the words of the command", () => {
  const screen = testScreen(true);
  const report = chooseReport({
    stderr: screen,
    mode: "auto",
    clock,
    color: false,
    nodes: 3,
    doing: "being deleted",
    pulse: testPulse(),
  });
  report.event(event(0, "started", "load balancer"));
  expect(screen.seen()).toContain("load balancer  being deleted");
});

test.for([
  [{}, true, { color: true, animate: true }],
  [{}, false, { color: false, animate: false }],
  [{ NO_COLOR: "1" }, true, { color: false, animate: true }],
  [{ NO_COLOR: "" }, true, { color: true, animate: true }],
  [{ TERM: "dumb" }, true, { color: false, animate: false }],
  [{ CI: "true" }, true, { color: true, animate: false }],
] as const)("%j on a terminal (%s): %j", ([env, isTTY, expected]) => expect(abilities(env, { isTTY })).toEqual(expected));

test("joined reports all hear and all end, and the first failure is thrown then", () => {
  const heard: string[] = [];
  const one = (name: string, failing = false) => ({
    event: () => void heard.push(name),
    end() {
      heard.push(`end ${name}`);
      if (failing) throw new Error(name);
    },
  });
  const report = joined([one("a", true), one("b", true), one("c")]);
  report.event(event(0, "started", "image"));
  expect(() => report.end()).toThrow("a");
  expect(heard).toEqual(["a", "b", "c", "end a", "end b", "end c"]);
});
