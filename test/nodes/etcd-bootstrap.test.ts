/**
 * Real etcd members, bootstrapped from nothing but the rendered user-data of their nodes: the Environment= lines of the
 * drop-ins, as systemd would pass them on, and the files of write_files. Two things are mapped, for all nodes are one machine
 * here: 127.0.0.1 of a node is an address of its own, and folders of the node and of etcd-member's container lie in a
 * temporary folder.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { EtcdConfig, NodeConfig, NodeTls } from "../../src/core/node-config.ts";
import { NODE_TLS_FILES } from "../../src/core/user-data/render.ts";
import { applyUserData, environmentOf, execStartOf } from "../core/user-data/applied.ts";
import { render } from "../core/user-data/modes.ts";
import { find, has } from "../programs.ts";
import { testAuthority } from "./etcd.ts";
import { end } from "./sshd.ts";

const running: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => end(child, "SIGKILL")));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Addresses of this file, a cluster each: test files run side by side. */
const address = (cluster: number, index: number): string => `127.0.5${cluster}.${11 + index}`;
const loopback = (cluster: number, index: number): string => `127.0.5${cluster}.${111 + index}`;

interface Started {
  readonly root: string;
  readonly child: ChildProcess;
  log(): string;
}

function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>>, root: string): Started {
  const child = spawn(find(program) ?? program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  running.push(child);
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  return { root, child, log: () => log };
}

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "bootstrap-"));
  folders.push(root);
  return root;
}

const mapped = (text: string, own: string, root: string): string =>
  text.replaceAll("127.0.0.1:", `${own}:`).replaceAll("/etc/ssl/certs/", `${root}/etc/etcd/tls/`);

/** Boots a node: applies its user-data, then starts what its unit would start. */
function boot(node: NodeConfig, own: string): Started {
  const root = newRoot();
  const applied = applyUserData(render(node), root);
  if (node.role === "gateway") {
    const command = execStartOf(applied, "etcd-gateway.service");
    const image = command.findIndex((word) => word.startsWith("quay.io/coreos/etcd:"));
    return start(
      "etcd",
      command.slice(image + 1).map((word) => mapped(word, own, root)),
      {},
      root,
    );
  }
  const variables = Object.entries(environmentOf(applied, "etcd-member.service"));
  // The container path is mapped by what etcd-member does with ETCD_SSL_DIR: that folder becomes /etc/ssl/certs.
  const sslDir = variables.find(([name]) => name === "ETCD_SSL_DIR")?.[1];
  expect(sslDir).toBe(node.tls === undefined ? undefined : "/etc/etcd/tls");
  const etcd = variables.filter(([name]) => !/^ETCD_(IMAGE_TAG|SSL_DIR)$/.test(name));
  const environment = Object.fromEntries(etcd.map(([name, value]) => [name, mapped(value, own, root)]));
  return start("etcd", [], { ...environment, ETCD_DATA_DIR: join(root, "data"), ETCD_UNSAFE_NO_FSYNC: "true" }, root);
}

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

/** Runs etcdctl; with the certificate that lies on a node, when that node has one. */
async function etcdctl(endpoint: string, args: readonly string[], root?: string): Promise<string> {
  const at = (path: string): string => join(root ?? "", path);
  const { ca, certificate, key } = NODE_TLS_FILES;
  const tls = root === undefined ? [] : [`--cacert=${at(ca)}`, `--cert=${at(certificate)}`, `--key=${at(key)}`];
  const { stdout } = await promisify(execFile)(find("etcdctl") ?? "etcdctl", [`--endpoints=${endpoint}`, ...tls, ...args], {
    env: { PATH: process.env["PATH"], ETCDCTL_API: "3" },
  });
  return stdout.trim();
}

/** Polls until the endpoint serves linearizable reads: that is what quorum means. */
async function healthy(endpoint: string, nodes: readonly Started[], root?: string): Promise<void> {
  let last = "";
  for (let attempt = 0; attempt < 100; attempt++) {
    const dead = nodes.find(({ child }) => child.exitCode !== null);
    if (dead !== undefined) throw new Error(`etcd ended: ${dead.log().slice(-2000)}`);
    try {
      await etcdctl(endpoint, ["get", "health", "--command-timeout=1s", "--dial-timeout=1s"], root);
      return;
    } catch (error) {
      last = String(error);
      await sleep(100);
    }
  }
  throw new Error(`${endpoint} is not healthy: ${last}`);
}

/** etcd refuses changes until all members have been connected for 5 seconds ("unhealthy cluster"). */
async function added(endpoint: string, name: string, own: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await etcdctl(endpoint, ["member", "add", name, `--peer-urls=http://${own}:2380`]);
      return;
    } catch (error) {
      if (attempt > 50) throw error;
      await sleep(200);
    }
  }
}

const names = (list: string): string[] =>
  list
    .split("\n")
    .map((line) => line.split(", ")[2] ?? "")
    .toSorted();
const three = ["proof-coreos-0", "proof-coreos-1", "proof-coreos-2"];

describe.skipIf(!has("etcd") || !has("etcdctl"))("members from rendered user-data", () => {
  test("static, plain: one cluster of three, each at its own address and at 127.0.0.1", async () => {
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(1, index, staticEtcd(1)), loopback(1, index)));
    await Promise.all([0, 1, 2].map((index) => healthy(`http://${loopback(1, index)}:2379`, nodes)));
    expect(names(await etcdctl(`http://${address(1, 2)}:2379`, ["member", "list"]))).toEqual(three);
    await etcdctl(`http://${address(1, 0)}:2379`, ["put", "from", "zero"]);
    expect(await etcdctl(`http://${loopback(1, 2)}:2379`, ["get", "from", "--print-value-only"])).toBe("zero");
  });

  test("a gateway node reaches them at its 127.0.0.1, also when one of them is gone", async () => {
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(2, index, staticEtcd(2)), loopback(2, index)));
    const gateway = boot(nodeOf(2, 3, staticEtcd(2), { role: "gateway" }), loopback(2, 3));
    const endpoint = `http://${loopback(2, 3)}:2379`;
    await healthy(endpoint, [...nodes, gateway]);
    expect(names(await etcdctl(endpoint, ["member", "list"]))).toEqual(three);
    const [first, ...rest] = nodes as [Started, Started, Started];
    await end(first.child, "SIGKILL");
    await healthy(endpoint, [...rest, gateway]);
    expect(gateway.child.exitCode).toBeNull();
  });

  test("a fourth node joins by member add, with the members of that moment", async () => {
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(3, index, staticEtcd(3)), loopback(3, index)));
    const endpoint = `http://${address(3, 0)}:2379`;
    await Promise.all([0, 1, 2].map((index) => healthy(`http://${address(3, index)}:2379`, nodes)));
    await added(endpoint, "proof-coreos-3", address(3, 3));
    const fourth = boot(nodeOf(3, 3, { ...staticEtcd(3, 4), state: "existing" }), loopback(3, 3));
    await healthy(`http://${loopback(3, 3)}:2379`, [...nodes, fourth]);
    expect(names(await etcdctl(`http://${address(3, 3)}:2379`, ["member", "list"]))).toEqual([...three, "proof-coreos-3"]);
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

describe.skipIf(!has("etcd") || !has("etcdctl") || !has("discovery.etcd.io"))("members from a discovery URL", () => {
  async function discoveryUrl(size: number): Promise<string> {
    const host = "127.0.59.9";
    const own = `http://${host}:2379`;
    const peer = `http://${host}:2380`;
    const names = ["--name", "disc", "--data-dir", join(newRoot(), "data"), "--initial-cluster", `disc=${peer}`];
    const urls = [
      "--listen-client-urls",
      own,
      "--advertise-client-urls",
      own,
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
    ];
    const store = start("etcd", [...names, ...urls], { ETCD_ENABLE_V2: "true", ETCD_UNSAFE_NO_FSYNC: "true" }, "");
    await healthy(own, [store]);
    const service = `http://${host}:8087`;
    start("discovery.etcd.io", ["--addr", `${host}:8087`, "--etcd", own, "--host", service], {}, "");
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await fetch(`${service}/new?size=${size}`);
        if (response.ok) return await response.text();
      } catch (error) {
        if (attempt > 100) throw error;
      }
      await sleep(100);
    }
  }

  test("three find each other through the real server; one too many ends and says why", async () => {
    const etcd: EtcdConfig = { ...staticEtcd(5), mode: "discovery", discoveryUrl: await discoveryUrl(3) };
    const nodes = [0, 1, 2].map((index) => boot(nodeOf(5, index, etcd), loopback(5, index)));
    await Promise.all([0, 1, 2].map((index) => healthy(`http://${loopback(5, index)}:2379`, nodes)));
    expect(names(await etcdctl(`http://${address(5, 0)}:2379`, ["member", "list"]))).toEqual(three);
    const surplus = boot(nodeOf(5, 3, etcd), loopback(5, 3));
    const code = await new Promise((resolve) => surplus.child.once("exit", resolve));
    expect(code).toBe(1);
    expect(surplus.log()).toMatch(/discovery.*(full|used)/);
    const gateway = boot(nodeOf(5, 4, etcd, { role: "gateway" }), loopback(5, 4));
    await healthy(`http://${loopback(5, 4)}:2379`, [...nodes, gateway]);
  });
});
