/** Availability zones: which one a node's machine is in, and what stands in all of them. Pure. */
import type { FlagValues } from "../spec/flags.ts";

type Zones = Pick<FlagValues, "zones">;

/** The zones that nodes are spread over, in the order in which they get them; none without `--zones`. */
export const zonesOf = ({ zones }: Zones): readonly string[] => [...new Set(zones)];

/** Node i is in the i-th zone, and so again and again: growth moves nobody. */
export function zoneOf(spec: Zones, index: number): string | undefined {
  const zones = zonesOf(spec);
  return zones[index % zones.length];
}

/**
 * Of an address that machines of several zones share: it stands in all of them, and outlives the loss of one. Azure puts no address of
 * no zone before a machine that has one, and an address never changes its zones. A region that has zones has three.
 */
export const inAllZones = ({ zones }: Zones): { zones?: string[] } => (zones.length === 0 ? {} : { zones: ["1", "2", "3"] });

/** "zone 1", "zones 1 and 2", "zones 1, 2 and 3" */
export function zoneWords(zones: readonly string[]): string {
  const listed = zones.length < 2 ? zones.join("") : `${zones.slice(0, -1).join(", ")} and ${zones.at(-1)}`;
  return `${zones.length === 1 ? "zone" : "zones"} ${listed}`;
}
