/** What is deleted on the condition that it is still what was read: each request is looked at before it leaves. */
import { expect, test } from "vitest";
import { deleteAsRead } from "../../src/engine/delete-as-read.ts";
import type { Live } from "../../src/engine/provider.ts";
import { azureError, made, memory, network } from "./memory.ts";

const changed = azureError("PreconditionFailed", { status: 412 });
const busy = azureError("AnotherOperationInProgress", { status: 409 });
const NETWORK = network();

/** An Azure in which it is there, and somebody takes it over when that was asked for so often. */
function cloud(script: Parameters<typeof memory>[0] = {}, takenAfter = Infinity) {
  const on = memory(script);
  on.there.set(NETWORK.id, { ...made(NETWORK, "succeeded"), etag: "1" });
  const named: (string | undefined)[] = [];
  const provider = {
    ...on.tools.provider,
    delete: async (...[target, signal, ifMatch]: Parameters<typeof on.tools.provider.delete>) => {
      named.push(ifMatch);
      const live = on.there.get(NETWORK.id);
      if (live !== undefined && named.length >= takenAfter) on.there.set(NETWORK.id, { ...live, tags: {}, etag: "2" });
      return on.tools.provider.delete(target, signal, ifMatch);
    },
  };
  const isOurs = (live: Live): Promise<boolean> => Promise.resolve(live.tags["aoc-cluster"] === "c");
  return { ...on, named, work: () => deleteAsRead(NETWORK, isOurs, { ...on.tools, provider }) };
}

test.each([
  ["what is there goes as it was read", {}, Infinity, ["1"], false],
  ["what has changed is looked at again", { delete: [changed] }, Infinity, ["1", "1"], false],
  ["what has changed hands stays", { delete: [changed] }, 1, ["1"], true],
  // it may have no etag, and wait for minutes
  ["what changes hands while a deletion waits to be repeated stays", { delete: [busy] }, 1, ["1"], true],
])("%s", async (_, script, takenAfter, named, stays) => {
  const on = cloud(script, takenAfter);
  await on.work();
  expect(on.named).toEqual(named);
  expect(on.there.has(NETWORK.id)).toBe(stays);
});

test("what is not there is not asked to go", async () => {
  const on = cloud();
  on.there.clear();
  await on.work();
  expect(on.verbs()).toEqual(["get"]);
});

test("a Ctrl-C while it is looked at ends it before anything is sent", async () => {
  const on = cloud();
  const reason = new Error("interrupted");
  const work = deleteAsRead(
    NETWORK,
    () => {
      on.soft.abort(reason);
      return Promise.resolve(true);
    },
    on.tools,
  );
  await expect(work).rejects.toBe(reason);
  expect(on.verbs()).toEqual(["get"]);
});
