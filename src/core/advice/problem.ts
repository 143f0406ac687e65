/** What the preflight is told, and what it finds in the way. What to do about a code that the advice table knows is said there alone. */
import { ClusterError } from "../errors.ts";
import type { ImageFacts, NetworkFacts, ProviderFacts, RegionSizes, Usage } from "../region.ts";
import type { FlagKey, FlagValues } from "../spec/flags.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { adviceFor } from "./advice.ts";
import type { AdviceContext } from "./row.ts";

export interface Problem {
  readonly check: string;
  readonly message: string;
  readonly advice: string;
}

/** A problem of a code that the advice table knows: what to do about it is said there, whoever notices it first. */
export function known(
  { spec, location, instead, command }: Checked,
  check: string,
  message: string,
  more: AdviceContext = {},
): Problem {
  const context = {
    name: spec.name,
    vmSize: spec.vmSize,
    location,
    ...(spec.given.includes("numNodes") && { askedNodes: spec.numNodes }),
    ...(instead && { instead }),
    ...(command && { command }),
    ...more,
  };
  const advice = adviceFor({ code: check, message }, context)?.advice;
  if (advice === undefined) throw new ClusterError("NoAdvice", `the advice table has no row for ${check}`, { source: "bug" });
  return { check, message, advice };
}

/** Whether it counts what these flags say: machines are made now, or what is chosen now is kept for those to come. */
export const counts = ({ newNodes, chosen = [] }: Pick<Checked, "newNodes" | "chosen">, ...flags: readonly FlagKey[]): boolean =>
  newNodes > 0 || flags.some((flag) => chosen.includes(flag));

/** What was looked up. What could not be asked is absent, and was said. */
export interface Checked {
  readonly spec: ClusterSpec;
  readonly location: string;
  /** Whose locations they are to be; absent: AzureCloud. */
  readonly cloud?: FlagValues["cloud"];
  /** Machines that are yet to be made. */
  readonly newNodes: number;
  /** Flags of machines to come that this run changes; absent: none. What is kept unchecked is what a later growth is refused for. */
  readonly chosen?: readonly FlagKey[];
  /** Nodes that the cluster has, or is to have already. */
  readonly knownNodes?: number;
  /** What would do instead, where that was looked up: fitting.ts. */
  readonly instead?: readonly string[];
  /** What is to be typed again; absent: create. */
  readonly command?: string;
  /** How many of them are spot machines; absent: none. */
  readonly newSpot?: number;
  /** Zones that they are to be in; absent: in none. */
  readonly newZones?: readonly string[];
  /** Identities that they are to have, and that are not there. */
  readonly missingIdentities?: readonly string[];
  readonly providers?: readonly ProviderFacts[];
  readonly region?: RegionSizes;
  readonly computeUsage?: readonly Usage[];
  readonly networkUsage?: readonly Usage[];
  /** The cluster's DNS label is yet to be taken. */
  readonly newLabel: boolean;
  /** Whether it is free; absent where that was not asked. */
  readonly labelFree?: boolean;
  readonly image?: Partial<ImageFacts> | "missing";
  readonly network?: NetworkFacts | "missing";
  /** Public addresses to be made. */
  readonly newAddresses: number;
}
