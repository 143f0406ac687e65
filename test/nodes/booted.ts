/**
 * Nodes "booted" from their rendered user-data alone: the Environment= lines of the drop-ins, as systemd would pass them on, and
 * the files of write_files, with a real etcd. Two things are mapped, for all nodes are one machine here: 127.0.0.1 of a node is
 * an address of its own, and folders of the node and of etcd-member's container lie in a temporary folder.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { load } from "js-yaml";
import type { NodeConfig } from "../../src/core/node-config.ts";
import { NODE_TLS_FILES } from "../../src/core/node-config.ts";
import { applyUserData, environmentOn, execStartOf } from "../core/user-data/applied.ts";
import { render } from "../core/user-data/modes.ts";
import { find } from "../programs.ts";
import { dataOf, FRUGAL } from "./etcd.ts";
import { end } from "./sshd.ts";

const running: ChildProcess[] = [];
const folders: string[] = [];

/** Ends every process that was started here, and removes the folders. */
export async function endAll(): Promise<void> {
  await Promise.all(running.splice(0).map((child) => end(child, "SIGKILL")));
  folders.splice(0).forEach(removeRoot);
}

/** When nothing of it runs any more. */
export function removeRoot(root: string): void {
  for (const one of [root, dataOf(root)]) rmSync(one, { recursive: true, force: true });
}

export interface Started {
  /** What the node has as `/`. */
  readonly root: string;
  readonly child: ChildProcess;
  log(): string;
}

export function start(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  root: string,
): Started {
  const child = spawn(find(program) ?? program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...FRUGAL, ...environment },
  });
  running.push(child);
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  return { root, child, log: () => log };
}

export function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "bootstrap-"));
  folders.push(root);
  return root;
}

const mapped = (text: string, own: string, root: string): string =>
  text.replaceAll("127.0.0.1:", `${own}:`).replaceAll("/etc/ssl/certs/", `${root}/etc/etcd/tls/`);

/**
 * Boots an old CoreOS node: the keys of coreos.etcd2 are etcd's variables, which is all that coreos-cloudinit makes of them.
 * @param own what stands for all of its addresses
 */
export const bootCoreos = (node: NodeConfig, own: string): Started => bootEtcd2(render(node), own, newRoot());

function bootEtcd2(userData: string, own: string, root: string): Started {
  const { coreos } = load(userData) as { coreos: { etcd2: Readonly<Record<string, string>> } };
  const variables = Object.entries(coreos.etcd2).map(([key, value]) => [
    `ETCD_${key.toUpperCase()}`,
    value.replaceAll("0.0.0.0", own),
  ]);
  const dropIns = existsSync(join(root, "etc/systemd/system/etcd2.service.d")) ? environmentOn(root, "etcd2.service") : {};
  const test = { ...dropIns, ETCD_DATA_DIR: dataOf(root), ETCD_UNSAFE_NO_FSYNC: "true", ETCD_ENABLE_V2: "true" };
  return start("etcd", [], { ...(Object.fromEntries(variables) as Record<string, string>), ...test }, root);
}

/** Boots a node: applies its user-data, then starts what its unit would start. */
export const boot = (node: NodeConfig, own: string): Started => bootUserData(render(node), own);

/** The same from the text that a machine was given. @param root what the node has as `/` */
export function bootUserData(userData: string, own: string, root = newRoot()): Started {
  const applied = applyUserData(userData, root);
  if (/^ {2}etcd2:/m.test(userData))
    return bootEtcd2(userData, /advertise_client_urls: "?http:\/\/([\d.]+):/.exec(userData)?.[1] ?? own, root);
  if (applied.units.some(({ name }) => name === "etcd-gateway.service")) {
    const command = execStartOf(applied, "etcd-gateway.service");
    const image = command.findIndex((word) => word.startsWith("quay.io/coreos/etcd:"));
    return start(
      "etcd",
      command.slice(image + 1).map((word) => mapped(word, own, root)),
      {},
      root,
    );
  }
  const variables = Object.entries(environmentOn(root, "etcd-member.service"));
  // The container path is mapped by what etcd-member does with ETCD_SSL_DIR: that folder becomes /etc/ssl/certs.
  const sslDir = variables.find(([name]) => name === "ETCD_SSL_DIR")?.[1];
  const tls = variables.some(([name]) => name === "ETCD_CERT_FILE");
  if (sslDir !== (tls ? "/etc/etcd/tls" : undefined)) throw new Error(`ETCD_SSL_DIR is ${sslDir}`);
  const etcd = variables.filter(([name]) => !/^ETCD_(IMAGE_TAG|SSL_DIR)$/.test(name));
  const environment = Object.fromEntries(etcd.map(([name, value]) => [name, mapped(value, own, root)]));
  return start("etcd", [], { ...environment, ETCD_DATA_DIR: dataOf(root), ETCD_UNSAFE_NO_FSYNC: "true" }, root);
}

/** Runs etcdctl; with the certificate that lies on a node, when that node has one. */
export async function etcdctl(endpoint: string, args: readonly string[], root?: string): Promise<string> {
  const at = (path: string): string => join(root ?? "", path);
  const { ca, certificate, key } = NODE_TLS_FILES;
  const tls = root === undefined ? [] : [`--cacert=${at(ca)}`, `--cert=${at(certificate)}`, `--key=${at(key)}`];
  const { stdout } = await promisify(execFile)(find("etcdctl") ?? "etcdctl", [`--endpoints=${endpoint}`, ...tls, ...args], {
    env: { PATH: process.env["PATH"], ETCDCTL_API: "3" },
  });
  return stdout.trim();
}

/** Polls until the endpoint serves linearizable reads, which its /health tries: that is what quorum means. */
export async function healthy(endpoint: string, nodes: readonly Started[], root?: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const dead = nodes.find(({ child }) => child.exitCode !== null);
    if (dead !== undefined) throw new Error(`etcd ended: ${dead.log().slice(-2000)}`);
    if (await isHealthy(`${endpoint}/health`, root)) return;
    await sleep(100);
  }
  throw new Error(`${endpoint} is not healthy`);
}

function isHealthy(url: string, root?: string): Promise<boolean> {
  const file = (path: string): string => readFileSync(join(root ?? "", path), "utf8");
  const { ca, certificate, key } = NODE_TLS_FILES;
  const options = { agent: false as const, timeout: 1000 };
  return new Promise((resolve) => {
    const asked =
      root === undefined
        ? requestHttp(url, options)
        : requestHttps(url, { ...options, ca: file(ca), cert: file(certificate), key: file(key) });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false)).end();
  });
}

/** etcd refuses changes until all members have been connected for 5 seconds ("unhealthy cluster"). */
export async function added(endpoint: string, name: string, own: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await etcdctl(endpoint, ["member", "add", name, `--peer-urls=http://${own}:2380`]);
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(200);
    }
  }
}
