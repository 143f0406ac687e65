/**
 * Data disks of machines that are gone, kept by somebody: a machine that is made again gets its own back, with what is on it.
 * Azure refuses to make a second disk of that name.
 */
import { AzureError } from "../../core/azure-error.ts";
import { names, nodeIndex } from "../../core/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { nameOf } from "../../core/resource.ts";
import type { ClusterSpec } from "../../core/spec.ts";
import { MANAGED_BY, isOurs } from "../../core/tags.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Place } from "./choose-nodes.ts";
import type { Session } from "../session.ts";

/** The places with the ids of the disks that wait for them. @throws ClusterError DiskInUse (exit 7) */
export async function withKeptDisks(
  session: Session,
  spec: ClusterSpec,
  group: string,
  places: readonly Place[],
): Promise<readonly Place[]> {
  if (!spec.dataDisk || places.every((place) => place.exists)) return places;
  // who may not list disks, or asks an ARM that does not, learns of a disk in the way when the machine is made
  const found = await patiently(session.tools, (signal) => session.lookups.disks(group, signal)).catch((error: unknown) => {
    if (error instanceof AzureError && error.status !== 401) return [];
    throw error;
  });
  const disks = new Map(
    found
      // a disk that was made with its machine may have no tags
      .filter(({ tags }) => isOurs(tags, spec.name) || tags["managed-by"] !== MANAGED_BY)
      .map((disk) => [nameOf(disk.id).toLowerCase(), disk]),
  );
  return places.map((place) => {
    const machine = names.machine(spec, place.index);
    const disk = place.exists ? undefined : disks.get(names.dataDisk(machine).toLowerCase());
    if (disk === undefined) return place;
    const holder = disk.managedBy === undefined ? undefined : nameOf(disk.managedBy);
    // its own machine lets go of it in a moment, or is made at this moment by another run
    if (holder !== undefined && nodeIndex(spec, holder) === place.index) return place;
    if (holder !== undefined)
      throw new ClusterError(
        "DiskInUse",
        `the disk ${nameOf(disk.id)} is in use by ${holder}, and ${machine} would be made with it`,
        {
          source: "azure",
          exit: EXIT.conflict,
          advice: `Detach it there (az vm disk detach), or delete it, and run the same command again.`,
        },
      );
    session.emit({
      kind: "note",
      id: `disk/${machine}`,
      label: "data disk",
      message: `${machine} gets its data disk back, with what is on it: ${nameOf(disk.id)} was kept.`,
    });
    return { ...place, keptDisk: disk.id };
  });
}
