/** A data disk that is to outlive its machine: it is told whose it is, and the machine to let go of it. The new machine then finds it by its name. */
import type { DataDisk, VirtualMachine } from "@azure/arm-compute";
import { names } from "../../core/plan/cluster.ts";
import { nameOf } from "../../core/plan/resource.ts";
import { createPatience, isOvertaken } from "../../engine/overtaken.ts";
import { getPatiently, putPatiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { machineTags, tagDisks } from "../cluster/let-go.ts";
import type { Run } from "../run.ts";

/** Whether an earlier replacement has kept the data disk: Azure then does not take it along. */
export async function hasKeptDisk(run: Run, id: string): Promise<boolean> {
  const live = await getPatiently({ kind: "machine", id }, run.tools);
  return isKept(id, live) && ownDisk(id, live?.model as VirtualMachine | undefined)?.createOption === "Attach";
}

/** The disk's name; undefined when the machine is gone, or has none. */
export async function keepDataDisk(run: Run, id: string): Promise<string | undefined> {
  const { tools } = run;
  const patience = createPatience(`machine ${nameOf(id)}`, tools);
  for (;;) {
    const live = await getPatiently({ kind: "machine", id }, tools);
    if (live === undefined) return undefined;
    const model = live.model as VirtualMachine;
    const own = ownDisk(id, model);
    if (own?.managedDisk?.id === undefined) return undefined;
    await tagDisks(run, [{ id: own.managedDisk.id, tags: {} }], machineTags(live));
    if (own.deleteOption === "Detach") return own.name;
    const dataDisks = (model.storageProfile?.dataDisks ?? []).map((disk) =>
      disk === own ? { ...disk, deleteOption: "Detach" } : disk,
    );
    // as `az vm update` does: what was read, with one word changed
    const body = { ...model, tags: live.tags, storageProfile: { ...model.storageProfile, dataDisks } };
    const about = { kind: "machine" as const, id, label: `machine ${nameOf(id)}`, dependsOn: [] };
    try {
      await putPatiently({ ...about, body }, { etag: live.etag, isDone: (now) => isKept(id, now) }, tools);
      return own.name;
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      await patience.next(error);
    }
  }
}

// --- internal ---

const isKept = (id: string, live: Live | undefined): boolean =>
  ownDisk(id, live?.model as VirtualMachine | undefined)?.deleteOption === "Detach";

function ownDisk(id: string, model: VirtualMachine | undefined): DataDisk | undefined {
  const wanted = names.dataDisk(nameOf(id)).toLowerCase();
  return model?.storageProfile?.dataDisks?.find(({ name }) => name?.toLowerCase() === wanted);
}
