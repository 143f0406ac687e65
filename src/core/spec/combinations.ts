/**
 * THE COMBINATIONS TABLE: what Azure refuses of flags together, each with the reason and what to do; one row a combination. It is
 * looked at before anything is asked of Azure. What depends on a region, a size or an image is the preflight's.
 */
import { type ClusterError, usageError } from "../errors.ts";
import type { FlagKey, FlagValues } from "./flags.ts";

/** What was wished, and which flags were typed for it. */
type Wish = FlagValues & { readonly given: readonly FlagKey[] };

/** The refusal of what cannot go together, or undefined. */
export function clash(spec: Wish): ClusterError | undefined {
  const row = COMBINATIONS.find(({ when }) => when(spec));
  return row && usageError(row.why, row.instead);
}

// --- internal ---

interface Combination {
  readonly when: (spec: Wish) => boolean;
  readonly why: string;
  readonly instead: string;
}

const isSpotAsked = ({ spot }: Wish): boolean => spot !== undefined && spot !== "none";

const COMBINATIONS: readonly Combination[] = [
  {
    when: (spec) => spec.zones.length > 0 && spec.affinityGroup !== undefined,
    why: "--zones and --affinity-group exclude each other: a proximity placement group lies in one datacenter, zones are several",
    instead: "Leave one of them out: --affinity-group keeps machines close, --zones keeps them apart.",
  },
  {
    when: (spec) => spec.zones.length > 0 && spec.given.includes("availabilitySet"),
    why: "--zones and --availability-set exclude each other: Azure puts no availability set into zones",
    instead: "Leave --availability-set out: zones spread the machines further than a set does.",
  },
  {
    when: (spec) => spec.spot === "all" && spec.given.includes("availabilitySet"),
    why: "--spot=all and --availability-set exclude each other: Azure takes no spot machine into an availability set",
    instead: "Leave --availability-set out, or give --spot alone: etcd's members are then no spot machines, and in the set.",
  },
  {
    // https://learn.microsoft.com/azure/virtual-machines/spot-vms#limitations
    when: (spec) => isSpotAsked(spec) && spec.cloud === "AzureChinaCloud",
    why: "there are no spot machines in Azure operated by 21Vianet",
    instead: "Leave --spot out.",
  },
  {
    when: (spec) => spec.given.includes("maxPrice") && !isSpotAsked(spec),
    why: "--max-price is for spot machines, and none are asked for",
    instead: "Give --spot too, or leave --max-price out.",
  },
];
