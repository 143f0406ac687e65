/** User-assigned managed identities, by their ids: of another service than the tool's typed clients know, so the generic read asks. */
import type { Clients } from "../clients.ts";
import { orAbsent } from "../reading.ts";

const IDENTITIES_VERSION = "2023-01-31";

export const identityReads = ({ resources }: Clients) => ({
  /** Whether there is one of that id. */
  async identityExists(id: string, abortSignal: AbortSignal): Promise<boolean> {
    const read = () => resources.resources.getById(id.replace(/^\//, ""), IDENTITIES_VERSION, { abortSignal });
    return (await orAbsent(read)) !== undefined;
  },
});
