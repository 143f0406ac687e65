/**
 * Tags of what is in no plan. Disks come into being with their machines, with the machines' tags as a rule and not everywhere, and
 * later changes of those do not reach them; an image's storage account is made by the upload. As long as a machine holds a disk it is
 * known by it; tagged it is known for good, whatever becomes of the machine. One list; where nothing lacks its
 * tags, no more. Nobody waits for it, and a create does not fail for it: the next run, remove and destroy look again.
 */
import { storageAccountName, storageAccountSeed } from "../../azure/vhd/account.ts";
import { groupId, nameOf, resourceId } from "../../core/plan/resource.ts";
import { isProven } from "../../core/plan/proof.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { differInUserTags, retagged, withUserTags } from "../../core/plan/user-tags.ts";
import { getPatiently, patiently } from "../../engine/patiently.ts";
import { retag } from "../../engine/retag.ts";
import type { TagTarget } from "../../engine/provider.ts";
import { endedByStop } from "../../engine/tools.ts";
import { machineTags, untaggedOf } from "../cluster/let-go.ts";
import type { Run } from "../run.ts";
import type { Prepared } from "./prepared.ts";

/**
 * So many machines make a look beforehand worth it, when nearly all are made: a list of a thousand disks is then read beside the last
 * machines, and not after them.
 */
const MANY = 50;
const NEARLY_ALL = 0.95;

export interface NewDisks {
  /** Azure is done with one machine more. */
  machineDone(): void;
  /** Tags what lacks its tags, once nothing more is made. */
  tag(): Promise<void>;
}

export function newDisks(run: Run, prepared: Prepared): NewDisks {
  const all = machinesIn(prepared).size;
  let done = 0;
  let early: Promise<boolean> | undefined;
  return {
    machineDone() {
      done += 1;
      if (early === undefined && all >= MANY && done >= all * NEARLY_ALL)
        early = allAreTagged(run, prepared, done).catch(() => false);
    },
    async tag() {
      // a platform that tags the disks of nineteen machines of twenty tags those of the last
      if ((await early) !== true) await tagNewDisks(run, prepared);
    },
  };
}

// --- internal ---

const machinesIn = ({ resources }: Prepared): Map<string, string> =>
  new Map(resources.filter(({ kind }) => kind === "machine").map(({ id }) => [id.toLowerCase(), id]));

const ownerOf = ({ found, facts }: Prepared) => ({ ...found.owner, ids: new Set([facts.choices.id]) });

/** @param made so many of the machines are there, and each has a disk */
async function allAreTagged(run: Run, prepared: Prepared, made: number): Promise<boolean> {
  const { facts, spec } = prepared;
  if ("own" in facts.image) return false;
  const [owner, machines] = [ownerOf(prepared), machinesIn(prepared)];
  const all = await patiently(run.tools, (signal) => run.lookups.disks(facts.group, signal));
  const disks = (all ?? []).filter(({ managedBy = "" }) => machines.has(managedBy.toLowerCase()));
  return disks.length >= made && disks.every((disk) => isProven(disk, owner) && !isStale(spec, disk.tags));
}

const isStale = ({ tag }: Prepared["spec"], tags: Tags): boolean => differInUserTags(withUserTags({}, tag), tags);

async function tagNewDisks(run: Run, prepared: Prepared): Promise<void> {
  const { facts, spec } = prepared;
  const [owner, machines] = [ownerOf(prepared), machinesIn(prepared)];
  if (machines.size === 0 || run.tools.signal.aborted) return;
  const all = await patiently(run.tools, (signal) => run.lookups.disks(facts.group, signal));
  const disks = (all ?? []).filter(({ managedBy = "" }) => machines.has(managedBy.toLowerCase()));
  const lacking = disks.filter((disk) => !isProven(disk, owner)).map(({ managedBy = "" }) => managedBy.toLowerCase());
  const account = "own" in facts.image ? await accountOf(run, spec.name, facts.group) : undefined;
  const targets: TagTarget[] = [
    ...(account !== undefined && isProven(account, owner) && isStale(spec, account.tags) ? [account] : []),
    ...disks.filter((disk) => isProven(disk, owner) && isStale(spec, disk.tags)).map(({ id }) => ({ kind: "disk" as const, id })),
  ];
  const tag = (target: TagTarget, own: Tags = {}): Promise<void> =>
    retag(target, (now) => retagged(now, own, spec.tag), run.tools).catch((error: unknown) => {
      if (endedByStop(run.tools, error)) return;
      run.emit({
        kind: "note",
        id: `tags/${nameOf(target.id)}`,
        label: "tags",
        message: `${nameOf(target.id)} could not be tagged: ${(error as Error).message}`,
      });
    });
  await Promise.all([
    ...targets.map((target) => tag(target)),
    ...[...new Set(lacking)].map(async (key) => {
      const id = machines.get(key) ?? "";
      const live = await getPatiently({ id, kind: "machine" }, run.tools);
      if (live === undefined || !isProven({ id, tags: live.tags }, owner)) return;
      // what of others hangs on it does not matter here: nothing is deleted
      const untagged = await untaggedOf(run, owner, live);
      await Promise.all(untagged.map((disk) => tag({ kind: "disk", id: disk.id }, machineTags(live))));
    }),
  ]);
}

/** That of the image, where the tool made one: no list of the cluster's has it. */
async function accountOf(
  run: Run,
  cluster: string,
  groupName: string,
): Promise<(TagTarget & { readonly tags: Tags }) | undefined> {
  const name = storageAccountName(storageAccountSeed(run.subscription, groupName, cluster));
  const target = {
    kind: "storageAccount" as const,
    id: resourceId(groupId(run.subscription, groupName), "storageAccount", name),
  };
  const live = await getPatiently(target, run.tools);
  return live && { ...target, tags: live.tags };
}
