/** Whatever a client sends, the answer is ARM's: never an exception, and what was there before stays readable. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import type { CloudState } from "../../src/sim/cloud.ts";
import { arm } from "./arm.ts";
import {
  availabilitySet,
  base,
  lb,
  lbId,
  nic,
  nicId,
  node,
  nsg,
  nsgId,
  pip,
  pipId,
  setId,
  vm,
  vmId,
  vnet,
  vnetId,
} from "./shape.ts";

/** Every path into a body. */
function* paths(value: unknown, at: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...at, Array.isArray(value) ? Number(key) : key];
    yield here;
    yield* paths(inner, here);
  }
}

const BODIES: readonly (readonly [string, object])[] = [
  [vnetId, vnet()],
  [nsgId, nsg()],
  [pipId, pip()],
  [lbId, lb()],
  [setId, availabilitySet()],
  [nicId(0), nic(0)],
  [nicId(1), nic(1)],
  [vmId(0), vm(0)],
  [vmId(1), vm(1)],
];

const spoilt = fc.constantFrom(...BODIES).chain(([path, body]) =>
  fc.record({
    path: fc.constant(path),
    body: fc.constant(body),
    at: fc.constantFrom(...paths(body)),
    by: fc.oneof(fc.jsonValue(), fc.constant(undefined)),
  }),
);

test("one thing in a body replaced by anything", async () => {
  const before = arm();
  await base(before);
  await node(before, 0);
  const saved = JSON.stringify(before.simulation.save());
  await fc.assert(
    fc.asyncProperty(fc.array(spoilt, { minLength: 1, maxLength: 4 }), async (changes) => {
      const on = arm({ state: JSON.parse(saved) as CloudState, clock: createVirtualClock(before.clock.now()) });
      for (const { path, body, at, by } of changes) {
        const copy = structuredClone(body);
        let parent = copy as Record<string | number, unknown>;
        for (const key of at.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
        parent[at.at(-1) ?? ""] = by;
        const given = await on.ask("PUT", path, copy);
        expect(given.status).toBeLessThan(500);
        if (given.status >= 400) expect(given.json.error.code).toMatch(/^[A-Z][A-Za-z0-9]+$/);
        await on.wait(100);
        for (const [id] of BODIES) expect((await on.ask("GET", id)).status).toBeLessThan(500);
      }
    }),
    { numRuns: 150, seed: 20261122 },
  );
});
