/** What a destroy would delete: what is there, sorted into the cluster's and others', all by reads, before the first delete. */
import { type Snapshot, snapshotOf } from "../cluster/snapshot.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { IMAGE_CONTAINER } from "../../azure/vhd/account.ts";
import { type Doomed, type SortedOut, sortOut } from "../../core/doomed.ts";
import type { Found } from "../../core/found.ts";
import type { GroupMember } from "../../azure/lookups/inventory.ts";
import type { DoomedKind } from "../../core/plan/bodies.ts";
import { isBearer } from "../../core/plan/bearer.ts";
import { typeOf } from "../../core/plan/kinds.ts";
import { isProven } from "../../core/plan/proof.ts";
import { groupId, groupOf, nameOf } from "../../core/plan/resource.ts";
import { getPatiently, patiently } from "../../engine/patiently.ts";
import type { Intent } from "./forbidden.ts";
import { foundByName } from "./found-by-name.ts";
import { hiddenByList, hiddenByRights } from "./hidden.ts";
import { claimsOf } from "../cluster/claim.ts";
import { lookIn } from "../cluster/find.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";

export interface Doom extends SortedOut {
  readonly located: Cluster;
  /** Id of the group. */
  readonly scope: string;
  /** The group goes, with all that is in it; else what is ours goes piece by piece. */
  readonly whole: boolean;
  /** Why the group, in which nothing of others is seen, may hold what is not, and does not go. */
  readonly hidden: string | undefined;
  /** What is in the group, ours or not, of the kinds of a plan. */
  readonly snapshot: Snapshot;
  /** The same, and what a snapshot leaves out. */
  readonly found: readonly Found[];
  /** There is more than the lists show. */
  readonly behind: boolean;
  /** Azure has told all that is in the group. */
  readonly told: boolean;
  /** Of what Azure does not tell what is in it, with what would go with it: all stays. */
  readonly untold: Untold | undefined;
}

interface Untold {
  readonly label: string;
  readonly command: string;
}

/**
 * What is there of a name that somebody asks about: where no list shows the claim yet, and its name can be known, it counts as if one did. It says
 * which creation is alive, so that those of others stay, and how many nodes there are.
 */
export async function surveyNamed(run: Run, located: Cluster): Promise<Doom> {
  const doom = await surveyDoom(run, located);
  const [claim] = located.owner.ids.size > 0 ? [] : claimsOf(doom.found.filter(isBearer), located.name);
  return claim === undefined ? doom : surveyDoom(run, await lookIn(run, located.name, located.groupName, claim));
}

/**
 * What is there now. The group may go while it is listed: then there is nothing.
 * @param rights `unasked` for who deletes nothing by it: `whole` is then no answer
 */
export async function surveyDoom(run: Run, located: Cluster, rights?: "unasked"): Promise<Doom> {
  const scope = groupId(run.subscription, located.groupName);
  const [{ snapshot, listed, contents = [], untold: group, without, lacks }, mayHide] = await Promise.all([
    located.group === undefined ? NOTHING : listAll(run, located),
    located.own && rights !== "unasked" ? hiddenByRights(run, scope) : undefined,
  ]);
  const { guests, untold: account } = await guestsOf(run, located, listed);
  const told = { contents, guests, unlisted: without };
  const sorted = sortOut(located.owner, listed, told);
  // a group of our own goes whole, whatever of ours the lists say
  const alone = located.own && sorted.foreign.length === 0;
  const hidden = alone ? (mayHide ?? lacks) : undefined;
  const whole = alone && hidden === undefined;
  const unlisted = whole || located.group === undefined ? [] : await foundByName(run, located, listed);
  const found = [...listed, ...unlisted];
  // an account that no list shows yet was made a moment ago, by us
  const all = unlisted.length === 0 ? sorted : sortOut(located.owner, found, told);
  const untold = whole && group ? untoldGroup(located) : account;
  return {
    ...all,
    located,
    scope,
    snapshot,
    found,
    whole,
    hidden,
    behind: unlisted.length > 0,
    told: !group && without.length === 0,
    untold,
  };
}

/** Nothing of the cluster is there. */
export const isEmpty = ({ located, ours, strange }: Doom): boolean => !located.own && ours.length === 0 && strange.length === 0;

/** @throws ClusterError ContentsUnknown (exit 5): nothing was deleted */
export function refuseUntold(doom: Pick<Doom, "untold">): void {
  const refusal = untoldIn(doom);
  if (refusal !== undefined) throw refusal;
}

/** ContentsUnknown (exit 5), where something has to stay. */
export const untoldIn = ({ untold }: Pick<Doom, "untold">): ClusterError | undefined =>
  untold &&
  new ClusterError("ContentsUnknown", `Azure does not tell what is in the ${untold.label}`, {
    source: "azure",
    exit: EXIT.preflight,
    advice:
      "Nothing was deleted: with it would go what others may have in it. Run the same command again; if it stays so, " +
      `\`${untold.command}\` says what Azure answers.`,
  });

/** What others keep in a storage account of the cluster's: names of containers. Undefined where Azure does not tell. */
export async function guestsIn({ tools, lookups }: Run, account: Pick<Doomed, "id" | "kind">): Promise<string[] | undefined> {
  const all = await patiently(tools, (signal) => lookups.containers(groupOf(account.id) ?? "", nameOf(account.id), signal));
  // without a list it may have gone meanwhile
  if (all === undefined) return (await getPatiently(account, tools)) === undefined ? [] : undefined;
  return all.filter((name) => name !== IMAGE_CONTAINER).map((name) => `the container ${name}`);
}

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

/** Machines of the cluster, with their tags. */
export const provenMachines = ({ found, located: { owner } }: Doom): Found[] =>
  found.filter((one) => one.kind === "machine" && isProven(one, owner));

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

/** By the lower-case id of a storage account of the cluster's what others keep in it. */
async function guestsOf(run: Run, { owner, groupName }: Cluster, listed: readonly Found[]) {
  const guests = new Map<string, string[]>();
  const untold: Untold[] = [];
  const look = async (account: Found): Promise<void> => {
    const others = await guestsIn(run, account);
    if (others === undefined) untold.push(untoldAccount(groupName, nameOf(account.id)));
    guests.set(account.id.toLowerCase(), others ?? ["containers that Azure does not tell of"]);
  };
  await Promise.all(listed.filter((one) => one.kind === "storageAccount" && isProven(one, owner)).map(look));
  return { guests, untold: untold[0] };
}

const untoldGroup = ({ groupName }: Cluster): Untold => ({
  label: `resource group ${groupName}`,
  command: `az resource list --resource-group ${shellWord(groupName)}`,
});

const untoldAccount = (groupName: string, name: string): Untold => ({
  label: `storage account ${name}`,
  command: `az storage container-rm list --resource-group ${shellWord(groupName)} --storage-account ${name}`,
});

interface Listed {
  readonly snapshot: Snapshot;
  readonly listed: readonly Found[];
  readonly contents?: readonly GroupMember[];
  /** The group is there, and there is no list of what is in it. */
  readonly untold: boolean;
  /** Kinds of which there is no list. */
  readonly without: readonly DoomedKind[];
  /** Why the list of everything may lack more. */
  readonly lacks?: string | undefined;
}

const NOTHING: Listed = { snapshot: new Map(), listed: [], untold: false, without: [] };

async function listAll(run: Run, located: Cluster): Promise<Listed> {
  const { lookups, tools } = run;
  const without: DoomedKind[] = [];
  const [snapshot, { disk, storageAccount }, contents] = await Promise.all([
    snapshotOf(run, located, (kind) => without.push(kind)),
    patiently(tools, (signal) => lookups.storage(located.groupName, signal)),
    patiently(tools, (signal) => lookups.contents(located.groupName, signal)),
  ]);
  if (disk === undefined) without.push("disk");
  if (storageAccount === undefined) without.push("storageAccount");
  const listed = [...snapshot.values(), ...(disk ?? []), ...(storageAccount ?? [])];
  if (contents === "unlisted") return { snapshot, listed, untold: false, without };
  if (contents !== undefined) {
    const lacks = hiddenByList(located.name, listed, contents, run.clock.now());
    return { snapshot, listed, contents, untold: false, without, lacks };
  }
  // it may have gone meanwhile
  const now = await patiently(tools, (signal) => lookups.group(located.groupName, signal));
  return { snapshot, listed, untold: now?.deleting === false, without };
}
