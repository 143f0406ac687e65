/** What became of the sizes that were wished, in one run: which machines have which, which are full, and what is left to try. */
import type { VirtualMachine } from "@azure/arm-compute";
import { isCapacity } from "../../core/advice/advice.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import type { ChoicesDocument, PassedOver } from "../../core/documents.ts";
import { isAtWork } from "../../engine/decide.ts";
import { inTurn } from "../../core/spec/wishes.ts";
import type { Prepared } from "./prepared.ts";
import type { SizedPlan } from "./sized-plan.ts";

/** What became of the sizes in this run. Changed by next-size.ts, and by what Azure says of machines. */
export interface Sizes {
  /** Machines that are there or being made, by node index: what Azure calls their sizes. */
  readonly made: Map<number, string>;
  /** Those of them that this run has asked for. */
  readonly asked: Set<number>;
  /** Sizes that there was no room for. */
  readonly full: Set<string>;
  readonly passedOver: PassedOver[];
  /** A move that is under way, by the size that it leaves. */
  readonly moves: Map<string, Promise<boolean>>;
}

/** What of a run tells which sizes are left to it. */
interface Choosing {
  readonly prepared: Prepared;
  readonly sizes: Sizes;
  readonly inUse: SizedPlan;
}

export const beginSizes = ({ surveyed }: Prepared): Sizes => ({
  made: new Map(),
  asked: new Set(),
  full: new Set(),
  passedOver: [...surveyed.taken.passedOver],
  moves: new Map(),
});

/** Of the machines that there will be: those that stand are of the sizes that they were made with, whatever new ones get. */
export function plannedSizes({ spec, resources, decisions, snapshot }: Prepared): string[] {
  const machines = resources.filter(({ kind }) => kind === "machine");
  const sizes = machines.map(({ id }) => {
    const [decision, live] = [decisions.get(id) ?? "create", snapshot.get(id.toLowerCase())];
    const stands = decision === "unchanged" || decision === "update" || isAtWork(decision, live);
    const model = stands ? (live?.model as VirtualMachine | undefined) : undefined;
    return model?.hardwareProfile?.vmSize ?? spec.vmSize;
  });
  return [...new Set(sizes)];
}

/** Azure has refused a machine, or failed to make it, for want of room or quota. */
export const isNoRoom = (error: unknown): error is AzureError => error instanceof AzureError && isCapacity(error);

/** Sizes that may still be tried when the one in use has no room. */
export const sizesLeft = ({ prepared, sizes, inUse }: Choosing): string[] =>
  inTurn(prepared.spec.sizes, prepared.spec.vmSize).filter((one) => one !== inUse.spec.vmSize && !sizes.full.has(one));

export const choicesOf = (
  { spec, surveyed }: Prepared,
  passed: readonly PassedOver[] = surveyed.taken.passedOver,
): ChoicesDocument => ({
  vmSizes: spec.sizes,
  locations: surveyed.taken.wanted.locations,
  vmSize: spec.vmSize,
  location: spec.location,
  passedOver: passed,
});
