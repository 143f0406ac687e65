/**
 * etcd's membership as the command line needs it: connections to the live members, what a new member must be told before it
 * boots, its joining when it has booted, and leaving. One change at a time; the rules of quorum are in nodes/etcd.ts.
 */
import { defined } from "../../core/defined.ts";
import { type Node, names } from "../../core/plan/cluster.ts";
import { ClusterError } from "../../core/errors.ts";
import type { EtcdMember } from "../../core/node-config.ts";
import { waysIn } from "../../core/advice/private-network.ts";
import { USER } from "../../core/plan/resources/machine.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { Connection } from "../../nodes/connection.ts";
import { type MembershipOptions, type MemberRemoval, addMember, removeMember, settledMembers } from "../../nodes/etcd.ts";
import type { Member } from "../../nodes/etcd-api.ts";
import { putFile, restartUnit } from "../../nodes/put-file.ts";
import type { EtcdClientTls } from "../../nodes/target.ts";
import { connectionsTo, onNode } from "../cluster/node-connection.ts";
import { type Reach, nodeTarget } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";

/** An etcd that lives, and the way to it: through its members. */
export interface LiveEtcd {
  readonly reach: Reach;
  /** Members that exist. */
  readonly alive: readonly Node[];
  readonly tls: EtcdClientTls | undefined;
}

/** A node that joins a living etcd. */
export interface Joiner {
  /** What it is told: the members of that moment, itself last. */
  readonly told: readonly EtcdMember[];
  /** The member that had its address before, and lost its disk. */
  readonly replaces?: Pick<Member, "id" | "name">;
}

/** By node index. */
export type Joins = ReadonlyMap<number, Joiner>;

/**
 * Opens connections to the members that answer, and hands them to `work`; closes them.
 * @throws ClusterError EtcdUnreachable when none answers
 */
export async function withMembers<T>(
  run: Run,
  { reach, alive, tls }: LiveEtcd,
  work: (options: MembershipOptions) => Promise<T>,
): Promise<T> {
  const { clock, tools } = run;
  const targets = alive.filter((node) => reach.choices.members.has(node.index)).map((node) => nodeTarget(reach, node));
  const found = await connectionsTo(run, targets);
  const connections = found.filter((one): one is Connection => !(one instanceof ClusterError));
  try {
    if (connections.length === 0)
      throw new ClusterError("EtcdUnreachable", "no etcd member of the cluster answers over SSH", {
        source: "node",
        advice:
          reach.spec.private && reach.via === undefined
            ? `Membership is changed through a live member, and a private cluster is reached from inside its network only. ${waysIn("MACHINE_ID", USER)}`
            : "Membership is changed through a live member: check who may reach SSH (`create` changes it with --ssh-from), and that the cluster's private key is here (--ssh-key).",
        cause: found.find((one) => one instanceof ClusterError),
      });
    return await work({
      clock,
      signal: tools.signal,
      connections,
      api: PLATFORMS[reach.spec.platform].etcd.membership,
      ...defined({ tls }),
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * What new members must be told before they boot. `joining` are nodes that are to be members, with a machine or without.
 * Those that have a machine, and have started as members, join nothing.
 */
export async function planJoins(run: Run, etcd: LiveEtcd, joining: readonly Node[]): Promise<Joins> {
  const { reach, alive } = etcd;
  const list = await withMembers(run, etcd, (options) => settledMembers(options));
  const memberAt = (node: Node): Member | undefined => list.find((member) => addressOf(member) === node.address);
  const there = new Set(alive.map((node) => node.index));
  // a run may have ended between the adding of a member and its start: nobody can be added before that one has come
  const added = (node: Node): boolean => memberAt(node)?.clientUrls.length === 0;
  const left = joining.filter((node) => !there.has(node.index) || memberAt(node) === undefined || added(node));
  const missing = [...left.filter(added), ...left.filter((node) => !added(node))];
  const joiners = new Set(missing.map((node) => node.address));
  let known: EtcdMember[] = list
    .filter((member) => !joiners.has(addressOf(member)))
    .map((member) => ({
      name: member.name === "" ? nameAt(reach, alive, addressOf(member)) : member.name,
      address: addressOf(member),
    }));
  const joins = new Map<number, Joiner>();
  for (const node of missing) {
    known = [...known, { name: names.machine(reach.spec, node.index), address: node.address }];
    const before = memberAt(node);
    // one that never started has no data that could be missed: it can start as it is
    const replaces = before === undefined || before.clientUrls.length === 0 ? {} : { replaces: before };
    joins.set(node.index, { told: known, ...replaces });
  }
  return joins;
}

/**
 * Takes the old self of a node out of etcd, before the new one has a machine: an etcd that starts under the address of a member
 * takes itself for that member, and without its data can do harm.
 */
export const makeWay = (run: Run, etcd: LiveEtcd, replaced: Pick<Member, "id" | "name">): Promise<void> =>
  withMembers(run, etcd, (options) => {
    run.changesNodes();
    return removeMember(patient(run, options), replaced);
  });

/**
 * Adds one node as a member, tells it who the members are now, and starts its etcd. Repeating it is safe: one that has started is
 * left alone.
 * @param told what its user-data says, where that is known
 */
export async function join(run: Run, etcd: LiveEtcd, node: Node, told: readonly EtcdMember[] | undefined): Promise<void> {
  const { reach, alive } = etcd;
  const name = names.machine(reach.spec, node.index);
  const peerUrl = `${reach.tls ? "https" : "http"}://${node.address}:2380`;
  const now = await withMembers(run, etcd, async (options) => {
    run.changesNodes();
    const added = await addMember(patient(run, options), name, peerUrl);
    return added.name === "" ? settledMembers(options) : undefined;
  });
  if (now === undefined) return;
  const members = now
    .map(
      (member) =>
        `${member.name === "" ? nameAt(reach, [node, ...alive], addressOf(member)) : member.name}=${member.peerUrls[0]}`,
    )
    .sort((a, b) => a.localeCompare(b));
  const scheme = new URL(peerUrl).protocol;
  const known = told?.map((member) => `${member.name}=${scheme}//${member.address}:2380`).sort((a, b) => a.localeCompare(b));
  try {
    await tell(run, reach, node, members);
  } catch (error) {
    run.tools.signal.throwIfAborted();
    // it knows already, and systemd starts it again and again
    if (members.join() !== known?.join()) throw error;
  }
}

/** Takes one node out of the membership; absent is success. */
export async function leave(run: Run, etcd: LiveEtcd, node: Node, how: MemberRemoval = {}): Promise<void> {
  const name = names.machine(etcd.reach.spec, node.index);
  await withMembers(run, etcd, async (options) => {
    const list = await settledMembers(options);
    const member = list.find((one) => one.name === name || one.peerUrls.some((peer) => new URL(peer).hostname === node.address));
    if (member !== undefined) await removeMember(options, { ...member, name }, how);
  });
}

// --- internal ---

const addressOf = (member: Member): string => new URL(member.peerUrls[0] ?? "http://0.0.0.0").hostname;

/** A drop-in after those of the user-data, which are written anew at every boot. */
async function tell(run: Run, reach: Reach, node: Node, members: readonly string[]): Promise<void> {
  const unit = PLATFORMS[reach.spec.platform].etcd.unit;
  const target = nodeTarget(reach, node);
  await onNode(run, target, async (connection) => {
    const lines = [`ETCD_INITIAL_CLUSTER=${members.join(",")}`, "ETCD_INITIAL_CLUSTER_STATE=existing"];
    const text = `[Service]\n${lines.map((line) => `Environment=${line}\n`).join("")}`;
    await putFile(connection, `/etc/systemd/system/${unit}.d/50-joined.conf`, text, { mode: "0644" });
    await restartUnit(connection, unit);
  });
}

/** The member that joined before may still be starting. */
const patient = (run: Run, options: MembershipOptions): MembershipOptions => ({
  ...options,
  deadline: Math.min(run.deadline, run.clock.now() + 5 * 60_000),
});

function nameAt(reach: Reach, nodes: readonly Node[], address: string): string {
  const node =
    nodes.find((one) => one.address === address) ??
    [...reach.choices.members].map(([index, at]) => ({ index, address: at })).find((one) => one.address === address);
  return node === undefined ? address : names.machine(reach.spec, node.index);
}
