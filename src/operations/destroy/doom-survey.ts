/** What a destroy would delete: what is there, sorted into the cluster's and others', all by reads, before the first delete. */
import { type Snapshot, snapshotOf } from "../cluster/snapshot.ts";
import { IMAGE_CONTAINER } from "../../azure/vhd/account.ts";
import { type SortedOut, sortOut } from "../../core/doomed.ts";
import type { Found } from "../../core/found.ts";
import { typeOf } from "../../core/plan/kinds.ts";
import { isProven } from "../../core/plan/proof.ts";
import { groupId, nameOf } from "../../core/plan/resource.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Intent } from "./forbidden.ts";
import { foundByName } from "./found-by-name.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Run } from "../run.ts";

export interface Doom extends SortedOut {
  readonly located: Cluster;
  /** Id of the group. */
  readonly scope: string;
  /** The group goes, with all that is in it; else what is ours goes piece by piece. */
  readonly whole: boolean;
  /** What is in the group, ours or not, of the kinds of a plan. */
  readonly snapshot: Snapshot;
  /** The same, and what a snapshot leaves out. */
  readonly found: readonly Found[];
  /** There is more than the lists show. */
  readonly behind: boolean;
}

/** What is there now. The group may go while it is listed: then there is nothing. */
export async function surveyDoom(run: Run, located: Cluster): Promise<Doom> {
  const scope = groupId(run.subscription, located.groupName);
  const { snapshot, listed, contents } = located.group === undefined ? NOTHING : await listAll(run, located);
  const guests = await guestsOf(run, located, listed);
  const sorted = sortOut(located.owner, listed, contents, guests);
  // a group of our own goes whole, whatever the lists say
  const whole = located.own && sorted.foreign.length === 0;
  const unlisted = whole || located.group === undefined ? [] : await foundByName(run, located, listed);
  const found = [...listed, ...unlisted];
  // an account that no list shows yet was made a moment ago, by us
  const all = unlisted.length === 0 ? sorted : sortOut(located.owner, found, contents, guests);
  return { ...all, located, scope, snapshot, found, whole, behind: unlisted.length > 0 };
}

/** Nothing of the cluster is there. */
export const isEmpty = ({ located, ours, strange }: Doom): boolean => !located.own && ours.length === 0 && strange.length === 0;

/** What is the cluster's, as it is. */
export function oursOf({ ours, found }: Pick<Doom, "ours" | "found">): Found[] {
  const ids = new Set(ours.map(({ id }) => id.toLowerCase()));
  return found.filter(({ id }) => ids.has(id.toLowerCase()));
}

/** What a destroy of it takes. */
export const destroyIntent = (doom: Doom): Intent => ({
  scope: doom.scope,
  deletes: doom.ours.map((one) => one.id),
  whole: doom.whole,
  rights: neededRights(doom),
});

// --- internal ---

/** The rights that it takes, as role definitions name them. */
function neededRights({ whole, ours, located, untagged }: Doom): string[] {
  const group = typeOf("resourceGroup");
  if (whole) return [`${group}/write`, `${group}/delete`];
  const kinds = [...new Set(ours.map((one) => one.kind))];
  return [
    ...(located.own ? [`${group}/write`] : []),
    ...(untagged.length > 0 ? [`${typeOf("disk")}/write`] : []),
    ...kinds.map((kind) => `${typeOf(kind)}/delete`),
  ];
}

/** What others keep in storage accounts of the cluster's, by the account's lower-case id: names of containers. */
async function guestsOf(run: Run, { owner, groupName }: Cluster, listed: readonly Found[]): Promise<Map<string, string[]>> {
  const accounts = listed.filter((one) => one.kind === "storageAccount" && isProven(one, owner));
  const entries = await Promise.all(
    accounts.map(async ({ id }): Promise<[string, string[]]> => {
      const all = await patiently(run.tools, (signal) => run.lookups.containers(groupName, nameOf(id), signal));
      return [id.toLowerCase(), all.filter((name) => name !== IMAGE_CONTAINER).map((name) => `the container ${name}`)];
    }),
  );
  return new Map(entries);
}

interface Listed {
  readonly snapshot: Snapshot;
  readonly listed: readonly Found[];
  readonly contents: readonly { id: string; type: string; tags: Record<string, string> }[];
}

const NOTHING: Listed = { snapshot: new Map(), listed: [], contents: [] };

async function listAll(run: Run, located: Cluster): Promise<Listed> {
  const { lookups, tools } = run;
  const [snapshot, storage, contents] = await Promise.all([
    snapshotOf(run, located),
    patiently(tools, (signal) => lookups.storage(located.groupName, signal)),
    patiently(tools, (signal) => lookups.contents(located.groupName, signal)),
  ]);
  return { snapshot, listed: [...snapshot.values(), ...storage], contents };
}
