/**
 * Everything that a create knows before its first write: what is there, what is asked, whether it can be, what it takes, and so
 * the plan. Reads only; what it makes are files in the cluster's folder.
 */
import type { Facts, OwnImage } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { FLAGS, type FlagKey, type FlagValues } from "../../core/spec/flags.ts";
import { plan as planOf } from "../../core/plan/plan.ts";
import { provenOf } from "../../core/plan/proof.ts";
import type { AnyResource, Kind } from "../../core/plan/resource.ts";
import { type ClusterSpec, buildSpec } from "../../core/spec/spec.ts";
import { type Decision, decide } from "../../engine/decide.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { type Snapshot, chooseNodes, machinesOf, placeNodes } from "./choose-nodes.ts";
import { type FoundCluster, findCluster } from "../cluster/find-cluster.ts";
import type { Mode } from "../mode.ts";
import { withKeptDisks } from "./kept-disks.ts";
import { type Materials, prepareMaterials, prepareSsh } from "./materials.ts";
import { ownImage, withoutSignature } from "./own-image.ts";
import type { Run } from "../run.ts";
import { imageReference, survey } from "./survey.ts";

/** Everything that is known before the first write. */
export interface Prepared {
  readonly spec: ClusterSpec;
  readonly facts: Facts;
  readonly found: FoundCluster;
  readonly snapshot: Snapshot;
  readonly materials: Materials;
  readonly resources: readonly AnyResource[];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly notes: readonly string[];
  /** Brings an image of the user's own to where Azure can take it from; absent when it is there. */
  readonly stageImage?: () => Promise<OwnImage>;
}

/** Finds, completes, checks and plans; writes nothing to Azure. */
export async function prepare(run: Run, name: string, asked: Partial<FlagValues>, mode: Mode): Promise<Prepared> {
  // a signature in a URL is no part of what is kept, planned and shown
  const given = withoutSignature(asked);
  const groupName = given.resourceGroup ?? name;
  const found = await findCluster(run, name, groupName);
  const { spec, notes } = buildSpec(name, given, found.claim?.kept ?? {});
  refuseChanged(given, found, notes);
  if (given.etcdMembers !== undefined && found.claim !== undefined && found.claim.choices.members.size !== given.etcdMembers)
    notes.push(
      `--etcd-members ${given.etcdMembers}: etcd has ${found.claim.choices.members.size}. More come with new machines only, fewer with \`azure-coreos-cluster remove\`.`,
    );
  refuseDestroyed(found, name);
  const unlisted = new Set<Kind>();
  const snapshot: Map<string, Live & { kind: Kind }> =
    found.group === undefined
      ? new Map()
      : await patiently(run.tools, (signal) => run.lookups.snapshot(groupName, signal, (kind) => unlisted.add(kind)));
  // counted is what is proven; the plan may meet the others, and refuses them
  const ours = provenOf(snapshot, found.owner);
  const indexes = chooseNodes(spec, ours, found.claim?.kept.numNodes ?? 0);
  const newNodes = indexes.length - machinesOf(spec, ours).length;
  const surveyed = await survey(run, spec, found, newNodes);
  const [ssh, places] = await Promise.all([
    prepareSsh(run, spec, found, mode),
    placeNodes(run, spec, indexes, ours, found.claim, surveyed).then((all) =>
      found.group === undefined ? all : withKeptDisks(run, spec, found, all),
    ),
  ]);
  const materials = await prepareMaterials(run, spec, found, places, ssh, mode);
  const own =
    surveyed.image.kind === "file" || surveyed.image.kind === "blob"
      ? await ownImage(run, { spec, found, surveyed, snapshot, word: materials.choices.id, given: asked })
      : undefined;
  const image = own === undefined ? imageReference(surveyed) : { own: own.image };
  const expires = spec.ttl === undefined ? found.claim?.tags["aoc-expires"] : new Date(run.clock.now() + spec.ttl).toISOString();
  if (expires !== undefined && Date.parse(expires) <= run.clock.now())
    notes.push(`${name} is past its time to live since ${expires}: \`gc\` will destroy it. --ttl 2h gives it more.`);
  const facts: Facts = {
    subscription: run.subscription,
    group: groupName,
    foreignGroup: found.foreignGroup,
    location: surveyed.location,
    choices: materials.choices,
    nodes: materials.nodes,
    ...(surveyed.subnet === undefined ? {} : { subnetId: surveyed.subnet.id }),
    ...(surveyed.placementGroupId === undefined ? {} : { placementGroupId: surveyed.placementGroupId }),
    image,
    acceleratedNetworking: surveyed.size?.acceleratedNetworking ?? false,
    premiumDisks: surveyed.size?.premiumDisks ?? false,
    faultDomains: surveyed.faultDomains,
    ...(expires === undefined ? {} : { expires }),
  };
  const kept = "reference" in image && surveyed.imageFacts !== undefined ? pinned(spec, surveyed.imageFacts.urn) : spec;
  const resources = planOf(kept, facts);
  await lookByName(run, resources, unlisted, snapshot);
  const decisions = new Map(
    resources.map((resource) => [resource.id, decide(resource, liveOf(resource, found, snapshot), name)]),
  );
  return {
    spec: kept,
    facts,
    found,
    snapshot,
    materials,
    resources,
    decisions,
    notes,
    ...(own?.stage === undefined ? {} : { stageImage: own.stage }),
  };
}

/** What the snapshot knows of a resource; the group is not in it. */
export function liveOf(resource: AnyResource, found: FoundCluster, snapshot: Snapshot) {
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

// --- internal ---

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
        const live = await patiently(run.tools, (signal) => run.tools.provider.get(resource, signal));
        if (live !== undefined) snapshot.set(resource.id.toLowerCase(), { ...live, kind: resource.kind });
      }),
  );
}

/** A fixed choice that was given again must be the same; others count for what is new. */
function refuseChanged(given: Partial<FlagValues>, { claim }: FoundCluster, notes: string[]): void {
  if (claim === undefined) return;
  for (const [key, flag] of Object.entries(FLAGS) as [FlagKey, (typeof FLAGS)[FlagKey]][]) {
    if (given[key] === undefined || !("kept" in flag) || flag.kept !== true) continue;
    const before = claim.kept[key] ?? ("default" in flag ? flag.default : undefined);
    const same = sameText(before, given[key]);
    if (same || key === "numNodes") continue;
    // a service that is asked for a URL again: the cluster has one
    if (key === "discoveryServiceUrl" && before !== undefined && /\/new\/?$/.test(given[key])) continue;
    if ("fixed" in flag && flag.fixed === true)
      throw new ClusterError(
        "ChoiceFixed",
        typeof given[key] === "boolean"
          ? `the cluster was made ${before === true ? "with" : "without"} --${flag.name}; that cannot change`
          : `the cluster was made with --${flag.name} ${String(before ?? "(none)")}; that cannot change to ${String(given[key])}`,
        {
          exit: EXIT.conflict,
          advice: "Leave the flag out to go on with this cluster, or make another one under another name.",
        },
      );
    if (["vmSize", "coreosImage", "dataDisk", "dataDiskSize", "pip", "noHostKeys", "dataDiskMount"].includes(key))
      notes.push(
        given[key] === true
          ? `--${flag.name} counts for new machines; those that exist ${key === "noHostKeys" ? "keep theirs" : "have none"}.`
          : given[key] === false
            ? `New machines are made without --${flag.name}; those that exist keep what they have.`
            : `--${flag.name} ${String(given[key])} counts for new machines; those that exist keep ${String(before ?? "what they have")}.`,
      );
  }
}

/** As people write them: "WestUS" is "westus", and a URL's last slash says nothing. */
const sameText = (a: unknown, b: unknown): boolean => {
  const [one, other] = [a, b].map((value) =>
    value === undefined ? "" : JSON.stringify(value).toLowerCase().replace(/\/"$/, '"'),
  );
  return one === other;
};

/** A destroy that began is to be ended, not worked against. */
function refuseDestroyed({ claim, group }: FoundCluster, name: string): void {
  if (claim?.tags["aoc-destroying"] === undefined && group?.tags["aoc-destroying"] === undefined) return;
  throw new ClusterError("BeingDestroyed", `${name} is being destroyed`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: `Wait until it is gone, or end a destroy that broke off: \`azure-coreos-cluster destroy ${name}\`. Then run the same command again.`,
  });
}

/** The image version that "latest" is today, kept with the cluster: nodes that are added later run the same. */
function pinned(
  spec: ClusterSpec,
  { publisher, offer, sku, version }: { publisher: string; offer: string; sku: string; version: string },
): ClusterSpec {
  return Object.freeze({ ...spec, coreosImage: [publisher, offer, sku, version].join(":") });
}
