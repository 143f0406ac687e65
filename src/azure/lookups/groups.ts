/** Resource groups, as far as they matter here. */
import type { ResourceGroup } from "@azure/arm-resources";
import type { Clients } from "../clients.ts";
import { all, orAbsent } from "../reading.ts";

export interface GroupFacts {
  /** As it was spelled when it was made. */
  readonly name: string;
  readonly location: string;
  readonly tags: Record<string, string>;
  readonly deleting: boolean;
}

export const groupReads = ({ resources }: Clients) => ({
  /** The resource group; undefined when there is none. */
  group: (name: string, abortSignal: AbortSignal): Promise<GroupFacts | undefined> =>
    orAbsent(async () => groupFacts(await resources.resourceGroups.get(name, { abortSignal }))),

  /** Groups that carry the tool's tag. */
  async ourGroups(managedBy: string, abortSignal: AbortSignal): Promise<GroupFacts[]> {
    const filter = `tagName eq 'managed-by' and tagValue eq '${managedBy}'`;
    const found = await all(resources.resourceGroups.list({ abortSignal, filter }), abortSignal);
    return found.map(groupFacts);
  },
});

// --- internal ---

function groupFacts({ name = "", location, tags = {}, ...rest }: ResourceGroup): GroupFacts {
  const { properties } = rest as { properties?: { provisioningState?: string } };
  return { name, location, tags, deleting: /^(deleting|deprovisioning)$/i.test(properties?.provisioningState ?? "") };
}
