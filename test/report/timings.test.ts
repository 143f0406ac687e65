import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openToWrite } from "../../src/operations/files/open-pipe.ts";
import { expect, test } from "vitest";
import type { Event } from "../../src/engine/event.ts";
import { timeline } from "../../src/report/timeline.ts";
import { isRest, rowsOf } from "../../src/report/timings-rows.ts";
import { renderTimings, timings } from "../../src/report/timings.ts";
import { event, run } from "./screen.ts";

const bar = (from: number, to: number, label: string): Event[] => [event(from, "started", label), event(to, "done", label)];
const id = (label: string): string => event(0, "started", label).id;

test("a bar from the first request to the end, with its waits", () => {
  const line = timeline([
    event(10, "started", "load balancer"),
    event(11, "retrying", "load balancer", { code: "RetryableError", delayMs: 4000 }),
    event(15, "started", "load balancer"),
    event(16, "waiting", "load balancer"),
    event(20, "done", "load balancer"),
  ]);
  expect(line.bars).toEqual([
    expect.objectContaining({
      start: 0,
      end: 10_000,
      accepted: 6000,
      outcome: "done",
      waits: [{ from: 1000, to: 5000, code: "RetryableError" }],
    }),
  ]);
  expect(line.length).toBe(10_000);
});

test("a wait that was cut short ends with the next event", () => {
  const line = timeline([
    event(0, "retrying", "image", { delayMs: 60_000 }),
    event(5, "failed", "image", { code: "X", message: "y" }),
  ]);
  expect(line.bars[0]).toMatchObject({ waits: [{ from: 0, to: 5000 }], outcome: "failed", reason: "X: y" });
});

test("the chain that decided the end", () => {
  const events = [
    ...bar(0, 1, "resource group g"),
    ...bar(1, 5, "virtual network"),
    ...bar(1, 9, "load balancer"),
    ...bar(9, 10, "interface of a-0"),
    ...bar(1, 2, "availability set x-1"),
    ...bar(10, 60, "machine a-0"),
    ...bar(10, 50, "machine a-1"),
  ];
  const needs = new Map(
    (
      [
        ["resource group g", []],
        ["virtual network", ["resource group g"]],
        ["load balancer", ["resource group g"]],
        ["interface of a-0", ["virtual network", "load balancer"]],
        ["availability set x-1", ["resource group g"]],
        ["machine a-0", ["interface of a-0", "availability set x-1"]],
        ["machine a-1", ["interface of a-0"]],
      ] as const
    ).map(([label, others]) => [id(label).toUpperCase(), others.map((other) => id(other))]),
  );
  const line = timeline(events, needs);
  expect(line.path.map((bar) => bar.label)).toEqual(["resource group g", "load balancer", "interface of a-0", "machine a-0"]);
  expect(line.bars.filter((bar) => bar.critical)).toHaveLength(4);
});

test("a rerun that found everything there has no chain, and says so", () => {
  const events = ["resource group g", "machine a-0"].flatMap((label) => [event(0, "unchanged", label)]);
  const line = timeline(
    events,
    new Map([
      [id("machine a-0"), [id("resource group g")]],
      [id("resource group g"), []],
    ]),
  );
  expect(line.path).toEqual([]);
  expect(renderTimings(line, { title: "x" })).toContain("Nothing had to be done");
  expect(renderTimings(line, { title: "x" })).not.toContain("What decided the end");
});

test("the chain adds up to no more than the whole, though a machine began before what it waited for in the end", () => {
  const events = [
    event(0, "unchanged", "resource group g"),
    event(0, "started", "machine a-0"),
    event(30, "retrying", "machine a-0", { code: "AllocationFailed", delayMs: 5000 }),
    event(10, "started", "interface of a-0"),
    event(40, "done", "interface of a-0"),
    event(90, "done", "machine a-0"),
  ];
  const needs = new Map([
    [id("machine a-0"), [id("interface of a-0")]],
    [id("interface of a-0"), [id("resource group g")]],
    [id("resource group g"), []],
  ]);
  const line = timeline(events, needs);
  expect(line.path.map((bar) => [bar.label, bar.share])).toEqual([
    ["interface of a-0", 30_000],
    ["machine a-0", 50_000],
  ]);
});

test("dependencies in a circle, or on what has no events, end", () => {
  const circle = new Map([
    [id("image"), [id("load balancer"), "/nowhere"]],
    [id("load balancer"), [id("image")]],
  ]);
  expect(timeline([event(0, "started", "image"), event(1, "started", "load balancer")], circle).path.length).toBeGreaterThan(0);
});

test("sums by kind", () => {
  expect(timeline(run(3)).sums.find((sum) => sum.noun === "machine")).toEqual({
    noun: "machine",
    count: 3,
    retries: 0,
    span: 56_000,
    mean: 55_000,
    longest: 56_000,
  });
});

test("a phase ends where the next one begins; what never ended goes to the edge", () => {
  const line = timeline([
    event(0, "phase", "preflight", { id: "p" }),
    event(4, "phase", "keys", { id: "k" }),
    event(9, "started", "image"),
  ]);
  expect(line.bars.map((bar) => [bar.label, bar.end, bar.outcome])).toEqual([
    ["preflight", 4000, "done"],
    ["keys", 9000, "open"],
    ["image", 9000, "open"],
  ]);
});

test("the page asks nobody for anything, and escapes what it shows", () => {
  const events = [
    event(0, "started", `<script>alert("x")</script> a-0`),
    event(1, "failed", `<script>alert("x")</script> a-0`, { message: `"><img src=https://evil>` }),
  ];
  const page = renderTimings(timeline(events), { title: "<b>&" });
  expect(page).not.toMatch(/<script|<img|<link|<b>|url\(|@import|\ssrc="|<a /);
  expect(page.match(/https?:\/\/[^\s&]+/g) ?? [], "no address but in escaped text").toEqual(["https://evil"]);
  expect(page).toContain("&lt;b&gt;&amp;");
});

test("no secret and no terminal code of an error gets into the page", () => {
  const message = "\u001B[31mPUT ...?sig=abcSECRETdef\u0007 -----BEGIN RSA PRIVATE KEY-----\nMIIE";
  const events = [event(0, "started", "image"), event(1, "failed", "image", { code: "X", message })];
  const page = renderTimings(timeline(events), { title: "x" });
  expect(page).toContain("X: PUT ...?sig=[removed] [private key removed]");
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  expect(page).not.toMatch(/SECRET|MIIE|\u001B|\u0007/);
});

test("the file is made at the start and filled at the end", () => {
  const path = join(mkdtempSync(join(tmpdir(), "timings-")), "run.html");
  const report = timings(path, openToWrite, {
    title: "mycluster",
    dependsOn: () => new Map([[id("machine mycluster-coreos-2"), []]]),
  });
  expect(readFileSync(path, "utf8")).toBe("");
  for (const each of run(3)) report.event(each);
  report.end();
  report.end();
  const page = readFileSync(path, "utf8");
  expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  expect(page.match(/class="row/g)).toHaveLength(1 + 1 + 3 + 3 + 3);
  expect(page).toContain("What decided the end");
});

test("a path that cannot be written is refused at the start, as bad usage", () => {
  expect(() => timings("/nowhere/at/all.html", openToWrite, { title: "x" })).toThrow(
    expect.objectContaining({ code: "FileNotWritten", exit: 2, message: expect.stringMatching(/^--timings: /) }),
  );
});

test("an empty run makes a page too", () => {
  expect(renderTimings(timeline([]), { title: "x" })).toContain("0.0 s");
});

test("of a thousand nodes the page shows what tells something, and one row for the rest of a kind", () => {
  const nodes = Array.from({ length: 1000 }, (_, i) => i);
  const slow = new Set([17, 500]);
  const events = [
    ...bar(0, 4, "virtual network"),
    ...nodes.flatMap((i) => bar(4, 7, `interface of a-${i}`)),
    ...nodes.flatMap((i) =>
      i === 3
        ? [event(9, "started", `machine a-${i}`), event(20, "failed", `machine a-${i}`)]
        : bar(9, slow.has(i) ? 99 : 45, `machine a-${i}`),
    ),
  ].sort((a, b) => a.at - b.at);
  const needs = new Map(nodes.map((i) => [id(`machine a-${i}`), [id(`interface of a-${i}`)]]));
  const line = timeline(events, needs);
  const rows = rowsOf(line);
  expect(rows.length).toBeLessThan(30);
  expect(rows).toContainEqual(expect.objectContaining({ label: "machine a-3", outcome: "failed" }));
  expect(rows).toContainEqual(expect.objectContaining({ label: "machine a-17", end: 99_000 }));
  expect(rows).toContainEqual(expect.objectContaining({ critical: true }));
  // nothing is left out: what has no row of its own is counted
  expect(rows.reduce((sum, row) => sum + (isRest(row) ? row.count : 1), 0)).toBe(line.bars.length);
  const page = renderTimings(line, { title: "big" });
  expect(page).toMatch(/99\d more: machine, each 36 s/);
  expect(page.length).toBeLessThan(100_000);
});
