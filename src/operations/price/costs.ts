/** What a plan will cost, and what a cluster that is there costs and has cost: the question, put beside other reads, and its answer. */
import type { Disk } from "@azure/arm-compute";
import type { CostDocument } from "../../core/documents.ts";
import type { Found } from "../../core/found.ts";
import { hasDiskSizeOpen, IMAGE_GIB, type Paid, type Part, paidOfFound, paidOfPlan } from "../../core/price/paid.ts";
import { DISK_SIZE_ASSUMED, costOf, costSoFar } from "../../core/price/cost.ts";
import { ADDRESS, BALANCER, MORE_RULES, type Meter, NAT_GATEWAY, diskMeter, machineMeter } from "../../core/price/meters.ts";
import { normalLocation } from "../../core/region.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Run } from "../run.ts";
import { type Asked, askPrices, listFor } from "./ask.ts";

/** What of a spec has a price; what is left out is not asked for in advance. */
type Sizes = Partial<Pick<ClusterSpec, "vmSize" | "osDiskSize" | "dataDisk" | "dataDiskSize">>;

/** Asked before it is known what will be there exactly: everything that it may be. */
export const askForSpec = (run: Run, spec: Sizes, location: string): Asked =>
  askPrices(run, normalLocation(location), likelyMeters(spec));

/** @param parts the bodies of a plan, or what is there in their place */
export async function planCost(
  run: Run,
  asked: Asked,
  {
    parts,
    location,
    diskOf,
  }: { readonly parts: readonly Part[]; readonly location: string; diskOf(id: string): Disk | undefined },
): Promise<CostDocument> {
  const paid = paidOfPlan(parts, diskOf);
  const list = await listFor(run, asked, normalLocation(location), meters(paid));
  const assumed = hasDiskSizeOpen(parts, diskOf) ? [DISK_SIZE_ASSUMED] : [];
  return costOf({ paid, list, location: normalLocation(location), now: run.clock.now(), assumed });
}

/**
 * Of what is there now.
 * @param powerOf Azure's word for a machine's power, by lower-case id; where it does not say, machines are taken to run
 */
export async function foundCost(
  run: Run,
  found: readonly Found[],
  location: string,
  { asked, powerOf }: { readonly asked?: Asked; readonly powerOf?: ReadonlyMap<string, string | undefined> } = {},
): Promise<CostDocument> {
  const place = normalLocation(location);
  const paid = paidOfFound(found.map((one) => ({ ...one, power: powerOf?.get(one.id.toLowerCase()) })));
  const list = await listFor(run, asked ?? askPrices(run, place, meters(paid)), place, meters(paid));
  const assumed = powerOf === undefined ? ["machines have run all the time"] : [];
  return costSoFar({ paid, list, location: place, now: run.clock.now(), assumed });
}

// --- internal ---

const meters = (paid: readonly Paid[]): (Meter | undefined)[] => paid.map(({ meter }) => meter);

const likelyMeters = ({ vmSize = "", osDiskSize = IMAGE_GIB, dataDisk, dataDiskSize }: Sizes): (Meter | undefined)[] => [
  machineMeter(vmSize),
  ...["Premium_LRS", "StandardSSD_LRS"].flatMap((sku) => [
    diskMeter(sku, osDiskSize),
    ...(dataDisk === true && dataDiskSize !== undefined ? [diskMeter(sku, dataDiskSize)] : []),
  ]),
  ADDRESS,
  BALANCER,
  MORE_RULES,
  NAT_GATEWAY,
];
