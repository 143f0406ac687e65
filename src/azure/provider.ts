/**
 * The one provider: get, put and delete of each kind, by the SDK's typed operations. A kind is a row. What waits and what is
 * tried again is the engine's business.
 */
import { restorePoller as restoreCompute } from "@azure/arm-compute";
import { restorePoller as restoreNetwork } from "@azure/arm-network";
import { restorePoller as restoreResources } from "@azure/arm-resources";
import { restorePoller as restoreStorage } from "@azure/arm-storage";
import { isAbsence } from "../core/advice/azure-error.ts";
import { KINDS } from "../core/plan/kinds.ts";
import { groupOf, nameOf } from "../core/plan/resource.ts";
import type { Bodies, Kind } from "../core/plan/bodies.ts";
import type { Live, Operation, Provider, Target } from "../engine/provider.ts";
import type { Clients } from "./clients.ts";
import { type Paged, all, listed, understood } from "./reading.ts";
import { type RawAnswer, type SdkPoller, driveOperation } from "./operation.ts";

/** Call options that every operation of the SDK takes. */
interface Call {
  abortSignal?: AbortSignal;
  onResponse?: (answer: RawAnswer) => void;
  /** The SDK has options for conditions on machines only; ARM's Network services know the headers all the same. */
  requestOptions?: { headers: Record<string, string> };
}

type Work = Promise<unknown> | SdkPoller;

interface Row<K extends Kind> {
  readonly client: "compute" | "network" | "resources" | "storage";
  get(clients: Clients, group: string, name: string, call: Call): Promise<unknown>;
  put(clients: Clients, group: string, name: string, body: Bodies[K], call: Call): Work;
  delete(clients: Clients, group: string, name: string, call: Call): Work;
  /** All of the kind in a group; absent for kinds that no group lists. */
  list?(clients: Clients, group: string, call: Call): Paged<unknown>;
  /** The operations themselves, for making a poller again from its saved state. */
  sources(clients: Clients): { put: unknown; delete: unknown };
}

/** The methods that a kind's operation group has, whatever its types: the rows below are checked against the SDK's own. */
interface Group<B> {
  get(group: string, name: string, call: Call): Promise<unknown>;
  createOrUpdate(group: string, name: string, body: B, call: Call): Work;
  delete(group: string, name: string, call: Call): Work;
}

type Listing = (group: string, call: Call) => Paged<unknown>;

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

const RESTORE = {
  compute: restoreCompute,
  network: restoreNetwork,
  resources: restoreResources,
  storage: restoreStorage,
} as unknown as Record<Row<Kind>["client"], (client: unknown, state: string, source: unknown) => SdkPoller>;

export function createProvider(clients: Clients): Provider {
  return {
    async get(target, signal) {
      const found = await absentIsUndefined(() =>
        rowOf(target).get(clients, groupNameOf(target), nameIn(target), { abortSignal: signal }),
      );
      return found === undefined ? undefined : toLive(target.id, found);
    },
    async siblings(target, abortSignal) {
      const list =
        KINDS[target.kind].ofANode === true ? listOf(target.kind, clients, groupNameOf(target), abortSignal) : undefined;
      const found = list === undefined ? undefined : await listed(() => all(list, abortSignal));
      // one that is listed without a state has not said that it is done
      const told = found?.filter((model) => (model as { provisioningState?: unknown }).provisioningState !== undefined);
      return told && new Map(told.map((model) => [(model as { id: string }).id.toLowerCase(), toLive("", model).state]));
    },
    put: (resource, { signal, createOnly, ifMatch }) => {
      const kind = ROWS[resource.kind] as Row<Kind>;
      return begin(kind, "put", (call) =>
        kind.put(clients, groupNameOf(resource), nameIn(resource), resource.body, {
          ...call,
          abortSignal: signal,
          ...(createOnly === true ? { requestOptions: { headers: { "If-None-Match": "*" } } } : matching(ifMatch)),
        }),
      );
    },
    delete: async (target, signal, ifMatch) => {
      const kind = rowOf(target);
      const gone: Operation = { done: true, poll: () => Promise.resolve(true) };
      return (
        (await absentIsUndefined(() =>
          begin(kind, "delete", (call) =>
            kind.delete(clients, groupNameOf(target), nameIn(target), { ...call, abortSignal: signal, ...matching(ifMatch) }),
          ),
        )) ?? gone
      );
    },
    async tag({ id, kind }, tags, abortSignal, ifMatch) {
      const group = groupOf(id) ?? "";
      const { compute, network, resources } = clients;
      const call = { abortSignal, ...matching(ifMatch) };
      await understood<unknown>(() => {
        if (kind === "resourceGroup") return resources.resourceGroups.update(group, { tags }, call);
        // to be answered is to be carried out: there is nothing to wait for
        if (kind === "disk") return compute.disks.update(group, nameOf(id), { tags }, call).submitted();
        return network.publicIPAddresses.updateTags(group, nameOf(id), { tags }, call);
      });
    },
  };

  async function begin(kind: Omit<Row<Kind>, "put">, verb: "put" | "delete", start: (call: Call) => Work): Promise<Operation> {
    let plain: Promise<unknown> | undefined;
    const source = kind.sources(clients)[verb];
    const operation = await driveOperation(
      (call) => {
        const work = start(call);
        if (isPoller(work)) return work;
        plain = work;
        return atOnce(work);
      },
      (state) => RESTORE[kind.client](clients[kind.client], state, source),
      clients.operationErrors,
    );
    await plain;
    return operation;
  }
}

/** The kinds of a plan that a group lists. */
export const LISTED_KINDS = (Object.keys(ROWS) as Kind[]).filter((kind) => ROWS[kind].list !== undefined);

/** All of a kind in a group; undefined for kinds that no group lists. */
export const listOf = (
  kind: Target["kind"],
  clients: Clients,
  group: string,
  abortSignal: AbortSignal,
): Paged<unknown> | undefined => rowOf({ kind }).list?.(clients, group, { abortSignal });

/** An SDK model as the engine sees it. */
export function toLive(id: string, model: unknown): Live {
  const { provisioningState, tags, location, properties, etag } = model as {
    etag?: string;
    provisioningState?: string;
    tags?: Record<string, string>;
    location?: string;
    properties?: { provisioningState?: string };
  };
  return {
    id,
    state: stateOf(provisioningState ?? properties?.provisioningState),
    tags: tags ?? {},
    location,
    model,
    ...(typeof etag === "string" && etag !== "" ? { etag } : {}),
  };
}

// --- internal ---

/** No provisioning state at all means done: availability sets have none. */
function stateOf(text: string | undefined): Live["state"] {
  switch (text?.toLowerCase()) {
    case undefined:
    case "succeeded":
      return "succeeded";
    case "failed":
    case "canceled":
      return "failed";
    case "deleting":
    case "deprovisioning":
      return "deleting";
    default:
      return "working";
  }
}

const rowOf = ({ kind }: Pick<Target, "kind">): Omit<Row<Kind>, "put"> => (kind === "disk" ? DISK : ROWS[kind]);

const groupNameOf = (target: Pick<Target, "id">): string => groupOf(target.id) ?? "";

/** What the SDK wants as the name: a container's has its account before it. */
function nameIn(target: Target): string {
  if (target.kind !== "blobContainer") return nameOf(target.id);
  const account = /\/storageAccounts\/([^/]+)\//i.exec(target.id)?.[1] ?? "";
  return `${account}/${nameOf(target.id)}`;
}

function accountAndContainer(name: string): [string, string] {
  const [account = "", container = ""] = name.split("/");
  return [account, container];
}

const matching = (etag: string | undefined): Pick<Call, "requestOptions"> =>
  etag === undefined ? {} : { requestOptions: { headers: { "If-Match": etag } } };

const isPoller = (work: Work): work is SdkPoller => "submitted" in work;

/** An operation that is a single request, in the shape of a poller. */
const atOnce = (work: Promise<unknown>): SdkPoller => ({
  isDone: true,
  submitted: async () => void (await work),
  serialize: () => Promise.resolve(""),
  poll: () => Promise.resolve(undefined),
});

async function absentIsUndefined<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await understood(request);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    // what ARM answers to a DELETE of what is not there, and what the SDK does not expect for some kinds
    if ((error as { status?: unknown }).status === 204) return undefined;
    throw error;
  }
}
