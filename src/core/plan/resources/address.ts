/** Public IP addresses beside the cluster's own: one a node with --pip, one for a NAT gateway. */
import { type Design, type PlannedNode, names, tagsOf } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { claimHolds } from "./claim.ts";
import { STANDARD } from "./cluster-address.ts";
import { inAllZones } from "../zones.ts";

export const nodeAddressId = ({ group }: Design, node: PlannedNode): string =>
  resourceId(group, "publicAddress", names.nodeAddress(node.name));

export const nodeAddress = (cluster: Design, node: PlannedNode): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: nodeAddressId(cluster, node),
  label: `address of ${node.name}`,
  // an address may be known elsewhere: only who holds the claim makes or changes one
  dependsOn: claimHolds(cluster),
  node: node.index,
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    // that of its machine: Azure refuses another one
    ...(node.zone === undefined ? {} : { zones: [node.zone] }),
    // 20 minutes, as the original asked for its instance addresses
    idleTimeoutInMinutes: 20,
    tags: tagsOf(cluster, node),
  },
});

export const gatewayAddressId = ({ spec, group }: Design): string =>
  resourceId(group, "publicAddress", `${names.natGateway(spec.name)}-ip`);

export const gatewayAddress = (cluster: Design): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: gatewayAddressId(cluster),
  label: "address of the NAT gateway",
  // of a create with --private and one without it the other has no use for it, and would pay
  dependsOn: cluster.spec.private ? claimHolds(cluster) : [cluster.group],
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    ...inAllZones(cluster.spec),
    idleTimeoutInMinutes: 4,
    tags: cluster.tags,
  },
});
