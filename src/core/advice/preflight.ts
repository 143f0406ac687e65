/**
 * The preflight's judgement, pure: from what was looked up to a list of problems. Everything is judged at once, so that a
 * person learns all that is wrong before the first write, and not one thing an hour.
 */
import { mostAlike } from "../nearest.ts";
import { ClusterError, EXIT, type ExitCode } from "../errors.ts";
import { normalLocation, sameLocation } from "../region.ts";
import { reservedWord } from "../spec/reserved.ts";
import { judgeImage } from "./preflight-image.ts";
import { judgeMachines } from "./preflight-machines.ts";
import { judgeNetwork } from "./preflight-network.ts";
import { type Checked, type Problem, counts, known } from "./problem.ts";
import { insteadOf } from "./row.ts";
import { vcpuDemand } from "./size-demand.ts";

export function judge(checked: Checked): Problem[] {
  return [
    ...providers(checked),
    ...size(checked),
    ...abilities(checked),
    ...quota(checked),
    ...addresses(checked),
    ...label(checked),
    ...judgeMachines(checked),
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

function providers(checked: Checked): Problem[] {
  const { providers: found = [], location } = checked;
  const unregistered = found.filter((one) => !one.registered).map((one) => one.namespace);
  const elsewhere = found.find(
    (one) => one.registered && one.locations.length > 0 && !one.locations.some((name) => sameLocation(name, location)),
  );
  return [
    ...unregistered.map((namespace) =>
      known(checked, "MissingSubscriptionRegistration", `the subscription is not registered for ${namespace}`),
    ),
    ...(elsewhere === undefined
      ? []
      : [
          known(
            checked,
            "LocationNotAvailable",
            `there is no location "${location}" for this subscription${otherCloud(checked)}`,
            {
              instead: mostAlike(location, elsewhere.locations).map((one) => `--location ${normalLocation(one)}`),
            },
          ),
        ]),
  ];
}

/** Locations of other clouds, with subscriptions of their own. */
function otherCloud({ location, cloud }: Checked): string {
  const [, title, flag] = OTHER_CLOUDS.find(([begins]) => begins.test(location)) ?? [];
  if (flag !== undefined && flag !== cloud) return `: it is one of ${title} (--cloud ${flag}, with a subscription there)`;
  return /^germany(central|northeast)$/.test(location) ? ": Azure Germany was closed in 2021" : "";
}

const OTHER_CLOUDS: readonly (readonly [begins: RegExp, title: string, cloud: NonNullable<Checked["cloud"]>])[] = [
  [/^us(gov|dod)/, "Azure Government", "AzureUSGovernment"],
  [/^china/, "Azure China", "AzureChinaCloud"],
];

function size(checked: Checked): Problem[] {
  const { spec, region, location } = checked;
  if (region === undefined || region.sizes.size === 0 || !counts(checked, "vmSize")) return [];
  const found = region.sizes.get(spec.vmSize.toLowerCase());
  if (found !== undefined && found.restricted === undefined) return [];
  const message =
    found === undefined
      ? `the size ${spec.vmSize} is not offered in ${location}`
      : `the size ${found.name} cannot be had in ${location} with this subscription (${found.restricted})`;
  return [known(checked, "SkuNotAvailable", message)];
}

function quota(checked: Checked): Problem[] {
  const { spec, region, computeUsage, location, newSpot = 0 } = checked;
  const found = region?.sizes.get(spec.vmSize.toLowerCase());
  // spot machines have a quota of their own
  const newNodes = checked.newNodes - newSpot;
  if (found === undefined || computeUsage === undefined || newNodes === 0) return [];
  const need = vcpuDemand(found, checked).regular;
  return ["cores", found.family].flatMap((name) => {
    const usage = computeUsage.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (usage === undefined || usage.current + need <= usage.limit) return [];
    const free = Math.max(0, usage.limit - usage.current);
    const what = name === "cores" ? `vCPUs in ${location}` : `vCPUs of the family ${usage.label} in ${location}`;
    const message = `${newNodes} machine${newNodes === 1 ? "" : "s"} of ${found.name} need ${need} ${what}; ${free} of ${usage.limit} are free`;
    return [known(checked, "QuotaExceeded", message, { limit: usage.current + need })];
  });
}

function addresses(checked: Checked): Problem[] {
  const { networkUsage, newAddresses, location } = checked;
  return ["PublicIPAddresses", "StandardSkuPublicIpAddresses"]
    .flatMap((name) => {
      const usage = networkUsage?.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (usage === undefined || usage.current + newAddresses <= usage.limit) return [];
      const message = `${newAddresses} public addresses are needed in ${location}; ${Math.max(0, usage.limit - usage.current)} of ${usage.limit} are free`;
      return [known(checked, "PublicIPCountLimitReached", message)];
    })
    .slice(0, 1);
}

function label(checked: Checked): Problem[] {
  const { newLabel, labelFree, spec, location } = checked;
  const word = newLabel ? reservedWord(spec.name) : undefined;
  if (word !== undefined)
    return [known(checked, "DomainNameLabelReserved", `the name ${spec.name} holds the word ${word}, which Microsoft reserves`)];
  return labelFree === false
    ? [known(checked, "DnsRecordInUse", `the DNS name ${spec.name} is taken in ${location}, by somebody's public address`)]
    : [];
}

/** What the plan asks of each machine, beside its image. */
function abilities(checked: Checked): Problem[] {
  const { spec, region } = checked;
  const found = region?.sizes.get(spec.vmSize.toLowerCase());
  if (found === undefined || !counts(checked, "dataDisk", "vmSize")) return [];
  if (spec.dataDisk && found.dataDisks === 0)
    return [
      {
        check: "SizeTakesNoDisk",
        message: `${found.name} takes no data disk, and --data-disk asks for one`,
        advice: `Take ${insteadOf(checked, "another --vm-size")}, or have no data disk: --data-disk=false.`,
      },
    ];
  return [];
}
