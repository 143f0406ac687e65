/** Networks that are there, and public addresses. */
import { defined } from "../../core/defined.ts";
import type { PublicIPAddress, Subnet, VirtualNetwork } from "@azure/arm-network";
import type { BearerKind } from "../../core/plan/bearer.ts";
import type { Bodies } from "../../core/plan/bodies.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import {
  type NetworkFacts,
  type RouteFacts,
  type SecurityRuleFacts,
  type SubnetFacts,
  normalLocation,
} from "../../core/region.ts";
import { ruleFacts, oneOrMore } from "../../core/plan/let-in.ts";
import type { Clients } from "../clients.ts";
import { listed, orAbsent } from "../reading.ts";

/** Models of the SDK, as lists give them. */
export type BearerModels = { readonly [K in BearerKind]: readonly (Bodies[K] & { id?: string })[] | undefined };

export const networkReads = ({ network, endpoint }: Clients) => ({
  /** Public addresses of a group; undefined where there is no such list: no group, or an ARM that does not know it. */
  addresses: (group: string, abortSignal: AbortSignal): Promise<PublicIPAddress[] | undefined> =>
    listed(endpoint, network.publicIPAddresses.list(group, { abortSignal }), abortSignal),

  /** What may bear a claim, in a group; of each kind undefined where there is no such list. */
  async bearers(group: string, abortSignal: AbortSignal): Promise<BearerModels> {
    const { publicIPAddresses, networkSecurityGroups } = network;
    const [publicAddress, securityGroup] = await Promise.all([
      listed(endpoint, publicIPAddresses.list(group, { abortSignal }), abortSignal),
      listed(endpoint, networkSecurityGroups.list(group, { abortSignal }), abortSignal),
    ]);
    return { publicAddress, securityGroup };
  },

  /** The same in the whole subscription. */
  async allBearers(abortSignal: AbortSignal): Promise<BearerModels> {
    const { publicIPAddresses, networkSecurityGroups } = network;
    const [publicAddress, securityGroup] = await Promise.all([
      listed(endpoint, publicIPAddresses.listAll({ abortSignal }), abortSignal),
      listed(endpoint, networkSecurityGroups.listAll({ abortSignal }), abortSignal),
    ]);
    return { publicAddress, securityGroup };
  },

  /** With what has an address in its subnets, where this ARM tells that. */
  network: (group: string, name: string, abortSignal: AbortSignal): Promise<NetworkFacts | undefined> =>
    orAbsent(async () =>
      networkFacts(await network.virtualNetworks.get(group, name, { abortSignal, expand: "subnets/ipConfigurations" })),
    ),

  /** Private addresses of the interfaces of a group, by the lower-case id of the configuration that has them. */
  async interfaceAddresses(group: string, abortSignal: AbortSignal): Promise<Map<string, string>> {
    const found = (await listed(endpoint, network.networkInterfaces.list(group, { abortSignal }), abortSignal)) ?? [];
    return new Map(
      found
        .flatMap(({ ipConfigurations = [] }) => ipConfigurations)
        .flatMap(({ id, privateIPAddress }): [string, string][] =>
          id === undefined || privateIPAddress === undefined ? [] : [[id.toLowerCase(), privateIPAddress]],
        ),
    );
  },

  /** The rules of a security group that are not Azure's own. */
  async securityRules(id: string, abortSignal: AbortSignal): Promise<SecurityRuleFacts[]> {
    const { securityRules = [] } = await network.networkSecurityGroups.get(groupOf(id) ?? "", nameOf(id), { abortSignal });
    return securityRules.map(ruleFacts);
  },

  async routes(id: string, abortSignal: AbortSignal): Promise<RouteFacts[]> {
    const { routes = [] } = await network.routeTables.get(groupOf(id) ?? "", nameOf(id), { abortSignal });
    return routes.map(({ name = "", addressPrefix = "", nextHopType, nextHopIpAddress }) => ({
      name,
      prefix: addressPrefix,
      nextHop: nextHopType ?? "",
      ...defined({ address: nextHopIpAddress }),
    }));
  },

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
  subnets: (found.subnets ?? []).map(subnetFacts),
});

const subnetFacts = (subnet: Subnet): SubnetFacts => ({
  id: subnet.id ?? "",
  name: subnet.name ?? "",
  prefixes: oneOrMore(subnet.addressPrefixes, subnet.addressPrefix),
  used: (subnet.ipConfigurations ?? []).map(({ id = "", privateIPAddress }) => ({
    id,
    ...defined({ address: privateIPAddress }),
  })),
  opaque: [
    subnet.applicationGatewayIPConfigurations,
    subnet.serviceAssociationLinks,
    subnet.resourceNavigationLinks,
    subnet.ipConfigurationProfiles,
  ].some((list) => (list ?? []).length > 0),
  natGateway: subnet.natGateway !== undefined,
  delegations: (subnet.delegations ?? []).map(({ serviceName, name }) => serviceName ?? name ?? "a service"),
  ...defined({ securityGroup: subnet.networkSecurityGroup?.id, routeTable: subnet.routeTable?.id }),
});
