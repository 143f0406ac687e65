/**
 * Real etcd members, bootstrapped from nothing but the rendered user-data of their nodes: static, with TLS, on CoreOS, joining an
 * existing cluster, and by discovery; and the gateway of a node that is no member.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { EtcdConfig, NodeConfig, NodeTls } from "../../src/core/node-config.ts";
import { NODE_TLS_FILES } from "../../src/core/node-config.ts";
import { ownNetwork } from "../ports.ts";
import { long } from "../long.ts";
import { has } from "../programs.ts";
import { added, boot, bootCoreos, endAll, etcdctl, healthy, type Started } from "./booted.ts";
import { discoveryUrl, startDiscovery } from "./discovery-server.ts";
import { testAuthority } from "./etcd.ts";
import { end } from "./sshd.ts";

afterAll(endAll);

/** A network of its own for each cluster: they come up side by side. */
const networks = await Promise.all(Array.from({ length: 8 }, ownNetwork));
const address = (cluster: number, index: number): string => `${networks[cluster]}.${11 + index}`;
const loopback = (cluster: number, index: number): string => `${networks[cluster]}.${111 + index}`;

function nodeOf(cluster: number, index: number, etcd: EtcdConfig, more: Partial<NodeConfig> = {}): NodeConfig {
  const name = `proof-coreos-${index}`;
  const own = address(cluster, index);
  return { platform: "flatcar", cluster: "proof", name, index, address: own, role: "member", etcd, deis: false, ...more };
}

const membersOf = (cluster: number, count: number): EtcdConfig["members"] =>
  Array.from({ length: count }, (_, index) => ({ name: `proof-coreos-${index}`, address: address(cluster, index) }));

const staticEtcd = (cluster: number, count = 3): EtcdConfig => ({
  mode: "static",
  members: membersOf(cluster, count),
  token: `proof-${cluster}`,
  state: "new",
});

const names = (list: string): string[] =>
  list
    .split("\n")
    .map((line) => line.split(", ")[2] ?? "")
    .toSorted();
const three = ["proof-coreos-0", "proof-coreos-1", "proof-coreos-2"];

describe.runIf(long && has("etcd") && has("etcdctl")).concurrent("members from rendered user-data", () => {
  test("static, plain: three, each at its own address and at 127.0.0.1; a fourth joins; a gateway reaches them, also when one is gone", async () => {
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(1, index, staticEtcd(1)), loopback(1, index)));
    await Promise.all([0, 1, 2].map((index) => healthy(`http://${loopback(1, index)}:2379`, nodes)));
    expect(names(await etcdctl(`http://${address(1, 2)}:2379`, ["member", "list"]))).toEqual(three);
    await etcdctl(`http://${address(1, 0)}:2379`, ["put", "from", "zero"]);
    expect(await etcdctl(`http://${loopback(1, 2)}:2379`, ["get", "from", "--print-value-only"])).toBe("zero");

    // by member add, with the members of that moment
    await added(`http://${address(1, 0)}:2379`, "proof-coreos-3", address(1, 3));
    const fourth = boot(nodeOf(1, 3, { ...staticEtcd(1, 4), state: "existing" }), loopback(1, 3));
    await healthy(`http://${loopback(1, 3)}:2379`, [...nodes, fourth]);
    const four = [...three, "proof-coreos-3"];
    expect(names(await etcdctl(`http://${address(1, 3)}:2379`, ["member", "list"]))).toEqual(four);

    const gateway = boot(nodeOf(1, 4, staticEtcd(1), { role: "gateway" }), loopback(1, 4));
    const endpoint = `http://${loopback(1, 4)}:2379`;
    await healthy(endpoint, [...nodes, fourth, gateway]);
    expect(names(await etcdctl(endpoint, ["member", "list"]))).toEqual(four);
    const [first, ...rest] = nodes as [Started, Started, Started];
    await end(first.child, "SIGKILL");
    await healthy(endpoint, [...rest, fourth, gateway]);
    expect(gateway.child.exitCode).toBeNull();
  });

  test("CoreOS: etcd2's keys make one cluster, and a proxy serves the v2 API on the old port 4001", async () => {
    const coreos = (index: number, role: NodeConfig["role"]): Started =>
      bootCoreos(nodeOf(6, index, staticEtcd(6), { platform: "coreos", role }), address(6, index));
    const nodes = [0, 1, 2].map((index) => coreos(index, "member"));
    await healthy(`http://${address(6, 0)}:4001`, nodes);
    expect(names(await etcdctl(`http://${address(6, 1)}:2379`, ["member", "list"]))).toEqual(three);
    const proxy = coreos(3, "gateway");
    const key = (index: number): string => `http://${address(6, index)}:4001/v2/keys/deis`;
    await fetch(key(0), { method: "PUT", body: new URLSearchParams({ value: "here" }) });
    let answer = "";
    for (let attempt = 0; attempt < 100 && proxy.child.exitCode === null && !answer.includes("here"); attempt++) {
      await sleep(100);
      answer = await fetch(key(3)).then(
        (response) => response.text(),
        () => "",
      );
    }
    expect(JSON.parse(answer)).toMatchObject({ node: { key: "/deis", value: "here" } });
  });

  test("static, with TLS made by the tool: members, 127.0.0.1 and a gateway; nobody without a certificate", async () => {
    const authority = await testAuthority("proof");
    const tlsOf = (index: number): Promise<NodeTls> =>
      authority.node(`proof-coreos-${index}`, address(4, index), loopback(4, index), loopback(4, 3));
    const nodes = await Promise.all(
      [0, 1, 2].map(async (index) => boot(nodeOf(4, index, staticEtcd(4), { tls: await tlsOf(index) }), loopback(4, index))),
    );
    const gateway = boot(nodeOf(4, 3, staticEtcd(4), { role: "gateway", tls: await tlsOf(3) }), loopback(4, 3));
    const root = nodes[0]?.root ?? "";
    await Promise.all([0, 1, 2].map((index) => healthy(`https://${loopback(4, index)}:2379`, nodes, root)));
    await healthy(`https://${loopback(4, 3)}:2379`, [...nodes, gateway], gateway.root);
    expect(names(await etcdctl(`https://${address(4, 1)}:2379`, ["member", "list"], gateway.root))).toEqual(three);
    expect(await etcdctl(`https://${address(4, 1)}:2379`, ["member", "list"], root)).not.toContain("http://");
    const brief = ["get", "x", "--command-timeout=1s", "--dial-timeout=1s"];
    await expect(etcdctl(`http://${address(4, 0)}:2379`, brief)).rejects.toThrow();
    const ca = `--cacert=${join(root, NODE_TLS_FILES.ca)}`;
    await expect(etcdctl(`https://${address(4, 0)}:2379`, [ca, ...brief])).rejects.toThrow();
    expect(await etcdctl(`https://${address(4, 0)}:2379`, brief, root)).toBe("");
  });
});

describe.skipIf(!has("etcd") || !has("etcdctl") || !has("discovery.etcd.io")).concurrent("members from a discovery URL", () => {
  test("three find each other through the real server; one too many ends and says why", async () => {
    const etcd: EtcdConfig = {
      ...staticEtcd(5),
      mode: "discovery",
      discoveryUrl: await discoveryUrl(await startDiscovery(address(0, 0)), 3),
    };
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(5, index, etcd), loopback(5, index)));
    await Promise.all([0, 1, 2].map((index) => healthy(`http://${loopback(5, index)}:2379`, nodes)));
    expect(names(await etcdctl(`http://${address(5, 0)}:2379`, ["member", "list"]))).toEqual(three);
    const surplus = boot(nodeOf(5, 3, etcd), loopback(5, 3));
    const code = await new Promise((resolve) => surplus.child.once("close", resolve));
    expect(code).toBe(1);
    expect(surplus.log()).toMatch(/discovery.*(full|used)/);
    const gateway = boot(nodeOf(5, 4, etcd, { role: "gateway" }), loopback(5, 4));
    await healthy(`http://${loopback(5, 4)}:2379`, [...nodes, gateway]);
  });
});
