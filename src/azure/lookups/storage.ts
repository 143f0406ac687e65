/** Storage accounts, for images of the user's own. */
import type { Clients } from "../clients.ts";
import { all } from "../reading.ts";

export const storageReads = ({ storage }: Clients) => ({
  /** A key of a storage account, for the one request that needs it. */
  async storageKey(group: string, account: string, abortSignal: AbortSignal): Promise<string | undefined> {
    return (await storage.storageAccounts.listKeys(group, account, { abortSignal })).keys?.[0]?.value;
  },

  async storageAccounts(abortSignal: AbortSignal): Promise<{ id: string; name: string; location: string }[]> {
    return (await all(storage.storageAccounts.list({ abortSignal }), abortSignal)).map(({ id = "", name = "", location }) => ({
      id,
      name,
      location,
    }));
  },
});
