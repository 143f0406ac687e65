/**
 * Whether a node has a machine, whatever this run did about it: a change that was refused, or not come to, takes no machine away. A
 * create that is about something else does not call nodes missing that run.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import type { Live } from "../../engine/provider.ts";
import type { Carried } from "./carry-out.ts";
import type { Execution } from "./execution.ts";
import type { Prepared } from "./prepared.ts";

type Planned = Pick<Prepared, "resources" | "snapshot">;
type Ended = Pick<Carried, "unfinished">;

export const machineIdOf = ({ resources }: Pick<Prepared, "resources">, index: number): string =>
  resources.find((one) => one.kind === "machine" && one.node === index)?.id ?? "";

/** A node's machine that this run did not make, as it was last seen; undefined where there was none, or it has gone since. */
export function machineSeen(planned: Planned, { unfinished }: Ended, index: number): Live | undefined {
  const id = machineIdOf(planned, index);
  const last = unfinished.get(id)?.live;
  return last === undefined ? planned.snapshot.get(id.toLowerCase()) : (last ?? undefined);
}

/** In whatever state: one that Azure calls failed may run for all that. */
export const hasMachine = (live: Live | undefined): boolean => live !== undefined && live.state !== "deleting";

/** Azure has made it, and may be changing it. */
export const isMade = (live: Live | undefined): live is Live =>
  live !== undefined && (live.state === "succeeded" || (live.state === "working" && provisioningOf(live) === "updating"));

/** Azure's word: "creating", "updating", "failed". */
export const provisioningOf = ({ state, model }: Live): string =>
  (model as VirtualMachine | null)?.provisioningState?.toLowerCase() ?? state;

/** Its machine was there when it was looked at last, and has been taken away since. */
export function noteGone({ prepared, unfinished }: Pick<Execution, "prepared" | "unfinished">, node: number): void {
  const id = machineIdOf(prepared, node);
  unfinished.set(id, { unclear: false, lastRetry: undefined, ...unfinished.get(id), live: null });
}
