/** The last step of what a create knows before its first write: the plan, what becomes of each resource, and what forbids it. Reads only. */
import { defined } from "../../core/defined.ts";
import { type Snapshot } from "../cluster/snapshot.ts";
import type { Facts } from "../../core/plan/cluster.ts";
import { changesOf } from "../../core/plan/changes.ts";
import { planOf } from "../../core/plan/plan.ts";
import { stayingWords } from "../../core/plan/rules-drift.ts";
import { takenPorts } from "../../core/plan/taken-ports.ts";
import { refusal } from "../../core/advice/preflight.ts";
import { tooManyTags } from "../../core/plan/tag-limits.ts";
import { spotNotes } from "../../core/plan/spot.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import { decide } from "../../engine/decide.ts";
import { getPatiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { isForeign } from "../cluster/cluster.ts";
import { type ClaimedCluster } from "../cluster/claim.ts";
import { refuseLocked } from "./locked.ts";
import { aboutPrivate, containerNotes, diskNotes, etcdNotes, memberNotes, timeToLive } from "./plan-notes.ts";
import type { Run } from "../run.ts";
import { sizeFacts, withImage } from "./sized-plan.ts";
import type { Furnished, Prepared } from "./prepared.ts";

/** What the snapshot knows of a resource; the group is not in it. */
export function liveOf(resource: AnyResource, found: ClaimedCluster, snapshot: Snapshot) {
  if (resource.kind !== "resourceGroup") return snapshot.get(resource.id.toLowerCase());
  if (found.group === undefined) return undefined;
  return {
    id: resource.id,
    state: found.group.deleting ? ("deleting" as const) : ("succeeded" as const),
    tags: found.group.tags,
    location: found.group.location,
    model: found.group,
  };
}

export async function planned(run: Run, furnished: Furnished): Promise<Prepared> {
  const { name, found, snapshot, unlisted, image, surveyed, anew, known } = furnished;
  const inside = await aboutPrivate(run, furnished.spec, { networkIsTheirs: surveyed.subnet !== undefined });
  const { expires, notes } = timeToLive(run, furnished.spec, found.claim?.tags["aoc-expires"]);
  const facts: Facts = { ...factsOf(run, furnished), ...defined({ expires }) };
  const pinned = "reference" in image && surveyed.imageFacts !== undefined;
  const spec = pinned ? withImage(furnished.spec, surveyed.imageFacts.urn) : furnished.spec;
  const resources = planOf(spec, facts);
  await lookByName(run, resources, unlisted, snapshot);
  const isKnown = ({ node }: AnyResource): boolean => found.claim !== undefined && (node === undefined || known.has(node));
  const decisions = new Map(
    resources.map((resource) => {
      const decision = decide(resource, liveOf(resource, found, snapshot), name, { known: isKnown(resource) });
      const goes = resource.kind === "machine" && decision !== "create" && anew?.nodes.has(resource.node ?? -1) === true;
      return [resource.id, goes ? "replace" : decision];
    }),
  );
  const full = tooManyTags(
    resources
      .filter(({ id }) => decisions.get(id) !== "unchanged")
      .map((resource) => ({ resource, live: liveOf(resource, found, snapshot)?.tags })),
  );
  if (full !== undefined) throw full;
  const taken = resources.flatMap((resource) => takenPorts(resource, liveOf(resource, found, snapshot)));
  if (taken.length > 0) throw refusal(taken);
  if (found.group !== undefined) await refuseLocked(run, found.groupName, resources, decisions);
  const changes = new Map(
    resources
      .filter(({ id }) => decisions.get(id) === "update")
      .map((resource) => [resource.id, changesOf(resource, liveOf(resource, found, snapshot)!)]),
  );
  return {
    ...furnished,
    spec,
    facts,
    resources,
    decisions,
    changes,
    notes: [
      ...furnished.notes,
      ...notes,
      ...inside,
      ...resources.flatMap((resource) => {
        const live = liveOf(resource, found, snapshot);
        return live === undefined ? [] : stayingWords(resource, live);
      }),
      ...etcdNotes(spec, facts),
      ...(found.claim === undefined
        ? []
        : memberNotes(spec, facts.choices, { grows: furnished.indexes.some((node) => !furnished.known.has(node)) })),
      ...containerNotes(spec),
      ...diskNotes(spec, { isNew: found.claim === undefined }),
      ...spotNotes(spec, facts.nodes, facts.choices.members),
    ],
  };
}

// --- internal ---

const factsOf = (run: Run, { groupName, found, surveyed, materials, image }: Furnished): Facts => ({
  subscription: run.subscription,
  group: groupName,
  foreignGroup: isForeign(found),
  location: surveyed.location,
  choices: materials.choices,
  nodes: materials.nodes,
  ...(surveyed.subnet === undefined ? {} : { subnetId: surveyed.subnet.id }),
  ...defined({ placementGroupId: surveyed.placementGroupId }),
  image,
  ...sizeFacts(surveyed.size),
  faultDomains: surveyed.faultDomains,
});

/** Where a kind cannot be listed its resources are asked for one by one. */
async function lookByName(
  run: Run,
  resources: readonly AnyResource[],
  unlisted: ReadonlySet<Kind>,
  snapshot: Map<string, Live & { kind: Kind }>,
): Promise<void> {
  await Promise.all(
    resources
      .filter((resource) => unlisted.has(resource.kind))
      .map(async (resource) => {
        const live = await getPatiently(resource, run.tools);
        if (live !== undefined) snapshot.set(resource.id.toLowerCase(), { ...live, kind: resource.kind });
      }),
  );
}
