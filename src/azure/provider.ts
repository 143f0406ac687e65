/**
 * The one provider: get, put and delete of each kind, by the SDK's typed operations (kind-operations.ts). What waits and what is
 * tried again is the engine's business.
 */
import { restorePoller as restoreCompute } from "@azure/arm-compute";
import { restorePoller as restoreNetwork } from "@azure/arm-network";
import { restorePoller as restoreResources } from "@azure/arm-resources";
import { restorePoller as restoreStorage } from "@azure/arm-storage";
import { isAbsence } from "../core/advice/azure-error.ts";
import { KINDS } from "../core/plan/kinds.ts";
import { groupOf, nameOf } from "../core/plan/resource.ts";
import type { Live, Operation, Provider, TagTarget, Target } from "../engine/provider.ts";
import type { Clients } from "./clients.ts";
import { type KindOperations, listOf, operationsOf, plannedOperationsOf, type SdkCall, type SdkWork } from "./kind-operations.ts";
import { toLive } from "./live.ts";
import { machineReads } from "./lookups/machines.ts";
import { type SdkPoller, type WholeAnswer, acceptedDelete, driveOperation } from "./operation.ts";
import { listed, understood } from "./reading.ts";

export function createProvider(clients: Clients): Provider {
  return {
    async get(target, signal) {
      const found = await absentIsUndefined(() =>
        operationsOf(target).get(clients, groupNameOf(target), nameIn(target), { abortSignal: signal }),
      );
      return found === undefined ? undefined : toLive(target.id, found);
    },
    siblings: (target, signal) => siblingStates(clients, target, signal),
    put: (resource, { signal, createOnly, ifMatch }) => {
      const kind = plannedOperationsOf(resource.kind);
      return begin(clients, sourceOf(kind, clients, "put"), (call) =>
        kind.put(clients, groupNameOf(resource), nameIn(resource), resource.body, {
          ...call,
          abortSignal: signal,
          ...(createOnly === true ? { requestOptions: { headers: { "If-None-Match": "*" } } } : matching(ifMatch)),
        }),
      );
    },
    delete: async (target, signal, ifMatch) => {
      const kind = operationsOf(target);
      const gone: Operation = { done: true, poll: () => Promise.resolve(true) };
      return (
        (await absentIsUndefined(() =>
          begin(clients, sourceOf(kind, clients, "delete"), (call) =>
            kind.delete(clients, groupNameOf(target), nameIn(target), { ...call, abortSignal: signal, ...matching(ifMatch) }),
          ),
        )) ?? gone
      );
    },
    power: (id, power, abortSignal) => {
      const machines = clients.compute.virtualMachines;
      return understood(() =>
        begin(clients, { client: "compute", source: machines[power] }, (call) =>
          machines[power](groupOf(id) ?? "", nameOf(id), { ...call, abortSignal }),
        ),
      );
    },
    powerState: (id, signal) => machineReads(clients).powerState(groupOf(id) ?? "", nameOf(id), signal),
    async tag({ id, kind }, tags, abortSignal, ifMatch) {
      const group = groupOf(id) ?? "";
      const call = { abortSignal, ...matching(ifMatch) };
      const answer = await understood(() => TAG[kind](clients, group, nameOf(id), { tags }, call));
      return answer?.tags;
    },
  };
}

// --- internal ---

type Tag = (
  clients: Clients,
  group: string,
  name: string,
  body: { tags: Record<string, string> },
  call: SdkCall,
) => Promise<{ tags?: Record<string, string> } | void>;

/** Where it is an operation, to be answered is to be carried out: there is nothing to wait for. */
const TAG: { readonly [K in TagTarget["kind"]]: Tag } = {
  resourceGroup: ({ resources }, group, _name, body, call) => resources.resourceGroups.update(group, body, call),
  disk: ({ compute }, group, name, body, call) => compute.disks.update(group, name, body, call).submitted(),
  image: ({ compute }, group, name, body, call) => compute.images.update(group, name, body, call).submitted(),
  machine: ({ compute }, group, name, body, call) => compute.virtualMachines.update(group, name, body, call).submitted(),
  availabilitySet: ({ compute }, ...change) => compute.availabilitySets.update(...change),
  placementGroup: ({ compute }, ...change) => compute.proximityPlacementGroups.update(...change),
  sshKey: ({ compute }, ...change) => compute.sshPublicKeys.update(...change),
  networkInterface: ({ network }, ...change) => network.networkInterfaces.updateTags(...change),
  publicAddress: ({ network }, ...change) => network.publicIPAddresses.updateTags(...change),
  securityGroup: ({ network }, ...change) => network.networkSecurityGroups.updateTags(...change),
  loadBalancer: ({ network }, ...change) => network.loadBalancers.updateTags(...change),
  natGateway: ({ network }, ...change) => network.natGateways.updateTags(...change),
  network: ({ network }, ...change) => network.virtualNetworks.updateTags(...change),
  storageAccount: ({ storage }, ...change) => storage.storageAccounts.update(...change),
};

/** States of all of a kind in the group of one, by lower-case id; undefined where it is not worth a list, or no list is to be had. */
async function siblingStates(
  clients: Clients,
  target: Target,
  abortSignal: AbortSignal,
): Promise<Map<string, Live["state"]> | undefined> {
  if (KINDS[target.kind].ofANode !== true) return undefined;
  const list = listOf(target.kind, clients, groupNameOf(target), abortSignal);
  const found = list === undefined ? undefined : await listed(clients.endpoint, list, abortSignal, "states");
  // one that is listed without a state has not said that it is done
  const told = found?.filter((model) => (model as { provisioningState?: unknown }).provisioningState !== undefined);
  return told && new Map(told.map((model) => [(model as { id: string }).id.toLowerCase(), toLive("", model).state]));
}

const RESTORE = {
  compute: restoreCompute,
  network: restoreNetwork,
  resources: restoreResources,
  storage: restoreStorage,
} as unknown as Record<KindOperations["client"], (client: unknown, state: string, source: unknown) => SdkPoller>;

/** An operation of the SDK's, for making a poller again from its saved state. */
interface Source {
  readonly client: KindOperations["client"];
  readonly source: unknown;
}

const sourceOf = (kind: KindOperations, clients: Clients, verb: "put" | "delete"): Source => ({
  client: kind.client,
  source: kind.sources(clients)[verb],
});

async function begin(clients: Clients, { client, source }: Source, start: (call: SdkCall) => SdkWork): Promise<Operation> {
  let plain: Promise<unknown> | undefined;
  let first: WholeAnswer | undefined;
  const operation = driveOperation(
    (call) => {
      const work = start({
        onResponse: (answer) => {
          first = answer;
          call.onResponse(answer);
        },
      });
      if (isPoller(work)) return work;
      plain = work;
      return atOnce(work);
    },
    (state) => RESTORE[client](clients[client], state, source),
    clients.operationErrors,
  );
  try {
    const begun = await operation;
    await plain;
    return begun;
  } catch (error) {
    const later = plain === undefined || first === undefined ? undefined : acceptedDelete(first);
    if (later === undefined) throw error;
    const { resources, operationErrors } = clients;
    const restore = (state: string): SdkPoller => RESTORE.resources(resources, state, resources.resources.deleteById);
    return driveOperation(() => restore(later), restore, operationErrors);
  }
}

const groupNameOf = (target: Pick<Target, "id">): string => groupOf(target.id) ?? "";

/** What the SDK wants as the name: a container's has its account before it. */
function nameIn(target: Target): string {
  if (target.kind !== "blobContainer") return nameOf(target.id);
  const account = /\/storageAccounts\/([^/]+)\//i.exec(target.id)?.[1] ?? "";
  return `${account}/${nameOf(target.id)}`;
}

const matching = (etag: string | undefined): Pick<SdkCall, "requestOptions"> =>
  etag === undefined ? {} : { requestOptions: { headers: { "If-Match": etag } } };

const isPoller = (work: SdkWork): work is SdkPoller => "submitted" in work;

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
