/**
 * Whether a size can be had as it is asked for: one size, one demand, no more looked at than what Azure says of the size. The same
 * question for the size that was named, for those that are proposed in its place, and for whoever compares several.
 */
import type { RegionSizes, SizeFacts, Usage } from "../region.ts";

export interface SizeDemand {
  /** Some of the machines are to be spot machines. */
  readonly spot: boolean;
  /** Zones that machines are to be in; none: in no zone. */
  readonly zones: readonly string[];
}

export interface Shortfall {
  /** Azure cannot have it as a spot machine. */
  readonly spot?: true;
  /** Of the zones that are asked for, those without it. */
  readonly zones?: readonly string[];
}

/** What a size does not do of what is asked of it; undefined where it does all. What Azure does not say is no shortfall. */
export function shortfall({ spot, zones }: Pick<SizeFacts, "spot" | "zones">, demand: SizeDemand): Shortfall | undefined {
  const without = zones === undefined ? [] : demand.zones.filter((zone) => !zones.includes(zone));
  const never = demand.spot && spot === false;
  if (!never && without.length === 0) return undefined;
  return { ...(never ? { spot: true as const } : {}), ...(without.length === 0 ? {} : { zones: without }) };
}

/** vCPUs by quota: spot machines have one of their own, of all sizes together. */
export const vcpuDemand = (
  { vcpus }: Pick<SizeFacts, "vcpus">,
  { newNodes, newSpot = 0 }: { readonly newNodes: number; readonly newSpot?: number },
): { readonly regular: number; readonly spot: number } => ({ regular: vcpus * (newNodes - newSpot), spot: vcpus * newSpot });

/** The usage of the quotas as it is once these machines are gone; none where Azure does not tell how large one of them is. */
export function usageWithout(
  usages: readonly Usage[],
  region: Pick<RegionSizes, "sizes"> | undefined,
  gone: readonly { readonly vmSize: string; readonly spot: boolean }[],
): Usage[] {
  const freed = new Map<string, number>();
  for (const { vmSize, spot } of gone) {
    const size = region?.sizes.get(vmSize.toLowerCase());
    if (size === undefined) return [];
    for (const quota of (spot ? [SPOT_QUOTA] : ["cores", size.family]).map((name) => name.toLowerCase()))
      freed.set(quota, (freed.get(quota) ?? 0) + size.vcpus);
  }
  return usages.map((usage) => ({ ...usage, current: Math.max(0, usage.current - (freed.get(usage.name.toLowerCase()) ?? 0)) }));
}

/** Azure's name of that quota. */
export const SPOT_QUOTA = "lowPriorityCores";
