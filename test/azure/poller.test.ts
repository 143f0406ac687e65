/** What a poller of the SDK says in each of its states, and what that means for the operation. */
import { describe, expect, test } from "vitest";
import { type SdkPoller, driveOperation } from "../../src/azure/operation.ts";
import type { OperationErrors } from "../../src/azure/pipeline.ts";
import { azureError } from "../engine/memory.ts";

const URL = "https://management.azure.com/operations/1";
const signal = new AbortController().signal;

interface Turn {
  readonly done?: boolean;
  readonly status?: string;
  readonly state?: unknown;
  readonly throws?: unknown;
}

function poller(turns: readonly Turn[], method = "PUT", mode = "OperationLocation") {
  let at = 0;
  const restored: string[] = [];
  const turn = (): Turn => turns[Math.min(at, turns.length - 1)] ?? {};
  const one: SdkPoller = {
    get isDone() {
      return turn().done === true;
    },
    get operationState() {
      const { status } = turn();
      return status === undefined ? undefined : { status };
    },
    get result() {
      return turn().state === undefined ? undefined : { provisioningState: turn().state };
    },
    submitted: () => Promise.resolve(),
    serialize: () =>
      Promise.resolve(
        JSON.stringify({ state: { config: { operationLocation: URL, requestMethod: method, metadata: { mode } } }, at }),
      ),
    poll: () => {
      at++;
      const { throws } = turn();
      return throws === undefined ? Promise.resolve() : Promise.reject(throws);
    },
  };
  const failed: OperationErrors = new Map();
  const drive = (first?: { status: number; bodyAsText: string }) =>
    driveOperation(
      ({ onResponse }) => {
        if (first !== undefined) onResponse(first);
        return one;
      },
      (state) => {
        restored.push(state);
        return one;
      },
      failed,
    );
  return { drive, failed, restored };
}

const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("the first answer", () => {
  test.each<[string, Turn, { status: number; bodyAsText: string } | undefined, boolean]>([
    ["the poller is done", { done: true, status: "succeeded" }, undefined, true],
    ["the resource says so", {}, { status: 201, bodyAsText: '{"properties":{"provisioningState":"Succeeded"}}' }, true],
    ["the resource is at work", {}, { status: 201, bodyAsText: '{"properties":{"provisioningState":"Updating"}}' }, false],
    [
      "a 202 says nothing of the resource",
      {},
      { status: 202, bodyAsText: '{"properties":{"provisioningState":"Succeeded"}}' },
      false,
    ],
    ["nothing in it", {}, { status: 201, bodyAsText: "" }, false],
    ["no properties", {}, { status: 201, bodyAsText: "{}" }, false],
    ["none", {}, undefined, false],
  ])("%s", async (_, turn, first, done) => {
    expect((await poller([turn]).drive(first)).done).toBe(done);
  });

  test.each(["failed", "canceled"])("an operation that begins as %s is none that is done", async (status) => {
    expect(await attempt(poller([{ done: true, status }]).drive())).toMatchObject({
      code: `Operation${status}`,
      operation: true,
    });
  });
});

describe("a poll", () => {
  test.each<[string, Turn, string | boolean]>([
    ["goes on", {}, false],
    ["has ended well", { done: true, status: "succeeded", state: "Succeeded" }, true],
    ["has ended well, and says nothing of the resource", { done: true, status: "succeeded" }, true],
    ["has ended badly", { done: true, status: "failed" }, "Operationfailed"],
    ["was cancelled", { done: true, status: "canceled" }, "Operationcanceled"],
    ["has ended, and the resource is failed", { done: true, status: "succeeded", state: "Failed" }, "OperationFailed"],
    ["has ended, and the resource is cancelled", { done: true, status: "succeeded", state: "Canceled" }, "OperationCanceled"],
    ["has ended, and the resource is at work", { done: true, status: "succeeded", state: "Updating" }, false],
    ["has ended, and the resource is being made", { done: true, status: "succeeded", state: "creating" }, false],
  ])("%s", async (_, turn, said) => {
    const operation = await poller([{}, turn]).drive();
    const answer = await attempt(operation.poll(signal));
    if (typeof said === "string") expect(answer).toMatchObject({ code: said, operation: true });
    else expect(answer).toBe(said);
  });

  test("what Azure said of the failure comes before what the SDK says, and is used once", async () => {
    const { drive, failed } = poller([{}, { done: true, status: "failed" }]);
    const operation = await drive();
    const known = azureError("AllocationFailed", { operation: true });
    failed.set(URL, known);
    expect(await attempt(operation.poll(signal))).toBe(known);
    expect(failed.size).toBe(0);
  });

  test.each<[string, string, string, unknown, boolean]>([
    ["the SDK has looked at the resource", "PUT", "OperationLocation", "Succeeded", true],
    ["of a delete there is none", "DELETE", "OperationLocation", "Succeeded", false],
    ["at a Location nobody looks", "PUT", "ResourceLocation", "Succeeded", false],
    ["it says nothing", "PUT", "OperationLocation", undefined, false],
  ])("is confirmed or not: %s", async (_, method, mode, state, confirmed) => {
    const operation = await poller([{}, { done: true, status: "succeeded", state }], method, mode).drive();
    expect(operation.confirmed).toBe(false);
    expect(await operation.poll(signal)).toBe(true);
    expect(operation.confirmed).toBe(confirmed);
  });

  test("a fault is thrown, and the operation is asked again from where it was", async () => {
    const fault = azureError("ECONNRESET");
    const { drive, restored } = poller([{}, {}, { throws: fault }, { done: true, status: "succeeded" }]);
    const operation = await drive();
    expect(await operation.poll(signal)).toBe(false);
    expect(await attempt(operation.poll(signal))).toBe(fault);
    expect(restored.map((state) => (JSON.parse(state) as { at: number }).at)).toEqual([1]);
    expect(await operation.poll(signal)).toBe(true);
  });

  test("a fault that is no error of ours is an answer that cannot be read, with the operation's address", async () => {
    const operation = await poller([{}, { throws: new Error("x") }]).drive();
    expect(await attempt(operation.poll(signal))).toMatchObject({
      code: "UnreadableAnswer",
      message: expect.stringContaining(URL),
    });
  });

  test("an interrupt is thrown as it is", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const { drive, failed } = poller([{}, { throws: reason }]);
    const operation = await drive();
    failed.set(URL, azureError("Odd", { operation: true }));
    stop.abort(reason);
    expect(await attempt(operation.poll(stop.signal))).toBe(reason);
  });
});
