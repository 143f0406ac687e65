/** Somebody else's hand in a test's Azure: requests that are not the tool's. */
import type { TestAzure } from "./world.ts";

const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000";

/** How a test's own requests are told from the tool's. */
export const BY_HAND = "Bearer by hand";

/** A request past the command line, `path` below the subscription. */
export async function byHand(
  azure: TestAzure,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await azure.simulation.handle({
    method,
    url: `https://management.azure.com${SUBSCRIPTION}${path}?api-version=2024-01-01`,
    headers: { authorization: BY_HAND },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    body: JSON.parse(answer.body === undefined || answer.body === "" ? "{}" : answer.body) as Record<string, unknown>,
  };
}

export const inGroup = (group: string, type: string, name: string): string =>
  `/resourceGroups/${group}/providers/${type}/${name}`;

/** A resource that no cluster made. */
export const addForeign = (azure: TestAzure, group: string, name = "theirs"): Promise<{ status: number }> =>
  byHand(azure, "PUT", inGroup(group, "Microsoft.Network/networkSecurityGroups", name), {
    location: "westus",
    tags: { owner: "somebody" },
    properties: {},
  });

export const addGroup = (azure: TestAzure, group: string, tags: Record<string, string> = {}): Promise<{ status: number }> =>
  byHand(azure, "PUT", `/resourceGroups/${group}`, { location: "westus", tags });

/** A managed identity, in a group that is made for it. */
export async function addIdentity(azure: TestAzure, group: string, name: string): Promise<string> {
  const path = inGroup(group, "Microsoft.ManagedIdentity/userAssignedIdentities", name);
  await addGroup(azure, group);
  await byHand(azure, "PUT", path, { location: "westus" });
  return `${SUBSCRIPTION}${path}`;
}

export const addLock = (azure: TestAzure, scope: string, name: string, level = "CanNotDelete"): Promise<{ status: number }> =>
  byHand(azure, "PUT", `${scope}/providers/Microsoft.Authorization/locks/${name}`, { properties: { level } });

/** Ids of everything there is, below the subscription, without what the simulation only keeps for itself. */
export const everything = (azure: TestAzure): string[] =>
  azure.simulation
    .save()
    .entries.map((entry) => entry.id.slice(SUBSCRIPTION.length))
    .sort();

export const deletes = (azure: TestAzure): string[] =>
  azure.exchanges.filter((one) => one.method === "DELETE").map((one) => new URL(one.url).pathname.slice(SUBSCRIPTION.length));

/** A security rule that lets nothing in. */
export const denyAll = (name: string, priority: number) => ({
  name,
  properties: {
    priority,
    direction: "Inbound",
    access: "Deny",
    protocol: "*",
    sourceAddressPrefix: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "*",
  },
});
