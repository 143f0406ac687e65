/**
 * The hardware that the simulated Azure lacks: when it accepts a machine, this powers one on, from nothing but the requests that
 * arrived. A real sshd on the public address at the port of the machine's NAT rule, with the host key of its user-data and the
 * key of its osProfile, and a real etcd member at its private address. Private addresses must be loopback ones (127.x).
 */
import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_TLS_FILES } from "../../src/core/user-data/render.ts";
import type { SimAnswer, SimRequest } from "../../src/sim/message.ts";
import type { Simulation } from "../../src/sim/simulation.ts";
import { applyUserData } from "../core/user-data/applied.ts";
import { bootUserData, newRoot, type Started } from "./booted.ts";
import { onOrder, type Order } from "./order.ts";
import { makeKey, startSshd, type Sshd } from "./sshd.ts";

/** How a machine behaves; a good one when nothing is said. */
export interface Behaviour {
  /** Milliseconds from Azure's acceptance to power. */
  readonly after?: number;
  /** "never": no power at all. */
  readonly boots?: "never";
  /** It shows a host key that is not the one of its user-data. */
  readonly otherHostKey?: boolean;
  /** False: no etcd. */
  readonly etcd?: boolean;
}

export interface PoweredMachine {
  readonly order: Order;
  readonly root: string;
  /** Milliseconds since 1970: power, sshd listens, etcd's own endpoint says healthy. */
  readonly times: { readonly power: number; ssh?: number; etcd?: number };
}

export interface Power {
  /** In the simulation's place: the same answers, and machines that start. */
  handle(request: SimRequest): Promise<SimAnswer>;
  readonly machines: Map<string, PoweredMachine>;
  /** What a start failed with, if one did. */
  readonly failures: unknown[];
  /** Ends every sshd; etcd is ended by `endAll` of booted.ts. */
  off(): Promise<void>;
}

export function powerSupply(simulation: Pick<Simulation, "handle">, behaviour: (index: number) => Behaviour = () => ({})): Power {
  const machines = new Map<string, PoweredMachine>();
  const daemons: Sshd[] = [];
  const failures: unknown[] = [];
  const starting: Promise<void>[] = [];
  let stopped = false;

  async function powerOn(order: Order): Promise<void> {
    const { after = 0, boots, otherHostKey = false, etcd = true } = behaviour(order.index);
    if (boots === "never") return;
    await sleep(after);
    if (stopped) return;
    const root = newRoot();
    applyUserData(order.userData, root);
    const machine: PoweredMachine = { order, root, times: { power: Date.now() } };
    machines.set(order.name, machine);
    const boot = (): Started => bootUserData(order.userData, loopbackOf(order), root);
    const member = etcd ? boot() : undefined;
    daemons.push(
      await startSshd({
        port: order.sshPort,
        hostKey: otherHostKey ? makeKey().privateKey : readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key"), "utf8"),
        authorizedKey: order.authorizedKey,
        config: [`AllowUsers ${order.user}`],
      }),
    );
    machine.times.ssh = Date.now();
    if (member !== undefined) await untilHealthy(machine, member, boot, () => stopped);
  }

  const handle = onOrder(simulation, (order) =>
    starting.push(powerOn(order).catch((error: unknown) => void failures.push(error))),
  );
  return {
    handle,
    machines,
    failures,
    async off() {
      stopped = true;
      await Promise.all(starting);
      await Promise.all(daemons.splice(0).map((daemon) => daemon.stop()));
    },
  };
}

/** What stands for the node's 127.0.0.1: its private address with 128 more at the end. */
const loopbackOf = ({ privateAddress }: Order): string => privateAddress.replace(/\d+$/, (last) => String(Number(last) + 128));

/** Asks etcd itself, often: this is the truth that the tool's "ready" is measured against. */
/** An etcd that ends is started again, as systemd does: one that joins is refused until it has been added. */
async function untilHealthy(machine: PoweredMachine, first: Started, boot: () => Started, over: () => boolean): Promise<void> {
  for (let member = first; !over();) {
    if (member.child.exitCode !== null) {
      await sleep(300);
      member = boot();
    }
    if (await isHealthy(machine)) {
      machine.times.etcd = Date.now();
      return;
    }
    await sleep(20);
  }
}

function isHealthy({ order, root }: PoweredMachine): Promise<boolean> {
  const tls = order.userData.includes(NODE_TLS_FILES.certificate);
  const file = (path: string): string => readFileSync(join(root, path), "utf8");
  const url = `${tls ? "https" : "http"}://${order.privateAddress}:2379/health`;
  const { ca, certificate, key } = NODE_TLS_FILES;
  return new Promise((resolve) => {
    const options = { agent: false as const, timeout: 1000 };
    const outgoing = tls
      ? requestHttps(url, { ...options, ca: file(ca), cert: file(certificate), key: file(key) })
      : requestHttp(url, options);
    outgoing.on("response", (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode === 200);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}
