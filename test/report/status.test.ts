/** The status of many nodes on screens of any size: whoever looks sees first what is wrong. */
import { expect, test } from "vitest";
import { type StatusView, renderStatus } from "../../src/report/status.ts";

const sick = new Set([12, 277]);

const view = (nodes: number, more: Partial<StatusView> = {}): StatusView => ({
  name: "mycluster",
  resourceGroup: "mycluster",
  location: "westus",
  host: "mycluster.westus.cloudapp.azure.com",
  ip: "203.0.113.1",
  nodes: Array.from({ length: nodes }, (_, index) => ({
    name: `mycluster-coreos-${index}`,
    host: "mycluster.westus.cloudapp.azure.com",
    port: 22_001 + index,
    privateIp: "10.0.0.4",
    state: sick.has(index) ? "unreachable" : "ready",
    ...(sick.has(index) ? { reason: "nobody answers at its port" } : {}),
  })),
  states: { ready: nodes - 2, unreachable: 2 },
  open: ["SSH"],
  notOpen: [],
  etcd: { mode: "static", members: ["mycluster-coreos-0"] },
  drift: [],
  color: false,
  ...more,
});

const named = (text: string): string[] => [...text.matchAll(/^mycluster-coreos-(\d+)(?= )/gm)].map(([, index = ""]) => index);

test("of 300 nodes the sick come first, and on a terminal the heading stays in sight", () => {
  const text = renderStatus(view(300, { rows: 40, columns: 120 }));
  expect(text.split("\n")[0]).toBe("mycluster in westus: 298 of 300 nodes up");
  expect(text.split("\n").length).toBeLessThanOrEqual(38);
  expect(named(text).slice(0, 4)).toEqual(["12", "277", "0", "1"]);
  expect(text).toContain("more, all ready (--verbose lists each)\n");
  expect(text).toContain("mycluster-coreos-12, mycluster-coreos-277: nobody answers at its port\n");
});

test("in a pipe, and with --verbose, each has its line", () => {
  expect(named(renderStatus(view(300)))).toHaveLength(300);
});

test("nodes that nobody asked are counted by themselves, and stand between the sick and the healthy", () => {
  const { nodes } = view(4);
  const states = ["ready", "running, not asked", "failed", "ready"];
  const text = renderStatus(
    view(4, {
      nodes: nodes.map((node, index) => ({ ...node, state: states[index] ?? "" })),
      states: { ready: 2, "running, not asked": 1, failed: 1 },
    }),
  );
  expect(text.split("\n")[0]).toBe("mycluster in westus: 2 of 4 nodes up; 1 running, not asked");
  expect(named(text)).toEqual(["2", "1", "0", "3"]);
});

test("what system runs, and what a reboot would bring", () => {
  const { nodes } = view(2);
  const text = renderStatus(
    view(2, {
      nodes: nodes.map((node, index) => ({
        ...node,
        system: "flatcar 4459.2.1",
        ...(index === 0 ? { rebootTo: "4593.1.0" } : {}),
      })),
    }),
  );
  expect(text).toMatch(/^mycluster-coreos-0 .* {2}flatcar 4459\.2\.1, a reboot brings 4593\.1\.0$/m);
  expect(text).toMatch(/^mycluster-coreos-1 .* {2}flatcar 4459\.2\.1$/m);
});

test("of what differs and does no harm a screen shows some, and all that does", () => {
  const drift = Array.from({ length: 3000 }, (_, index) => ({ message: `difference ${index}`, harm: index >= 2995 }));
  const text = renderStatus(view(2, { states: { ready: 2 }, drift }));
  expect(text.match(/^ {2}- difference \d+$/gm)).toHaveLength(20);
  expect(text.match(/^ {2}! difference \d+$/gm)).toHaveLength(5);
  expect(text).toContain("  - and 2975 more that do no harm: --json has them all");
});
