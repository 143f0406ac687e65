/** The virtual network with its one subnet, and the NAT gateway that many nodes need to reach the internet. */
import { type Design, names } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { gatewayAddressId } from "./address.ts";

const NETWORK_PREFIX = "10.0.0.0/16";
/** 4,091 addresses for machines: Azure keeps five of every subnet. */
export const SUBNET_PREFIX = "10.0.0.0/20";
export const SUBNET = "nodes";

/** Beyond this, an outbound rule leaves a node fewer than about 640 ports; a NAT gateway gives them out on demand. */
const OUTBOUND_RULE_NODES = 100;

export const networkId = ({ spec, group }: Design): string => resourceId(group, "network", names.network(spec.name));

export const subnetId = (cluster: Design): string => cluster.facts.subnetId ?? `${networkId(cluster)}/subnets/${SUBNET}`;

/** Whether nodes go out through a NAT gateway; a network that is not ours is never changed, so there they do not. */
export const hasNatGateway = ({ spec, facts }: Pick<Design, "spec" | "facts">): boolean =>
  facts.subnetId === undefined && (spec.private || spec.numNodes > OUTBOUND_RULE_NODES);

const natGatewayId = ({ spec, group }: Design): string => resourceId(group, "natGateway", names.natGateway(spec.name));

export const natGateway = (cluster: Design): Resource<"natGateway"> => ({
  kind: "natGateway",
  id: natGatewayId(cluster),
  label: "NAT gateway",
  dependsOn: [gatewayAddressId(cluster)],
  body: {
    location: cluster.facts.location,
    tags: cluster.tags,
    sku: { name: "Standard" },
    idleTimeoutInMinutes: 4,
    publicIpAddresses: [{ id: gatewayAddressId(cluster) }],
  },
});

export const network = (cluster: Design): Resource<"network"> => ({
  kind: "network",
  id: networkId(cluster),
  label: "virtual network",
  dependsOn: hasNatGateway(cluster) ? [cluster.group, natGatewayId(cluster)] : [cluster.group],
  body: {
    location: cluster.facts.location,
    tags: cluster.tags,
    addressSpace: { addressPrefixes: [NETWORK_PREFIX] },
    subnets: [
      {
        name: SUBNET,
        addressPrefix: SUBNET_PREFIX,
        // said aloud: its default differs between API versions, and the way out here is explicit
        defaultOutboundAccess: false,
        ...(hasNatGateway(cluster) ? { natGateway: { id: natGatewayId(cluster) } } : {}),
      },
    ],
  },
});
