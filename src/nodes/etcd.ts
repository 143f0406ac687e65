/**
 * Changes of etcd's membership, through live members and one at a time: quorum is checked before, health waited for before
 * and after, and etcd's "unhealthy cluster" of the seconds after a change is waited out. Every change looks first whether it
 * was already made, so that a lost answer or a killed run does no harm. Starts and stops no etcd. Longer than most files, for
 * the rules of add, remove and the loop below are read together.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import { EtcdRefusal, v2, v3, type Member } from "./etcd-api.ts";
import { etcdHealth } from "./etcd-health.ts";
import type { EtcdAccess } from "./etcd-http.ts";
import { canAdd, canRemove, type Verdict } from "./quorum.ts";

export interface MembershipOptions extends EtcdAccess {
  /** Connections to nodes with a live member (or to gateways, for reading); tried in this order. */
  readonly connections: readonly Connection[];
  /** v2 for the etcd2 of `--platform coreos`. */
  readonly api: "v3" | "v2";
  /** Milliseconds since 1970: until when a change is tried. 60 seconds from now by default. */
  readonly deadline?: number;
}

/** All members, voting or not, as the first node that answers knows them. @throws ClusterError EtcdUnavailable */
export const members = (options: MembershipOptions): Promise<Member[]> =>
  throughAny(options, options.connections, (connection) => apiOf(options).list(connection, options));

/** The same, asked again for a while where nobody answers: after a change, members look for a new leader first. */
export async function settledMembers(options: MembershipOptions, patienceMs = 15_000): Promise<Member[]> {
  const until = options.clock.now() + patienceMs;
  for (;;)
    try {
      return await members(options);
    } catch (error) {
      const passing =
        error instanceof EtcdRefusal ? error.passing : error instanceof ClusterError && error.code === "EtcdUnavailable";
      if (!passing || options.clock.now() >= until)
        throw error instanceof EtcdRefusal ? refusalError("list its members", error) : error;
      await options.clock.sleep(500, options.signal);
    }
}

/** Ids of the members that are healthy, asked each on its own node. A member without a connection counts as not healthy. */
export async function healthyMembers(options: MembershipOptions, list: readonly Member[]): Promise<Set<string>> {
  const healthy = await Promise.all(options.connections.map((connection) => endpointHealth(connection, options)));
  const names = new Set(options.connections.filter((_, index) => healthy[index]).map(({ target }) => target.name));
  return new Set(list.filter(({ name }) => names.has(name)).map(({ id }) => id));
}

/** False also for a node whose connection is gone. */
export const endpointHealth = (connection: Connection, access: EtcdAccess): Promise<boolean> =>
  etcdHealth(connection, access).then(
    ({ healthy }) => healthy,
    (error: unknown) => {
      access.signal?.throwIfAborted();
      if (error instanceof ClusterError && error.code === "ConnectionLost") return false;
      throw error;
    },
  );

/**
 * Adds a member that will start with `initial-cluster-state=existing`; it counts for quorum from now on, so start it next.
 * Added before (same peer URL, same name or not started): returned as it is.
 * @throws ClusterError EtcdMemberConflict, EtcdQuorum, EtcdChangeRefused
 */
export async function addMember(options: MembershipOptions, name: string, peerUrl: string): Promise<Member> {
  // A member that was added just before may need its time to start: as long as the deadline allows.
  return change(options, `add ${name}`, Infinity, async (list) => {
    const there = list.find((member) => member.peerUrls.includes(peerUrl));
    if (there !== undefined && (there.name === "" || there.name === name)) return { done: there };
    const other = there ?? list.find((member) => member.name === name);
    if (other !== undefined) throw conflict(other, name, peerUrl);
    return {
      verdict: canAdd(list, await healthyMembers(options, list)),
      act: () => throughAny(options, options.connections, (connection) => apiOf(options).add(connection, options, peerUrl)),
    };
  });
}

export interface MemberRemoval {
  /** Leaves out the check of quorum, not etcd's own. */
  readonly force?: boolean;
  /** For how long a lack of quorum may pass: 5 seconds, more just after a change, when members look for a new leader. */
  readonly quorumPatienceMs?: number;
}

/** Removes a member; its etcd then stops by itself. Absent is success. @throws ClusterError EtcdQuorum, EtcdChangeRefused */
export async function removeMember(
  options: MembershipOptions,
  { id, name }: Pick<Member, "id" | "name">,
  { force = false, quorumPatienceMs = 5000 }: MemberRemoval = {},
): Promise<void> {
  await change(options, `remove ${name === "" ? `member ${id}` : name}`, quorumPatienceMs, async (list) => {
    const member = list.find((one) => one.id === id);
    if (member === undefined) return { done: undefined };
    // A member that removes itself may stop before it answers: ask another first.
    const others = options.connections.filter(({ target }) => target.name !== member.name);
    const through = others.length > 0 ? others : options.connections;
    return {
      verdict: force ? { allowed: true } : canRemove(list, await healthyMembers(options, list), id),
      act: () => throughAny(options, through, (connection) => apiOf(options).remove(connection, options, id)),
    };
  });
}

type Step<T> = { readonly done: T } | { readonly verdict: Verdict; readonly act: () => Promise<void> };

/** Look, decide, act, look again; until it is done, refused for good, or the deadline has passed. */
async function change<T>(
  options: MembershipOptions,
  what: string,
  quorumPatienceMs: number,
  step: (list: Member[]) => Promise<Step<T>>,
): Promise<T> {
  const { clock, signal } = options;
  const started = clock.now();
  const deadline = options.deadline ?? started + 60_000;
  let acted = false;
  for (;;) {
    let why = new ClusterError("EtcdChangeRefused", `etcd has not done this in time: ${what}`, {
      source: "node",
      exit: EXIT.timeout,
    });
    try {
      const next = await step(await members(options));
      if ("done" in next) return next.done;
      if (!next.verdict.allowed) why = quorumError(what, next.verdict.reason);
      else if (!acted) {
        await next.act();
        acted = true;
        continue;
      }
    } catch (error) {
      if (!(error instanceof EtcdRefusal) && !(error instanceof ClusterError && error.code === "EtcdUnavailable")) throw error;
      why = refusalError(what, error);
      if (error instanceof EtcdRefusal && !error.passing) throw why;
    }
    const patience = why.code === "EtcdQuorum" ? Math.min(deadline, started + quorumPatienceMs) : deadline;
    if (clock.now() >= patience) throw why;
    await clock.sleep(500, signal);
    acted = false;
  }
}

/** The first connection that gets an answer decides; a refusal is an answer. */
async function throughAny<T>(
  options: MembershipOptions,
  connections: readonly Connection[],
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  let last: unknown;
  for (const connection of connections) {
    try {
      return await ask(connection);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof EtcdRefusal && !/leader|timed out/i.test(error.message)) throw error;
      if (error instanceof ClusterError && error.source === "user") throw error;
      last = error;
    }
  }
  if (last instanceof EtcdRefusal) throw last;
  throw new ClusterError("EtcdUnavailable", "no node with a live etcd member answers", {
    source: "node",
    advice: "Start the cluster's machines, and look at journalctl -u etcd-member on one of them.",
    cause: last,
  });
}

const apiOf = ({ api }: MembershipOptions): typeof v3 => (api === "v2" ? v2 : v3);

const conflict = (other: Member, name: string, peerUrl: string): ClusterError =>
  new ClusterError(
    "EtcdMemberConflict",
    `etcd already has ${other.name} at ${other.peerUrls.join(", ")}: ${name} cannot join at ${peerUrl}`,
    {
      source: "node",
      advice: `Remove the old member first (its id is ${other.id}).`,
    },
  );

const quorumError = (what: string, reason: string): ClusterError =>
  new ClusterError("EtcdQuorum", `etcd must not ${what}: ${reason}`, {
    source: "node",
    advice: "Bring the members that are down back first, or replace them one at a time.",
  });

const refusalError = (what: string, cause: Error): ClusterError =>
  new ClusterError("EtcdChangeRefused", `etcd did not ${what}: ${cause.message}`, {
    source: "node",
    advice: "Run the command again once all members are healthy.",
    cause,
  });
