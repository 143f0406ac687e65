/** Networks that are there, and public addresses. */
import type { PublicIPAddress, VirtualNetwork } from "@azure/arm-network";
import { type NetworkFacts, normalLocation } from "../../core/region.ts";
import type { Clients } from "../clients.ts";
import { all, listed, orAbsent } from "../reading.ts";

export const networkReads = ({ network }: Clients) => ({
  /** Public addresses of a group; undefined where there is no such list: no group, or an ARM that does not know it. */
  addresses: (group: string, abortSignal: AbortSignal): Promise<PublicIPAddress[] | undefined> =>
    listed(() => all(network.publicIPAddresses.list(group, { abortSignal }), abortSignal)),

  /** Every public address of the subscription. */
  allAddresses: (abortSignal: AbortSignal): Promise<PublicIPAddress[]> =>
    listed(() => all(network.publicIPAddresses.listAll({ abortSignal }), abortSignal)).then((found) => found ?? []),

  network: (group: string, name: string, abortSignal: AbortSignal): Promise<NetworkFacts | undefined> =>
    orAbsent(async () => networkFacts(await network.virtualNetworks.get(group, name, { abortSignal }))),

  addressFree: async (group: string, networkName: string, address: string, abortSignal: AbortSignal): Promise<boolean> =>
    (await network.virtualNetworks.checkIPAddressAvailability(group, networkName, address, { abortSignal })).available ?? false,

  async dnsLabelFree(location: string, label: string, abortSignal: AbortSignal): Promise<boolean> {
    return (await network.checkDnsNameAvailability(location, label, { abortSignal })).available ?? true;
  },
});

// --- internal ---

const networkFacts = (found: VirtualNetwork): NetworkFacts => ({
  id: found.id ?? "",
  location: normalLocation(found.location),
  subnets: (found.subnets ?? []).map((subnet) => ({
    id: subnet.id ?? "",
    name: subnet.name ?? "",
    prefixes: subnet.addressPrefixes ?? (subnet.addressPrefix === undefined ? [] : [subnet.addressPrefix]),
    used: subnet.ipConfigurations?.length ?? 0,
    natGateway: subnet.natGateway !== undefined,
  })),
});
