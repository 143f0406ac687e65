/** A node's network interface: the private address that was chosen before boot, in the pool, behind its own NAT rule. */
import { type Design, type PlannedNode, names, tagsOf } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { nodeAddressId } from "./address.ts";
import { loadBalancerId, natRuleId, poolId } from "./load-balancer.ts";
import { networkId, subnetId } from "./network.ts";
import { securityGroupId } from "./security-group.ts";

export const interfaceId = ({ group }: Design, node: PlannedNode): string =>
  resourceId(group, "networkInterface", names.interface(node.name));

export function networkInterface(cluster: Design, node: PlannedNode): Resource<"networkInterface"> {
  const { facts } = cluster;
  return {
    kind: "networkInterface",
    id: interfaceId(cluster, node),
    label: `interface of ${node.name}`,
    dependsOn: [
      ...(facts.subnetId === undefined ? [networkId(cluster)] : []),
      securityGroupId(cluster),
      loadBalancerId(cluster),
      ...(node.publicAddress === true ? [nodeAddressId(cluster, node)] : []),
    ],
    node: node.index,
    body: {
      location: facts.location,
      tags: tagsOf(cluster, node),
      enableAcceleratedNetworking: facts.acceleratedNetworking,
      networkSecurityGroup: { id: securityGroupId(cluster) },
      ipConfigurations: [
        {
          name: "primary",
          primary: true,
          privateIPAddressVersion: "IPv4",
          privateIPAllocationMethod: "Static",
          privateIPAddress: node.address,
          subnet: { id: subnetId(cluster) },
          loadBalancerBackendAddressPools: [{ id: poolId(cluster) }],
          loadBalancerInboundNatRules: [{ id: natRuleId(cluster, node.index) }],
          ...(node.publicAddress === true
            ? { publicIPAddress: { id: nodeAddressId(cluster, node), deleteOption: "Delete" } }
            : {}),
        },
      ],
    },
  };
}
