/** Membership of real etcd clusters changed by the tool's own code, through real SSH tunnels: plain, TLS and the v2 API. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { connect, type Connection } from "../../src/nodes/connection.ts";
import { addMember, healthyMembers, members, removeMember, type MembershipOptions } from "../../src/nodes/etcd.ts";
import { waitReady } from "../../src/nodes/readiness.ts";
import type { NodeTarget } from "../../src/nodes/target.ts";
import { ownNetwork } from "../ports.ts";
import { has } from "../programs.ts";
import { initialCluster, startEtcd, testAuthority, type Etcd, type TestAuthority } from "./etcd.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = ["sshd", "ssh-keygen", "etcd"].map(has).every(Boolean);

describe.skipIf(!ready).concurrent("membership of real etcd", () => {
  let user: KeyPair;
  let sshd: Sshd;

  beforeAll(async () => {
    user = makeKey();
    sshd = await startSshd({ authorizedKey: user.publicKey });
  });
  afterAll(() => sshd.stop());

  /** The members of one test, in a network of their own: each test waits for elections, and the others need not. */
  async function ownMembers(authority?: TestAuthority) {
    const network = await ownNetwork();
    const running = new Map<string, Etcd>();
    const open: Connection[] = [];
    const node = (index: number) => ({ name: `node-${index}`, address: `${network}.${11 + index}` });
    const target = (index: number): NodeTarget =>
      nodeTarget(sshd.port, {
        index,
        privateKey: user.privateKey,
        hostKeys: [sshd.hostKeyLine],
        privateAddress: node(index).address,
        tls: authority !== undefined,
      });
    return {
      network,
      running,
      node,
      async connections(indexes: readonly number[]): Promise<Connection[]> {
        const made = await Promise.all(indexes.map((index) => connect(target(index), { clock, trust: "strict" })));
        open.push(...made);
        return made;
      },
      async start(index: number, known: readonly number[], more: Partial<Parameters<typeof startEtcd>[0]> = {}): Promise<void> {
        const { name, address } = node(index);
        const tls = await authority?.node(name, address);
        const all = initialCluster(known.map(node), authority !== undefined);
        running.set(name, startEtcd({ name, address, initialCluster: all, ...(tls && { tls }), ...more }));
      },
      async untilReady(indexes: readonly number[]): Promise<void> {
        const result = await waitReady(indexes.map(target), {
          level: "etcd",
          deadline: clock.now() + 25_000,
          clock,
          ...(authority && { etcdTls: authority.operator }),
        });
        expect(result.map(({ state, name }) => `${name} ${state}`)).toEqual(indexes.map((index) => `node-${index} ready`));
      },
      async [Symbol.asyncDispose](): Promise<void> {
        for (const connection of open) connection.close();
        await Promise.all([...running.values()].map((etcd) => etcd.stop()));
      },
    };
  }
  const names = async (options: MembershipOptions): Promise<string[]> =>
    (await members(options)).map(({ name }) => name).sort((a, b) => a.localeCompare(b));
  const memberOf = async (options: MembershipOptions, name: string) => {
    const member = (await members(options)).find((one) => one.name === name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  };

  test.each<[string, boolean]>([
    ["plain", false],
    ["TLS", true],
  ])("a cluster of three grows to four and shrinks again, %s", async (_, secure) => {
    const authority = secure ? await testAuthority("grow") : undefined;
    await using ring = await ownMembers(authority);
    const { network, node, start, untilReady, connections, running } = ring;
    for (const index of [0, 1, 2]) await start(index, [0, 1, 2]);
    await untilReady([0, 1, 2]);
    const options = {
      clock,
      api: "v3" as const,
      connections: await connections([0, 1, 2]),
      ...(authority && { tls: authority.operator }),
    };
    const url = `${secure ? "https" : "http"}://${node(3).address}:2380`;

    const added = await addMember(options, "node-3", url);
    expect(added).toMatchObject({ name: "", peerUrls: [url] });
    expect((await addMember(options, "node-3", url)).id).toBe(added.id); // a run that was killed asks again
    await expect(addMember({ ...options, deadline: clock.now() }, "node-4", `http://${network}.15:2380`)).rejects.toMatchObject({
      code: "EtcdQuorum",
    });
    await start(3, [0, 1, 2, 3], { state: "existing" });
    await untilReady([3]);
    expect(await names(options)).toEqual(["node-0", "node-1", "node-2", "node-3"]);
    await expect(addMember(options, "other", url)).rejects.toMatchObject({ code: "EtcdMemberConflict" });

    const member = await memberOf(options, "node-0");
    await removeMember(options, member);
    await removeMember(options, member);
    expect(await running.get("node-0")?.exited).toBe(0);
    const rest = { ...options, connections: options.connections.slice(1) };
    expect(await names(rest)).toEqual(["node-1", "node-2", "node-3"]);
  });

  test("a member that lost its disk is replaced; with one of three down, another may not go, which would break the quorum", async ({
    onTestFinished,
  }) => {
    const dataDir = mkdtempSync(join(tmpdir(), "member-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    await using ring = await ownMembers();
    const { node, start, untilReady, connections, running } = ring;
    await start(0, [0, 1, 2]);
    await start(1, [0, 1, 2]);
    await start(2, [0, 1, 2], { dataDir: join(dataDir, "data") });
    await untilReady([0, 1, 2]);
    await running.get("node-2")?.stop();
    await start(2, [0, 1, 2]); // a new, empty folder with the old configuration
    expect(await running.get("node-2")?.exited).toBe(1);
    expect(running.get("node-2")?.log()).toContain("has already been bootstrapped");

    const options = { clock, api: "v3" as const, connections: await connections([0, 1]) };
    await removeMember(options, await memberOf(options, "node-2"));
    await addMember(options, "node-2", `http://${node(2).address}:2380`);
    await start(2, [0, 1, 2], { state: "existing" });
    await untilReady([0, 1, 2]);

    const all = { ...options, connections: [...options.connections, ...(await connections([2]))] };
    const list = await members(all);
    await running.get("node-2")?.stop();
    // the others may have to choose a leader first
    await vi.waitFor(async () => expect((await healthyMembers(all, list)).size).toBe(2), { timeout: 20_000 });
    const before = await names(all);
    await expect(removeMember(all, await memberOf(all, "node-1"))).rejects.toMatchObject({
      code: "EtcdQuorum",
      source: "node",
    });
    expect(await names(all)).toEqual(before);
    await removeMember(all, await memberOf(all, "node-2")); // the dead one may go
    expect(await names(all)).toEqual(["node-0", "node-1"]);
  });

  test("without a live member there is nothing to ask", async () => {
    await using ring = await ownMembers();
    const { connections } = ring;
    const options = { clock, api: "v3" as const, connections: await connections([0, 1]) };
    await expect(members(options)).rejects.toMatchObject({ code: "EtcdUnavailable" });
    await expect(members({ ...options, connections: [] })).rejects.toMatchObject({ code: "EtcdUnavailable" });
  });

  test("the v2 API of etcd2 adds and removes too", async () => {
    await using ring = await ownMembers();
    const { node, start, untilReady, connections } = ring;
    await start(0, [0], { environment: { ETCD_ENABLE_V2: "true" } });
    await untilReady([0]);
    const options = { clock, connections: await connections([0]), api: "v2" as const };
    expect(await names(options)).toEqual(["node-0"]);
    const added = await addMember(options, "node-1", `http://${node(1).address}:2380`);
    await start(1, [0, 1], { state: "existing", environment: { ETCD_ENABLE_V2: "true" } });
    await untilReady([0, 1]);
    const both = { ...options, connections: [...options.connections, ...(await connections([1]))] };
    expect(await names(both)).toEqual(["node-0", "node-1"]);
    await removeMember(both, added);
    expect(await names(options)).toEqual(["node-0"]);
    await expect(removeMember({ ...options, deadline: clock.now() }, await memberOf(options, "node-0"))).rejects.toMatchObject({
      code: "EtcdQuorum",
    });
  });
});
