/**
 * The preflight's judgement, pure: from what was looked up to a list of problems. Everything is judged at once, so that a
 * person learns all that is wrong before the first write, and not one thing an hour.
 */
import { ClusterError, EXIT, type ExitCode } from "../errors.ts";
import type { ImageFacts, NetworkFacts, ProviderFacts, RegionSizes, SizeFacts, Usage } from "../region.ts";
import { sameLocation } from "../region.ts";
import { judgeImage, judgeNetwork } from "./preflight-ground.ts";
import type { ClusterSpec } from "../spec/spec.ts";

export interface Problem {
  readonly check: string;
  readonly message: string;
  readonly advice: string;
}

/** What was looked up. What could not be asked is absent, and was said. */
export interface Checked {
  readonly spec: ClusterSpec;
  readonly location: string;
  /** Machines that are yet to be made. */
  readonly newNodes: number;
  readonly providers?: readonly ProviderFacts[];
  readonly region?: RegionSizes;
  readonly computeUsage?: readonly Usage[];
  readonly networkUsage?: readonly Usage[];
  /** Whether the DNS label is free; absent when the cluster has it already. */
  readonly labelFree?: boolean;
  readonly image?: ImageFacts | "missing";
  readonly network?: NetworkFacts | "missing";
  /** Public addresses to be made. */
  readonly newAddresses: number;
}

export function judge(checked: Checked): Problem[] {
  return [
    ...providers(checked),
    ...size(checked),
    ...quota(checked),
    ...addresses(checked),
    ...label(checked),
    ...judgeImage(checked),
    ...judgeNetwork(checked),
  ];
}

/** All problems as the one error that ends the command: exit code 5, nothing written. */
export function refusal(problems: readonly Problem[], exit: ExitCode = EXIT.preflight): ClusterError {
  const [first] = problems;
  const one = problems.length === 1;
  return new ClusterError(
    one && first !== undefined ? first.check : "PreflightRefused",
    one && first !== undefined
      ? first.message
      : `${problems.length} things stand in the way:\n${problems.map(({ message }) => `  - ${message}`).join("\n")}`,
    { source: "azure", exit, advice: `${problems.map(({ advice }) => advice).join("\n")}\nNothing was written to Azure.` },
  );
}

// --- internal ---

function providers({ providers: found = [], location }: Checked): Problem[] {
  const unregistered = found.filter((one) => !one.registered).map((one) => one.namespace);
  const elsewhere = found.find(
    (one) => one.registered && one.locations.length > 0 && !one.locations.some((name) => sameLocation(name, location)),
  );
  return [
    ...unregistered.map((namespace) => ({
      check: "MissingSubscriptionRegistration",
      message: `the subscription is not registered for ${namespace}`,
      advice: `Register it once: \`az provider register --namespace ${namespace} --wait\`.`,
    })),
    ...(elsewhere === undefined
      ? []
      : [
          {
            check: "LocationNotAvailable",
            message: `there is no location "${location}" for this subscription`,
            advice: `Did you mean ${nearest(location, elsewhere.locations).join(", ")}? \`az account list-locations --output table\` shows all.`,
          },
        ]),
  ];
}

function size({ spec, region, location, newNodes }: Checked): Problem[] {
  // what is given now is kept for machines to come
  if (region === undefined || region.sizes.size === 0 || (newNodes === 0 && !spec.given.includes("vmSize"))) return [];
  const found = region.sizes.get(spec.vmSize.toLowerCase());
  const like = alternatives(spec, region).map((one) => one.name);
  const instead =
    like.length === 0
      ? "Choose another --vm-size or --location."
      : `Choose another --vm-size, for example ${like.join(", ")}; or another --location.`;
  if (found === undefined)
    return [{ check: "SkuNotAvailable", message: `the size ${spec.vmSize} is not offered in ${location}`, advice: instead }];
  if (found.restricted !== undefined)
    return [
      {
        check: "SkuNotAvailable",
        message: `the size ${found.name} cannot be had in ${location} with this subscription (${found.restricted})`,
        advice: instead,
      },
    ];
  return [];
}

function quota({ spec, region, computeUsage, location, newNodes }: Checked): Problem[] {
  const found = region?.sizes.get(spec.vmSize.toLowerCase());
  if (found === undefined || computeUsage === undefined || newNodes === 0) return [];
  const need = found.vcpus * newNodes;
  return ["cores", found.family].flatMap((name) => {
    const usage = computeUsage.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (usage === undefined || usage.current + need <= usage.limit) return [];
    const free = Math.max(0, usage.limit - usage.current);
    const fit = Math.floor(free / Math.max(1, found.vcpus));
    const what = name === "cores" ? `vCPUs in ${location}` : `vCPUs of the family ${usage.label} in ${location}`;
    const smaller = [...(region?.sizes.values() ?? [])]
      .filter(
        (one) =>
          one.restricted === undefined &&
          one.vcpus > 0 &&
          one.vcpus < found.vcpus &&
          one.vcpus * newNodes <= free &&
          one.architecture === found.architecture,
      )
      .slice(0, 1)
      .map((one) => `--vm-size ${one.name}`);
    const ways = [...(fit > 0 ? [`--num-nodes ${spec.numNodes - newNodes + fit}`] : []), ...smaller, "another --location"];
    return [
      {
        check: "QuotaExceeded",
        message: `${newNodes} machine${newNodes === 1 ? "" : "s"} of ${found.name} need ${need} ${what}; ${free} of ${usage.limit} are free`,
        advice: `Take ${ways.join(", ")}; or ask for a limit of ${usage.current + need} under Quotas in the portal (https://aka.ms/ProdportalCRP).`,
      },
    ];
  });
}

function addresses({ networkUsage, newAddresses, location, spec }: Checked): Problem[] {
  return ["PublicIPAddresses", "StandardSkuPublicIpAddresses"]
    .flatMap((name) => {
      const usage = networkUsage?.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (usage === undefined || usage.current + newAddresses <= usage.limit) return [];
      return [
        {
          check: "PublicIPCountLimitReached",
          message: `${newAddresses} public addresses are needed in ${location}; ${Math.max(0, usage.limit - usage.current)} of ${usage.limit} are free`,
          advice: spec.pip
            ? "Leave --pip out, take fewer nodes, or ask for more under Quotas in the portal."
            : "Delete one that is not used, or ask for more under Quotas in the portal.",
        },
      ].slice(0, 1);
    })
    .slice(0, 1);
}

const label = ({ labelFree, spec, location }: Checked): Problem[] =>
  labelFree === false
    ? [
        {
          check: "DnsRecordInUse",
          message: `the DNS name ${spec.name} is taken in ${location}, by somebody's public address`,
          advice:
            "Names are shared by all of Azure's customers in a location. Choose another cluster name, for example with a suffix of your own.",
        },
      ]
    : [];

/** Sizes of the same number of cores that can be had, nearest names first. */
function alternatives(spec: ClusterSpec, { sizes }: RegionSizes): SizeFacts[] {
  const cores = Number(/(\d+)/.exec(spec.vmSize.replace(/^Standard_/i, ""))?.[1] ?? 2);
  return [...sizes.values()]
    .filter((one) => one.restricted === undefined && one.vcpus === cores && one.architecture === "x64")
    .sort((a, b) => Number(b.family.toLowerCase().includes("ds")) - Number(a.family.toLowerCase().includes("ds")))
    .slice(0, 3);
}

/** The known names that are most like a word: same letters at the start or end. */
function nearest(word: string, known: readonly string[]): string[] {
  const score = (name: string): number => {
    let same = 0;
    while (same < word.length && name[same] === word[same]) same++;
    return same + (name.includes(word) || word.includes(name) ? 5 : 0);
  };
  return [...known].sort((a, b) => score(b) - score(a)).slice(0, 3);
}
