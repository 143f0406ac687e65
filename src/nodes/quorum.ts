/**
 * The arithmetic of etcd's quorum, as pure functions: n voting members need floor(n/2)+1 alive to commit anything, a change of
 * members included. Decides, and changes nothing.
 */
export interface QuorumMember {
  readonly id: string;
  /** Empty for a member that was added and has never started. */
  readonly name: string;
  /** A learner does not vote. */
  readonly learner: boolean;
}

export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;

/** Whether one member may go: the cluster can commit the change now, and those who stay can go on. `healthy` holds ids. */
export function canRemove(members: readonly QuorumMember[], healthy: ReadonlySet<string>, id: string): Verdict {
  const voters = members.filter(({ learner }) => !learner);
  if (!voters.some((member) => member.id === id)) return { allowed: true }; // absent, or without a vote
  if (voters.length === 1) return refuse("it is the last member: without it the data is gone");
  const alive = voters.filter((member) => healthy.has(member.id)).length;
  if (alive < quorumOf(voters.length))
    return refuse(`${alive} of ${voters.length} members are healthy: there is no quorum to agree on a change`);
  const staying = voters.filter((member) => member.id !== id);
  const left = staying.filter((member) => healthy.has(member.id)).length;
  const needed = quorumOf(staying.length);
  return left >= needed
    ? { allowed: true }
    : refuse(`only ${left} of the ${staying.length} that stay are healthy, ${needed} must be`);
}

/** Whether one member may come: it counts before it has started. etcd's own check (strict-reconfig-check) says the same. */
export function canAdd(members: readonly QuorumMember[], healthy: ReadonlySet<string>): Verdict {
  const voters = members.filter(({ learner }) => !learner);
  const waiting = voters.filter(({ name }) => name === "").length;
  if (waiting > 0) return refuse(`${waiting} member that was added before has not started yet`);
  const alive = voters.filter((member) => healthy.has(member.id)).length;
  const needed = quorumOf(voters.length + 1);
  // One member alone may grow to two, although two then need both: there is no other way up.
  if (voters.length === 1 && alive === 1) return { allowed: true };
  return alive >= needed
    ? { allowed: true }
    : refuse(`${alive} of ${voters.length} members are healthy, ${needed} must be before one more is added`);
}

const refuse = (reason: string): Verdict => ({ allowed: false, reason });
