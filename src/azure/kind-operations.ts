/**
 * The SDK's typed operations of each kind: a kind is a row, and a new one is made here. Nothing is asked, waited for or tried again by
 * a row itself.
 */
import type { Bodies, Kind } from "../core/plan/bodies.ts";
import type { Target } from "../engine/provider.ts";
import type { Clients } from "./clients.ts";
import type { SdkPoller, WholeAnswer } from "./operation.ts";
import type { Paged } from "./reading.ts";

/** Call options that every operation of the SDK takes. */
export interface SdkCall {
  abortSignal?: AbortSignal;
  onResponse?: (answer: WholeAnswer) => void;
  /** The SDK has options for conditions on machines only; ARM's Network services know the headers all the same. */
  requestOptions?: { headers: Record<string, string> };
}

export type SdkWork = Promise<unknown> | SdkPoller;

interface Row<K extends Kind> {
  readonly client: "compute" | "network" | "resources" | "storage";
  get(clients: Clients, group: string, name: string, call: SdkCall): Promise<unknown>;
  put(clients: Clients, group: string, name: string, body: Bodies[K], call: SdkCall): SdkWork;
  delete(clients: Clients, group: string, name: string, call: SdkCall): SdkWork;
  /** All of the kind in a group; absent for kinds that no group lists. */
  list?(clients: Clients, group: string, call: SdkCall): Paged<unknown>;
  /** The operations themselves, for making a poller again from its saved state. */
  sources(clients: Clients): { put: unknown; delete: unknown };
}

/** A row as whoever has a kind in hand sees it. Disks have no `put`: they come with their machines. */
export type KindOperations = Omit<Row<Kind>, "put">;

export const operationsOf = ({ kind }: Pick<Target, "kind">): KindOperations => (kind === "disk" ? DISK : ROWS[kind]);

/** Of a kind that is in plans. */
export const plannedOperationsOf = (kind: Kind): Row<Kind> => ROWS[kind];

/** All of a kind in a group; undefined for kinds that no group lists. */
export const listOf = (
  kind: Target["kind"],
  clients: Clients,
  group: string,
  abortSignal: AbortSignal,
): Paged<unknown> | undefined => operationsOf({ kind }).list?.(clients, group, { abortSignal });

/** The kinds of a plan that a group lists. */
export const listedKinds = (): Kind[] => (Object.keys(ROWS) as Kind[]).filter((kind) => ROWS[kind].list !== undefined);

// --- internal ---

/** The methods that a kind's operation group has, whatever its types: the rows below are checked against the SDK's own. */
interface Group<B> {
  get(group: string, name: string, call: SdkCall): Promise<unknown>;
  createOrUpdate(group: string, name: string, body: B, call: SdkCall): SdkWork;
  delete(group: string, name: string, call: SdkCall): SdkWork;
}

type Listing = (group: string, call: SdkCall) => Paged<unknown>;

/** A row by the operation group of its kind, of which the SDK calls the list of a group `list` ... */
const row = <K extends Kind>(
  client: Row<K>["client"],
  pick: (clients: Clients) => Group<Bodies[K]> & { list: Listing },
): Row<K> => ({ ...common(client, pick), list: (clients, group, call) => pick(clients).list(group, call) });

/** ... or `listByResourceGroup`. */
const rowByGroup = <K extends Kind>(
  client: Row<K>["client"],
  pick: (clients: Clients) => Group<Bodies[K]> & { listByResourceGroup: Listing },
): Row<K> => ({ ...common(client, pick), list: (clients, group, call) => pick(clients).listByResourceGroup(group, call) });

const common = <K extends Kind>(client: Row<K>["client"], pick: (clients: Clients) => Group<Bodies[K]>): Row<K> => ({
  client,
  get: (clients, group, name, call) => pick(clients).get(group, name, call),
  put: (clients, group, name, body, call) => pick(clients).createOrUpdate(group, name, body, call),
  delete: (clients, group, name, call) => pick(clients).delete(group, name, call),
  sources: (clients) => ({ put: pick(clients).createOrUpdate, delete: pick(clients).delete }),
});

const ROWS: { [K in Kind]: Row<K> } = {
  resourceGroup: {
    client: "resources",
    get: (c, _group, name, call) => c.resources.resourceGroups.get(name, call),
    put: (c, _group, name, body, call) => c.resources.resourceGroups.createOrUpdate(name, body, call),
    // Force: machines are switched off rather than shut down; nothing of theirs is kept.
    delete: (c, _group, name, call) =>
      c.resources.resourceGroups.delete(name, { ...call, forceDeletionTypes: "Microsoft.Compute/virtualMachines" }),
    sources: (c) => ({ put: c.resources.resourceGroups.createOrUpdate, delete: c.resources.resourceGroups.delete }),
  },
  placementGroup: rowByGroup("compute", (c) => c.compute.proximityPlacementGroups),
  publicAddress: row("network", (c) => c.network.publicIPAddresses),
  sshKey: {
    client: "compute",
    get: (c, group, name, call) => c.compute.sshPublicKeys.get(group, name, call),
    put: (c, group, name, body, call) => c.compute.sshPublicKeys.create(group, name, body, call),
    delete: (c, group, name, call) => c.compute.sshPublicKeys.delete(group, name, call),
    list: (c, group, call) => c.compute.sshPublicKeys.listByResourceGroup(group, call),
    sources: (c) => ({ put: c.compute.sshPublicKeys.create, delete: c.compute.sshPublicKeys.delete }),
  },
  securityGroup: row("network", (c) => c.network.networkSecurityGroups),
  natGateway: row("network", (c) => c.network.natGateways),
  network: row("network", (c) => c.network.virtualNetworks),
  availabilitySet: row("compute", (c) => c.compute.availabilitySets),
  loadBalancer: row("network", (c) => c.network.loadBalancers),
  storageAccount: {
    client: "storage",
    get: (c, group, name, call) => c.storage.storageAccounts.getProperties(group, name, call),
    put: (c, group, name, body, call) => c.storage.storageAccounts.create(group, name, body, call),
    delete: (c, group, name, call) => c.storage.storageAccounts.delete(group, name, call),
    list: (c, group, call) => c.storage.storageAccounts.listByResourceGroup(group, call),
    sources: (c) => ({ put: c.storage.storageAccounts.create, delete: c.storage.storageAccounts.delete }),
  },
  blobContainer: {
    client: "storage",
    get: (c, group, name, call) => c.storage.blobContainers.get(group, ...accountAndContainer(name), call),
    put: (c, group, name, body, call) => c.storage.blobContainers.create(group, ...accountAndContainer(name), body, call),
    delete: (c, group, name, call) => c.storage.blobContainers.delete(group, ...accountAndContainer(name), call),
    sources: (c) => ({ put: c.storage.blobContainers.create, delete: c.storage.blobContainers.delete }),
  },
  image: rowByGroup("compute", (c) => c.compute.images),
  networkInterface: row("network", (c) => c.network.networkInterfaces),
  machine: row("compute", (c) => c.compute.virtualMachines),
};

/** Disks are made with their machines and in no plan; they are only looked at and deleted. */
const DISK: Omit<Row<Kind>, "put"> = {
  client: "compute",
  get: (c, group, name, call) => c.compute.disks.get(group, name, call),
  delete: (c, group, name, call) => c.compute.disks.delete(group, name, call),
  list: (c, group, call) => c.compute.disks.listByResourceGroup(group, call),
  sources: (c) => ({ put: c.compute.disks.createOrUpdate, delete: c.compute.disks.delete }),
};

function accountAndContainer(name: string): [string, string] {
  const [account = "", container = ""] = name.split("/");
  return [account, container];
}
