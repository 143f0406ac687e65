/**
 * Disks come into being with their machines, and Azure does not everywhere give them the machines' tags. As long as a machine holds
 * them they are known by it; tagged they are known for good, whatever becomes of the machine. One list; where nothing lacks its
 * tags, no more. Nobody waits for it, and a create does not fail for it: the next run, remove and destroy look again.
 */
import { nameOf } from "../../core/plan/resource.ts";
import { isProven } from "../../core/plan/proof.ts";
import { patiently } from "../../engine/patiently.ts";
import { machineTags, tagDisks, untaggedOf } from "../cluster/let-go.ts";
import type { Run } from "../run.ts";
import type { Prepared } from "./prepare.ts";

export async function tagNewDisks(run: Run, { facts, found, resources }: Prepared): Promise<void> {
  const owner = { ...found.owner, ids: new Set([facts.choices.id]) };
  const machines = new Map(resources.filter(({ kind }) => kind === "machine").map(({ id }) => [id.toLowerCase(), id]));
  if (machines.size === 0 || run.tools.signal.aborted) return;
  const disks = await patiently(run.tools, (signal) => run.lookups.disks(facts.group, signal));
  const lacking = disks.filter((disk) => !isProven(disk, owner)).map((disk) => machines.get(disk.managedBy?.toLowerCase() ?? ""));
  await Promise.all(
    [...new Set(lacking)].map(async (id) => {
      if (id === undefined) return;
      const live = await patiently(run.tools, (signal) => run.tools.provider.get({ id, kind: "machine" }, signal));
      if (live === undefined || !isProven({ id, tags: live.tags }, owner)) return;
      // what of others hangs on it does not matter here: nothing is deleted
      await tagDisks(run, await untaggedOf(run, owner, live), machineTags(live)).catch((error: unknown) =>
        run.emit({
          kind: "note",
          id: `disk/${nameOf(id)}`,
          label: "disks",
          message: `The disks of ${nameOf(id)} could not be tagged: ${(error as Error).message}`,
        }),
      );
    }),
  );
}
