/** Reads that a preflight, a status or a list needs, each one small question to the SDK, answered in our own types. */
import type { Clients } from "./clients.ts";
import { groupReads } from "./lookups/groups.ts";
import { identityReads } from "./lookups/identities.ts";
import { imageReads } from "./lookups/images.ts";
import { inventoryReads } from "./lookups/inventory.ts";
import { machineReads } from "./lookups/machines.ts";
import { networkReads } from "./lookups/networks.ts";
import { regionReads } from "./lookups/region.ts";
import { storageReads } from "./lookups/storage.ts";
import { guarded } from "./reading.ts";
import { scopeReads } from "./scope.ts";

export type Lookups = ReturnType<typeof createLookups>;

export const createLookups = (clients: Clients) =>
  guarded({
    ...scopeReads(clients),
    ...inventoryReads(clients),
    ...groupReads(clients),
    ...networkReads(clients),
    ...regionReads(clients),
    ...imageReads(clients),
    ...identityReads(clients),
    ...machineReads(clients),
    ...storageReads(clients),
  });
