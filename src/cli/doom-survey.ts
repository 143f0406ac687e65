/**
 * What a destroy would delete, and what forbids it: all reads, before the first delete. Locks, missing rights and resources
 * of others are named here, so that a destroy never stops half way for a reason that could be known.
 */
import { AzureError, isMisdirected } from "../core/azure-error.ts";
import { type Found, type SortedOut, sortOut } from "../core/doomed.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { names } from "../core/cluster.ts";
import { typeOf } from "../core/kind-words.ts";
import { allows } from "../core/permissions.ts";
import { type Kind, groupId, resourceId } from "../core/resource.ts";
import { isOurs } from "../core/tags.ts";
import { patiently } from "../engine/patiently.ts";
import type { Snapshot } from "./choose-nodes.ts";
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

/**
 * Refuses what Azure would refuse.
 * @throws ClusterError ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function refuseForbidden(session: Session, doom: Doom): Promise<void> {
  const [locks, permissions] = await Promise.all([
    tolerant(session, "locks", () => patiently(session.tools, (signal) => session.lookups.locks(doom.scope, signal))),
    tolerant(session, "your rights", () => patiently(session.tools, (signal) => session.lookups.permissions(doom.scope, signal))),
  ]);
  const mine = doom.ours.map((one) => one.id.toLowerCase());
  const scope = doom.scope.toLowerCase();
  const forbidding = (locks ?? []).filter((lock) => {
    const at = lock.scope.toLowerCase();
    return (
      `${scope}/`.startsWith(`${at}/`) ||
      mine.some((id) => id === at || at.startsWith(`${id}/`)) ||
      (doom.whole && at.startsWith(`${scope}/`))
    );
  });
  if (forbidding.length > 0)
    throw new ClusterError(
      "ScopeLocked",
      `${forbidding.length === 1 ? "a lock forbids" : `${forbidding.length} locks forbid`} it: ${forbidding.map((lock) => `${lock.name} (${lock.level}) on ${lock.scope}`).join(", ")}`,
      {
        source: "azure",
        exit: EXIT.preflight,
        advice: `Nothing was deleted. Remove the ${forbidding.length === 1 ? "lock" : "locks"}, if it is yours to do so, and run the same command again: \`az lock delete --ids ${forbidding.map((lock) => lock.id).join(" ")}\`.`,
        link: "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
      },
    );
  // an empty answer says nothing: who may ask at all has some right
  const missing =
    permissions === undefined || permissions.length === 0
      ? []
      : neededRights(doom).filter((action) => !allows(permissions, action));
  if (missing.length > 0)
    throw new ClusterError("AuthorizationFailed", `you may not ${missing.join(", ")} on ${doom.scope}`, {
      source: "azure",
      exit: EXIT.signIn,
      advice: `Nothing was deleted. An owner gives the right with \`az role assignment create --assignee WHO --role Contributor --scope ${doom.scope}\`, or runs the same command.`,
      link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    });
}

/** The rights that it takes, as role definitions name them. */
export function neededRights({ whole, ours, located }: Doom): string[] {
  const group = typeOf("resourceGroup");
  if (whole) return [`${group}/write`, `${group}/delete`];
  const kinds = [...new Set(ours.map((one) => one.kind))];
  return [...(located.own ? [`${group}/write`] : []), ...kinds.map((kind) => `${typeOf(kind)}/delete`)];
}

// --- internal ---

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

/** What this sign-in may not ask is not known; then Azure itself refuses, at the first delete. */
async function tolerant<T>(session: Session, what: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AzureError) || error.status === 401 || error.status === undefined || isMisdirected(error)) throw error;
    session.say(`Not checked: ${what} (${error.code}).`);
    return undefined;
  }
}
