/** What a destroy would delete: what is there, sorted into the cluster's and others', all by reads, before the first delete. */
import { type Found, type SortedOut, sortOut } from "../core/doomed.ts";
import { names } from "../core/cluster.ts";
import { typeOf } from "../core/kind-words.ts";
import { type Kind, groupId, resourceId } from "../core/resource.ts";
import { isOurs } from "../core/tags.ts";
import { patiently } from "../engine/patiently.ts";
import type { Snapshot } from "./choose-nodes.ts";
import type { Intent } from "./forbidden.ts";
import type { Located } from "./locate.ts";
import type { Session } from "./session.ts";

export interface Doom extends SortedOut {
  readonly located: Located;
  /** Id of the group. */
  readonly scope: string;
  /** The group goes, with all that is in it; else what is ours goes piece by piece. */
  readonly whole: boolean;
  /** What is in the group, ours or not, of the kinds of a plan. */
  readonly snapshot: Snapshot;
  /** The same, and what a snapshot leaves out. */
  readonly found: readonly Found[];
}

/** What is there now. The group may go while it is listed: then there is nothing. */
export async function surveyDoom(session: Session, located: Located): Promise<Doom> {
  const scope = groupId(session.subscription, located.groupName);
  const { snapshot, found, contents } = located.group === undefined ? NOTHING : await listAll(session, located);
  const sorted = sortOut(located.name, found, contents);
  return { ...sorted, located, scope, snapshot, found, whole: located.own && sorted.foreign.length === 0 };
}

/** Nothing of the cluster is there. */
export const isEmpty = ({ located, ours, strange }: Doom): boolean => !located.own && ours.length === 0 && strange.length === 0;

/** What a destroy of it takes. */
export const intentOf = (doom: Doom): Intent => ({
  scope: doom.scope,
  deletes: doom.ours.map((one) => one.id),
  whole: doom.whole,
  rights: neededRights(doom),
});

// --- internal ---

/** The rights that it takes, as role definitions name them. */
function neededRights({ whole, ours, located }: Doom): string[] {
  const group = typeOf("resourceGroup");
  if (whole) return [`${group}/write`, `${group}/delete`];
  const kinds = [...new Set(ours.map((one) => one.kind))];
  return [...(located.own ? [`${group}/write`] : []), ...kinds.map((kind) => `${typeOf(kind)}/delete`)];
}

interface Listed {
  readonly snapshot: Snapshot;
  readonly found: readonly Found[];
  readonly contents: readonly { id: string; type: string; tags: Record<string, string> }[];
}

const NOTHING: Listed = { snapshot: new Map(), found: [], contents: [] };

async function listAll(session: Session, located: Located): Promise<Listed> {
  const { lookups, tools } = session;
  const unlisted = new Set<Kind>();
  const [snapshot, storage, contents] = await Promise.all([
    patiently(tools, (signal) => lookups.snapshot(located.groupName, signal, (kind) => unlisted.add(kind))),
    patiently(tools, (signal) => lookups.storage(located.groupName, signal)),
    patiently(tools, (signal) => lookups.contents(located.groupName, signal)),
  ]);
  const listed: Found[] = [...snapshot.values(), ...storage];
  return { snapshot, found: [...listed, ...(located.own ? [] : await promised(session, located, listed, unlisted))], contents };
}

/**
 * A list may miss what a run that was killed a moment ago has made. What the claim promises and no list shows is asked for by
 * its name; of a cluster that is whole, nothing. (A group of our own goes whole, whatever the lists say.)
 * @param unlisted kinds that this ARM does not list at all
 */
async function promised(
  session: Session,
  { name, groupName, claims }: Located,
  listed: readonly Found[],
  unlisted: ReadonlySet<Kind>,
): Promise<Found[]> {
  const tags = claims[0]?.tags ?? {};
  const count = Math.min(1000, Number(tags["aoc-num-nodes"] ?? 0));
  const seen = new Set(listed.map((one) => one.id.toLowerCase()));
  const scope = groupId(session.subscription, groupName);
  const machines = Array.from({ length: count }, (_, index) =>
    names.machine({ name, vmNamePrefix: tags["aoc-vm-name-prefix"] ?? "coreos" }, index),
  );
  const missing = machines.filter((machine) => !seen.has(resourceId(scope, "machine", machine).toLowerCase()));
  const wanted = [
    ...missing.flatMap((machine) => [
      at("machine", machine),
      at("networkInterface", names.interface(machine)),
      at("publicAddress", names.nodeAddress(machine)),
    ]),
    ...[
      at("loadBalancer", names.loadBalancer(name)),
      at("securityGroup", names.securityGroup(name)),
      at("network", names.network(name)),
      at("natGateway", names.natGateway(name)),
      at("sshKey", names.sshKey(name)),
      at("image", names.image(name)),
      at("availabilitySet", tags["aoc-availability-set"] ?? "coreos-as"),
    ].filter((target) => unlisted.has(target.kind)),
  ].filter((target) => !seen.has(target.id.toLowerCase()));
  const found = await Promise.all(
    wanted.map(async (target) => ({
      kind: target.kind,
      live: await patiently(session.tools, (signal) => session.tools.provider.get(target, signal)),
    })),
  );
  return found.flatMap(({ kind, live }) => (live === undefined || !isOurs(live.tags, name) ? [] : [{ ...live, kind }]));

  function at<K extends Exclude<Kind, "resourceGroup">>(kind: K, resource: string): { kind: K; id: string } {
    return { kind, id: resourceId(scope, kind, resource) };
  }
}
