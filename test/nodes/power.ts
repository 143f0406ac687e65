/**
 * The hardware that the simulated Azure lacks: when it accepts a machine, this powers one on, from nothing but the requests that
 * arrived, and takes it away when it is deleted. A machine is a real sshd with the host key of its user-data, the key of its osProfile,
 * sudo, and an /etc of its own; and a real etcd member at its private address, which must be a loopback one (127.x). The way to
 * them is a load balancer (balancer.ts).
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_TLS_FILES } from "../../src/core/node-config.ts";
import type { SimAnswer, SimRequest } from "../../src/sim/message.ts";
import type { Simulation } from "../../src/sim/simulation.ts";
import { applyUserData } from "../core/user-data/applied.ts";
import { createBalancer, portOnNode } from "./balancer.ts";
import { bootUserData, newRoot, type Started } from "./booted.ts";
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
}

export interface PoweredMachine {
  readonly order: Order;
  /** What it has as /; only its /etc is really there. */
  readonly root: string;
  /** Milliseconds since 1970: power, sshd listens, etcd's own endpoint says healthy. */
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
  /** Ends everything. */
  off(): Promise<void>;
}

interface Powered extends PoweredMachine {
  sshd?: Sshd;
  etcd?: Started;
  etcdStopped?: true;
  /** One for each time that it has power. */
  life: { over: boolean };
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
  const working = new Set<Promise<unknown>>();
  const work = (one: Promise<unknown>): void => {
    const guarded = one.catch((error: unknown) => void failures.push(error)).finally(() => working.delete(guarded));
    working.add(guarded);
  };

  async function make(order: Order): Promise<void> {
    const { after = 0, boots } = behaviour(order.index);
    if (boots === "never") return;
    const machine: Powered = { order, root: newRoot(), times: { power: Date.now() + after }, life: { over: false } };
    machines.set(order.name, machine);
    made.set(order.name, machine);
    await sleep(after);
    if (machine.life.over) return;
    furnish(machine.root, order.user);
    applyUserData(order.userData, machine.root);
    await powerOn(machine);
  }

  async function powerOn(machine: Powered): Promise<void> {
    const { order, root } = machine;
    const { otherHostKey = false, etcd = true } = behaviour(order.index);
    const life = (machine.life = { over: false });
    machines.set(order.name, machine);
    delete machine.etcdStopped;
    // what its systemctl was told before it lost power and had no time for is over with that boot
    for (const what of ["stop", "restart", "reboot"]) rmSync(join(root, what), { force: true });
    // the kernel's id of the boot, as sessions see it (sshd.ts)
    writeFileSync(join(root, "etc/boot_id"), `${randomUUID()}\n`);
    const boot = (): Started => (machine.etcd = bootUserData(order.userData, loopbackOf(order), root));
    if (etcd) boot();
    const hostKey = otherHostKey ? makeKey().privateKey : readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key"), "utf8");
    machine.sshd = await startSshd({
      host: order.privateAddress,
      port: sshPort,
      hostKey,
      authorizedKey: order.authorizedKey,
      config: [`AllowUsers ${order.user}`],
      etc: join(root, "etc"),
    });
    machine.times.ssh ??= Date.now();
    work(obey(machine, life));
    if (etcd) await keepEtcd(machine, boot);
    if (life.over) await powerOff(machine);
  }

  async function powerOff(machine: Powered, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    machine.life.over = true;
    if (machines.get(machine.order.name) === machine) machines.delete(machine.order.name);
    await Promise.all([machine.sshd?.stop(), machine.etcd && end(machine.etcd.child, signal)]);
  }

  /** What is told to it through its own systemctl: to reboot, or to end its etcd. */
  async function obey(machine: Powered, life: { readonly over: boolean }): Promise<void> {
    for (; !life.over; await sleep(50)) {
      if (isAsked(machine, "stop")) {
        machine.etcdStopped = true;
        if (machine.etcd !== undefined) await end(machine.etcd.child, "SIGTERM");
      }
      if (isAsked(machine, "reboot")) await restart(machine);
    }
  }

  async function restart(machine: Powered): Promise<void> {
    await powerOff(machine, "SIGTERM");
    await sleep(300);
    if (power.comesBack(machine.order.index)) work(powerOn(machine));
  }

  async function told(machine: Powered, what: string): Promise<void> {
    if (what === "restart") await restart(machine);
    else if (what !== "start") await powerOff(machine, "SIGTERM");
    else if (machine.life.over) await powerOn(machine);
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
      machine.etcdStopped = true;
      work(end(machine.etcd.child, "SIGKILL"));
    },
    failures,
    async off() {
      await Promise.all([balancer.close(), ...[...machines.values()].map((machine) => powerOff(machine))]);
      await Promise.all(working);
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

/** What an image has and nobody here reads, or what is the node's own. */
const LEFT_OUT = ["ssl", "fonts", "X11", "apt", "etcd", "ssh"];

/** An /etc as an image has it: this machine's, with sudo that asks no password, as on the images. */
function furnish(root: string, user: string): void {
  mkdirSync(join(root, "etc"));
  const names = readdirSync("/etc").filter((name) => !LEFT_OUT.includes(name));
  execFileSync("cp", ["--archive", "--", ...names, join(root, "etc")], { cwd: "/etc" });
  // what etcd-member's unit would do: its etcd ends, and is started again (keepEtcd)
  mkdirSync(join(root, "bin"));
  const restart = `#!/bin/sh\ncase "$*" in daemon-reload) ;; "restart --no-block etcd"*.service) touch ${root}/restart ;; reboot) touch ${root}/reboot ;; "stop etcd"*) touch ${root}/stop ;; *) exit 5 ;; esac\n`;
  writeFileSync(join(root, "bin/systemctl"), restart, { mode: 0o755 });
  writeFileSync(join(root, "bin/cloud-init"), "#!/bin/sh\necho 'status: done'\n", { mode: 0o755 });
  const path = `${root}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  writeFileSync(
    join(root, "etc/sudoers"),
    `Defaults secure_path="${path}"\nroot ALL=(ALL) ALL\n${user} ALL=(ALL) NOPASSWD: ALL\n`,
    { mode: 0o440 },
  );
}

/**
 * An etcd that ends is started again, as systemd does: one that joins is refused until it has been added. Asks etcd itself:
 * this is the truth that the tool's "ready" is measured against.
 */
async function keepEtcd(machine: Powered, boot: () => Started): Promise<void> {
  const { life } = machine;
  while (!life.over && machine.etcdStopped === undefined) {
    if (isAsked(machine, "restart")) {
      if (machine.etcd !== undefined) await end(machine.etcd.child, "SIGKILL");
    }
    const child = machine.etcd?.child;
    if (child !== undefined && (child.exitCode !== null || child.signalCode !== null)) {
      await sleep(1000);
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- it may have been switched off meanwhile
      if (life.over || machine.etcdStopped !== undefined) return;
      boot();
    }
    if (machine.times.etcd === undefined && (await isHealthy(machine))) machine.times.etcd = Date.now();
    await sleep(machine.times.etcd === undefined ? 50 : 200);
  }
}

function isHealthy({ order, root }: PoweredMachine): Promise<boolean> {
  const tls = order.userData.includes("https://");
  const file = (path: string): string => readFileSync(join(root, path), "utf8");
  const url = `${tls ? "https" : "http"}://${order.privateAddress}:2379/health`;
  const { ca, certificate, key } = NODE_TLS_FILES;
  if (tls && !existsSync(join(root, key))) return Promise.resolve(false);
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
