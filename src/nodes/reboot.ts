/**
 * A node that is rebooted: which boot it is in, the order to reboot, and the wait until it is in another one. The kernel gives each boot
 * an id of its own, so a node that answers is not mistaken for one that is back. Two who reboot nodes of one cluster see each other by
 * a mark on the node, which goes with the boot.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import { type Connection, connect } from "./connection.ts";
import type { NodeTarget } from "./target.ts";
import { sudo } from "./as-root.ts";

export interface BootOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The kernel's id of the boot that the node is in. @throws ClusterError BootIdUnreadable; what exec throws */
export async function bootIdOf(connection: Connection): Promise<string> {
  const { stdout } = await connection.exec("cat /proc/sys/kernel/random/boot_id", { timeoutMs: ANSWER_MS });
  const id = stdout.trim();
  if (BOOT_ID.test(id)) return id;
  throw new ClusterError("BootIdUnreadable", `${connection.target.name} does not say which boot it is in`, {
    source: "node",
    advice: "Log in and look: cat /proc/sys/kernel/random/boot_id",
  });
}

/** What a boot id looks like. */
export const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Orders the reboot; that the connection breaks is what is wanted. @throws ClusterError RebootRefused */
export async function orderReboot(connection: Connection): Promise<void> {
  const { target } = connection;
  const found = await connection.exec(`${sudo(target)}systemctl reboot`, { timeoutMs: ANSWER_MS }).catch((error: unknown) => {
    if (error instanceof ClusterError && GOING.has(error.code)) return undefined;
    throw error;
  });
  if (found === undefined || found.code === 0 || found.code === null) return;
  throw new ClusterError("RebootRefused", `${target.name} does not reboot: ${found.stderr.trim().split("\n")[0] ?? ""}`, {
    source: "node",
    advice: `Does ${target.user} have sudo without a password there?`,
  });
}

/** Waits until the node is in another boot than that one; false when the time is up. @throws the signal's reason; a wrong host key */
export async function awaitOtherBoot(target: NodeTarget, before: string, until: number, options: BootOptions): Promise<boolean> {
  const { clock, signal } = options;
  for (; clock.now() < until; await clock.sleep(LOOK_EVERY_MS, signal)) {
    const now = await look(target, options);
    if (now !== undefined && now !== before) return true;
  }
  return false;
}

/** Says on a node who is about to reboot it. */
export async function markReboot(connection: Connection, who: string): Promise<void> {
  const script = `mkdir -p ${MARKS} && echo ${shellWord(who)} >${MARKS}/reboot`;
  await connection.exec(`${sudo(connection.target)}sh -c ${shellWord(script)}`, { timeoutMs: ANSWER_MS });
}

export const unmarkReboot = async (connection: Connection): Promise<void> =>
  void (await connection.exec(`${sudo(connection.target)}rm -f ${MARKS}/reboot`, { timeoutMs: ANSWER_MS }));

/** Whether somebody else is about to reboot the node; a mark that is older than a minute was left behind. */
export async function isMarked(connection: Connection, who: string): Promise<boolean> {
  const command = `find ${MARKS}/reboot -mmin -1 -exec cat {} + 2>/dev/null`;
  const { stdout } = await connection.exec(command, { timeoutMs: ANSWER_MS });
  return stdout.trim() !== "" && stdout.trim() !== who;
}

// --- internal ---

const MARKS = "/run/azure-coreos-cluster";
const ANSWER_MS = 15_000;
const CONNECT_MS = 5000;
const LOOK_EVERY_MS = 1000;
/** The shutdown was quicker than the answer. */
const GOING = new Set(["ConnectionLost", "CommandTimeout"]);
/** What no waiting mends. */
const FINAL = new Set(["HostKeyMismatch", "BootIdUnreadable"]);

async function look(target: NodeTarget, { clock, signal }: BootOptions): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await connect(target, { clock, signal, trust: "strict", timeoutMs: CONNECT_MS });
    return await bootIdOf(connection);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClusterError && !FINAL.has(error.code)) return undefined;
    throw error;
  } finally {
    connection?.close();
  }
}
