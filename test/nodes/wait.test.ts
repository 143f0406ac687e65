/** Waiting for a node, over SSH in this process: what is done at its login, when it counts as ready, and what ends the waiting. */
import { afterAll, describe, expect, test } from "vitest";
import { PLATFORMS } from "../../src/core/plan/platforms.ts";
import type { Event } from "../../src/engine/event.ts";
import type { ReadinessOptions } from "../../src/nodes/node-state.ts";
import { startWait, waitReady } from "../../src/nodes/readiness.ts";
import { runOnAll, runRaw } from "../../src/nodes/run.ts";
import { semaphore } from "../../src/nodes/semaphore.ts";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import type { Script } from "./etcd-script.ts";
import { type Shell, USER_KEY, USER_KEY_LINE, startNodes } from "./ssh-script.ts";
import { nodeTarget } from "./target.ts";

const open: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

async function node(etcd: Script = () => ({ body: { health: "true" } }), shell?: Shell) {
  const served = await startNodes(["node-0"], etcd, shell);
  open.push(served);
  const events: Event[] = [];
  const target = (more: object = {}) => ({
    ...nodeTarget(served.port, { hostKeys: [...served.hostKeys], privateKey: USER_KEY }),
    identity: { publicKey: USER_KEY_LINE, privateKey: USER_KEY },
    ...more,
  });
  const wait = async (options: Partial<ReadinessOptions> = {}, more: object = {}) => {
    const [found] = await waitReady([target(more)], {
      level: "ssh",
      clock,
      deadline: clock.now() + 20_000,
      emit: (event) => events.push({ at: 0, ...event }),
      ...options,
    });
    return found!;
  };
  return { served, wait, events, target };
}

describe.concurrent("a node", () => {
  test("that answers SSH is ready; what is to be done at login and when ready is done once", async () => {
    const { wait, events, served } = await node();
    const called: string[] = [];
    const found = await wait({
      whenLoggedIn: (_, { name }) => Promise.resolve(void called.push(`login ${name}`)),
      whenReady: (_, { name }) => Promise.resolve(void called.push(`ready ${name}`)),
    });
    expect(found).toMatchObject({ index: 0, name: "node-0", state: "ready", hostKey: served.hostKeys[0], attempts: 1 });
    expect(found.timings.tcp).toBeLessThanOrEqual(found.timings.ssh ?? -1);
    expect(found.timings).not.toHaveProperty("etcd");
    expect(called).toEqual(["login node-0", "ready node-0"]);
    expect(events.map(({ kind }) => kind)).toEqual(["started", "done"]);
  });

  test("is not ready before the work of its login has ended, and what that throws is not held against it", async () => {
    const { wait } = await node();
    let ended = false;
    const work = async (): Promise<void> => {
      await clock.sleep(300);
      ended = true;
      throw new Error("no");
    };
    expect((await wait({ whenLoggedIn: work, whenReady: () => Promise.reject(new Error("no")) })).state).toBe("ready");
    expect(ended).toBe(true);
  });

  test("is not ready before its first boot is over, and one that failed is told of", async () => {
    const said = ["not started", "running", "error"];
    const { wait, events } = await node(undefined, () => `status: ${said.length > 1 ? said.shift() : said[0]}\n`);
    const { firstBoot } = PLATFORMS.debian;
    expect(await wait({ firstBoot })).toMatchObject({ state: "ready", attempts: 3 });
    expect(events.map(({ kind, code, message }) => code ?? message ?? kind)).toEqual([
      "started",
      "FirstBoot",
      "node-0: cloud-init status tells of errors; cloud-init status --long says which.",
      "done",
    ]);
    expect((await wait({ firstBoot: PLATFORMS.flatcar.firstBoot })).attempts).toBe(1);
  });

  test("whose etcd becomes healthy is ready then, on one connection", async () => {
    let asked = 0;
    const { wait, events, served } = await node(({ method }) => {
      if (method === "CONNECT") return {};
      asked++;
      return asked < 3 ? { status: 503, body: { health: "false" } } : { body: { health: "true" } };
    });
    let logins = 0;
    const found = await wait({ level: "etcd", whenLoggedIn: () => Promise.resolve(void logins++) });
    expect(found).toMatchObject({ state: "ready", attempts: 3 });
    expect(found.timings.etcd).toBeGreaterThan(found.timings.ssh ?? Infinity);
    expect([logins, served.logins.count]).toEqual([1, 1]);
    expect(events.map(({ kind, code }) => code ?? kind)).toEqual(["started", "EtcdPending", "EtcdUnhealthy", "done"]);
  });

  test("whose etcd does not come is logged in to when the time is up, with why", async () => {
    const { wait, events } = await node(({ method }) => (method === "CONNECT" ? {} : { status: 503, body: { health: "false" } }));
    expect(await wait({ level: "etcd", deadline: clock.now() + 4000 })).toMatchObject({ state: "ssh", code: "EtcdUnhealthy" });
    expect(events.at(-1)).toMatchObject({ kind: "failed", code: "EtcdUnhealthy" });
  });

  test("that nobody asks is as it was made", async () => {
    const { wait, served } = await node();
    await served.close();
    expect(await wait({ level: "machines" })).toEqual({ index: 0, name: "node-0", state: "created", timings: {}, attempts: 0 });
  });

  test.each([
    ["failed", "failed", "MachineFailed"],
    ["stopped", "stopped", "MachineStopped"],
  ] as const)("that Azure calls %s and that does not answer is given up", async (says, state, code) => {
    const { wait, served } = await node();
    await served.close();
    // nothing is looked at again: the deadline is far away
    expect(await wait({ machineState: () => says, deadline: clock.now() + 3_600_000 })).toMatchObject({
      state,
      code,
      attempts: 1,
    });
  });

  test("that Azure calls failed and that answers is ready", async () => {
    expect((await (await node()).wait({ machineState: () => "failed" })).state).toBe("ready");
  });

  test("that nobody listens for is unreachable", async () => {
    const { wait, served } = await node();
    await served.close();
    const found = await wait({ deadline: clock.now() + 2000 });
    expect(found).toMatchObject({ state: "unreachable", code: "SshRefused" });
    expect(found.attempts).toBeGreaterThan(1);
  });

  test("that is looked at is how it has answered for a while, and no deadline is waited for", async () => {
    const look = { level: "etcd", believedAfterMs: 400, deadline: clock.now() + 3_600_000 } as const;
    let healthy = false;
    const sick = await node(({ method }) =>
      method === "CONNECT" ? {} : healthy ? { body: { health: "true" } } : { status: 503, body: { health: "false" } },
    );
    expect(await sick.wait(look)).toMatchObject({ state: "ssh", code: "EtcdUnhealthy" });
    // another leader is chosen meanwhile
    expect(await sick.wait({ ...look, whenLoggedIn: () => Promise.resolve(void (healthy = true)) })).toMatchObject({
      state: "ready",
    });
    await sick.served.close();
    expect(await sick.wait(look)).toMatchObject({ state: "unreachable", code: "SshRefused" });
  });

  test("with another key is somebody else: waited for as long as its first boot may last, and never logged in to", async () => {
    const { wait } = await node();
    let logins = 0;
    const other = { hostKeys: ["ssh-rsa AAAAother"] };
    const options = { whenLoggedIn: () => Promise.resolve(void logins++), deadline: clock.now() + 20_000 };
    expect(await wait({ ...options, hostKeyGraceMs: 0 }, other)).toMatchObject({
      state: "wrong-host-key",
      code: "HostKeyMismatch",
      attempts: 1,
    });
    const patient = await wait({ ...options, hostKeyGraceMs: 400 }, other);
    expect(patient.attempts).toBeGreaterThan(1);
    expect(logins).toBe(0);
  });

  test("whose key is not known is no login, at once; on first contact it is taken when that is asked", async () => {
    const { wait, served } = await node();
    expect(await wait({}, { hostKeys: [] })).toMatchObject({ state: "no-login", code: "HostKeyUnknown", attempts: 1 });
    expect(await wait({ trust: "first-use" }, { hostKeys: [] })).toMatchObject({ state: "ready", hostKey: served.hostKeys[0] });
  });

  test("that does not know our key is waited for, more slowly", async () => {
    const { wait } = await node();
    const { generateKeyPairSync } = await import("node:crypto");
    const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs1", format: "pem" })
      .toString();
    const found = await wait({ deadline: clock.now() + 4000 }, { identity: { publicKey: "", privateKey } });
    expect(found).toMatchObject({ state: "no-login", code: "SshAuthentication" });
  });
});

test("a command on every node leaves no connection behind", async () => {
  const { served, target } = await node();
  const { nodes } = await runOnAll([target()], "true", { clock });
  expect(nodes).toHaveLength(1);
  expect(await runRaw(target(), "true", { clock })).toBe(0);
  for (let look = 0; served.logins.open > 0 && look < 100; look++) await clock.sleep(10);
  expect(served.logins).toEqual({ count: 2, open: 0 });
});

test("an interrupt is thrown with its own reason, by whoever waits for all", async () => {
  const { target } = await node();
  const stop = AbortSignal.abort(new Error("interrupted"));
  const options = { level: "ssh" as const, clock, deadline: clock.now() + 1000, signal: stop };
  await expect(waitReady([target()], options)).rejects.toThrow("interrupted");
  const wait = startWait(options);
  expect((await wait.one(target())).state).toBe("unreachable");
  wait.end();
});

test("so many at once and no more, in the order in which they came; a failure makes room", async () => {
  const room = semaphore(2);
  const began: number[] = [];
  let most = 0;
  let running = 0;
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4].map((one) =>
      room.run(async () => {
        began.push(one);
        most = Math.max(most, ++running);
        await clock.sleep(5);
        running--;
        if (one === 0) throw new Error("no");
        return one;
      }),
    ),
  );
  expect([began, most]).toEqual([[0, 1, 2, 3, 4], 2]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
});
