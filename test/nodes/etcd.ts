/**
 * Real etcd members on loopback addresses, plain or with TLS, each in a data folder of its own; and etcd's TCP gateway. Who
 * starts them has a network of its own (ports.ts), since files and suites run side by side. Ended by their own process ids.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { NodeTls } from "../../src/core/node-config.ts";
import { createEtcdCa, issueEtcdCertificate, issueNodeCertificate, type EtcdCa } from "../../src/prepare/etcd-tls.ts";
import { find } from "../programs.ts";
import { diskFolder } from "../suite-folder.ts";
import { answers, end } from "./sshd.ts";

/** Many of them share the cores of this machine: one thread each, a heap that is seldom swept, half as many heartbeats. */
export const FRUGAL = { GOMAXPROCS: "1", GOGC: "400", ETCD_HEARTBEAT_INTERVAL: "200" };

export interface EtcdOptions {
  readonly name: string;
  readonly address: string;
  /** name=url,name=url,...; only this member by default. */
  readonly initialCluster?: string;
  readonly state?: "new" | "existing";
  readonly tls?: NodeTls;
  /** Kept over restarts by those who give one. */
  readonly dataDir?: string;
  /** More ETCD_* variables, over the others. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Etcd {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
  readonly peerUrl: string;
  log(): string;
  /** Resolves when it has ended by itself, with its exit code. */
  readonly exited: Promise<number | null>;
  /** Ends it; the data folder is removed unless it was given. */
  stop(): Promise<void>;
}

const peerUrl = (address: string, tls: boolean): string => `${tls ? "https" : "http"}://${address}:2380`;

/** name=url,... of all, for ETCD_INITIAL_CLUSTER. */
export const initialCluster = (members: readonly { name: string; address: string }[], tls: boolean): string =>
  members.map(({ name, address }) => `${name}=${peerUrl(address, tls)}`).join(",");

/** Where the etcd of a folder keeps its data: on a disk, which its 64 MB cost nothing. Gone with the suite. */
export const dataOf = (folder: string): string => join(diskFolder(), basename(folder));

/** Starts it; does not wait for its health. */
export function startEtcd(options: EtcdOptions): Etcd {
  const { name, address, tls } = options;
  const folder = mkdtempSync(join(tmpdir(), "etcd-"));
  const scheme = tls === undefined ? "http" : "https";
  const child = spawn(find("etcd") ?? "etcd", [], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      ...FRUGAL,
      ETCD_NAME: name,
      ETCD_DATA_DIR: options.dataDir ?? dataOf(folder),
      ETCD_INITIAL_CLUSTER: options.initialCluster ?? initialCluster([options], tls !== undefined),
      ETCD_INITIAL_CLUSTER_STATE: options.state ?? "new",
      ETCD_INITIAL_CLUSTER_TOKEN: "test",
      ETCD_LISTEN_PEER_URLS: `${scheme}://${address}:2380`,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: `${scheme}://${address}:2380`,
      ETCD_LISTEN_CLIENT_URLS: `${scheme}://${address}:2379`,
      ETCD_ADVERTISE_CLIENT_URLS: `${scheme}://${address}:2379`,
      ETCD_UNSAFE_NO_FSYNC: "true",
      ...(tls && tlsVariables(folder, tls)),
      ...options.environment,
    },
  });
  return { name, address, peerUrl: peerUrl(address, tls !== undefined), ...handle(child, folder) };
}

/** What passes 127.x:2379 on to the members: `etcd gateway`, as a node that is no member runs it. */
export async function startGateway(
  address: string,
  members: readonly string[],
): Promise<Pick<Etcd, "pid" | "stop" | "log" | "exited">> {
  const endpoints = members.map((member) => `${member}:2379`).join(",");
  const child = spawn(
    find("etcd") ?? "etcd",
    ["gateway", "start", `--listen-addr=${address}:2379`, `--endpoints=${endpoints}`, "--retry-delay=1s"],
    { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], ...FRUGAL } },
  );
  const running = handle(child, mkdtempSync(join(tmpdir(), "gateway-")));
  await answers(address, 2379, () => child.exitCode !== null);
  return running;
}

export interface TestAuthority {
  readonly ca: EtcdCa;
  /** Also for 127.0.0.1, and for what else is given: a test's gateways cannot all listen on 127.0.0.1. */
  node(name: string, address: string, ...more: string[]): Promise<NodeTls>;
  /** The operator's client certificate. */
  readonly operator: NodeTls;
}

/** A certificate authority made by the tool's own code. */
export async function testAuthority(cluster: string): Promise<TestAuthority> {
  const now = Date.now();
  const ca = await createEtcdCa(cluster, now);
  return {
    ca,
    node: (name, address, ...more) =>
      more.length === 0
        ? issueNodeCertificate(ca, { name, address, now })
        : issueEtcdCertificate(ca, { name, addresses: [address, "127.0.0.1", ...more], client: true, server: true, now }),
    operator: await issueEtcdCertificate(ca, { name: "operator", client: true, server: false, now }),
  };
}

function tlsVariables(folder: string, tls: NodeTls): Record<string, string> {
  const [ca, certificate, key] = ["ca.pem", "node.pem", "node-key.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(ca, tls.ca);
  writeFileSync(certificate, tls.certificate);
  writeFileSync(key, tls.key, { mode: 0o600 });
  return {
    ETCD_TRUSTED_CA_FILE: ca,
    ETCD_CERT_FILE: certificate,
    ETCD_KEY_FILE: key,
    ETCD_CLIENT_CERT_AUTH: "true",
    ETCD_PEER_TRUSTED_CA_FILE: ca,
    ETCD_PEER_CERT_FILE: certificate,
    ETCD_PEER_KEY_FILE: key,
    ETCD_PEER_CLIENT_CERT_AUTH: "true",
  };
}

function handle(child: ChildProcess, folder: string): Pick<Etcd, "pid" | "log" | "exited" | "stop"> {
  let log = "";
  const add = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-200_000);
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return {
    pid: child.pid ?? 0,
    log: () => log,
    exited,
    stop: async () => {
      // Not SIGTERM: a member would first hand its leadership over, which takes seconds.
      await end(child, "SIGKILL");
      for (const one of [folder, dataOf(folder)]) rmSync(one, { recursive: true, force: true });
    },
  };
}
