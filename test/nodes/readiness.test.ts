/** Real sshd and real etcd: what waitReady says of nodes that are there, come late, never come, or are somebody else. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import type { Event } from "../../src/engine/event.ts";
import { waitReady } from "../../src/nodes/readiness.ts";
import type { ReadinessOptions } from "../../src/nodes/node-state.ts";
import type { NodeTarget } from "../../src/nodes/target.ts";
import { freePorts, ownNetwork } from "../ports.ts";
import { has } from "../programs.ts";
import { initialCluster, startEtcd, startGateway, testAuthority } from "./etcd.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = ["sshd", "ssh-keygen", "etcd"].map(has).every(Boolean);

describe.skipIf(!ready).concurrent("readiness of real nodes", () => {
  /** Node i has the one after i others. */
  let firstPort = 0;
  let user: KeyPair;
  let hostKeys: KeyPair[];
  let sshds: Sshd[];
  const within = (seconds: number, more: Partial<ReadinessOptions> = {}): ReadinessOptions => ({
    level: "etcd",
    deadline: clock.now() + seconds * 1000,
    clock,
    hostKeyGraceMs: 0,
    ...more,
  });
  /** What one test has of its own, for they run side by side: a network for its etcd, and what ends with it. */
  async function ownPlace() {
    const network = await ownNetwork();
    const running: { stop(): Promise<unknown> }[] = [];
    return {
      network,
      members: [0, 1, 2].map((index) => ({ name: `node-${index}`, address: `${network}.${11 + index}` })),
      target: (index: number, more: Partial<NodeTarget> = {}): NodeTarget =>
        nodeTarget(firstPort + index, {
          index,
          privateKey: user.privateKey,
          hostKeys: [hostKeys[index]?.publicKey ?? ""],
          privateAddress: `${network}.${11 + index}`,
          ...more,
        }),
      track<T extends { stop(): Promise<unknown> }>(started: T): T {
        running.push(started);
        return started;
      },
      async [Symbol.asyncDispose](): Promise<void> {
        await Promise.all(running.map((one) => one.stop()));
      },
    };
  }
  /** Until that is said of it, however busy this machine is. */
  const says = async (node: NodeTarget, code: string, more: Partial<ReadinessOptions> = {}): Promise<void> => {
    const stop = new AbortController();
    const emit: ReadinessOptions["emit"] = (event) => event.code === code && stop.abort(new Error("said"));
    await expect(waitReady([node], within(60, { ...more, emit, signal: stop.signal }))).rejects.toThrow("said");
  };
  beforeAll(async () => {
    user = makeKey();
    [firstPort = 0] = await freePorts(8);
    hostKeys = [0, 1, 2, 3, 4].map(() => makeKey());
    sshds = await Promise.all(
      [0, 1, 2].map((index) =>
        startSshd({ port: firstPort + index, hostKey: hostKeys[index]?.privateKey ?? "", authorizedKey: user.publicKey }),
      ),
    );
  });
  afterAll(() => Promise.all(sshds.map((sshd) => sshd.stop())));

  test("three plain members and a gateway that start while we wait are ready", async () => {
    await using place = await ownPlace();
    const { network, members, target, track } = place;
    const events: Omit<Event, "at">[] = [];
    let closed = (): void => undefined;
    const seen = new Promise<void>((resolve) => (closed = resolve));
    track(await startSshd({ port: firstPort + 3, hostKey: hostKeys[3]?.privateKey ?? "", authorizedKey: user.publicKey }));
    const gateway = target(3, { role: "gateway", etcdAddress: `${network}.14` });
    const waiting = waitReady(
      [...members.map((_, index) => target(index)), gateway],
      within(25, {
        emit: (event) => {
          events.push(event);
          if (event.code === "ForwardRefused") closed();
        },
      }),
    );
    await seen;
    track(
      await startGateway(
        `${network}.14`,
        members.map(({ address }) => address),
      ),
    );
    for (const member of members) track(startEtcd({ ...member, initialCluster: initialCluster(members, false) }));
    const result = await waiting;
    expect(result.map(({ state, index, hostKey }) => ({ state, index, hostKey }))).toEqual(
      [0, 1, 2, 3].map((index) => ({ state: "ready", index, hostKey: hostKeys[index]?.publicKey })),
    );
    expect(new Set(events.filter(({ kind }) => kind === "done").map(({ node }) => node))).toEqual(new Set([0, 1, 2, 3]));
  });

  test("with TLS the operator's certificate is needed and enough, through a gateway too", async () => {
    await using place = await ownPlace();
    const { network, members, target, track } = place;
    const authority = await testAuthority("secure");
    for (const member of members) {
      const tls = await authority.node(member.name, member.address, `${network}.15`);
      track(startEtcd({ ...member, tls, initialCluster: initialCluster(members, true) }));
    }
    track(
      await startGateway(
        `${network}.15`,
        members.map(({ address }) => address),
      ),
    );
    const targets = [
      ...members.map((_, index) => target(index, { tls: true })),
      target(0, { role: "gateway", tls: true, etcdAddress: `${network}.15` }),
    ];
    const result = await waitReady(targets, within(25, { etcdTls: authority.operator }));
    expect(result.map(({ state, code }) => code ?? state)).toEqual(["ready", "ready", "ready", "ready"]);

    const stranger = await testAuthority("stranger");
    const [node = target(0)] = targets;
    await says(node, "EtcdTls", { etcdTls: { ...stranger.operator, ca: authority.ca.certificate } });
    await says(node, "EtcdTls", { etcdTls: { ...authority.operator, ca: stranger.ca.certificate } });
    for (const damaged of ["key", "certificate", "ca"])
      await says(node, "EtcdTls", { etcdTls: { ...authority.operator, [damaged]: "x" } });
    // neither here nor on the node
    await says(node, "EtcdClientCertificateMissing");
  });

  test("one member of three is reached by SSH but is not ready; with its peers it is, and one that loses them is not", async () => {
    await using place = await ownPlace();
    const { members, target, track } = place;
    const start = (index: number) => {
      const member = members[index] ?? { name: "", address: "" };
      return track(startEtcd({ ...member, initialCluster: initialCluster(members, false) }));
    };
    start(0);
    // Until it finds a quorum for the first time, etcd accepts connections and answers nothing.
    await says(target(0), "EtcdPending");
    const second = start(1);
    expect(await waitReady([target(0), target(1)], within(20))).toMatchObject([{ state: "ready" }, { state: "ready" }]);
    await second.stop();
    // etcd itself waits some six seconds before it says so
    await says(target(0), "EtcdUnhealthy");
  });

  test("where sshd allows no tunnel, etcdctl on the node answers", async () => {
    await using place = await ownPlace();
    const { network, target, track } = place;
    const own = track(await startSshd({ port: firstPort + 5, authorizedKey: user.publicKey, config: ["AllowTcpForwarding no"] }));
    track(startEtcd({ name: "alone", address: `${network}.16` }));
    const result = await waitReady(
      [target(0, { port: firstPort + 5, hostKeys: [own.hostKeyLine], privateAddress: `${network}.16` })],
      within(20),
    );
    expect(result).toMatchObject([{ state: "ready" }]);
  });

  test("a node that comes late is ready; one that never comes is unreachable, and neither waits for the other", async () => {
    await using place = await ownPlace();
    const { target, track } = place;
    const waiting = waitReady([target(0), target(4)], within(6, { level: "ssh" }));
    const late = waitReady([target(4, { port: firstPort + 6 })], within(25, { level: "ssh" }));
    expect(await waiting).toMatchObject([{ state: "ready" }, { state: "unreachable", code: "SshRefused", name: "node-4" }]);
    track(await startSshd({ port: firstPort + 6, hostKey: hostKeys[4]?.privateKey ?? "", authorizedKey: user.publicKey }));
    expect(await late).toMatchObject([{ state: "ready" }]);
  });

  test("a wrong host key is final, unless the node may still be in its first boot", async () => {
    await using place = await ownPlace();
    const { target, track } = place;
    const stranger = await startSshd({ port: firstPort + 7, authorizedKey: user.publicKey });
    const node = target(4, { port: firstPort + 7 });
    const result = await waitReady([node], within(20, { level: "ssh" }));
    expect(result).toMatchObject([{ state: "wrong-host-key", code: "HostKeyMismatch", attempts: 1 }]);
    let said = (): void => undefined;
    const seen = new Promise<void>((resolve) => (said = resolve));
    const emit: ReadinessOptions["emit"] = ({ code }) => code === "HostKeyMismatch" && said();
    const patient = waitReady([node], within(20, { level: "ssh", hostKeyGraceMs: 60_000, emit }));
    await seen;
    await stranger.stop();
    track(await startSshd({ port: firstPort + 7, hostKey: hostKeys[4]?.privateKey ?? "", authorizedKey: user.publicKey }));
    expect(await patient).toMatchObject([{ state: "ready" }]);
    expect(stranger.log()).not.toMatch(/publickey/);
  });

  test("a key that is not accepted is no login; a machine that Azure gave up is not waited for", async () => {
    await using place = await ownPlace();
    const { target } = place;
    const other = target(0, { identity: makeKey() });
    expect(await waitReady([other], within(6, { level: "ssh" }))).toMatchObject([
      { state: "no-login", code: "SshAuthentication" },
    ]);
    const gone = await waitReady([target(4)], within(600, { level: "ssh", machineState: () => "failed" }));
    expect(gone).toMatchObject([{ state: "failed", code: "MachineFailed", attempts: 1 }]);
  });

  test("more nodes than handshakes at once; what is done with a ready node may fail", async () => {
    await using place = await ownPlace();
    const { target } = place;
    let called = 0;
    const whenReady = (): Promise<void> => {
      called++;
      return Promise.reject(new Error("no matter"));
    };
    const targets = Array.from({ length: 16 }, (_, index) => ({ ...target(0), index }));
    const result = await waitReady(targets, within(30, { level: "ssh", atOnce: 4, whenReady }));
    expect(result.filter(({ state }) => state === "ready")).toHaveLength(16);
    expect(called).toBe(16);
  });

  test("an interruption rejects; level machines asks nothing", async () => {
    await using place = await ownPlace();
    const { target } = place;
    const controller = new AbortController();
    const waiting = waitReady(
      [target(4)],
      within(600, { signal: controller.signal, emit: ({ kind }) => kind === "waiting" && controller.abort(new Error("stop")) }),
    );
    await expect(waiting).rejects.toThrow("stop");
    expect(await waitReady([target(4)], within(0, { level: "machines" }))).toMatchObject([{ state: "created", attempts: 0 }]);
  });
});
