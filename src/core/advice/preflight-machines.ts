/** The preflight's judgement of zones, spot machines, identities and the system disk: what Azure would refuse when a machine is made. */
import { zoneWords, zonesOf } from "../plan/zones.ts";
import type { RegionSizes, SizeFacts } from "../region.ts";
import { isSpotAsked } from "../spec/machine.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { type Checked, type Problem, counts, known } from "./problem.ts";
import { SPOT_QUOTA, type Shortfall, type SizeDemand, shortfall, vcpuDemand } from "./size-demand.ts";

export function judgeMachines(checked: Checked): Problem[] {
  return [...zones(checked), ...size(checked), ...spotQuota(checked), ...systemDisk(checked), ...identities(checked)];
}

/** Azure makes no system disk that is smaller than its image. What the cluster keeps is not left out: who gives nothing gets it again. */
export const tooSmall = ({ osDiskSize: wanted, given }: Pick<ClusterSpec, "osDiskSize" | "given">, least: number): Problem[] =>
  wanted === undefined || wanted >= least
    ? []
    : [
        {
          check: "OsDiskTooSmall",
          message: `--os-disk-size ${wanted} is smaller than the image, which has ${least} GiB`,
          advice: `Give --os-disk-size ${least} or more${given.includes("osDiskSize") ? ", or leave it out" : ""}.`,
        },
      ];

// --- internal ---

/** What is asked of a size, by what is to be made; where nothing is, by what is chosen for machines to come. */
const demandOf = (checked: Checked): SizeDemand => ({
  spot: checked.newNodes > 0 ? (checked.newSpot ?? 0) > 0 : counts(checked, "spot", "vmSize") && isSpotAsked(checked.spec),
  zones: zonesAsked(checked),
});

const zonesAsked = (checked: Checked): readonly string[] =>
  checked.newNodes > 0 ? (checked.newZones ?? []) : counts(checked, "zones", "vmSize") ? zonesOf(checked.spec) : [];

function zones(checked: Checked): Problem[] {
  const { region, location } = checked;
  const asked = zonesAsked(checked);
  if (region?.zones === undefined || region.sizes.size === 0 || asked.length === 0) return [];
  const { zones: there } = region;
  const missing = asked.filter((zone) => !there.includes(zone));
  if (missing.length === 0) return [];
  return [
    there.length === 0
      ? known(checked, "LocationNotSupportAvailabilityZones", `${location} has no availability zones`)
      : known(
          checked,
          "InvalidAvailabilityZone",
          `${location} has the ${zoneWords(there)} for this subscription, and not ${missing.join(" and ")}`,
          {
            instead: [`--zones ${there.join(",")}`],
          },
        ),
  ];
}

/** Where the region itself has no such zone, that is said instead. */
function size(checked: Checked): Problem[] {
  const { spec, region } = checked;
  const found = region?.sizes.get(spec.vmSize.toLowerCase());
  if (region === undefined || found === undefined || found.restricted !== undefined) return [];
  const demand = demandOf(checked);
  const lacks = shortfall(found, { ...demand, zones: demand.zones.filter((zone) => region.zones?.includes(zone) ?? true) });
  if (lacks === undefined) return [];
  const instead = checked.instead ?? sizesFor(region, found, demand).map((one) => `--vm-size ${one.name}`);
  return [...lacksSpot(checked, found, lacks, instead), ...lacksZones(checked, found, lacks, instead)];
}

const lacksSpot = (checked: Checked, found: SizeFacts, lacks: Shortfall, instead: readonly string[]): Problem[] =>
  lacks.spot === undefined
    ? []
    : [known(checked, "AzureSpotIsNotSupportedForThisVMSize", `the size ${found.name} cannot be a spot machine`, { instead })];

function lacksZones(checked: Checked, found: SizeFacts, { zones: without }: Shortfall, instead: readonly string[]): Problem[] {
  if (without === undefined) return [];
  const offered = found.zones ?? [];
  const where = offered.length === 0 ? "in no zone" : `in ${zoneWords(offered)}`;
  const message = `the size ${found.name} can be had ${where} of ${checked.location} with this subscription, and not in ${zoneWords(without)}`;
  const others = offered.length === 0 ? [] : [`--zones ${offered.join(",")}`];
  return [known(checked, "SkuNotAvailable", message, { instead: [...others, ...instead] })];
}

/** Sizes of as many cores that do what is asked, three at most. */
const sizesFor = (region: RegionSizes, size: SizeFacts, demand: SizeDemand): SizeFacts[] =>
  [...region.sizes.values()]
    .filter(
      (one) =>
        one.restricted === undefined &&
        one.vcpus === size.vcpus &&
        one.architecture === size.architecture &&
        shortfall(one, demand) === undefined,
    )
    .slice(0, 3);

function spotQuota(checked: Checked): Problem[] {
  const { spec, region, computeUsage, location, newSpot = 0 } = checked;
  const found = region?.sizes.get(spec.vmSize.toLowerCase());
  const usage = computeUsage?.find(({ name }) => name.toLowerCase() === SPOT_QUOTA.toLowerCase());
  if (found === undefined || usage === undefined || newSpot === 0) return [];
  const need = vcpuDemand(found, checked).spot;
  if (usage.current + need <= usage.limit) return [];
  const free = Math.max(0, usage.limit - usage.current);
  const message = `${newSpot} spot machine${newSpot === 1 ? "" : "s"} of ${found.name} need ${need} spot vCPUs in ${location}; ${free} of ${usage.limit} are free (${usage.label})`;
  return [
    known(checked, "QuotaExceeded", message, {
      instead: [...(checked.instead ?? []), "--spot=none"],
      limit: usage.current + need,
    }),
  ];
}

function systemDisk(checked: Checked): Problem[] {
  const { spec, image } = checked;
  const least = image === undefined || image === "missing" ? undefined : image.sizeGiB;
  return !counts(checked, "osDiskSize", "coreosImage") || least === undefined ? [] : tooSmall(spec, least);
}

function identities(checked: Checked): Problem[] {
  const { spec, missingIdentities = [] } = checked;
  const kept = !spec.given.includes("identity");
  return !counts(checked, "identity")
    ? []
    : missingIdentities.map((id) => ({
        check: "IdentityNotFound",
        message: `there is no managed identity ${id}${kept ? `, which ${spec.name} keeps for new machines` : ""}`,
        advice: `\`az identity list --query "[].id" --output tsv\` lists those that there are; \`az identity create\` makes one.${kept ? " What --identity names counts from now on in place of what was kept; with --identity none new machines get none." : ""}`,
      }));
}
