/**
 * Nodes that join an etcd that lives, in their order: one change of its members at a time, each when the node before has come, or
 * will not come any more. What a node was told when it was made is put right when the members are others by then.
 */
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { abortable } from "../../engine/abortable.ts";
import type { EtcdClientTls } from "../../nodes/target.ts";
import { type LiveEtcd, join, makeWay } from "./membership.ts";
import type { Reach } from "../cluster/node-target.ts";
import type { Prepared } from "../create/prepared.ts";
import type { Run } from "../run.ts";

export interface Joining {
  /** Whether this node is one of them. */
  has(index: number): boolean;
  /** Before the machine is asked for: takes its old self out of etcd. Repeated calls give the same. @throws ClusterError Etcd* */
  makeWay(node: PlannedNode): Promise<void>;
  /** When the node answers SSH and its turn has come: makes it a member. @throws ClusterError Etcd*, NodeFileNotWritten; the signal's reason */
  join(node: PlannedNode): Promise<void>;
  /** It is a healthy member, or nobody waits for it any longer. */
  ended(index: number, joined: boolean): void;
  /** When all of them have ended: the members, without those that did not come. */
  members(): Promise<readonly PlannedNode[]>;
}

export function createJoining(
  run: Run,
  reach: Reach,
  { facts, materials }: Pick<Prepared, "facts" | "materials">,
  tls: EtcdClientTls | undefined,
): Joining {
  const { joins, choices } = materials;
  const order = [...joins.keys()];
  const ends = new Map(order.map((index) => [index, Promise.withResolvers<boolean>()]));
  const cleared = new Map<number, Promise<void>>();
  let last: Promise<unknown> = Promise.resolve();

  /** With the members that are there before this one joins. */
  const etcdBefore = ({ index: own }: PlannedNode): LiveEtcd => {
    const later = order.slice(order.indexOf(own));
    return { reach, alive: facts.nodes.filter(({ index }) => choices.members.has(index) && !later.includes(index)), tls };
  };
  const clear = (node: PlannedNode): Promise<void> => {
    const replaced = joins.get(node.index)?.replaces;
    if (replaced === undefined) return Promise.resolve();
    const known = cleared.get(node.index) ?? last.then(() => makeWay(run, etcdBefore(node), replaced));
    cleared.set(node.index, known);
    last = known.catch(() => undefined);
    return known;
  };
  return {
    has: (index) => joins.has(index),
    makeWay: clear,
    async join(node) {
      const earlier = order
        .slice(0, order.indexOf(node.index))
        .map((index) => ends.get(index)?.promise ?? Promise.resolve(false));
      await abortable(Promise.all(earlier), run.tools.signal);
      await clear(node);
      // one that an earlier run made was told of that run's members
      const told = node.userData === "" ? undefined : joins.get(node.index)?.told;
      await join(run, etcdBefore(node), node, told);
    },
    ended: (index, joined) => ends.get(index)?.resolve(joined),
    async members() {
      const missing = await Promise.all(order.map(async (index) => ((await ends.get(index)?.promise) === true ? [] : [index])));
      return facts.nodes.filter(({ index }) => choices.members.has(index) && !missing.flat().includes(index));
    },
  };
}
