/** Buckets, and the cost of many nodes. */
import { expect, test } from "vitest";
import { arm, GROUP } from "./arm.ts";
import { base, group, lbId, nic, nicId, vm, vmId } from "./shape.ts";

test("the write after the last token is refused until one has dripped in; reads go on", async () => {
  const on = arm({ limits: { writes: [2, 0.5] }, latencyMs: [1, 1] });
  const first = await on.ask("PUT", GROUP, group());
  expect(first.headers["x-ms-ratelimit-remaining-subscription-writes"]).toBe("1");
  await on.ask("PUT", GROUP, group());
  const refused = await on.ask("PUT", GROUP, group());
  expect([refused.status, refused.json.error.code, refused.headers["retry-after"]]).toEqual([
    429,
    "SubscriptionRequestsThrottled",
    "2",
  ]);
  expect((await on.ask("GET", GROUP)).status).toBe(200);
  await on.wait(2);
  expect((await on.ask("PUT", GROUP, group())).status).toBe(200);
});

test("ARM's own buckets are the default: 200 writes at once, then ten a second", async () => {
  const on = arm({ latencyMs: [0, 0] });
  const statuses = await Promise.all(
    Array.from({ length: 210 }, () => on.ask("PUT", GROUP, group()).then(({ status }) => status)),
  );
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
});

test("200 nodes and three thousand polls leave everything in its place", async () => {
  const on = arm({ limits: { writes: [9999, 99], reads: [9999, 999] } });
  await base(on, 200);
  const nodes = Array.from({ length: 200 }, (_, index) => index);
  const network = (index: number): unknown => {
    const body = nic(index);
    body.properties.ipConfigurations[0].properties.privateIPAddress = `10.0.0.${10 + index}`;
    return body;
  };
  await Promise.all(
    nodes.map(async (index) => {
      expect((await on.ask("PUT", nicId(index), network(index))).status).toBe(201);
      const url = (await on.ask("PUT", vmId(index), vm(index))).headers["azure-asyncoperation"] ?? "";
      for (;;) {
        await on.wait(5);
        const { status } = (await on.ask("GET", url)).json;
        if (status !== "InProgress") return expect(status).toBe("Succeeded");
      }
    }),
  );
  const pool = (await on.ask("GET", lbId)).json.properties.backendAddressPools[0];
  expect(pool.properties.backendIPConfigurations).toHaveLength(200);
  const refused = nic(200);
  expect((await on.ask("PUT", nicId(200), refused)).json.error.code).toBe("InvalidResourceReference");
});
