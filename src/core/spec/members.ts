/**
 * How many of the nodes vote in etcd, and which of those that are yet to be made come to. A node that the cluster had already is what it
 * was: made anew it changes no membership. New ones join as far as more are wished, and never to an even number. Pure.
 */
import type { FlagValues } from "./flags.ts";

type Wished = Pick<FlagValues, "etcdMembers" | "numNodes">;

/** Of a new cluster: always odd, at most 7; 3, or 5 from five nodes on; 0 where there is to be no etcd. */
export function memberCount(spec: Wished): number {
  if (spec.etcdMembers !== undefined) return spec.etcdMembers;
  if (spec.numNodes >= 5) return 5;
  return spec.numNodes >= 3 ? 3 : 1;
}

/**
 * Of a cluster that has so many: what was asked for, now or earlier (the claim keeps it). Where nobody ever has, what a new cluster of its
 * size gets, and no fewer than it has, made odd again: who took one out wished no even number for ever.
 */
export const wishedMembers = (spec: Wished, now: number): number =>
  spec.etcdMembers ?? Math.max(memberCount(spec), now === 0 ? 0 : now | 1);

/** Nodes that are yet to be made. */
export interface NewNodes {
  /** Indexes, in order. */
  readonly fresh: readonly number[];
  /** Those that the cluster had, or was to have, already. */
  readonly known: { has(node: number): boolean };
}

/** Those of them that become members beside these; where there is none, etcd begins with any of them. */
export function newMembers(
  spec: Wished,
  members: { has(node: number): boolean; readonly size: number },
  { fresh, known }: NewNodes,
): number[] {
  const candidates = members.size === 0 ? fresh : fresh.filter((node) => !members.has(node) && !known.has(node));
  return candidates.slice(0, joining(members.size, wishedMembers(spec, members.size), candidates.length));
}

// --- internal ---

/** The most that leave an odd number in all: an even one bears no more failures than one fewer. */
function joining(now: number, wished: number, candidates: number): number {
  const most = Math.min(wished - now, candidates);
  return Math.max(0, (now + most) % 2 === 0 ? most - 1 : most);
}
