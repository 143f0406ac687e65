/** Every kind of the provider keeps the same contract: absent, made, there, changed, deleted, absent again. */
import { beforeAll, describe, expect, test } from "vitest";
import { createClients } from "../../src/azure/clients.ts";
import { httpClientOf } from "../../src/azure/pipeline.ts";
import { createProvider } from "../../src/azure/provider.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { KINDS } from "../../src/core/plan/kinds.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Exchange } from "../../src/sim/message.ts";
import { EVERY_KIND } from "./resources.ts";
import { SUBSCRIPTION, type Simulated, signal, simulated } from "./simulated.ts";

const named = (resource: AnyResource): string => `${resource.kind} ${resource.label}`;
const tagsOf = ({ body }: AnyResource): Record<string, string> | undefined => (body as { tags?: Record<string, string> }).tags;
const TAGGED = ["resourceGroup", "machine", "networkInterface", "publicAddress", "securityGroup", "storageAccount"] as const;
/** What was written, each with its conditions. */
const writesOf = (exchanges: readonly Exchange[]): string[][] =>
  exchanges.flatMap(({ method, headers }) => {
    const conditions = Object.entries(headers).filter(([name]) => /^if-/i.test(name));
    return method === "GET" ? [] : [[method, ...conditions.map(([name, value]) => `${name.toLowerCase()}: ${value}`)]];
  });
/** The same under a name that nothing has. */
const elsewhere = (resource: AnyResource): AnyResource => ({ ...resource, id: resource.id.replace(/\/([^/]+)$/, "/x$1") });

describe("in the order of a plan", () => {
  let on: Simulated;
  beforeAll(async () => {
    on = await simulated();
  });

  test.each(EVERY_KIND.map((resource) => [named(resource), resource] as const))(
    "%s: absent, made, there, put again",
    async (_, resource) => {
      expect(await on.provider.get(resource, signal)).toBeUndefined();
      const operation = await on.provider.put(resource, { signal });
      await on.finish(operation);
      const live = await on.provider.get(resource, signal);
      expect(live).toMatchObject({ id: resource.id, state: "succeeded", tags: tagsOf(resource) ?? {} });
      expect(live?.location).toBe("location" in resource.body ? resource.body.location : undefined);
      // what Azure tells of each state must be named by each write: the engine goes by the table
      expect(live?.etag !== undefined).toBe(KINDS[resource.kind].etag === true);
      await on.finish(await on.provider.put(resource, { signal }));
      expect(await on.provider.get(resource, signal)).toMatchObject({ state: "succeeded" });
    },
  );

  test.each(EVERY_KIND.map((resource) => [named(resource), resource] as const))(
    "%s: to delete what is not there is success",
    async (_, resource) => {
      const operation = await on.provider.delete(elsewhere(resource), signal);
      expect(await on.finish(operation)).toBe(0);
    },
  );

  test.each(["machine", "publicAddress"] as const)("every %s of a group is in one list, with its state", async (kind) => {
    const one = EVERY_KIND.find((resource) => resource.kind === kind) as AnyResource;
    const before = on.exchanges.length;
    expect((await on.provider.siblings?.(one, signal))?.get(one.id.toLowerCase())).toBe("succeeded");
    expect(on.exchanges.length - before).toBe(1);
    expect(
      await on.provider.siblings?.({ ...one, id: one.id.replace(/resourceGroups\/[^/]+/, "resourceGroups/none") }, signal),
    ).toBe(undefined);
  });

  test("a machine that exists is not made twice", async () => {
    const machine = EVERY_KIND.find((resource) => resource.kind === "machine") as AnyResource;
    await expect(on.provider.put(machine, { signal, createOnly: true })).rejects.toMatchObject({ status: 412 });
  });

  test.each(EVERY_KIND.map((resource) => [named(resource), resource] as const))(
    "%s: a condition is sent as it is given, and none where none is given",
    async (_, resource) => {
      const { exchanges, provider } = on;
      const before = exchanges.length;
      await provider.put(resource, { signal, createOnly: true }).catch(() => undefined);
      await provider.put(resource, { signal, ifMatch: '"read"' }).catch(() => undefined);
      await provider.delete(elsewhere(resource), signal, '"read"').catch(() => undefined);
      await provider.delete(elsewhere(resource), signal).catch(() => undefined);
      expect(writesOf(exchanges.slice(before))).toEqual([
        ["PUT", "if-none-match: *"],
        ["PUT", 'if-match: "read"'],
        ["DELETE", 'if-match: "read"'],
        ["DELETE"],
      ]);
    },
  );

  test.each(TAGGED)("tags of a %s are changed as what was read", async (kind) => {
    const { id } = EVERY_KIND.find((resource) => resource.kind === kind) as AnyResource;
    const before = on.exchanges.length;
    await on.provider.tag({ id, kind }, {}, signal, '"read"').catch(() => undefined);
    expect(writesOf(on.exchanges.slice(before))).toEqual([["PATCH", 'if-match: "read"']]);
  });

  test("tags of a group and of an address are replaced, and nothing else changes", async () => {
    const [group, address] = [EVERY_KIND[0], EVERY_KIND[2]] as [AnyResource, AnyResource];
    for (const { id, kind } of [group, address] as { id: string; kind: "resourceGroup" | "publicAddress" }[]) {
      await on.provider.tag({ id, kind }, { only: "this" }, signal);
      expect(await on.provider.get({ id, kind }, signal)).toMatchObject({
        tags: { only: "this" },
        location: "westus",
        state: "succeeded",
      });
    }
    await expect(on.provider.tag({ id: `${address.id}x`, kind: "publicAddress" }, {}, signal)).rejects.toMatchObject({
      status: 404,
    });
  });

  test.each(EVERY_KIND.toReversed().map((resource) => [named(resource), resource] as const))(
    "%s: deleted, and gone",
    async (_, resource) => {
      const operation = await on.provider.delete(resource, signal);
      await on.finish(operation);
      expect(await on.provider.get(resource, signal)).toBeUndefined();
    },
  );
});

describe("errors keep what Azure said", () => {
  test("a refusal: code, message and status", async () => {
    const on = await simulated();
    const [group, , , , , , , , , balancer] = EVERY_KIND as [AnyResource, ...AnyResource[]];
    await on.make(group);
    await expect(on.provider.put(balancer as AnyResource, { signal })).rejects.toMatchObject({
      code: "InvalidResourceReference",
      status: 400,
      operation: false,
      message: expect.stringContaining("publicIPAddresses/ip"),
    });
  });

  test.each([
    ["429 with a wait", "nsg:429+17", { status: 429, retryAfterMs: 17_000 }],
    ["503", "nsg:503", { status: 503, code: "ServiceUnavailable" }],
    ["a reset", "nsg:reset", { code: "ECONNRESET" }],
    ["no answer: given up after 40 s", "nsg:hang", { code: "ETIMEDOUT" }],
    ["nothing in the answer to a PUT is no success", "nsg:empty", { code: "EmptyAnswer" }],
    ["nothing in the answer to a read is not absence", "GET/nsg:empty", { code: "EmptyAnswer" }],
    ["403", "nsg:AuthorizationFailed", { status: 403, exit: 4 }],
  ])("%s", async (_, fault, expected) => {
    const on = await simulated([fault]);
    const [group, security] = [EVERY_KIND[0], EVERY_KIND[5]] as [AnyResource, AnyResource];
    await on.make(group);
    const asked = fault.startsWith("GET")
      ? on.make(security).then(() => on.provider.get(security, signal))
      : on.provider.put(security, { signal });
    await expect(asked).rejects.toMatchObject(expected);
  });

  test("a request that is given up is ended, and does not go on behind", async () => {
    let sent: AbortSignal | undefined;
    const clock = createVirtualClock(0);
    const clients = await createClients({
      subscription: SUBSCRIPTION,
      endpoint: { url: "https://management.azure.com" },
      clock,
      httpClient: await httpClientOf((request) => {
        sent = request.signal;
        return new Promise(() => undefined);
      }),
    });
    const asked = createProvider(clients).get(EVERY_KIND[0] as AnyResource, signal);
    await expect(asked).rejects.toMatchObject({ code: "ETIMEDOUT" });
    expect(sent?.aborted).toBe(true);
    expect(clock.now()).toBe(20_000);
  });

  test("an abort ends a request that hangs at once, with its reason", async () => {
    const on = await simulated(["nsg:hang"]);
    await on.make(EVERY_KIND[0] as AnyResource);
    const abort = new AbortController();
    const put = on.provider.put(EVERY_KIND[5] as AnyResource, { signal: abort.signal });
    const at = on.clock.now();
    void on.clock.sleep(3000).then(() => abort.abort(new Error("enough")));
    await expect(put).rejects.toThrow("enough");
    expect(on.clock.now() - at).toBeLessThan(4000);
  });
});
