/**
 * A simulated Azure on real time with short operations, a network of loopback addresses in it, and hardware: each machine that it
 * accepts is a real sshd and a real etcd member (power.ts). The command runs against it as a user's would.
 */
import type { ClusterDocument } from "../../src/core/documents.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { realClock } from "../../src/operations/real-clock.ts";
import { type Result, type RunOptions, type TestAzure, testAzure } from "../cli/world.ts";
import { ownNetwork } from "../ports.ts";
import { has } from "../programs.ts";
import { endAll } from "./booted.ts";
import { canLogIn } from "./login-user.ts";
import { type Behaviour, type Power, powerSupply } from "./power.ts";

export const hasRealNodes = canLogIn() && ["etcd", "etcdctl", "sshd", "ssh", "ssh-keygen"].map(has).every(Boolean);

export interface Plan {
  readonly behaviour?: (index: number) => Behaviour;
  readonly pace?: number;
  readonly serialLog?: (machine: string) => string;
  /** Where nodes have their sshd; 10022 by default, for this machine may have one of its own. */
  readonly sshPort?: number;
}

export interface Room {
  readonly azure: TestAzure;
  /** The first three numbers of its addresses. */
  readonly network: string;
  /** The load balancer's: its ports are the room's own. */
  readonly publicAddress: string;
  readonly power: Power;
  /** Any command line. */
  run(argv: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** Creates, or goes on with, `mycluster`, with its state file and its events. */
  create(flags?: string, options?: RunOptions): Promise<Result>;
  /** What the last create said of the cluster. */
  document(dir?: string): ClusterDocument;
  states(dir?: string): string[];
  /** Somebody else's request. */
  ask(method: string, path: string): Promise<void>;
  /** Ends what was started, for a test that declares it with `await using`: others have the cores. */
  [Symbol.asyncDispose](): Promise<void>;
}

export const BASE = "mycluster --virtual-network-name lan --vnet-resource-group net --output state.json --events events.jsonl";
const SUBSCRIPTION = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000";
const open = new Set<Room>();

export async function machineRoom(plan: Plan = {}): Promise<Room> {
  const { behaviour = () => ({}), pace = 0.02, serialLog = () => "", sshPort } = plan;
  const network = await ownNetwork();
  const publicAddress = `${network}.254`;
  const azure = testAzure({ rehearsal: false, clock: realClock, publicAddress, latencyMs: [1, 4], pace, serialLog });
  const power = powerSupply(azure.simulation, { behaviour, publicAddress, ...(sshPort === undefined ? {} : { sshPort }) });
  const ask = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status } = await power.handle({
      method,
      url: `${SUBSCRIPTION}/resourceGroups/${path}`,
      headers: { authorization: "Bearer test", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status}`);
  };
  const run = (argv: string | readonly string[], options: RunOptions = {}): Promise<Result> =>
    azure.run(argv, { azure: (request) => power.handle(request), ...options });
  const document = (dir = azure.dir): ClusterDocument =>
    JSON.parse(readFileSync(join(dir, "state.json"), "utf8")) as ClusterDocument;
  const room: Room = {
    azure,
    network,
    publicAddress,
    power,
    run,
    // a cluster that does not come is explained, rather than waited for
    create: (flags = "", options = {}) => run(`${BASE} ${flags}${flags.includes("--timeout") ? "" : " --timeout 100s"}`, options),
    document,
    states: (dir) => document(dir).nodes.map(({ state }) => state),
    ask,
    async [Symbol.asyncDispose]() {
      if (!open.delete(room)) return;
      await power.off();
      azure.close();
    },
  };
  open.add(room);
  const prefix = `${network}.0/27`;
  await ask("PUT", "net?api-version=2021-04-01", { location: "westus" });
  await ask("PUT", "net/providers/Microsoft.Network/virtualNetworks/lan?api-version=2024-05-01", {
    location: "westus",
    properties: {
      addressSpace: { addressPrefixes: [prefix] },
      subnets: [{ name: "nodes", properties: { addressPrefix: prefix } }],
    },
  });
  return room;
}

/** What is still open, of tests that ran out of time. */
export async function closeRooms(): Promise<void> {
  await Promise.all([...open].map((room) => room[Symbol.asyncDispose]()));
  await endAll();
}
