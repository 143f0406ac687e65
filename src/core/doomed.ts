/**
 * What of a group's contents is a cluster's, and in which order it can go. Pure: a destroy lists, this sorts. A resource is
 * the cluster's by its tags; a disk, which Azure makes untagged, by the machine that holds it or by its name.
 */
import { names } from "./plan/cluster.ts";
import { KINDS, LISTED, byKind, typeOf } from "./plan/kinds.ts";
import { labelOf } from "./plan/label.ts";
import { type DoomedKind, nameOf } from "./plan/resource.ts";
import { type Tags, isOurs } from "./plan/tags.ts";

/** A resource as the services' own lists tell it. */
export interface Found {
  readonly id: string;
  readonly kind: DoomedKind;
  readonly tags: Tags;
  readonly model: unknown;
  /** The machine that holds a disk. */
  readonly managedBy?: string | undefined;
}

/** A resource that is to be deleted. `dependsOn` are those that can only go after it. */
export interface Doomed {
  readonly id: string;
  readonly kind: DoomedKind;
  readonly label: string;
  readonly dependsOn: readonly string[];
  readonly node?: number;
  /** Id of the machine whose deletion takes it along (`deleteOption: Delete`). */
  readonly goesWith?: string;
}

export interface SortedOut {
  readonly ours: readonly Doomed[];
  /** Somebody else's. */
  readonly foreign: readonly { readonly id: string; readonly type: string }[];
  /** Tagged as the cluster's, of a type that the tool never makes: it goes only with the whole group. */
  readonly strange: readonly { readonly id: string; readonly type: string }[];
}

/**
 * @param found what the services list, of the kinds that the tool makes
 * @param contents ARM's own list, which knows every type but may be behind
 */
export function sortOut(
  cluster: string,
  found: readonly Found[],
  contents: readonly { id: string; type: string; tags: Tags }[],
): SortedOut {
  const tagged = found.filter((one) => isOurs(one.tags, cluster));
  const machines = new Set(tagged.filter((one) => one.kind === "machine").map((one) => key(one.id)));
  const claims = tagged.filter((one) => one.tags["aoc-role"] === "claim");
  const diskName = diskNames(cluster, claims[0]?.tags["aoc-vm-name-prefix"]);
  const isOurDisk = (one: Found): boolean =>
    one.kind === "disk" &&
    (one.managedBy === undefined
      ? one.tags["managed-by"] === undefined && diskName.test(nameOf(one.id))
      : machines.has(key(one.managedBy)));
  const ours = found.filter((one) => isOurs(one.tags, cluster) || isOurDisk(one)).sort(asPeopleRead);
  const mine = new Set(ours.map((one) => key(one.id)));
  const others = contents.filter((one) => !LISTED.has(one.type.toLowerCase()) && !below(one.id, mine));
  return {
    ours: ordered(cluster, ours),
    foreign: [
      ...found.filter((one) => !mine.has(key(one.id))).map((one) => ({ id: one.id, type: typeOf(one.kind) })),
      ...others.filter((one) => !isOurs(one.tags, cluster)).map(({ id, type }) => ({ id, type })),
    ],
    strange: others.filter((one) => isOurs(one.tags, cluster)).map(({ id, type }) => ({ id, type })),
  };
}

// --- internal ---

function ordered(cluster: string, ours: readonly Found[]): Doomed[] {
  const ofKind = Map.groupBy(ours, (one) => one.kind);
  const byKey = new Map(ours.map((one) => [key(one.id), one]));
  // the claim is what tells others that a cluster is here: it goes last
  const claims = ours.filter((one) => one.tags["aoc-role"] === "claim");
  const takers = goesWith(ours);
  return ours.map((one): Doomed => {
    const under = KINDS[one.kind].standsOn ?? [];
    const shared = under.filter((kind) => !ofANode(kind)).flatMap((kind) => ofKind.get(kind) ?? []);
    const own = under.some((kind) => ofANode(kind))
      ? references(one.model)
          .map((id) => byKey.get(key(id)))
          .filter((other) => other !== undefined && under.includes(other.kind) && ofANode(other.kind))
      : [];
    const last = claims.includes(one) ? [] : claims;
    const after = [...shared, ...(own as Found[]), ...last].map((other) => other.id);
    const taker = takers.get(key(one.id));
    const node = /-(\d+)(-(nic|ip|os|data))?$/i.exec(nameOf(one.id))?.[1];
    const isNodes = ofANode(one.kind) && !claims.includes(one);
    return {
      id: one.id,
      kind: one.kind,
      label: labelOf(cluster, one),
      dependsOn: [...new Set(after)].filter((id) => id !== one.id),
      ...(isNodes && node !== undefined ? { node: Number(node) } : {}),
      ...(taker === undefined ? {} : { goesWith: taker }),
    };
  });
}

const ofANode = (kind: DoomedKind): boolean => KINDS[kind].ofANode === true;

/** Nodes by number. */
const asPeopleRead = (a: Found, b: Found): number =>
  byKind(a.kind, b.kind) || nameOf(a.id).localeCompare(nameOf(b.id), "en", { numeric: true });

interface Held {
  readonly id?: string;
  readonly deleteOption?: string;
}

/** By key: the machine that takes a resource along. */
function goesWith(ours: readonly Found[]): Map<string, string> {
  const takers = new Map<string, string>();
  for (const one of ours) {
    if (one.kind !== "machine") continue;
    const { networkProfile, storageProfile } = one.model as {
      networkProfile?: { networkInterfaces?: Held[] };
      storageProfile?: { osDisk?: Held & { managedDisk?: Held }; dataDisks?: (Held & { managedDisk?: Held })[] };
    };
    const disks = [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])].filter((disk) => disk !== undefined);
    const held = [
      ...(networkProfile?.networkInterfaces ?? []),
      ...disks.map(({ managedDisk, deleteOption }): Held => ({
        ...managedDisk,
        ...(deleteOption === undefined ? {} : { deleteOption }),
      })),
    ];
    for (const { id, deleteOption } of held) if (id !== undefined && deleteOption === "Delete") takers.set(key(id), one.id);
  }
  for (const one of ours) {
    const taker = one.kind === "networkInterface" ? takers.get(key(one.id)) : undefined;
    if (taker === undefined) continue;
    const { ipConfigurations } = one.model as { ipConfigurations?: { publicIPAddress?: Held }[] };
    for (const { publicIPAddress: address } of ipConfigurations ?? [])
      if (address?.id !== undefined && address.deleteOption === "Delete") takers.set(key(address.id), taker);
  }
  return takers;
}

/** Every id that a model refers to. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "id" && typeof inner === "string" ? [inner] : references(inner),
  );
}

/** Names of disks by the scheme of cluster.ts; where the prefix is not known any more, none. */
function diskNames(cluster: string, prefix: string | undefined): RegExp {
  return prefix === undefined
    ? /(?!)/
    : new RegExp(`^${names.machine({ name: cluster, vmNamePrefix: prefix }, 0).slice(0, -1)}\\d{1,4}-(os|data)$`, "i");
}

/** ARM ids are compared without regard to case. */
const key = (id: string): string => id.toLowerCase();

/** Whether an id lies below one of ours: an extension of a machine. */
function below(id: string, mine: ReadonlySet<string>): boolean {
  for (let at = id.lastIndexOf("/"); at > 0; at = id.lastIndexOf("/", at - 1)) if (mine.has(key(id.slice(0, at)))) return true;
  return false;
}
