/**
 * What of a group's contents is a cluster's, and in which order it can go. Pure: a destroy lists, this sorts. A resource is
 * the cluster's by its tags; a disk that Azure made without them, by the machine of ours that was made with it and holds it.
 * Nothing is by its name: what only looks like the cluster's is kept, and named.
 */
import { defined } from "./defined.ts";
import { alike } from "./alike.ts";
import type { Found } from "./found.ts";
import { holdsName, isBearer } from "./plan/bearer.ts";
import type { Alike } from "./documents.ts";
import { type TakenAlong, addressesOf, heldBy, isMadeWith, takenAlong } from "./machine-holds.ts";
import { KINDS, LISTED, byKind, typeOf } from "./plan/kinds.ts";
import { labelOf } from "./plan/label.ts";
import { type Owner, isProven } from "./plan/proof.ts";
import { nameOf } from "./plan/resource.ts";
import type { DoomedKind } from "./plan/bodies.ts";
import { type Tags, isClaim, wordOf } from "./plan/tags.ts";

/** A resource that is to be deleted. `dependsOn` are those that can only go after it. */
export interface Doomed {
  readonly id: string;
  readonly kind: DoomedKind;
  readonly label: string;
  readonly dependsOn: readonly string[];
  readonly node?: number;
  /** Of a machine: the availability zone. */
  readonly zone?: string;
  /** Id of the machine whose deletion takes it along (`deleteOption: Delete`). */
  readonly goesWith?: string;
}

export interface SortedOut {
  readonly ours: readonly Doomed[];
  /** Somebody else's. */
  readonly foreign: readonly { readonly id: string; readonly type: string }[];
  /** Tagged as the cluster's, of a type that the tool never makes: it goes only with the whole group. */
  readonly strange: readonly { readonly id: string; readonly type: string }[];
  /** Of what is foreign, that which looks like the cluster's and does not prove to be. */
  readonly kept: readonly Alike[];
  /** Disks of the cluster's that do not say so yet: they are tagged before their machines go. */
  readonly untagged: readonly { readonly id: string; readonly tags: Tags; readonly machine: string }[];
  /** What of others would go along with a machine of the cluster. */
  readonly taken: readonly TakenAlong[];
}

export interface GroupContents {
  /** ARM's own list, which knows every type but may be behind. */
  readonly contents: readonly { readonly id: string; readonly type: string; readonly tags: Tags }[];
  /** By the lower-case id of a storage account, what others keep in it: it is not deleted with that. */
  readonly guests?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Kinds that their services do not list: of those ARM's own list is all that is known. */
  readonly unlisted?: readonly DoomedKind[];
}

/** @param found what the services list, of the kinds that the tool makes */
export function sortOut(
  owner: Owner,
  found: readonly Found[],
  { contents, guests = new Map(), unlisted = [] }: GroupContents,
): SortedOut {
  const proven = found.filter((one) => belongs(one, owner));
  const machines = new Map(proven.filter((one) => one.kind === "machine").map((one) => [key(one.id), one]));
  const madeWith = found.flatMap((one) => {
    const machine = one.kind === "disk" && !isProven(one, owner) ? machines.get(key(one.managedBy ?? "")) : undefined;
    const held = machine && heldBy(machine).find(({ id }) => key(id) === key(one.id));
    const made = machine && held && isMadeWith(machine, held, { tags: one.tags, managedBy: one.managedBy });
    return made === true ? [{ disk: one, machine: machine.id }] : [];
  });
  const ours = [...proven, ...madeWith.map(({ disk }) => disk)]
    .filter((one) => (guests.get(key(one.id)) ?? []).length === 0)
    .sort(asPeopleRead);
  const mine = new Set(ours.map((one) => key(one.id)));
  const byKey = new Map(found.map((one) => [key(one.id), one]));
  const others = contents.filter((one) => !LISTED.has(one.type.toLowerCase()) && !below(one.id, mine));
  const unseen = new Set(unlisted.map((kind) => key(typeOf(kind))));
  const untold = contents.filter((one) => unseen.has(key(one.type)) && !byKey.has(key(one.id)) && !isProven(one, owner));
  const theirs = found.filter((one) => !mine.has(key(one.id)));
  return {
    ours: ordered(owner.cluster, ours),
    foreign: [
      ...theirs.map((one) => ({ id: one.id, type: typeOf(one.kind) })),
      ...[...others.filter((one) => !isProven(one, owner)), ...untold].map(({ id, type }) => ({ id, type })),
    ],
    strange: others.filter((one) => isProven(one, owner)).map(({ id, type }) => ({ id, type })),
    kept: alike(owner, theirs, others, guests),
    untagged: madeWith.map(({ disk, machine }) => ({ id: disk.id, tags: disk.tags, machine })),
    taken: [...machines.values()].flatMap((one) => takenAlong(one, owner, ({ id }) => byKey.get(key(id)))),
  };
}

/** Whether it is the cluster's to delete: by its tags, or as its claim. */
export const belongs = (one: Found, owner: Owner): boolean => isProven(one, owner) || isDamagedClaim(one, owner);

// --- internal ---

/**
 * A claim that lost its id is the cluster's if it holds what Azure gives to one resource only. Else nothing would lead out of a damaged
 * claim.
 */
const isDamagedClaim = (one: Found, { cluster }: Owner): boolean =>
  isBearer(one) && holdsName(one, cluster) && wordOf(one.tags) === undefined;

function ordered(cluster: string, ours: readonly Found[]): Doomed[] {
  const ofKind = Map.groupBy(ours, (one) => one.kind);
  const byKey = new Map(ours.map((one) => [key(one.id), one]));
  // the claim is what tells others that a cluster is here: it goes last
  const claims = ours.filter((one) => isBearer(one) && isClaim(one.tags, cluster));
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
    const zone = one.kind === "machine" ? (one.model as { zones?: readonly string[] }).zones?.[0] : undefined;
    const isNodes = ofANode(one.kind) && !claims.includes(one);
    return {
      id: one.id,
      kind: one.kind,
      label: labelOf(cluster, one),
      dependsOn: [...new Set(after)].filter((id) => id !== one.id),
      ...(isNodes && node !== undefined ? { node: Number(node) } : {}),
      ...defined({ zone, goesWith: taker }),
    };
  });
}

const ofANode = (kind: DoomedKind): boolean => KINDS[kind].ofANode === true;

/** Nodes by number. */
const asPeopleRead = (a: Found, b: Found): number =>
  byKind(a.kind, b.kind) || nameOf(a.id).localeCompare(nameOf(b.id), "en", { numeric: true });

/** By key: the machine that takes a resource along. */
function goesWith(ours: readonly Found[]): Map<string, string> {
  const takers = new Map<string, string>();
  for (const one of ours)
    if (one.kind === "machine") for (const { id, goesAlong } of heldBy(one)) if (goesAlong) takers.set(key(id), one.id);
  for (const one of ours) {
    const taker = one.kind === "networkInterface" ? takers.get(key(one.id)) : undefined;
    if (taker === undefined) continue;
    for (const { id, goesAlong } of addressesOf(one.model)) if (goesAlong) takers.set(key(id), taker);
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

/** ARM ids are compared without regard to case. */
const key = (id: string): string => id.toLowerCase();

/** Whether an id lies below one of ours: an extension of a machine. */
function below(id: string, mine: ReadonlySet<string>): boolean {
  for (let at = id.lastIndexOf("/"); at > 0; at = id.lastIndexOf("/", at - 1)) if (mine.has(key(id.slice(0, at)))) return true;
  return false;
}
