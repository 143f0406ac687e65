import { expect, test } from "vitest";
import { parseFault } from "../../src/sim/fault-script.ts";
import { serve } from "../../src/sim/server.ts";
import { arm, GROUP } from "./arm.ts";
import { group, vnet, vnetId } from "./shape.ts";

const headers = { authorization: "Bearer loopback", "content-type": "application/json" };
const put = (body: unknown): RequestInit => ({ method: "PUT", headers, body: JSON.stringify(body) });
const version = "?api-version=2026-01-01";

test("any program can use it on loopback, and operation URLs lead back to it", async () => {
  const served = await serve(arm().simulation, { port: 0 });
  try {
    expect((await fetch(served.url + GROUP + version, put(group()))).status).toBe(201);
    const made = await fetch(served.url + vnetId + version, put(vnet()));
    expect(made.status).toBe(201);
    const operation = made.headers.get("azure-asyncoperation") ?? "";
    expect(operation.startsWith(`${served.url}/subscriptions/`)).toBe(true);
    expect(await (await fetch(operation, { headers })).json()).toHaveProperty("status");
    const missing = await fetch(`${served.url}${vnetId}x${version}`, { headers });
    expect([missing.status, ((await missing.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      "ResourceNotFound",
    ]);
    expect((await fetch(`${served.url}${GROUP}${version}`, { method: "HEAD", headers })).status).toBe(204);
  } finally {
    await served.close();
  }
});

test("a fault that resets does so on the wire", async () => {
  const served = await serve(arm({ faults: [parseFault("group:reset")] }).simulation, { port: 0 });
  try {
    await expect(fetch(served.url + GROUP + version, put(group()))).rejects.toMatchObject({ cause: { code: "UND_ERR_SOCKET" } });
    expect((await fetch(served.url + GROUP + version, put(group()))).status).toBe(201);
  } finally {
    await served.close();
  }
});

test("it is served on loopback only, and a taken port is said", async () => {
  await expect(serve(arm().simulation, { port: 0, host: "0.0.0.0" })).rejects.toMatchObject({ code: "EmulateHost" });
  const served = await serve(arm().simulation, { port: 0 });
  try {
    await expect(serve(arm().simulation, { port: Number(new URL(served.url).port) })).rejects.toMatchObject({
      code: "EmulatePort",
    });
  } finally {
    await served.close();
  }
});
