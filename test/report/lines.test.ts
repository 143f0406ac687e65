/* eslint-disable no-control-regex -- a terminal's control characters are what is tested */
import { expect, test } from "vitest";
import { lines } from "../../src/report/lines.ts";
import { event, run, testScreen } from "./screen.ts";

function shown(
  events: ReturnType<typeof run>,
  options: { nodes: number; mode?: "lines" | "quiet" | "verbose"; color?: boolean },
): string {
  const screen = testScreen(false);
  const report = lines({ screen, color: options.color ?? false, nodes: options.nodes, mode: options.mode ?? "lines" });
  for (const each of events) report.event(each);
  report.end();
  report.end();
  return screen.raw;
}

test("a line for each change of state, the time first", () => {
  expect(shown(run(2), { nodes: 2 })).toMatchInlineSnapshot(`
    "         0 s  preflight
             2 s  preflight  done
             2 s  resource group mycluster  asked for
             5 s  resource group mycluster  made
             2 s  virtual network  asked for
             5 s  virtual network  made
             2 s  load balancer  asked for
             5 s  load balancer  made
             5 s  interface of mycluster-coreos-0  asked for
             6 s  interface of mycluster-coreos-0  made
             5 s  interface of mycluster-coreos-1  asked for
             6 s  interface of mycluster-coreos-1  made
             6 s  machine mycluster-coreos-0  asked for
             6 s  machine mycluster-coreos-1  asked for
           1 min  machine mycluster-coreos-0  made
       1 min 1 s  machine mycluster-coreos-1  made
       1 min 1 s  2 interfaces, 2 machines, resource group mycluster, virtual network and 1 more made in 1 min 1 s.
    "
  `);
});

test.each([
  {
    nodes: 3,
    all: [
      "machine mycluster-coreos-1  FAILED: AllocationFailed: No room.",
      "machine mycluster-coreos-2  FAILED, as machine mycluster-coreos-1",
    ],
  },
  {
    nodes: 40,
    all: ["machine mycluster-coreos-1  FAILED: AllocationFailed: No room.", "1 more FAILED, as machine mycluster-coreos-1"],
  },
])("of $nodes nodes that fail for one cause the first is told in full", ({ nodes, all }) => {
  const failing = new Map([1, 2].map((index) => [`machine mycluster-coreos-${index}`, "No room."]));
  const failed = shown(run(nodes, failing), { nodes })
    .split("\n")
    .filter((line) => line.includes("FAILED"));
  expect(failed.map((line) => line.slice(14))).toEqual(all);
});

test("with many nodes, counts at each quarter and failures in full", () => {
  const failing = new Map([["machine mycluster-coreos-7", "Allocation failed."]]);
  expect(shown(run(40, failing), { nodes: 40 })).toMatchInlineSnapshot(`
    "         0 s  preflight
             2 s  preflight  done
             2 s  resource group mycluster  asked for
             5 s  resource group mycluster  made
             2 s  virtual network  asked for
             5 s  virtual network  made
             2 s  load balancer  asked for
             5 s  load balancer  made
             5 s  interfaces: 40 asked for
             6 s  interfaces: 10 of 40 made
             6 s  interfaces: 20 of 40 made
             6 s  interfaces: 30 of 40 made
             6 s  interfaces: 40 of 40 made
             6 s  machines: 40 asked for
           1 min  machines: 1 of 40 made, 39 being made
       1 min 7 s  machine mycluster-coreos-7  FAILED: AllocationFailed: Allocation failed.
       1 min 9 s  machines: 9 of 40 made, 30 being made, 1 failed
      1 min 19 s  machines: 19 of 40 made, 20 being made, 1 failed
      1 min 29 s  machines: 29 of 40 made, 10 being made, 1 failed
      1 min 39 s  machines: 39 of 40 made, 1 failed
      1 min 39 s  40 interfaces, 39 machines, resource group mycluster, virtual network and 1 more made; 1 machine failed; 1 min 39 s in all.
    "
  `);
});

test("a long silence of many nodes is broken every 30 s", () => {
  const many = run(30).filter((each) => each.kind !== "done" || each.at < 60_000);
  many.push(event(70, "waiting", "machine mycluster-coreos-3", { node: 3 }));
  expect(shown(many, { nodes: 30 }).split("\n").at(-3)).toMatchInlineSnapshot(`"  1 min 10 s  machines: 30 of 30 being made"`);
});

test("a wait is told once, and only when it says something", () => {
  const waits = ["ssh", "ssh", "etcd"].map((detail, index) => event(index, "waiting", "node a-0", { detail }));
  expect(shown([event(0, "waiting", "node a-0"), ...waits], { nodes: 3 })).toMatchInlineSnapshot(`
    "         0 s  node a-0  ssh
             2 s  node a-0  etcd
             2 s  node a-0 not finished.
    "
  `);
});

test("quiet: failures and notes only", () => {
  const events = [
    ...run(1, new Map([["machine mycluster-coreos-0", "No room."]])),
    event(90, "note", "note", { message: "Small is Standard_B1ms today." }),
  ];
  expect(shown(events, { nodes: 1, mode: "quiet" })).toMatchInlineSnapshot(`
    "       1 min  machine mycluster-coreos-0  FAILED: AllocationFailed: No room.
      1 min 30 s  Small is Standard_B1ms today.
    "
  `);
});

test("verbose: every event with its kind, node and id", () => {
  expect(shown(run(30).slice(0, 9), { nodes: 30, mode: "verbose" })).toMatchInlineSnapshot(`
    "         0 s  preflight  [phase, preflight]
             2 s  preflight  done  [done, preflight]
             2 s  machine  30 to see to  [plan, plan/machine]
             2 s  interface  30 to see to  [plan, plan/interface]
             2 s  resource group mycluster  asked for  [started, /subscriptions/s/resourceGroups/mycluster/providers/x/resource-group-mycluster]
             3 s  resource group mycluster  in work  [waiting, /subscriptions/s/resourceGroups/mycluster/providers/x/resource-group-mycluster]
             5 s  resource group mycluster  made  [done, /subscriptions/s/resourceGroups/mycluster/providers/x/resource-group-mycluster]
             2 s  virtual network  asked for  [started, /subscriptions/s/resourceGroups/mycluster/providers/x/virtual-network]
             3 s  virtual network  in work  [waiting, /subscriptions/s/resourceGroups/mycluster/providers/x/virtual-network]
             5 s  resource group mycluster made; virtual network not finished; 5 s in all.
    "
  `);
});

test("retries, what is there already and what is skipped are told", () => {
  const events = [
    event(0, "unchanged", "virtual network"),
    event(1, "started", "load balancer"),
    event(2, "retrying", "load balancer", { code: "RetryableError", delayMs: 12_000 }),
    event(14, "failed", "load balancer", { code: "QuotaExceeded", message: "too many" }),
    event(14, "skipped", "machine mycluster-coreos-0", { message: "load balancer has failed", node: 0 }),
    event(15, "done", "public address", { change: "updated" }),
    event(16, "done", "image", { change: "deleted" }),
  ];
  expect(shown(events, { nodes: 3 })).toMatchInlineSnapshot(`
    "         0 s  virtual network  there already
             1 s  load balancer  asked for
             2 s  load balancer  again in 12 s: RetryableError
            14 s  load balancer  FAILED: QuotaExceeded: too many
            14 s  machine mycluster-coreos-0  skipped: load balancer has failed
            15 s  public address  changed
            16 s  image  deleted
            16 s  public address changed; image deleted; virtual network there already; load balancer failed; machine mycluster-coreos-0 skipped; 16 s in all.
    "
  `);
});

test("no colour unless asked, and no escape code from outside gets through", () => {
  const nasty = [event(0, "failed", "machine a\u001B]0;title\u0007-0", { message: "\u001B[2J\u001B[31mred\r\nover" })];
  expect(shown(nasty, { nodes: 1 })).not.toMatch(/[\u001B\u0007\r]/);
  expect(shown(nasty, { nodes: 1, color: true })).toContain("\u001B[31mmachine");
  expect(shown(nasty, { nodes: 1, color: true })).not.toContain("[2J");
});

test("secrets in a message are not shown", () => {
  expect(shown([event(0, "failed", "image", { message: "GET https://a.blob/x?sv=1&sig=abc%2Fdef" })], { nodes: 1 })).toContain(
    "sig=[removed]",
  );
});

test("nothing happened: nothing is summed up", () => {
  expect(shown([event(0, "note", "note", { message: "hello" })], { nodes: 3 })).toBe("         0 s  hello\n");
});

test("on a terminal a long line goes on under its own beginning", () => {
  const screen = testScreen(true, 50);
  const report = lines({ screen, color: true, nodes: 1, mode: "verbose" });
  report.event(event(3, "note", "note", { message: "The nodes were not asked: the private key is not on this machine." }));
  report.end();
  expect(screen.seen()).toBe(
    ["         0 s  The nodes were not asked: the", "              private key is not on this machine.", ""].join("\n"),
  );
});

test("what Azure goes on with is not called skipped, and what is deleted is not asked for", () => {
  const screen = testScreen(false);
  const report = lines({ screen, color: false, nodes: 1, mode: "lines", doing: "being deleted" });
  report.event(event(0, "started", "machine a-0"));
  report.event(event(1, "skipped", "machine a-0", { detail: "left to Azure, which goes on with it" }));
  report.end();
  expect(screen.raw.replaceAll(/ {3,}/g, "")).toBe(
    "0 s  machine a-0  being deleted\n1 s  machine a-0  left to Azure, which goes on with it\n1 s  machine a-0 left to Azure, which goes on; 1 s in all.\n",
  );
});
