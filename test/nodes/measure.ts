/**
 * How late the tool notices that a node is ready: its event against what the node's own etcd said, asked every 50 ms. Written to
 * test-output/readiness.json for people; nothing is asserted of how long anything takes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { TestAzure } from "../cli/world.ts";
import type { Power } from "./power.ts";

const measured: Record<string, unknown> = {};

/** What the tool's word is worth: its lateness for each node, and what came after the last. */
export function measure(
  name: string,
  { azure, power }: { azure: Pick<TestAzure, "dir">; power: Pick<Power, "machines"> },
  ended: number,
): void {
  const events = readFileSync(join(azure.dir, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { at: string; kind: string; id: string });
  const nodes = [...power.machines.values()].map(({ order, times }) => {
    const said = Date.parse(events.find(({ kind, id }) => kind === "done" && id === `readiness/${order.name}`)?.at ?? "");
    const truth = times.etcd ?? times.ssh ?? Number.NaN;
    return {
      name: order.name,
      bootToSshMs: (times.ssh ?? Number.NaN) - times.power,
      bootToHealthyMs: truth - times.power,
      bootToSaidReadyMs: said - times.power,
      lateMs: said - truth,
      said,
      truth,
    };
  });
  const lastTrue = Math.max(...nodes.map(({ truth }) => truth));
  measured[name] = {
    nodes: nodes.map(({ said: _said, truth: _truth, ...rest }) => rest),
    firstPowerToAllSaidReadyMs:
      Math.max(...nodes.map(({ said }) => said)) - Math.min(...[...power.machines.values()].map(({ times }) => times.power)),
    lastReadyToSaidMs: Math.max(...nodes.map(({ said }) => said)) - lastTrue,
    lastReadyToEndOfCommandMs: ended - lastTrue,
  };
  // not how long, but that there is an order: nobody is called ready who has no power yet
  for (const { order, times } of power.machines.values())
    expect(nodes.find(({ name: one }) => one === order.name)?.said, order.name).toBeGreaterThanOrEqual(times.power);
}

export function writeMeasures(): void {
  if (Object.keys(measured).length === 0) return;
  mkdirSync(new URL("../../test-output/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../../test-output/readiness.json", import.meta.url), `${JSON.stringify(measured, null, 2)}\n`);
}
