/** What keeps bytes: storage accounts with their containers, for images of the user's own, and the disks of machines. */
import { AzureError } from "../../core/advice/azure-error.ts";
import type { Live } from "../../engine/provider.ts";
import type { Clients } from "../clients.ts";
import { toLive } from "../live.ts";
import { all, listed } from "../reading.ts";

type StoredLive = Live & { readonly kind: "disk" | "storageAccount"; readonly managedBy: string | undefined };

type Stored = { readonly [K in StoredLive["kind"]]: readonly StoredLive[] | undefined };

export const storageReads = (clients: Clients) => ({
  /** Managed disks of a group; undefined where there is no such list: no group, or an ARM that does not know it. */
  disks: (group: string, abortSignal: AbortSignal): Promise<StoredLive[] | undefined> => disksIn(clients, group, abortSignal),

  /** What the snapshot leaves out and a cluster may leave behind, in a group: of each kind undefined where there is no such list. */
  async storage(group: string, abortSignal: AbortSignal): Promise<Stored> {
    const { storageAccounts } = clients.storage;
    const [disk, accounts] = await Promise.all([
      disksIn(clients, group, abortSignal),
      listed(clients.endpoint, storageAccounts.listByResourceGroup(group, { abortSignal }), abortSignal),
    ]);
    const storageAccount = accounts?.map((model): StoredLive => ({
      ...toLive(model.id ?? "", model),
      kind: "storageAccount",
      managedBy: undefined,
    }));
    return { disk, storageAccount };
  },

  /** Names of the containers of a storage account; undefined where this sign-in may not ask, or there is no such list. */
  async containers(group: string, account: string, abortSignal: AbortSignal): Promise<string[] | undefined> {
    const list = clients.storage.blobContainers.list(group, account, { abortSignal });
    const found = await listed(clients.endpoint, list, abortSignal).catch((error: unknown) => {
      if (error instanceof AzureError && error.status === 403) return undefined;
      throw error;
    });
    return found?.map(({ name = "" }) => name);
  },

  /** A key of a storage account, for the one request that needs it. */
  async storageKey(group: string, account: string, abortSignal: AbortSignal): Promise<string | undefined> {
    return (await clients.storage.storageAccounts.listKeys(group, account, { abortSignal })).keys?.[0]?.value;
  },

  async storageAccounts(abortSignal: AbortSignal): Promise<{ id: string; name: string; location: string }[]> {
    const found = await all(clients.storage.storageAccounts.list({ abortSignal }), abortSignal);
    return found.map(({ id = "", name = "", location }) => ({ id, name, location }));
  },
});

// --- internal ---

async function disksIn(clients: Clients, group: string, abortSignal: AbortSignal): Promise<StoredLive[] | undefined> {
  const found = await listed(clients.endpoint, clients.compute.disks.listByResourceGroup(group, { abortSignal }), abortSignal);
  return found?.map((model) => ({ ...toLive(model.id ?? "", model), kind: "disk", managedBy: model.managedBy }));
}
