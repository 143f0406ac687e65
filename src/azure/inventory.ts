/**
 * What is there: lists of a group or of the subscription, asked of each kind's own service. Those know at once what was made
 * or deleted; ARM's own list of everything (`contents`) may be minutes behind.
 */
import type { PublicIPAddress } from "@azure/arm-network";
import { AzureError } from "../core/advice/azure-error.ts";
import type { Kind } from "../core/plan/bodies.ts";
import type { Live } from "../engine/provider.ts";
import type { Clients } from "./clients.ts";
import { LISTED_KINDS, listOf, toLive } from "./provider.ts";
import { all, listed } from "./reading.ts";

export type StoredLive = Live & { readonly kind: "disk" | "storageAccount"; readonly managedBy: string | undefined };

export function inventoryReads(clients: Clients) {
  const { compute, resources, storage } = clients;
  /** Managed disks of a group; none when the group does not exist. */
  const disks = async (group: string, abortSignal: AbortSignal): Promise<StoredLive[]> =>
    ((await listed(() => all(compute.disks.listByResourceGroup(group, { abortSignal }), abortSignal))) ?? []).map((model) => ({
      ...toLive(model.id ?? "", model),
      kind: "disk",
      managedBy: model.managedBy,
    }));
  return {
    /**
     * What is in a group, of the kinds of a plan, by lower-case id.
     * @param unlisted told of each kind that this ARM does not list (another cloud's, an emulator's): ask for its resources by name
     * @param known the group's public addresses, where they were read a moment ago
     */
    async snapshot(
      group: string,
      abortSignal: AbortSignal,
      unlisted?: (kind: Kind) => void,
      known?: readonly PublicIPAddress[],
    ): Promise<Map<string, Live & { kind: Kind }>> {
      const found = await Promise.all(
        LISTED_KINDS.filter((kind) => kind !== "storageAccount").map(async (kind) => {
          const list = kind === "publicAddress" && known !== undefined ? known : listOf(kind, clients, group, abortSignal);
          const models = list === undefined ? undefined : await modelsIn(list, abortSignal);
          if (models === undefined) unlisted?.(kind);
          return (models ?? []).map((model) => ({ kind, model }));
        }),
      );
      const entries = found.flat().map(({ kind, model }): [string, Live & { kind: Kind }] => {
        const { id = "" } = model as { id?: string };
        return [id.toLowerCase(), { ...toLive(id, model), kind }];
      });
      return new Map(entries);
    },

    disks,

    /** What the snapshot leaves out and a cluster may leave behind: disks and storage accounts of a group. */
    async storage(group: string, abortSignal: AbortSignal): Promise<StoredLive[]> {
      const [found, accounts] = await Promise.all([
        disks(group, abortSignal),
        listed(() => all(storage.storageAccounts.listByResourceGroup(group, { abortSignal }), abortSignal)),
      ]);
      return [
        ...found,
        ...(accounts ?? []).map((model): StoredLive => ({
          ...toLive(model.id ?? "", model),
          kind: "storageAccount",
          managedBy: undefined,
        })),
      ];
    },

    /** Names of the containers of a storage account; none where this sign-in may not ask, or this ARM does not know them. */
    containers: async (group: string, account: string, abortSignal: AbortSignal): Promise<string[]> => {
      const list = () => all(storage.blobContainers.list(group, account, { abortSignal }), abortSignal);
      const found = await listed(list).catch((error: unknown) => {
        if (error instanceof AzureError && error.status === 403) return undefined;
        throw error;
      });
      return (found ?? []).map(({ name = "" }) => name);
    },

    /** Everything in a group, whatever its kind; none when the group does not exist. */
    contents: async (
      group: string,
      abortSignal: AbortSignal,
    ): Promise<{ id: string; type: string; tags: Record<string, string> }[]> =>
      ((await listed(() => all(resources.resources.listByResourceGroup(group, { abortSignal }), abortSignal))) ?? []).map(
        ({ id = "", type = "", tags }) => ({
          id,
          type,
          tags: tags ?? {},
        }),
      ),

    /** The machines of a group; none when the group does not exist. */
    machinesIn: async (group: string, abortSignal: AbortSignal): Promise<Live[]> =>
      ((await listed(() => all(compute.virtualMachines.list(group, { abortSignal }), abortSignal))) ?? []).map((model) =>
        toLive(model.id ?? "", model),
      ),

    /** Every machine of the subscription. */
    machines: async (abortSignal: AbortSignal): Promise<Live[]> =>
      ((await listed(() => all(compute.virtualMachines.listAll({ abortSignal }), abortSignal))) ?? []).map((model) =>
        toLive(model.id ?? "", model),
      ),
  };
}

// --- internal ---

const modelsIn = async (
  list: Parameters<typeof all>[0] | readonly unknown[],
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> =>
  Array.isArray(list) ? list : listed(() => all(list as Parameters<typeof all>[0], signal));
