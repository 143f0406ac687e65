/* eslint-disable no-control-regex -- a terminal's control characters are what is tested */
import { expect, test } from "vitest";
import { type PlanAction, type PlannedResource, planEvents, renderPlan } from "../../src/report/plan.ts";

const summary = {
  name: "mycluster",
  resourceGroup: "mycluster",
  location: "westus",
  vmSize: "Standard_D2s_v5",
  image: "Flatcar stable 4593.1.0",
};

function resources(nodes: number, existing = 0): PlannedResource[] {
  const shared: PlanAction = existing > 0 ? "unchanged" : "create";
  return [
    { kind: "resourceGroup", label: "resource group mycluster", action: shared },
    { kind: "network", label: "virtual network", action: shared },
    { kind: "loadBalancer", label: "load balancer", action: existing > 0 ? "change" : "create" },
    ...Array.from({ length: nodes }, (_, node): PlannedResource[] => [
      {
        kind: "networkInterface",
        label: `interface of mycluster-coreos-${node}`,
        action: node < existing ? "unchanged" : "create",
      },
      { kind: "machine", label: `machine mycluster-coreos-${node}`, action: node < existing ? "unchanged" : "create" },
    ]).flat(),
  ];
}

test("three nodes", () => {
  expect(renderPlan(resources(3), { ...summary, nodes: 3, seconds: 110, notes: ["Small is Standard_B1ms today."] }))
    .toMatchInlineSnapshot(`
    "mycluster: 3 machines of Standard_D2s_v5 in westus, Flatcar stable 4593.1.0
    resource group mycluster

      + resource group mycluster
      + virtual network
      + load balancer
      + 3 interfaces: mycluster-coreos-0, mycluster-coreos-1, mycluster-coreos-2
      + 3 machines: mycluster-coreos-0, mycluster-coreos-1, mycluster-coreos-2

    Small is Standard_B1ms today.
    9 to make; about 2 minutes.
    "
  `);
});

test("growing from 3 to 200: what stays in one line, what comes a line a kind", () => {
  expect(renderPlan(resources(200, 3), { ...summary, nodes: 200, seconds: 241 })).toMatchInlineSnapshot(`
    "mycluster: 200 machines of Standard_D2s_v5 in westus, Flatcar stable 4593.1.0
    resource group mycluster

      + 197 interfaces: mycluster-coreos-3 ... mycluster-coreos-199
      + 197 machines: mycluster-coreos-3 ... mycluster-coreos-199
      ~ load balancer
      = resource group mycluster, virtual network, 3 interfaces, 3 machines

    394 to make, 1 to change, 8 there already; about 4 minutes.
    "
  `);
});

test("nothing to do", () => {
  const all = resources(3).map((resource) => ({ ...resource, action: "unchanged" as const }));
  expect(renderPlan(all, { ...summary, nodes: 3 })).toMatchInlineSnapshot(`
    "mycluster: 3 machines of Standard_D2s_v5 in westus, Flatcar stable 4593.1.0
    resource group mycluster

      = resource group mycluster, virtual network, load balancer, 3 interfaces, 3 machines

    Nothing to do: everything is there as asked.
    "
  `);
});

test("what is deleted or made again stands out", () => {
  const some: PlannedResource[] = [
    { kind: "machine", label: "machine mycluster-coreos-1", action: "recreate" },
    { kind: "publicAddress", label: "public address", action: "delete" },
  ];
  expect(renderPlan(some, { ...summary, nodes: 1, seconds: 20 })).toMatchInlineSnapshot(`
    "mycluster: 1 machine of Standard_D2s_v5 in westus, Flatcar stable 4593.1.0
    resource group mycluster

      ± machine mycluster-coreos-1
      - public address

    1 to delete and make again, 1 to delete; about 20 seconds.
    "
  `);
});

test("what Azure is at work on is there, and is not called made", () => {
  const all = resources(2, 2).map((one) => (one.kind === "machine" ? { ...one, action: "wait" as const } : one));
  expect(renderPlan(all, { ...summary, nodes: 2 })).toMatchInlineSnapshot(`
    "mycluster: 2 machines of Standard_D2s_v5 in westus, Flatcar stable 4593.1.0
    resource group mycluster

      ~ load balancer
      * 2 machines: mycluster-coreos-0, mycluster-coreos-1
      = resource group mycluster, virtual network, 2 interfaces

    1 to change, 2 at work in Azure, 4 there already.
    "
  `);
});

test("no line is wider than asked for, and colours change no text", () => {
  const shown = renderPlan(resources(200, 100), { ...summary, nodes: 200, columns: 60 });
  expect(
    Math.max(
      ...shown
        .split("\n")
        .slice(1)
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(60);
  const colored = renderPlan(resources(3), { ...summary, nodes: 3, color: true });
  expect(colored.replaceAll(/\u001B\[\d+m/g, "")).toBe(renderPlan(resources(3), { ...summary, nodes: 3 }));
  expect(colored).toContain("\u001B[32m+");
});

test("plan events tell each kind's total", () => {
  const planned = resources(3).map((resource) => ({
    id: `/x/${/mycluster\S*/.exec(resource.label)?.[0] ?? "mycluster-x"}`,
    label: resource.label,
  }));
  expect(planEvents(planned).map((each) => [each.kind, each.label, each.count])).toEqual([
    ["plan", "resource group", 1],
    ["plan", "virtual network", 1],
    ["plan", "load balancer", 1],
    ["plan", "interface", 3],
    ["plan", "machine", 3],
  ]);
});
