/** Long-running operations over the SDK's pollers: asked again after a fault, believed only when the resource agrees. */
import { describe, expect, test } from "vitest";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Kind } from "../../src/core/plan/bodies.ts";
import type { Operation } from "../../src/engine/provider.ts";
import { upTo } from "./resources.ts";
import { type Simulated, signal, simulated } from "./simulated.ts";

/** All that stands before a kind made in peace, and its own PUT begun under faults. */
async function begun(kind: Kind, ...faults: string[]): Promise<Simulated & { operation: Operation; one: AnyResource }> {
  const peaceful = await simulated();
  const { before, one } = upTo(kind);
  for (const resource of before) await peaceful.make(resource);
  const on = await simulated(faults, { state: peaceful.simulation.save() });
  return { ...on, one, operation: await on.provider.put(one, { signal }) };
}

test.each<Kind>(["loadBalancer", "networkInterface"])(
  "a new %s is done with its first answer, whatever operation comes along: no poll",
  async (kind) => {
    const on = await begun(kind);
    expect(on.operation.done).toBe(true);
    expect(on.exchanges.length).toBe(1);
  },
);

test.each<Kind>(["availabilitySet", "sshKey", "placementGroup", "resourceGroup", "blobContainer"])(
  "%s is one request",
  async (kind) => {
    const on = await begun(kind);
    expect([on.operation.done, on.exchanges.length]).toEqual([true, 1]);
  },
);

test.each<Kind>(["network", "securityGroup", "natGateway", "storageAccount", "image", "machine"])(
  "%s is polled until it has ended",
  async (kind) => {
    const on = await begun(kind);
    expect(on.operation.done).toBe(false);
    expect(await on.finish(on.operation)).toBeGreaterThan(0);
    expect(await on.provider.get(on.one, signal)).toMatchObject({ state: "succeeded" });
  },
);

const LATER =
  "https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/locations/westus/operations/later?api-version=1";

/** A kind whose DELETE is accepted for later (202), as any may be; what is asked of it then is answered in turn. */
async function deletedLater(kind: Kind, header: string, polls: [status: number, said?: object][]) {
  const { one } = upTo(kind);
  const on = await simulated([], {}, ({ method, url }) => {
    const [status, said] = method === "DELETE" ? [202] : (url === LATER && polls.shift()) || [500];
    return Promise.resolve({
      status,
      headers: { "content-type": "application/json", ...(method === "DELETE" && { [header]: LATER }) },
      body: said === undefined ? "" : JSON.stringify(said),
    });
  });
  return { on, operation: await on.provider.delete(one, signal) };
}

describe.each<Kind>(["availabilitySet", "sshKey", "placementGroup", "storageAccount", "blobContainer"])(
  "a DELETE of %s that is accepted for later is followed",
  (kind) => {
    test.each<[string, [number, object?][]]>([
      ["location", [[202], [503], [204]]],
      ["azure-asyncoperation", [[200, { status: "InProgress" }], [503], [200, { status: "Succeeded" }]]],
    ])("at its %s", async (header, polls) => {
      const { on, operation } = await deletedLater(kind, header, polls);
      expect(operation.done).toBe(false);
      expect(await on.finish(operation, 1)).toBe(3);
    });

    test("to a bad end", async () => {
      const error = { code: "KeyInUse", message: "it is in use" };
      const { on, operation } = await deletedLater(kind, "azure-asyncoperation", [[200, { status: "Failed", error }]]);
      await expect(on.finish(operation)).rejects.toMatchObject({ ...error, operation: true });
    });
  },
);

test.each(["AllocationFailed", "OSProvisioningTimedOut"])(
  "a machine whose operation fails with 200 and %s: code, text, and that it was the operation",
  async (code) => {
    const on = await begun("machine", `machine:${code}`);
    await expect(on.finish(on.operation)).rejects.toMatchObject({
      code,
      operation: true,
      message: expect.stringMatching(/ll?ocat|rovision/),
    });
    expect(await on.provider.get(on.one, signal)).toMatchObject({ state: "failed" });
  },
);

test("a network operation that fails keeps code and details", async () => {
  const on = await begun("securityGroup", "nsg:NetworkingInternalOperationError");
  await expect(on.finish(on.operation)).rejects.toMatchObject({
    code: "NetworkingInternalOperationError",
    operation: true,
    details: [],
  });
});

test.each([
  ["a reset", "poll:resetx2", 2],
  ["a 503", "poll:503x2", 2],
  ["a 429", "poll:429+5x2", 2],
  ["an answer that never comes", "poll:hangx2", 2],
  ["a lost answer", "poll:lostx2", 2],
])("a poll's fault leaves the operation as it was: %s", async (_, fault, faults) => {
  const on = await begun("machine", fault);
  await on.finish(on.operation, faults);
  expect(on.exchanges.filter((one) => one.method === "PUT").length).toBe(1);
  expect(await on.provider.get(on.one, signal)).toMatchObject({ state: "succeeded" });
});

test("a fault that outlasts patience is told as it was", async () => {
  const on = await begun("machine", "poll:503x9");
  await expect(on.finish(on.operation, 3)).rejects.toMatchObject({ status: 503 });
});

test("a poll that answers 200 with nothing in it is no success while the resource is still at work", async () => {
  const on = await begun("securityGroup", "poll:emptyx3");
  await on.finish(on.operation, 3);
  expect(await on.provider.get(on.one, signal)).toMatchObject({ state: "succeeded" });
});

test("the last look at the resource may fail: it is asked again", async () => {
  const on = await begun("securityGroup", "GET/nsg:500x1");
  await on.finish(on.operation, 1);
  expect(await on.provider.get(on.one, signal)).toMatchObject({ state: "succeeded" });
});

test("an abort ends a poll that hangs at once", async () => {
  const on = await begun("securityGroup", "poll:hang");
  const abort = new AbortController();
  const at = on.clock.now();
  void on.clock.sleep(1000).then(() => abort.abort(new Error("enough")));
  await expect(on.operation.poll(abort.signal)).rejects.toThrow();
  expect(on.clock.now() - at).toBeLessThan(2000);
});
