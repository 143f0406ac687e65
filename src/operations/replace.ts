/**
 * replace: nodes are made anew, one after the other: out of etcd, machine, disks and interface away, and the create of today's choices
 * makes what is missing, under the same name, index and port, and waits until all nodes are healthy. It is remove's first half and create; nothing
 * of either is done here.
 *
 * Killed anywhere, the same command goes on: a node that has left etcd leaves it again without a word, what is gone is gone, create makes
 * what is missing, and what was made anew is not made again (replace/noted.ts). Before a node leaves etcd the claim notes which machine it
 * is, for create would take it for a node that is merely ill.
 */
import { refuseMarked } from "./cluster/being-destroyed.ts";
import type { ReplaceDocument } from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { names } from "../core/plan/cluster.ts";
import { type Replacing, withReplacement, withReplacing } from "../core/plan/replacing.ts";
import { taggedNodes } from "../core/plan/read-tags.ts";
import { type Tags, hasEtcd } from "../core/plan/tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { retag } from "../engine/retag.ts";
import { toTheEnd } from "../engine/tools.ts";
import { forgetHosts } from "./cluster/known-hosts.ts";
import { looseDisksOf, partsOf } from "./cluster/node-parts.ts";
import { refuseStopped, refuseStoppedMeanwhile } from "./cluster/stopped.ts";
import { refuseWrongWay } from "./create/materials.ts";
import { prepare } from "./create/prepare.ts";
import type { Anew } from "./create/choose-nodes.ts";
import { createCluster } from "./create.ts";
import { forgetUserData } from "./destroy/forget-files.ts";
import { refuseFirstServer } from "./platform/growth.ts";
import { removeAll } from "./remove/forget-nodes.ts";
import { type Removal, planRemoval, refuseHindered } from "./remove/removal.ts";
import { type MadeAnew, afterDeletion, goOn, isAbout, isRemoved, notWhole, removedFrom } from "./replace/failures.ts";
import { hasKeptDisk, keepDataDisk } from "./replace/keep-disk.ts";
import { letLeave } from "./replace/let-leave.ts";
import { type ReplaceWish, machineMadeAt, replacementOf } from "./replace/noted.ts";
import { type Run, secondsOf } from "./run.ts";
import { groupFlag, inGroup } from "../core/spec/in-group.ts";

/** What is to be replaced. */
export interface Replacement {
  readonly name: string;
  /** Names of machines, in their order: first those that are half replaced, for until they are whole no other is made. */
  readonly machines: readonly string[];
  /** Names of those that an earlier run of the same command has made anew. */
  readonly before: readonly string[];
  /** Names of those among `machines` that it had begun to make. */
  readonly made: readonly string[];
  readonly noted: Replacing;
  /** Names of those that the cluster does not have. */
  readonly absent: readonly string[];
  readonly groupName: string;
  /** What create says of its choices. */
  readonly notes: readonly string[];
}

export interface ReplaceOutcome {
  readonly document: ReplaceDocument;
  /** Why it stopped. */
  readonly error?: ClusterError;
}

/** Both steps, for a caller who has nobody to ask. */
export const replaceNodes = async (
  run: Run,
  name: string,
  nodes: readonly string[],
  wish: ReplaceWish,
): Promise<ReplaceOutcome> => carryOutReplace(run, await planReplace(run, name, nodes, wish), wish);

/**
 * Looks what would go, and whether anything stands in the way. Reads only.
 * @throws ClusterError ClusterNotFound, ClusterStopped; what the checks of remove and create refuse
 */
export async function planReplace(run: Run, name: string, named: readonly string[], wish: ReplaceWish): Promise<Replacement> {
  const removal = await removalOf(run, name, named, wish);
  refuseStopped(name, removal.claim.tags);
  refuseLastMember(removal);
  refuseFirstServer(removal);
  await refuseHindered(run, removal);
  const { absent, groupName, going, spec } = removal;
  const { noted, done, made, half } = await replacementOf(run, removal, wish);
  // what create would refuse afterwards is refused before anything goes
  const nodes = new Set(going.filter((node) => !done.has(node) && !made.has(node)));
  const anew: Anew = { nodes, ending: new Set(going), keepDataDisk: wish.keepDataDisk };
  const planned = await prepare(run, name, wish.given, { mode: "imagine", anew });
  await refuseWrongWay(run, planned.spec, planned.materials.identity, planned.materials.nodes);
  const machinesOf = (nodes: readonly number[]): string[] => nodes.map((node) => names.machine(spec, node));
  return {
    name,
    machines: machinesOf(going.filter((node) => !done.has(node)).sort((a, b) => Number(half.has(b)) - Number(half.has(a)))),
    before: machinesOf(going.filter((node) => done.has(node))),
    made: machinesOf(going.filter((node) => made.has(node))),
    noted,
    absent,
    groupName,
    notes: planned.notes,
  };
}

/** Replaces them. It ends at the first after which the cluster is not whole. @throws ClusterError Interrupted */
export async function carryOutReplace(
  run: Run,
  { name, machines, before, made, noted, groupName }: Omit<Replacement, "absent" | "notes">,
  wish: ReplaceWish,
): Promise<ReplaceOutcome> {
  const replaced: string[] = [];
  const kept: string[] = [];
  let failure: ClusterError | undefined;
  for (const machine of machines) {
    if (run.stop.aborted && replaced.length === 0) throw run.stop.reason;
    failure = stopped(run);
    if (failure !== undefined) break;
    const ends = machine === machines.at(-1) && machines.length + before.length === noted.nodes.length;
    const work = made.includes(machine) ? bringBack : replaceOne;
    const step = removalOf(run, name, [machine], wish).then((removal) => work(run, removal, { wish, kept, noted, ends }));
    failure = await step.catch((error: unknown) => {
      run.tools.signal.throwIfAborted();
      if (error instanceof ClusterError) return error;
      throw error;
    });
    if (failure !== undefined) break;
    replaced.push(machine);
  }
  const left = machines.filter((machine) => !replaced.includes(machine));
  const document: ReplaceDocument = {
    $schema: schemaUri("replace"),
    schema: "azure-coreos-cluster/replace/1",
    name,
    resourceGroup: groupName,
    replaced,
    before,
    keptDisks: kept,
    left,
    seconds: secondsOf(run),
  };
  return failure === undefined ? { document } : { document, error: goOn(failure, document) };
}

// --- internal ---

const stopped = ({ stop }: Run): ClusterError | undefined => (stop.aborted ? (stop.reason as ClusterError) : undefined);

/** Those that are there, or of which something is left. Their places stay theirs, so it does not count how many others there are. */
async function removalOf(run: Run, name: string, nodes: readonly string[], { given }: ReplaceWish): Promise<Removal> {
  const where = inGroup(given);
  return planRemoval(run, name, nodes, { ...where, comeBack: true });
}

function refuseLastMember({ claim, going, groupName, known, spec }: Removal): void {
  const { members } = claim.choices;
  const [only = -1] = members.keys();
  if (members.size !== 1 || !going.includes(only) || !hasEtcd(claim.choices)) return;
  throw new ClusterError("EtcdQuorum", `${names.machine(spec, only)} is etcd's only member: without it etcd's data is gone`, {
    exit: EXIT.preflight,
    advice: `Nothing was deleted. Add members first: \`azure-coreos-cluster create ${spec.name} --num-nodes ${known.size + 2} --etcd-members 3${groupFlag(spec.name, groupName)}\`; or save etcd's data, and make another cluster.`,
  });
}

interface Work {
  readonly wish: ReplaceWish;
  /** Names of the disks that were kept; grows. */
  readonly kept: string[];
  readonly noted: Replacing;
  /** Nothing is left to do after this node. */
  readonly ends: boolean;
}

/** The failure after which the cluster is not whole; undefined when it is. */
async function replaceOne(run: Run, removal: Removal, work: Work): Promise<ClusterError | undefined> {
  const { wish, kept, noted } = work;
  const { spec, claim, owner, going, parts } = removal;
  const [node] = going;
  if (node === undefined) throw removedFrom(spec.name, removal.absent);
  const old = parts.find((part) => part.kind === "machine");
  const made = old === undefined ? 0 : await machineMadeAt(run, old.id);
  const { keepDataDisk: keeps } = wish;
  // Azure may refuse it, of a machine that is being backed up for one: while the node is in etcd, and nothing is noted, nothing is lost by that
  const disk = old !== undefined && keeps ? await keepDataDisk(run, old.id) : undefined;
  const leaving = { made, keepDataDisk: keeps };
  await retag(claim, (now) => withReplacement(withReplacing(having(now, removal, node), node, leaving), noted), run.tools);
  let goesToo = false;
  if (old !== undefined) {
    await letLeave(run, removal, node);
    if (disk !== undefined) kept.push(disk);
    goesToo = !keeps && (await hasKeptDisk(run, old.id));
    // by now it may be the one that another run has made in its place
    await removeAll(run, owner, [old], async () => (await machineMadeAt(run, old.id)) > made);
  }
  // what the machine has not taken along; who found it missing may have made it anew already
  const isMade = async (): Promise<boolean> => (await partsOf(run, spec, removal, going)).some(({ kind }) => kind === "machine");
  const disks = goesToo ? await looseDisksOf(run, spec, removal, { nodes: going, gone: new Set(going) }) : [];
  const rest = [...(await partsOf(run, spec, removal, going)), ...disks];
  if (!rest.some(({ kind }) => kind === "machine")) await removeAll(run, owner, rest, isMade);
  await forgetHosts(
    run,
    spec,
    claim,
    removal.there.filter(({ index }) => going.includes(index)),
  );
  await forgetUserData(run, { name: spec.name, groupName: removal.groupName }, claim.tags, going);
  return bringBack(run, removal, work);
}

/** All that is missing is made, and all nodes are ready: the node is done. */
async function bringBack(run: Run, removal: Removal, { wish, ends }: Work): Promise<ClusterError | undefined> {
  const { spec, claim } = removal;
  const [node] = removal.going;
  if (node === undefined) throw removedFrom(spec.name, removal.absent);
  const created = await createMissing(run, removal, wish, names.machine(spec, node));
  // what was not begun is no node that is missing
  if (created.exit === EXIT.interrupted) throw run.stop.reason;
  for (const { message } of created.unwritten) run.emit({ kind: "note", id: "unwritten", label: spec.name, message });
  if (created.exit !== EXIT.done || created.missing.length > 0) return notWhole(created);
  const over = (tags: Tags): Tags => (ends ? withReplacement(tags, undefined) : tags);
  await retag(claim, (now) => over(withReplacing(now, node, undefined)), toTheEnd(run.tools));
  return undefined;
}

const LAG_MS = 5000;

/** Without a node that somebody has removed meanwhile the cluster may be whole: it is looked at again. */
async function createMissing(run: Run, { spec, claim }: Removal, { given }: ReplaceWish, machine: string): Promise<MadeAnew> {
  const isOthers = (error: unknown): boolean => isRemoved(error) && !isAbout(error, [machine]);
  for (;;) {
    run.stop.throwIfAborted();
    const created = await createCluster(run, spec.name, given, { creation: claim.choices.id }).catch((error: unknown) => {
      if (!isOthers(error)) throw afterDeletion(error);
    });
    if (created !== undefined && !isOthers(created.failure)) return created;
    // a list may show for a while what is gone
    await run.clock.sleep(LAG_MS, run.stop);
  }
}

/** The claim's tags, as long as they have the node, and power for it. @throws ClusterError BeingDestroyed, NodeRemoved, ClusterStopped */
function having(tags: Tags, { spec }: Removal, node: number): Tags {
  refuseMarked(spec.name, tags);
  refuseStoppedMeanwhile(spec.name, tags);
  if (taggedNodes(tags)?.has(node) === false) throw removedFrom(spec.name, [names.machine(spec, node)]);
  return tags;
}
