/**
 * The hardware that the simulated Azure lacks: when it accepts a machine, this powers one on, from nothing but the requests that
 * arrived, and takes it away when it is deleted. A machine is a real sshd with the host key of its user-data, the key of its osProfile,
 * sudo, and an /etc of its own; and a real etcd member at its private address, which must be a loopback one (127.x). The way to
 * them is a load balancer (balancer.ts).
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SimAnswer, SimRequest } from "../../src/sim/message.ts";
import type { Simulation } from "../../src/sim/simulation.ts";
import { applyUserData } from "../core/user-data/applied.ts";
import { createBalancer, portOnNode } from "./balancer.ts";
import { bootUserData, newRoot, removeRoot, type Started } from "./booted.ts";
import { furnish } from "./image.ts";
import { onOrder, type Order } from "./order.ts";
import { end, makeKey, startSshd, type Sshd } from "./sshd.ts";

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
  /** Puts more onto it, before it has power for the first time. */
  readonly equip?: (machine: PoweredMachine) => void;
}

export interface PoweredMachine {
  readonly order: Order;
  /** What it has as /; only its /etc is really there. */
  readonly root: string;
  /** Milliseconds since 1970: power, sshd listens, etcd itself says that it serves clients. */
  readonly times: { readonly power: number; ssh?: number; etcd?: number };
}

export interface Power {
  /** In the simulation's place: the same answers, and machines that start. */
  handle(request: SimRequest): Promise<SimAnswer>;
  /** Those that have power, by name. */
  readonly machines: ReadonlyMap<string, PoweredMachine>;
  /** Power off, as when somebody stops the machine. */
  switchOff(name: string): Promise<void>;
  /** A machine that is rebooted comes back, unless a test says otherwise. */
  comesBack(index: number): boolean;
  /** The node's etcd ends, and is not started again. */
  stopEtcd(name: string): void;
  /** What a start failed with, if one did. */
  readonly failures: unknown[];
  /** Tells whenever a machine gets power or loses it. @returns the way to end that */
  watch(listener: () => void): () => void;
  /** Ends everything, and removes what the machines had. */
  off(): Promise<void>;
}

interface Powered extends PoweredMachine {
  sshd?: Sshd;
  /** Its sshd that is on its way; one that comes too late ends itself. */
  starting?: Promise<void>;
  etcd?: Started;
  etcdStopped?: true;
  /** One for each time that it has power; aborted when it loses it. */
  life: AbortController;
}

export function powerSupply(
  simulation: Pick<Simulation, "handle">,
  {
    behaviour = () => ({}),
    publicAddress = "127.0.0.1",
    sshPort = portOnNode(22),
  }: { behaviour?: (index: number) => Behaviour; publicAddress?: string; sshPort?: number } = {},
): Power {
  const machines = new Map<string, Powered>();
  /** With power or without, until they are deleted. */
  const made = new Map<string, Powered>();
  const balancer = createBalancer(publicAddress);
  const failures: unknown[] = [];
  const roots: string[] = [];
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const working = new Set<Promise<unknown>>();
  const work = (one: Promise<unknown>): void => {
    const guarded = one.catch((error: unknown) => void failures.push(error)).finally(() => working.delete(guarded));
    working.add(guarded);
  };

  async function make(order: Order): Promise<void> {
    const { after = 0, boots, equip } = behaviour(order.index);
    if (boots === "never") return;
    const machine: Powered = { order, root: newRoot(), times: { power: Date.now() + after }, life: new AbortController() };
    roots.push(machine.root);
    machines.set(order.name, machine);
    made.set(order.name, machine);
    tell();
    await sleep(after);
    if (machine.life.signal.aborted) return;
    furnish(machine.root, order.user);
    applyUserData(order.userData, machine.root);
    equip?.(machine);
    await powerOn(machine);
  }

  async function powerOn(machine: Powered): Promise<void> {
    const { order, root } = machine;
    const { otherHostKey = false, etcd = true } = behaviour(order.index);
    const { signal } = (machine.life = new AbortController());
    machines.set(order.name, machine);
    tell();
    delete machine.etcdStopped;
    // what its systemctl was told before it lost power and had no time for is over with that boot
    for (const what of ["stop", "restart", "reboot"]) rmSync(join(root, what), { force: true });
    // the kernel's id of the boot, as sessions see it (sshd.ts)
    writeFileSync(join(root, "etc/boot_id"), `${randomUUID()}\n`);
    if (etcd) startEtcd(machine, signal);
    const hostKey = otherHostKey ? makeKey().privateKey : readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key"), "utf8");
    const start = startSshd({
      host: order.privateAddress,
      port: sshPort,
      hostKey,
      authorizedKey: order.authorizedKey,
      config: [`AllowUsers ${order.user}`],
      etc: join(root, "etc"),
    });
    machine.starting = start.then((sshd) => (signal.aborted ? sshd.stop() : void (machine.sshd = sshd)));
    await machine.starting;
    if (signal.aborted) return;
    machine.times.ssh ??= Date.now();
    balancer.look();
    obey(machine, signal);
  }

  async function powerOff(machine: Powered, kind: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    machine.life.abort();
    if (machines.get(machine.order.name) === machine) machines.delete(machine.order.name);
    tell();
    const ended = machine.etcd && end(machine.etcd.child, kind);
    await machine.starting?.catch(() => undefined);
    await Promise.all([machine.sshd?.stop(), ended]);
  }

  /** As systemd keeps it: an etcd that ends is started again, for one that joins is refused until it has been added. */
  function startEtcd(machine: Powered, life: AbortSignal): void {
    const started = (machine.etcd = bootUserData(machine.order.userData, loopbackOf(machine.order), machine.root));
    noteReady(started, machine.times);
    started.child.once("exit", () => {
      if (!life.aborted && machine.etcdStopped === undefined) work(again());
    });
    const again = async (): Promise<void> => {
      await sleep(1000, undefined, { signal: life }).catch(() => undefined);
      if (!life.aborted && machine.etcdStopped === undefined) startEtcd(machine, life);
    };
  }

  /** What is told to it through its own systemctl (image.ts): to reboot, to end its etcd, or to start it anew. */
  function obey(machine: Powered, life: AbortSignal): void {
    const listen = (): void => {
      if (life.aborted) return;
      if (isAsked(machine, "stop")) endEtcd(machine, "SIGTERM");
      if (isAsked(machine, "restart") && machine.etcdStopped === undefined && machine.etcd !== undefined)
        work(end(machine.etcd.child, "SIGKILL"));
      if (isAsked(machine, "reboot")) work(restart(machine));
    };
    watch(machine.root, { signal: life }, listen);
    listen();
  }

  function endEtcd(machine: Powered, kind: "SIGKILL" | "SIGTERM"): void {
    machine.etcdStopped = true;
    if (machine.etcd !== undefined) work(end(machine.etcd.child, kind));
  }

  async function restart(machine: Powered): Promise<void> {
    await powerOff(machine, "SIGTERM");
    const { life } = machine;
    await sleep(300);
    // a second one that was asked for meanwhile, by Azure for one that does not answer, is the same; what was deleted has no power again
    if (machine.life !== life || made.get(machine.order.name) !== machine) return;
    if (power.comesBack(machine.order.index)) await powerOn(machine);
  }

  async function told(machine: Powered, what: string): Promise<void> {
    if (what === "restart") await restart(machine);
    else if (what !== "start") await powerOff(machine, "SIGTERM");
    else if (machine.life.signal.aborted) await powerOn(machine);
  }

  const handle = onOrder(simulation, {
    machine: (order) => work(make(order)),
    gone: (name) => {
      const machine = made.get(name);
      made.delete(name);
      if (machine !== undefined) work(powerOff(machine));
    },
    told: (name, what) => {
      const machine = made.get(name);
      if (machine !== undefined) work(told(machine, what));
    },
    changed: (bodies) => balancer.update(bodies),
  });
  const power: Power = {
    handle,
    machines,
    comesBack: () => true,
    async switchOff(name) {
      const machine = machines.get(name);
      if (machine !== undefined) await powerOff(machine);
    },
    stopEtcd(name) {
      const machine = machines.get(name);
      if (machine?.etcd === undefined) throw new Error(`${name} runs no etcd`);
      endEtcd(machine, "SIGKILL");
    },
    failures,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async off() {
      // nor does one that is being restarted come back
      made.clear();
      await Promise.all([balancer.close(), ...[...machines.values()].map((machine) => powerOff(machine))]);
      await Promise.all(working);
      for (const root of roots.splice(0)) removeRoot(root);
    },
  };
  return power;
}

/** Whether its systemctl was told so since the last time. */
function isAsked({ root }: PoweredMachine, what: string): boolean {
  const file = join(root, what);
  const asked = existsSync(file);
  if (asked) rmSync(file);
  return asked;
}

/** What stands for the node's 127.0.0.1: its private address with 128 more at the end. */
const loopbackOf = ({ privateAddress }: Order): string => privateAddress.replace(/\d+$/, (last) => String(Number(last) + 128));

/** Notes when it says so, which it does once it is a member and the cluster has a quorum. */
function noteReady({ child, log }: Started, times: PoweredMachine["times"]): void {
  if (times.etcd !== undefined) return;
  const listen = (): void => {
    if (!log().includes("ready to serve client requests")) return;
    times.etcd ??= Date.now();
    child.stderr?.off("data", listen);
  };
  child.stderr?.on("data", listen);
}
