/**
 * Before a machine goes: its disks are told whose they are, so that a run that is killed between the machine's deletion and theirs
 * leaves proof behind; and what others have hung on it is not taken along. Asked of Azure anew, for a look may be old.
 */
import {
  type Held,
  type Machine,
  type TakenAlong,
  addressesOf,
  heldBy,
  isMadeWith,
  takenAlong,
} from "../../core/machine-holds.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type Owner, isProven } from "../../core/plan/proof.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import { type Tags, ownTags } from "../../core/plan/tags.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { retag } from "../../engine/retag.ts";
import type { Live } from "../../engine/provider.ts";
import type { Run } from "../run.ts";

/** @throws ClusterError NotOurs (exit 7), TakesAlong (exit 5): nothing was changed */
export async function letGo(run: Run, owner: Owner, machine: Live): Promise<void> {
  await tagDisks(run, await refuseHarm(run, owner, machine), machineTags(machine));
}

/**
 * Looks at one machine, and at what it holds, by name. Reads only.
 * @returns its disks that do not say yet whose they are
 * @throws ClusterError NotOurs (exit 7), TakesAlong (exit 5)
 */
export async function refuseHarm(run: Run, owner: Owner, machine: Live): Promise<Untagged[]> {
  refuseUnproven(machine, owner);
  const find = await readHeld(run, machine);
  refuseTaken(takenAlong(machine, owner, find));
  return lacking(machine, owner, find);
}

/** The same without a refusal, for who deletes nothing. */
export const untaggedOf = async (run: Run, owner: Owner, machine: Live): Promise<Untagged[]> =>
  lacking(machine, owner, await readHeld(run, machine));

/** Gives disks the tags of their machine's creation. Their own stay. */
export async function tagDisks(
  run: Run,
  disks: readonly { readonly id: string; readonly tags: Tags }[],
  tags: Tags,
): Promise<void> {
  await Promise.all(disks.map(({ id }) => retag({ kind: "disk", id }, (now) => ({ ...now, ...tags }), run.tools)));
}

/** What a machine's disks are to carry, of the tags that the machine has. */
export const machineTags = ({ tags }: { readonly tags: Tags }): Tags => ({
  ...ownTags(tags["aoc-cluster"] ?? "", tags["aoc-id"] ?? ""),
  ...(/^\d{1,3}$/.test(tags["aoc-node"] ?? "") ? { "aoc-node": tags["aoc-node"] ?? "" } : {}),
});

/** The code of what is somebody else's by now. */
export const NOT_OURS = "NotOurs";

export const TAKES_ALONG = "TakesAlong";

/** @throws ClusterError TakesAlong (exit 5) */
export function refuseTaken(taken: readonly TakenAlong[]): void {
  if (taken.length === 0) return;
  const lines = taken.map(({ id, machine }) => `  ${id}, on ${nameOf(machine)}`);
  throw new ClusterError(TAKES_ALONG, ["Azure would delete what is somebody else's with the machines:", ...lines].join("\n"), {
    source: "azure",
    exit: EXIT.preflight,
    advice: `Neither was deleted. It hangs on a machine of the cluster, is set to be deleted with it, and its tags do not say that it is the cluster's. To keep it, set it to Detach: ${taken.map(({ command }) => `\`${command}\``).join(", ")}. Then run the same command again.`,
  });
}

// --- internal ---

interface Untagged {
  readonly id: string;
  readonly tags: Tags;
}

type Find = (held: Held) => (Live & { readonly managedBy: string | undefined }) | undefined;

/** What it holds in its own group, and the addresses of its interfaces. */
async function readHeld(run: Run, machine: Live): Promise<Find> {
  const there = new Map<string, Live>();
  const look = (all: readonly Held[]): Promise<unknown> =>
    Promise.all(
      all.map(async (one) => {
        if (groupOf(one.id)?.toLowerCase() !== groupOf(machine.id)?.toLowerCase()) return;
        const live = await getPatiently(one, run.tools);
        if (live !== undefined) there.set(one.id.toLowerCase(), live);
      }),
    );
  const held = heldBy(machine);
  await look(held);
  await look(held.flatMap(({ id }) => addressesOf(there.get(id.toLowerCase())?.model ?? {})));
  return ({ id }) => {
    const live = there.get(id.toLowerCase());
    return live && { ...live, managedBy: (live.model as { managedBy?: string }).managedBy };
  };
}

const lacking = (machine: Live, owner: Owner, find: Find): Untagged[] =>
  heldBy(machine).flatMap((one) => {
    const disk = one.kind === "disk" ? find(one) : undefined;
    return disk !== undefined && !isProven({ id: one.id, tags: disk.tags }, owner) && isMadeWith(machine, one, disk)
      ? [{ id: one.id, tags: disk.tags }]
      : [];
  });

function refuseUnproven(machine: Pick<Machine, "id"> & { readonly tags: Tags }, owner: Owner): void {
  if (isProven(machine, owner)) return;
  throw new ClusterError(NOT_OURS, `${machine.id} does not carry the tags of ${owner.cluster} any more`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "Somebody changed them, or made another machine of that name. It was left alone.",
  });
}
