/**
 * ClusterSpec: what was asked for, complete. Every default is filled, every string parsed; frozen and serialisable. Its
 * type comes from the flags table. What needs two values at once is looked up in combinations.ts.
 */
import { defined } from "../defined.ts";
import { ClusterError, EXIT, usageError } from "../errors.ts";
import { FLAGS, type FlagKey, type FlagValues } from "./flags.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { type WishOf, clash } from "./combinations.ts";
import { mergeTagTexts } from "./user-tags.ts";
import { type KeptSizes, wishedLocations, wishedSizes } from "./wishes.ts";

export interface ClusterSpec extends FlagValues {
  readonly name: string;
  /** The one size that new machines get, of those that were wished: where nothing was chosen yet, the one that is tried first. */
  readonly vmSize: string;
  /** The sizes that would do, in order of wish. */
  readonly sizes: readonly string[];
  /** The one location; where nothing was chosen yet, the one that is tried first. */
  readonly location: string;
  /** The locations that would do, in order of wish. */
  readonly locations: readonly string[];
  /** The flags that were given (on the command line, by environment or file), not defaulted or kept. */
  readonly given: readonly FlagKey[];
}

/** What the cluster in Azure remembers of earlier runs. */
export type KeptValues = Partial<FlagValues> & KeptSizes;

/** The values of the flags as they are kept: a wish whole, not what was taken of it. That there is no etcd has a tag of its own. */
export const asWished = (spec: ClusterSpec): FlagValues => ({
  ...spec,
  vmSize: spec.sizes.join(","),
  etcdMembers: spec.etcdMembers === 0 ? undefined : spec.etcdMembers,
});

/** The cluster's name: also the DNS label, so its rules are the strictest of all names. */
export function clusterName(text: string): string {
  const name = text.toLowerCase();
  if (!/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(name))
    throw usageError(
      `"${text}" cannot be a cluster's name`,
      "It becomes a DNS name: 3 to 63 lower-case letters, digits and hyphens, starting with a letter, ending with a letter or digit.",
    );
  return name;
}

/**
 * Completes flag values to a spec. `kept` is what the cluster in Azure remembers of earlier runs.
 * Notes are sentences for the user about what was mapped.
 * @throws ClusterError Usage (exit 2) for what does not go together by all that is known
 */
export function buildSpec(
  name: string,
  given: Partial<FlagValues>,
  kept: KeptValues = {},
  known: WishOf = Object.keys(kept).length === 0 ? "a new one" : "one that exists",
): { spec: ClusterSpec; notes: string[] } {
  const notes: string[] = [];
  const keys = Object.keys(given) as FlagKey[];
  const defaults = Object.fromEntries(
    (Object.keys(FLAGS) as FlagKey[]).map((key) => [key, (FLAGS[key] as { default?: unknown }).default]),
  ) as unknown as FlagValues;
  const tag = mergeTagTexts(kept.tag ?? [], given.tag ?? []);
  const { sizeNow: _, ...keptFlags } = kept;
  const asked = { ...defaults, ...keptFlags, ...given, tag };
  const values = { ...asked, ...whereNothingIsSaid(asked, given, keptFlags) };
  const wish = wishedSizes(values.vmSize, given.vmSize, kept);
  notes.push(...sizeNotes(values, asked));
  const where = wishedLocations(values.location);
  notes.push(...wish.notes, ...where.notes);
  if (values.deis && PLATFORMS[values.platform].deis.leastNodes > 1 && values.numNodes % 2 === 0)
    notes.push(
      `--deis with ${values.numNodes} nodes: Deis' store votes by majority, and an even number bears no more failures than ${values.numNodes - 1}.`,
    );
  const { vmSize, sizes } = wish;
  const { locations } = where;
  const spec: ClusterSpec = Object.freeze({
    ...values,
    vmSize,
    sizes,
    location: locations[0] ?? values.location,
    locations,
    name: clusterName(name),
    given: keys,
  });
  // what cannot change, said again as it is, is no wish
  const wished = keys.filter((key) => FLAGS[key].kept !== "fixed" || !alike(given[key], kept[key]));
  const refused = clash({ ...spec, given: wished, stands: !isNew(kept) }, known);
  if (refused !== undefined) throw refused;
  return { spec, notes };
}

/** A certificate alone no longer signs in. */
export const refuseIncompleteSignIn = (): ClusterError =>
  new ClusterError("SignInIncomplete", "--azure-cert needs --tenant and --client-id too", {
    exit: EXIT.usage,
    advice:
      "A management certificate alone signed in to classic Azure, which is gone. Make a service principal for it once, and give its tenant and appId: " +
      "`az ad sp create-for-rbac --name azure-coreos-cluster --role Contributor --scopes /subscriptions/ID`, then upload azure-cert.cer to its app registration.",
  });

// --- internal ---

const isNew = (kept: KeptValues): boolean => Object.keys(kept).length === 0;

const alike = (a: FlagValues[FlagKey] | undefined, b: FlagValues[FlagKey] | undefined): boolean =>
  JSON.stringify(a)?.toLowerCase() === JSON.stringify(b)?.toLowerCase();

/** What follows from the platform where neither a flag nor the cluster itself says anything; a cluster that exists has its etcd, or none. */
function whereNothingIsSaid(asked: FlagValues, given: Partial<FlagValues>, kept: Partial<FlagValues>): Partial<FlagValues> {
  const { size, noEtcd } = PLATFORMS[asked.platform].deis;
  const etcdMembers = asked.deis && noEtcd !== undefined && isNew(kept) ? (asked.etcdMembers ?? 0) : asked.etcdMembers;
  return {
    ...(asked.deis && size !== undefined && given.vmSize === undefined && kept.vmSize === undefined ? { vmSize: size.name } : {}),
    ...defined({ etcdMembers }),
    ...(etcdMembers === 0 && given.waitFor === undefined ? { waitFor: "ssh" } : {}),
  };
}

function sizeNotes({ vmSize, platform }: FlagValues, asked: FlagValues): string[] {
  const { size } = PLATFORMS[platform].deis;
  return vmSize === asked.vmSize || size === undefined
    ? []
    : [`--deis on ${PLATFORMS[platform].title}: machines are ${size.name} (${size.why}); --vm-size chooses others.`];
}
