/**
 * What of a cluster is paid for: read off the bodies of a plan, or off what Azure says of what is there, which have the same shape.
 * Networks, security groups, availability sets, keys and interfaces cost nothing. Pure.
 */
import { defined } from "../defined.ts";
import type { DataDisk, Disk, OSDisk, VirtualMachine } from "@azure/arm-compute";
import type { LoadBalancer } from "@azure/arm-network";
import type { DoomedKind } from "../plan/bodies.ts";
import { nameOf } from "../plan/resource.ts";
import { ADDRESS, BALANCER, INCLUDED_RULES, MORE_RULES, type Meter, NAT_GATEWAY, diskMeter, machineMeter } from "./meters.ts";

/** One thing that is paid for. */
export interface Paid {
  /** "machine" and "Standard_D2s_v5": things of the same words are one item. */
  readonly noun: string;
  readonly detail: string;
  /** Undefined where the price list has none that is known here. */
  readonly meter: Meter | undefined;
  readonly count: number;
  /** When it was made, where Azure says so: milliseconds since 1970. */
  readonly since?: number;
  /** It is there, and costs nothing at present: a machine that is deallocated. */
  readonly idle?: true;
}

/** What a kind's body or model says, whichever it is. In an answer null is nothing said. */
export interface Part {
  readonly kind: DoomedKind;
  readonly id: string;
  readonly model: unknown;
  /** Azure's word for a machine's power. */
  readonly power?: string | undefined;
}

/** The size of the system disk where nobody gives one: that of Flatcar's, Ubuntu's and Debian's images. */
export const IMAGE_GIB = 30;

/**
 * With disks as the machines have them: of a plan, which has no disks of its own.
 * @param diskOf looks for a disk that is there, whose own word counts: a machine's is what was once asked of it, or nothing
 */
export const paidOfPlan = (parts: readonly Part[], diskOf: (id: string) => Disk | undefined): Paid[] =>
  parts.flatMap((part) =>
    part.kind === "machine" ? [...paidOf(part), ...disksOf(part.model as VirtualMachine, diskOf)] : paidOf(part),
  );

/** Of what is there: its disks are listed beside its machines, those that are left over too. */
export const paidOfFound = (parts: readonly Part[]): Paid[] => parts.flatMap(paidOf);

/** Whether neither what the machines say nor the disks themselves tell a system disk's size. */
export const hasDiskSizeOpen = (parts: readonly Part[], diskOf: (id: string) => Disk | undefined): boolean =>
  parts.some(({ kind, model }) => {
    const disk = kind === "machine" ? ((model as VirtualMachine).storageProfile?.osDisk ?? undefined) : undefined;
    return disk !== undefined && !isEphemeral(disk) && sizeOf(disk, diskOf).gib === undefined;
  });

// --- internal ---

/** Azure's own are shorter; what is longer is somebody else's idea of a size. */
const LONGEST_NAME = 80;

function paidOf({ kind, model, power }: Part): Paid[] {
  switch (kind) {
    case "machine": {
      const { hardwareProfile, priority, timeCreated } = model as VirtualMachine;
      const size = hardwareProfile?.vmSize ?? "";
      const spot = priority?.toLowerCase() === "spot";
      const idle = power === "deallocated" || power === "deallocating" ? { idle: true as const } : {};
      const noun = spot ? "Spot machine" : "machine";
      return [
        {
          noun,
          detail: size.slice(0, LONGEST_NAME),
          meter: machineMeter(size, { spot }),
          count: 1,
          ...sinceOf(timeCreated),
          ...idle,
        },
      ];
    }
    case "disk": {
      const { sku, diskSizeGB, timeCreated, osType } = model as Disk;
      return [
        {
          ...disk(osType === undefined ? "data disk" : "system disk", sku?.name ?? "", diskSizeGB ?? 0),
          ...sinceOf(timeCreated),
        },
      ];
    }
    case "publicAddress":
      return [{ noun: "public address", detail: "", meter: ADDRESS, count: 1 }];
    case "natGateway":
      return [{ noun: "NAT gateway", detail: "", meter: NAT_GATEWAY, count: 1 }];
    case "loadBalancer":
      return balancer(model as LoadBalancer);
    default:
      return [];
  }
}

/** Without a rule it costs nothing. https://azure.microsoft.com/pricing/details/load-balancer/ */
function balancer({ loadBalancingRules, outboundRules }: LoadBalancer): Paid[] {
  const rules = (loadBalancingRules ?? []).length + (outboundRules ?? []).length;
  const more = rules - INCLUDED_RULES;
  return [
    ...(rules === 0 ? [] : [{ noun: "load balancer", detail: "", meter: BALANCER, count: 1 }]),
    ...(more > 0 ? [{ noun: "load balancer rule", detail: "beyond five", meter: MORE_RULES, count: more }] : []),
  ];
}

function disksOf({ storageProfile, timeCreated }: VirtualMachine, diskOf: (id: string) => Disk | undefined): Paid[] {
  const osDisk = storageProfile?.osDisk ?? undefined;
  const since = sinceOf(timeCreated);
  const system =
    osDisk === undefined || isEphemeral(osDisk)
      ? []
      : [osDisk].map((one) => {
          const { sku = "", gib = IMAGE_GIB } = sizeOf(one, diskOf);
          return { ...disk("system disk", sku, gib), ...since };
        });
  const data = (storageProfile?.dataDisks ?? []).map((one): Paid => {
    const { managedDisk, name } = one;
    const { sku, gib } = sizeOf(one, diskOf);
    if (sku !== undefined && gib !== undefined) return { ...disk("data disk", sku, gib), ...since };
    return {
      noun: "data disk",
      detail: nameOf(managedDisk?.id ?? name ?? "").slice(0, LONGEST_NAME),
      meter: undefined,
      count: 1,
    };
  });
  return [...system, ...data];
}

function sizeOf(
  { managedDisk, diskSizeGB }: OSDisk | DataDisk,
  diskOf: (id: string) => Disk | undefined,
): { readonly sku?: string; readonly gib?: number } {
  const there = diskOf(managedDisk?.id ?? "");
  const sku = there?.sku?.name ?? managedDisk?.storageAccountType ?? undefined;
  const gib = there?.diskSizeGB ?? diskSizeGB ?? undefined;
  return defined({ sku, gib });
}

/** On the machine's own disk, which is paid for with it. */
const isEphemeral = ({ diffDiskSettings }: OSDisk): boolean => (diffDiskSettings ?? undefined) !== undefined;

const disk = (noun: string, sku: string, gib: number): Paid => ({
  noun,
  detail: `of ${gib} GiB (${sku === "" ? "of an unknown kind" : sku.slice(0, LONGEST_NAME)})`,
  meter: diskMeter(sku, gib),
  count: 1,
});

/** Azure is of 2010; a time that cannot be is none. */
function sinceOf(time: Date | string | undefined): { since?: number } {
  const since = time === undefined ? Number.NaN : new Date(time).getTime();
  return since >= Date.UTC(2010, 1, 1) ? { since } : {};
}
