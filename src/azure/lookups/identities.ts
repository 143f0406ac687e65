/** User-assigned managed identities, by their ids: of another service than the tool's typed clients know, so the generic read asks. */
import { AzureError } from "../../core/advice/azure-error.ts";
import type { Clients } from "../clients.ts";
import { understood } from "../reading.ts";

const IDENTITIES_VERSION = "2023-01-31";

export const identityReads = ({ resources }: Clients) => ({
  /**
   * Whether there is one of that id. An ARM that does not know the service says no more of it than that.
   * @throws AzureError of what was not answered
   */
  async identityExists(id: string, abortSignal: AbortSignal): Promise<boolean> {
    try {
      await understood(() => resources.resources.getById(id.replace(/^\//, ""), IDENTITIES_VERSION, { abortSignal }));
      return true;
    } catch (error) {
      if (error instanceof AzureError && error.status === 404 && /^Resource(Group)?NotFound$/i.test(error.code)) return false;
      throw error;
    }
  },
});
