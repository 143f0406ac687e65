/**
 * Data disks of machines that are gone, kept by somebody: a machine that is made again gets its own back, with what is on it, whatever is
 * asked for now: one that hung on nothing would be paid for, and seen by nobody. Azure refuses to make a second disk of that name. A system
 * disk left over from such a machine is waited for, then refused by name: a new machine could not use it.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import { refusal } from "../../core/advice/preflight.ts";
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { replacingIn } from "../../core/plan/replacing.ts";
import { isProven } from "../../core/plan/proof.ts";
import { nameOf } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { SizeFacts } from "../../core/region.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { ask } from "../ask.ts";
import { unlessForbidden } from "../cluster/allowed.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Anew, NodePlace } from "./choose-nodes.ts";
import { refuseUnfit } from "./unfit-disk.ts";
import type { Run } from "../run.ts";

/**
 * Who may not list disks, or asks an ARM that does not, learns of a disk in the way when the machine is made: but for one that a replacement
 * promised to keep, for without it the new machine would be made, and be called whole.
 * @throws ClusterError DisksNotReadable (exit 5)
 */
export async function listDisks(
  run: Run,
  { groupName, claim }: Pick<ClaimedCluster, "groupName" | "claim">,
  anew?: Pick<Anew, "keepDataDisk">,
): Promise<readonly Disk[]> {
  const found = await unlessForbidden(() => ask(run, "disks", groupName));
  const noted = [...replacingIn(claim?.tags).values()];
  if (found === undefined && [anew, ...noted].some((one) => one?.keepDataDisk === true)) throw notReadable(groupName);
  return found ?? [];
}

export interface DiskQuestion {
  readonly places: readonly NodePlace[];
  readonly size: SizeFacts | undefined;
  /** The group's disks, a moment ago. */
  readonly seen: readonly Disk[];
}

/**
 * The places with the ids of the disks that wait for them.
 * @throws ClusterError DiskInUse (exit 7), DiskNeedsPremium, SizeTakesNoDisk (exit 5)
 */
export async function withKeptDisks(
  run: Run,
  spec: ClusterSpec,
  found: Pick<ClaimedCluster, "groupName" | "claim" | "owner">,
  { places, size, seen }: DiskQuestion,
): Promise<readonly NodePlace[]> {
  if (places.every((place) => place.exists)) return places;
  const { groupName: group, owner } = found;
  const fresh = places.filter((place) => !place.exists).map(({ index }) => names.osDisk(names.machine(spec, index)));
  const listed = await untilGone(run, found, fresh, seen);
  const outliving = await outlivingDisks(run, spec, places, listed);
  const disks = new Map(listed.map((disk) => [nameOf(disk.id).toLowerCase(), disk]));
  return places.map((place) => {
    const machine = names.machine(spec, place.index);
    if (!place.exists) refuseSystemDisk(systemDisk(listed, names.osDisk(machine)), machine, group);
    const disk = place.exists ? undefined : disks.get(names.dataDisk(machine).toLowerCase());
    if (disk === undefined) return place;
    const holder = disk.managedBy === undefined ? undefined : nameOf(disk.managedBy);
    const own = holder !== undefined && nodeIndex(spec, holder) === place.index;
    // its own machine takes it along in a moment, or is made at this moment by another run
    if (own && !outliving.has(disk.id.toLowerCase()) && place.anew?.keepDataDisk !== true) return place;
    // a creation that begins has no disk from before; that of a machine that stands is told whose it is before it is kept
    const proven = (own && place.anew !== undefined) || (owner.ids.size > 0 && isProven(disk, owner));
    if (!spec.dataDisk && ((holder !== undefined && !own) || !proven)) return place;
    if (holder !== undefined && !own) throw inUse(disk, holder, machine);
    if (!proven) throw notProven(disk, machine, group, spec.name);
    const { diskSizeGB = spec.dataDiskSize, zones, sku } = disk.model as DiskModel;
    refuseUnfit({ name: nameOf(disk.id), sku: sku?.name, group }, size);
    if (place.anew === undefined)
      run.emit({
        kind: "note",
        id: `disk/${machine}`,
        label: "data disk",
        message: `${machine} gets its data disk back, with what is on it: ${nameOf(disk.id)} was kept.`,
      });
    const kept = { ...place, keptDisk: { id: disk.id, sizeGiB: diskSizeGB } };
    // a disk that is kept in all zones goes wherever its machine is
    if (/_ZRS$/i.test(sku?.name ?? "")) return kept;
    const zone = zones?.[0];
    if ((zone === undefined) !== (place.zone === undefined)) throw otherZone(disk, zone, place.zone, machine);
    return zone === undefined ? kept : { ...kept, zone };
  });
}

// --- internal ---

const notReadable = (group: string): ClusterError =>
  refusal([
    {
      check: "DisksNotReadable",
      message: `the disks of the resource group ${group} could not be listed, and a data disk among them is to be kept`,
      advice:
        "A role with Microsoft.Compute/disks/read on the group is needed: without it a new machine would be made without that disk.",
    },
  ]);

const inUse = (disk: Disk, holder: string, machine: string): ClusterError =>
  new ClusterError("DiskInUse", `the disk ${nameOf(disk.id)} is in use by ${holder}, and ${machine} would be made with it`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: `Detach it there (az vm disk detach), or delete it, and run the same command again.`,
  });

/** A disk of that name which is not the cluster's by its tags: to attach it would be to take it. Azure makes no second one. */
const notProven = (disk: Disk, machine: string, group: string, cluster: string): ClusterError =>
  new ClusterError(
    "DiskInTheWay",
    `there is a disk ${nameOf(disk.id)} already, and its tags do not say that it is ${cluster}'s: ${machine} cannot have its data disk`,
    {
      source: "azure",
      exit: EXIT.preflight,
      advice: `It was left alone, and nothing was written to Azure. Look whose it is. If nobody needs it: az disk delete --resource-group ${shellWord(group)} --name ${shellWord(nameOf(disk.id))}. Or choose another --vm-name-prefix or NAME.`,
    },
  );

/** Azure puts a disk of a zone into machines of that zone alone, and one of no zone into machines of none. */
const otherZone = (disk: Disk, zone: string | undefined, wanted: string | undefined, machine: string): ClusterError =>
  new ClusterError(
    "DiskInTheWay",
    `the disk ${nameOf(disk.id)} was kept in ${zone === undefined ? "no zone" : `zone ${zone}`}, and ${machine} is to be in ${wanted === undefined ? "no zone" : `zone ${wanted}`}: Azure does not put them together`,
    {
      source: "azure",
      exit: EXIT.preflight,
      advice:
        "Nothing was written to Azure. Move what is on it by a snapshot (az snapshot create, then az disk create --zone), or delete the disk, and run the same command again.",
    },
  );

const GOING_MS = 20_000;

interface DiskModel {
  readonly diskSizeGB?: number;
  readonly zones?: readonly string[];
  readonly sku?: { readonly name?: string };
}

/** The disks, once none of those names is among them, or has stayed: the system disk of a machine that was deleted just now goes a little after it. */
async function untilGone(
  run: Run,
  found: Pick<ClaimedCluster, "groupName" | "claim">,
  names: readonly string[],
  seen: readonly Disk[],
): Promise<readonly Disk[]> {
  let listed = seen;
  const isThere = (name: string): boolean => systemDisk(listed, name) !== undefined;
  for (const until = run.clock.now() + GOING_MS; names.some(isThere) && run.clock.now() < until;) {
    await run.clock.sleep(3000, run.tools.signal);
    listed = await listDisks(run, found);
  }
  return listed;
}

/** Data disks whose own machine is on its way out, and leaves them behind. */
async function outlivingDisks(
  run: Run,
  spec: ClusterSpec,
  places: readonly NodePlace[],
  all: readonly Disk[],
): Promise<ReadonlySet<string>> {
  const held = all.filter(({ managedBy }) =>
    places.some(
      ({ exists, anew, index }) =>
        !exists && anew === undefined && managedBy !== undefined && nodeIndex(spec, nameOf(managedBy)) === index,
    ),
  );
  const stay = await Promise.all(
    held.map(async ({ id, managedBy = "" }) => {
      const machine = { kind: "machine" as const, id: managedBy };
      const live = await getPatiently(machine, run.tools);
      const { dataDisks = [] } = (live?.model as VirtualMachine | undefined)?.storageProfile ?? {};
      const own = dataDisks.find(({ managedDisk }) => managedDisk?.id?.toLowerCase() === id.toLowerCase());
      return live === undefined || (live.state === "deleting" && own?.deleteOption === "Detach");
    }),
  );
  return new Set(held.filter((_, place) => stay[place]).map(({ id }) => id.toLowerCase()));
}

type Disk = NonNullable<Awaited<ReturnType<Run["lookups"]["disks"]>>>[number];

/** One of that name that no machine holds. */
const systemDisk = (all: readonly Disk[], name: string): Disk | undefined =>
  all.find((disk) => nameOf(disk.id).toLowerCase() === name.toLowerCase() && disk.managedBy === undefined);

/** A system disk is made from the image, and Azure makes no second one of a name. What is on the old one is not ours to delete unasked. */
function refuseSystemDisk(disk: Disk | undefined, machine: string, group: string): void {
  if (disk === undefined) return;
  throw new ClusterError("DiskInTheWay", `the system disk of an earlier ${machine} is still there: ${nameOf(disk.id)}`, {
    source: "azure",
    exit: EXIT.preflight,
    advice: `Azure makes no second disk of that name. Look whether it is needed, then: az disk delete --resource-group ${shellWord(group)} --name ${shellWord(nameOf(disk.id))}. Nothing was written to Azure.`,
  });
}
