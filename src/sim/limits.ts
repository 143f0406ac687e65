/** What this subscription may have, and what others already have. Every number can be set; the defaults are generous. */
export interface Limits {
  /** ARM's token buckets, [capacity, refill a second] (learn: request-limits-and-throttling). */
  readonly writes: readonly [number, number];
  readonly reads: readonly [number, number];
  readonly deletes: readonly [number, number];
  /** The same of Compute and of Network each, of writes and of deletes. */
  readonly serviceChanges: readonly [number, number];
  /** Network's count of writes and deletes together: so many within so many seconds from the first. */
  readonly networkChanges: readonly [number, number];
  /** Total regional vCPUs, and vCPUs of one size family. */
  readonly cores: number;
  readonly familyCores: number;
  /** Other limits of vCPUs, as `cores`, a family, or one of both in a location: { "westus/standardDSv5Family": 10 }. */
  readonly vcpus: Readonly<Record<string, number>>;
  /** vCPUs of spot machines, of all sizes together. */
  readonly spotCores: number;
  readonly publicAddresses: number;
  /** Entries on one page of a list. */
  readonly pageSize: number;
  /** DNS labels that others have, as `label` (everywhere) or `location/label`. */
  readonly takenLabels: readonly string[];
  readonly takenAccounts: readonly string[];
  /** Sizes this subscription may not use, as `Standard_X` (everywhere), `location/Standard_X` or `location/zone/Standard_X`. */
  readonly restrictedSizes: readonly string[];
  /** Provider namespaces that are not registered. */
  readonly unregistered: readonly string[];
  /** Subscriptions that there are; none: every GUID is one. */
  readonly subscriptions: readonly string[];
  /** Whether disks that are made with a machine carry its tags, as they mostly do, or none. */
  readonly diskTags: boolean;
  /** What `Microsoft.Authorization/permissions` answers. The list of everything in a group shows what these let the caller read. */
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

export const DEFAULT_LIMITS: Limits = {
  writes: [200, 10],
  reads: [250, 25],
  deletes: [200, 10],
  serviceChanges: [200, 10],
  networkChanges: [1000, 300],
  cores: 4000,
  familyCores: 4000,
  vcpus: {},
  spotCores: 4000,
  publicAddresses: 1000,
  pageSize: 200,
  takenLabels: [],
  takenAccounts: [],
  restrictedSizes: [],
  unregistered: [],
  subscriptions: [],
  diskTags: true,
  actions: ["*"],
  notActions: [],
};

/** The limit of vCPUs in a location: of a family, or of all. */
export function vcpuLimit({ vcpus, cores, familyCores }: Limits, location: string, family: string | undefined): number {
  const of = (name: string): number | undefined =>
    Object.entries(vcpus).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const name = family ?? "cores";
  return of(`${location}/${name}`) ?? of(name) ?? (family === undefined ? cores : familyCores);
}
