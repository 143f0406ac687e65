/** Another run that is creating the same cluster at this moment: how it shows, and what to say. The other one is never disturbed. */
import { defined } from "../../core/defined.ts";
import { destroyedMeanwhile } from "../cluster/being-destroyed.ts";
import type { Clock } from "../../core/clock.ts";
import { designOf } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { claimTarget } from "../../core/plan/resources/claim.ts";
import { isProven } from "../../core/plan/proof.ts";
import { taggedNodes } from "../../core/plan/read-tags.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { isDoomed } from "../cluster/cluster.ts";
import { lookIn } from "../cluster/find.ts";
import { snapshotOf } from "../cluster/snapshot.ts";
import { type Claim, claimed } from "../cluster/claim.ts";
import { refuseStoppedMeanwhile } from "../cluster/stopped.ts";
import type { Prepared } from "./prepared.ts";
import type { Run } from "../run.ts";

/**
 * How old what is known of the claim may be when something is written, and when a machine is asked for. A run may have
 * been stopped for hours, with a laptop that was closed; then it looks again before it goes on.
 */
export const NEWS_MS = 10_000;
export const MACHINE_NEWS_MS = 5_000;

/** How long a cluster whose etcd authority is elsewhere is watched before another one takes its place. */
const TAKEOVER_MS = 20_000;

export const otherRun = (name: string, cause?: unknown): ClusterError =>
  new ClusterError("ClusterConflict", `another run is creating ${name} at this moment`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "The other one goes on. Wait for it to end; then the same command here finishes or shows the same cluster.",
    ...defined({ cause }),
  });

/** How long nothing may happen before machines that are missing are taken for forgotten. */
const STILL_MS = 8000;

/**
 * Machines are there and others are not, and the etcd authority that the others need is not here: with a run that is making
 * them at this moment, or with one that has died. Waits until all are there, or nothing is being made any more.
 */
export async function awaitMachines(run: Run, name: string, groupName: string, asked: number | undefined): Promise<void> {
  const { claim, owner } = claimed(await lookIn(run, name, groupName));
  const wanted = asked ?? claim?.kept.numNodes ?? 0;
  let stillSince: number | undefined;
  while (!run.stop.aborted) {
    const now = await snapshotOf(run, { groupName });
    const machines = [...now.values()].filter((live) => live.kind === "machine" && isProven(live, owner));
    if (machines.length >= wanted) return;
    const busy = machines.some((live) => live.state === "working");
    stillSince = busy ? undefined : (stillSince ?? run.clock.now());
    if (stillSince !== undefined && run.clock.now() - stillSince >= STILL_MS) return;
    await run.clock.sleep(4000, run.tools.signal);
  }
}

/**
 * The cluster is begun, no machine is there, and its etcd authority is not here: its run has died, or is just about to make
 * machines. It stops when it sees that the claim names another authority, but what it asked for in the moment before
 * would be of its own. So the claim is left alone until a living run would have made a machine.
 */
export async function awaitOtherAuthority(run: Run, { spec, facts, found, resources }: Prepared): Promise<void> {
  const before = found.claim?.choices.etcdCa;
  if (before === undefined || facts.choices.etcdCa === undefined || facts.choices.etcdCa === before) return;
  run.emit({
    kind: "note",
    id: "etcd-ca",
    label: "etcd authority",
    message: `${spec.name} was begun with another etcd authority, and has no machine yet. If nobody is at work on it for 20 seconds, this one takes its place.`,
  });
  const machines = resources.filter((resource) => resource.kind === "machine").map(({ id }) => id.toLowerCase());
  for (const until = run.clock.now() + TAKEOVER_MS; run.clock.now() < until && !run.stop.aborted;) {
    await run.clock.sleep(4000, run.tools.signal);
    const now = await snapshotOf(run, { groupName: facts.group });
    if (machines.some((id) => now.has(id))) throw otherRun(spec.name);
  }
}

/**
 * Is the claim still ours? Two creates of one name differ in its id; a second person who took an unfinished cluster over
 * differs in the etcd authority. Either way only one of them makes machines.
 * @param written whether we have written it: then it must be there, and name our authority; before, the one that we found
 */
export async function refuseOtherRun(
  run: Run,
  { spec, facts, found }: Prepared,
  { written }: { readonly written: boolean },
): Promise<Claim | undefined> {
  const own = written ? claimTarget(designOf(spec, facts)) : found.claim;
  const seen = claimed(await lookIn(run, spec.name, facts.group, own));
  const { claim } = seen;
  if (isDoomed(seen) || (claim === undefined && (written || found.claim !== undefined))) throw destroyedMeanwhile(spec.name);
  if (claim === undefined) return undefined;
  refuseStoppedMeanwhile(spec.name, claim.tags);
  const { id, etcdCa } = facts.choices;
  // a request of ours may have gone unanswered, so that ours stands there already
  const expected = written ? [etcdCa] : [etcdCa, found.claim?.choices.etcdCa];
  if (claim.choices.id !== id || (etcdCa !== undefined && !expected.includes(claim.choices.etcdCa))) throw otherRun(spec.name);
  return claim;
}

export const NODE_REMOVED = "NodeRemoved";

/** Another run has taken the node out of the claim since this one put it there, or found it there. */
export async function refuseRemoved(
  run: Run,
  claim: Pick<Claim, "kind" | "id" | "nodes"> | undefined,
  node: number,
  name: string,
): Promise<void> {
  if (claim?.nodes?.has(node) !== false) return;
  // a list may be behind; the resource itself is not
  const live = await getPatiently(claim, run.tools);
  if (live === undefined || taggedNodes(live.tags)?.has(node) !== false) return;
  throw new ClusterError(NODE_REMOVED, `${name} was removed by another run while this one was at work`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "The other nodes are made all the same. If it is to be there: the same command again makes it anew.",
  });
}

/** A look that is made again when the last one was begun too long ago. `since`: there was one at that time. */
export function whileNews<T>(clock: Clock, ms: number, look: () => Promise<T>, since?: number): () => Promise<T | undefined> {
  let last: { at: number; result: Promise<T | undefined> } | undefined =
    since === undefined ? undefined : { at: since, result: Promise.resolve(undefined) };
  return () => {
    if (last === undefined || clock.now() - last.at > ms) last = { at: clock.now(), result: look() };
    return last.result;
  };
}
