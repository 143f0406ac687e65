/**
 * Everything that a create knows before its first write: what is there, what is asked, whether it can be, what it takes, and so
 * the plan. Reads only; what it makes are files in the cluster's folder.
 */
import { defined } from "../../core/defined.ts";
import { refuseDoomed } from "../cluster/being-destroyed.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { snapshotOf } from "../cluster/snapshot.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { hostKeyIn, keptSpec } from "../../core/plan/read-tags.ts";
import { provenOf } from "../../core/plan/proof.ts";
import { namedIdentities } from "../../core/spec/machine.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import { inKeptWords } from "../../core/spec/same-wish.ts";
import { type ClusterSpec, buildSpec } from "../../core/spec/spec.ts";
import { chooseNodes, placeNodes, type Anew } from "./choose-nodes.ts";
import { refuseTakenFolder } from "../cluster/folder-owner.ts";
import { keptMachines } from "../cluster/failed-machines.ts";
import { failedNotes } from "../../core/failed-machine.ts";
import { freedBy, knownNodes, machinesOf } from "../cluster/nodes-there.ts";
import { lookIn } from "../cluster/find.ts";
import { refuseStopped } from "../cluster/stopped.ts";
import { replaceLine } from "../../core/plan/replacing.ts";
import { refuseHalfReplaced } from "../replace/half-replaced.ts";
import { claimed, refuseChangedClaim } from "../cluster/claim.ts";
import type { Mode } from "../mode.ts";
import { refuseFileInTheWay } from "../../prepare/cluster-folder.ts";
import { namedNetwork } from "../../core/spec/network-id.ts";
import { type Looking, beginFirst, beginOfGroup, beginOfWish, looking } from "./begin-reads.ts";
import { ownAvailabilitySet } from "./availability-set.ts";
import { checkDiscoveryUrl } from "./discovery-url.ts";
import { refuseElsewhere } from "./elsewhere.ts";
import { changedChoices } from "./fixed-choices.ts";
import { chooseFrontend } from "./frontend.ts";
import { listDisks, withKeptDisks } from "./kept-disks.ts";
import { prepareMaterials } from "./materials.ts";
import { withOwnAddress } from "./own-address.ts";
import { type BegunKey, beginKey, prepareSsh } from "./ssh-key.ts";
import { ownImage, withoutSignature } from "./own-image.ts";
import { takenForNew } from "./wish.ts";
import type { Run } from "../run.ts";
import type { Possible, Chosen, FoundWish, Furnished, Prepared } from "./prepared.ts";
import { imageReference, survey } from "./survey.ts";
import { planned } from "./planned.ts";

export interface HowToPrepare {
  readonly mode: Mode;
  /** Told of the wish as soon as it is known: what is asked then is asked beside the preflight. */
  readonly onWish?: (spec: ClusterSpec, location: string) => void;
  /** Asked when nothing of the cluster is there yet, with a plan for which no file was made. What it throws ends the create. */
  readonly agree?: (imagined: Prepared) => Promise<void>;
  /** The id of the creation that is to be finished: where it is not there any more nothing is made in its place. */
  readonly creation?: string;
  /** Nodes that are there, and that it is prepared for as if they were gone. */
  readonly anew?: Anew;
}

/** Finds, chooses, checks, furnishes and plans; writes nothing to Azure. */
export async function prepare(run: Run, name: string, asked: Partial<FlagValues>, how: HowToPrepare): Promise<Prepared> {
  const ahead = looking(run);
  try {
    return await prepareAhead(ahead, name, asked, how);
  } catch (error) {
    throw unwritten(error);
  } finally {
    ahead.ahead.end();
  }
}

export const CLUSTER_GONE = "ClusterGone";

// --- internal ---

const OF_FILES = new Set(["FileNotWritten", "FileNotRead"]);

/** A file that cannot be made or read (a full disk, a folder in its place) ends it before the first write. */
function unwritten(error: unknown): unknown {
  if (!(error instanceof ClusterError) || !OF_FILES.has(error.code) || error.exit !== EXIT.failed) return error;
  const { code, message, source, advice = "", cause } = error;
  return new ClusterError(code, message, {
    source,
    exit: EXIT.preflight,
    advice: `${advice} Nothing was written to Azure.`.trim(),
    cause,
  });
}

const clusterGone = (name: string): ClusterError =>
  new ClusterError(CLUSTER_GONE, `${name} was destroyed meanwhile: it is not made anew`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: `\`azure-coreos-cluster status ${name}\` says what is there of the name now.`,
  });

async function prepareAhead(
  run: Looking,
  name: string,
  asked: Partial<FlagValues>,
  { mode, onWish, agree, creation, anew }: HowToPrepare,
): Promise<Prepared> {
  refuseFileInTheWay(run.dir, name);
  const begun = mode === "imagine" ? undefined : beginKey(run, asked);
  const wish = await find(run, name, asked);
  if (creation !== undefined && wish.found.claim?.choices.id !== creation) throw clusterGone(name);
  onWish?.(wish.spec, wish.found.claim?.location ?? wish.spec.location);
  const chosen = await choose(run, wish, anew);
  const checked = await check(run, chosen);
  if (agree !== undefined && isNew(chosen))
    await agree(await planned(run, await furnish(run, checked, { mode: "imagine", begun: undefined })));
  return planned(run, await furnish(run, checked, { mode, begun }));
}

/** Nothing of it is there yet, not even a group. */
const isNew = ({ found, ours }: Chosen): boolean => !found.own && found.claims.length === 0 && ours.size === 0;

async function find(run: Looking, name: string, asked: Partial<FlagValues>): Promise<FoundWish> {
  // a signature in a URL is no part of what is kept, planned and shown
  const plain = withoutSignature(asked);
  const typed = plain.resourceGroup ?? name;
  const home = { subscription: run.subscription, group: typed };
  const named = namedIdentities(namedNetwork(plain, home), home);
  await beginFirst(run, name, named, { subscription: run.subscription, groupName: typed });
  const wished = await withOwnAddress(run, named);
  const found = claimed(await lookIn(run, name, typed).catch(takenForNew(name, wished)));
  const { groupName } = found;
  refuseChangedClaim(found);
  if (plain.resourceGroup === undefined && !found.own && found.claims.length === 0) await refuseElsewhere(run, name);
  refuseTakenFolder(run, { name, groupName });
  const kept = found.claim?.kept ?? {};
  const given = inKeptWords(wished, kept);
  // what excludes each other there already is no fault of the wish
  if (found.claim !== undefined) keptSpec(name, kept);
  const { spec, notes } = buildSpec(name, given, kept);
  beginOfWish(run.ahead, spec, groupName);
  if (found.group !== undefined) beginOfGroup(run.ahead, { subscription: run.subscription, groupName });
  const changes = changedChoices(given, found);
  refuseDoomed(found, name);
  refuseStopped(name, found.claim?.tags);
  return { name, asked, groupName, found, spec, notes: [...notes, ...changes] };
}

async function choose(run: Run, wish: FoundWish, anew: Anew | undefined): Promise<Chosen> {
  const { found, spec } = wish;
  const unlisted = new Set<Kind>();
  const snapshot: Chosen["snapshot"] =
    found.group === undefined ? new Map() : await snapshotOf(run, found, (kind) => unlisted.add(kind));
  const kept = await keptMachines(run, { spec, claim: found.claim }, provenOf(snapshot, found.owner));
  for (const { id } of kept) snapshot.set(id.toLowerCase(), { ...snapshot.get(id.toLowerCase())!, state: "succeeded" });
  const ours = provenOf(snapshot, found.owner);
  // before anything is made: damaged tags are no part of a cluster that is worked on
  for (const live of ours.values()) if (live.kind === "machine") hostKeyIn(live);
  refuseHalfReplaced(spec, found.claim?.tags, ours, anew);
  const known = knownNodes(spec, ours, found.claim);
  const indexes = chooseNodes(spec, known);
  // more than it was ever asked for are there: somebody else's run has made them
  const whole = indexes.length > spec.numNodes ? Object.freeze({ ...spec, numNodes: indexes.length }) : spec;
  const set = ownAvailabilitySet(whole, { groupName: wish.groupName, snapshot, ours });
  return {
    ...wish,
    spec: set === undefined ? whole : Object.freeze({ ...whole, availabilitySet: set.name }),
    notes: [
      ...wish.notes,
      ...(set?.note === undefined ? [] : [set.note]),
      ...failedNotes(
        kept.filter(({ node }) => anew?.nodes.has(node) !== true),
        { cluster: wish.name, group: wish.groupName },
      ),
    ],
    keptMachines: kept,
    snapshot,
    unlisted,
    ours,
    known,
    indexes,
    ...defined({ anew }),
  };
}

async function check(run: Run, chosen: Chosen): Promise<Possible> {
  const { spec, found, indexes, ours, known, anew } = chosen;
  const there = new Set(machinesOf(spec, ours));
  const fresh = indexes.filter((index) => !there.has(index) || anew?.nodes.has(index) === true);
  const members = found.claim?.choices.members ?? new Map<number, string>();
  const replacing = anew && {
    freed: freedBy(spec, ours, anew.nodes),
    command: replaceLine(spec.name, fresh, anew.keepDataDisk),
  };
  const [surveyed] = await Promise.all([
    survey(run, spec, found, { fresh, members, known, ...replacing }),
    checkDiscoveryUrl(run, spec, found),
  ]);
  return { ...chosen, spec: surveyed.taken.checked.spec, surveyed };
}

async function furnish(run: Run, checked: Possible, how: { readonly mode: Mode; readonly begun: BegunKey }): Promise<Furnished> {
  const { mode } = how;
  const { spec, found, snapshot, surveyed, asked, anew } = checked;
  const { size } = surveyed;
  const [ssh, seen, free] = await Promise.all([
    prepareSsh(run, spec, found, how),
    found.group === undefined ? [] : listDisks(run, found, anew),
    placeNodes(run, spec, checked),
  ]);
  const places = found.group === undefined ? free : await withKeptDisks(run, spec, found, { places: free, size, seen });
  const all = { ...checked, disks: seen };
  const frontend = await chooseFrontend(run, spec, checked, places);
  const materials = await prepareMaterials(run, spec, found, { places, frontend, ssh, mode });
  if (surveyed.image.kind !== "file" && surveyed.image.kind !== "blob")
    return { ...all, materials, image: imageReference(surveyed) };
  const own = await ownImage(run, { spec, found, surveyed, snapshot, word: materials.choices.id, given: asked });
  return { ...all, materials, image: { own: own.image }, ...defined({ stageImage: own.stage }) };
}
