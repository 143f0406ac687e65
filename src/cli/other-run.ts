/** Another run that is creating the same cluster at this moment: how it shows, and what to say. The other one is never disturbed. */
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { patiently } from "../engine/patiently.ts";
import { findCluster } from "./find-cluster.ts";
import type { Prepared } from "./prepare.ts";
import type { Session } from "./session.ts";

/** A machine is asked for only while the claim was seen to be ours so short a time ago. */
const CLAIM_IS_NEWS_MS = 10_000;

/** How long a cluster whose etcd authority is elsewhere is watched before another one takes its place. */
const TAKEOVER_MS = 60_000;

export const otherRun = (name: string, cause: unknown): ClusterError =>
  new ClusterError("ClusterConflict", `another run is creating ${name} at this moment`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "The other one goes on. Wait for it to end; then the same command here finishes or shows the same cluster.",
    ...(cause === undefined ? {} : { cause }),
  });

/**
 * A refusal before the first write, as it is to be understood: the name may have been taken by another run of ours since the
 * first look, and an etcd authority that is missing here is with the run that is making machines now. Others come back as they are.
 */
export async function explainRefusal(session: Session, name: string, groupName: string, error: unknown): Promise<unknown> {
  if (!(error instanceof ClusterError)) return error;
  const busy =
    (error.code === "DnsRecordInUse" && (await findCluster(session, name, groupName)).claim !== undefined) ||
    (error.code === "EtcdCaMissing" && (await isMakingMachines(session, groupName)));
  return busy ? otherRun(name, error) : error;
}

/**
 * The cluster is begun, no machine is there, and its etcd authority is not here: its run has died, or is just about to make
 * machines. It stops when it sees that the claim names another authority, but what it asked for in the moment before
 * would be of its own. So the claim is left alone until a living run would have made a machine.
 */
export async function awaitOtherAuthority(session: Session, { spec, facts, found, resources }: Prepared): Promise<void> {
  const before = found.claim?.choices.etcdCa;
  if (before === undefined || facts.choices.etcdCa === undefined || facts.choices.etcdCa === before) return;
  session.emit({
    kind: "note",
    id: "etcd-ca",
    label: "etcd authority",
    message: `${spec.name} was begun with another etcd authority, and has no machine yet. If nobody is at work on it for a minute, this one takes its place.`,
  });
  const machines = resources.filter((resource) => resource.kind === "machine").map(({ id }) => id.toLowerCase());
  for (const until = session.clock.now() + TAKEOVER_MS; session.clock.now() < until && !session.stop.aborted;) {
    await session.clock.sleep(5000, session.tools.signal);
    const now = await patiently(session.tools, (signal) => session.lookups.snapshot(facts.group, signal));
    if (machines.some((id) => now.has(id))) throw otherRun(spec.name, undefined);
  }
}

/**
 * Just before machines: is the claim still ours? Two creates of one name differ in its id; a second person who took
 * an unfinished cluster over differs in the etcd authority. Either way only one of them makes machines.
 */
export async function refuseOtherRun(session: Session, { resources, spec, facts }: Prepared, claim: string): Promise<void> {
  const resource = resources.find((one) => one.id === claim);
  if (resource === undefined) return;
  const live = await patiently(session.tools, (signal) => session.tools.provider.get(resource, signal));
  const tags = live?.tags ?? {};
  if (tags["aoc-destroying"] !== undefined || live === undefined)
    throw new ClusterError("BeingDestroyed", `${spec.name} is being destroyed`, {
      source: "azure",
      exit: EXIT.conflict,
      advice: "Wait until it is gone, then run the same command again.",
    });
  if (tags["aoc-id"] !== facts.choices.id || (facts.choices.etcdCa !== undefined && tags["aoc-etcd-ca"] !== facts.choices.etcdCa))
    throw otherRun(spec.name, undefined);
}

/** A look at the claim that is made again when the last one was begun too long ago. */
export function whileNews(clock: Clock, work: () => Promise<void>): () => Promise<void> {
  let last: { readonly at: number; readonly result: Promise<void> } | undefined;
  return () => {
    if (last === undefined || clock.now() - last.at > CLAIM_IS_NEWS_MS) last = { at: clock.now(), result: work() };
    return last.result;
  };
}

// --- internal ---

async function isMakingMachines(session: Session, groupName: string): Promise<boolean> {
  const now = await patiently(session.tools, (signal) => session.lookups.snapshot(groupName, signal));
  return [...now.values()].some((live) => live.kind === "machine" && live.state === "working");
}
