/**
 * etcd's membership as the command line needs it: connections to the live members, what a new member must be told before it
 * boots, its joining when it has booted, and leaving. One change at a time; the rules of quorum are in nodes/etcd.ts.
 */
import { names } from "../core/cluster.ts";
import { ClusterError } from "../core/errors.ts";
import type { EtcdMember } from "../core/node-config.ts";
import type { Choices } from "../core/tags.ts";
import { type Connection, connect } from "../nodes/connection.ts";
import { type MembershipOptions, addMember, members, removeMember } from "../nodes/etcd.ts";
import type { Member } from "../nodes/etcd-api.ts";
import type { EtcdClientTls } from "../nodes/target.ts";
import { type Reach, nodeTarget } from "./node-target.ts";
import type { Session } from "./session.ts";

/** A node of which the address and the host key are known. */
export interface KnownNode {
  readonly index: number;
  readonly address: string;
  readonly hostKey?: string | undefined;
}

/** What a node that joins a living etcd is told: the members of that moment, itself last. By node index. */
export type Joins = ReadonlyMap<number, readonly EtcdMember[]>;

/** Long enough for a round trip round the world, short enough for a member that is down. */
const CONNECT_MS = 8000;

/**
 * Opens connections to the members that answer, and hands them to `work`; closes them.
 * @throws ClusterError EtcdUnreachable when none answers
 */
export async function withMembers<T>(
  session: Session,
  reach: Reach,
  nodes: readonly KnownNode[],
  tls: EtcdClientTls | undefined,
  work: (options: MembershipOptions) => Promise<T>,
): Promise<T> {
  const { clock, tools } = session;
  const found = await Promise.allSettled(
    nodes
      .filter((node) => reach.choices.members.has(node.index))
      .map((node) =>
        connect(nodeTarget(reach, node), {
          clock,
          signal: tools.signal,
          timeoutMs: CONNECT_MS,
          trust: node.hostKey === undefined ? "first-use" : "strict",
        }),
      ),
  );
  const connections = found
    .filter((one): one is PromiseFulfilledResult<Connection> => one.status === "fulfilled")
    .map((one) => one.value);
  try {
    tools.signal.throwIfAborted();
    const failed = found.find((one) => one.status === "rejected");
    if (connections.length === 0)
      throw new ClusterError("EtcdUnreachable", "no etcd member of the cluster answers over SSH", {
        source: "node",
        advice: "Membership is changed through a live member: check --ssh-from, and that the cluster's private key is here.",
        cause: failed?.reason,
      });
    return await work({ clock, signal: tools.signal, connections, ...(tls === undefined ? {} : { tls }) });
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * What new members must be told before they boot. `joining` are nodes without a machine that are to be members; `alive` are
 * the members that exist. A member that etcd remembers under the same address is replaced when it joins.
 */
export async function planJoins(
  session: Session,
  reach: Reach,
  alive: readonly KnownNode[],
  joining: readonly KnownNode[],
  tls: EtcdClientTls | undefined,
): Promise<Joins> {
  const list = await withMembers(session, reach, alive, tls, members);
  const address = (member: Member): string => new URL(member.peerUrls[0] ?? "http://0.0.0.0").hostname;
  const joiners = new Set(joining.map((node) => node.address));
  let known: EtcdMember[] = list
    .filter((member) => !joiners.has(address(member)))
    .map((member) => ({
      name: member.name === "" ? nameAt(reach, alive, address(member)) : member.name,
      address: address(member),
    }));
  const joins = new Map<number, readonly EtcdMember[]>();
  for (const node of joining) {
    known = [...known, { name: names.machine(reach.spec, node.index), address: node.address }];
    joins.set(node.index, known);
  }
  return joins;
}

/** Adds one node as a member; one that it takes the place of is removed first. Repeating it is safe. */
export async function join(
  session: Session,
  reach: Reach,
  alive: readonly KnownNode[],
  node: KnownNode,
  tls: EtcdClientTls | undefined,
): Promise<void> {
  const peerUrl = `${reach.tls ? "https" : "http"}://${node.address}:2380`;
  await withMembers(session, reach, alive, tls, async (options) => {
    const patient = { ...options, deadline: Math.min(session.deadline, session.clock.now() + 5 * 60_000) };
    const before = (await members(patient)).find((member) => member.peerUrls.includes(peerUrl));
    // it had started once, and its data went with its disk: etcd knows it and would refuse it
    if (before !== undefined && before.clientUrls.length > 0) await removeMember(patient, before.id);
    await addMember(patient, names.machine(reach.spec, node.index), peerUrl);
  });
}

/** Takes one node out of the membership; absent is success. */
export async function leave(
  session: Session,
  reach: Reach,
  alive: readonly KnownNode[],
  node: KnownNode,
  tls: EtcdClientTls | undefined,
  force: boolean,
): Promise<void> {
  const name = names.machine(reach.spec, node.index);
  await withMembers(session, reach, alive, tls, async (options) => {
    const list = await members(options);
    const member = list.find((one) => one.name === name || one.peerUrls.some((peer) => new URL(peer).hostname === node.address));
    if (member !== undefined) await removeMember(options, member.id, force);
  });
}

/** Members that a cluster of this size should have and does not: the nodes without a machine that are to join, in order. */
export function newMembers(
  wanted: number,
  choices: Pick<Choices, "members">,
  fresh: readonly { index: number; address: string }[],
): { index: number; address: string }[] {
  const candidates = fresh.filter((place) => !choices.members.has(place.index));
  return candidates.slice(0, Math.max(0, wanted - choices.members.size));
}

// --- internal ---

function nameAt(reach: Reach, nodes: readonly KnownNode[], address: string): string {
  const node =
    nodes.find((one) => one.address === address) ??
    [...reach.choices.members].map(([index, at]) => ({ index, address: at })).find((one) => one.address === address);
  return node === undefined ? address : names.machine(reach.spec, node.index);
}
