/** The load balancer's public address. Its DNS label can belong to one resource only: it is the claim of a cluster that is not private. */
import type { PublicIPAddress } from "@azure/arm-network";
import { type Design, names } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import type { Tags } from "../tags.ts";
import { inAllZones } from "../zones.ts";

/** Basic addresses were retired on 2025-09-30; Standard ones are static, and closed until a security group opens them. */
export const STANDARD: Pick<PublicIPAddress, "sku" | "publicIPAllocationMethod" | "publicIPAddressVersion"> = {
  sku: { name: "Standard", tier: "Regional" },
  publicIPAllocationMethod: "Static",
  publicIPAddressVersion: "IPv4",
};

export const clusterAddressId = ({ spec, facts, group }: Design): string =>
  resourceId(group, "publicAddress", names.claim(spec.name, facts.choices.id));

export const clusterAddress = (cluster: Design, tags: Tags): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: clusterAddressId(cluster),
  label: "public address",
  dependsOn: [cluster.group],
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    ...inAllZones(cluster.spec),
    idleTimeoutInMinutes: 4,
    dnsSettings: { domainNameLabel: cluster.spec.name },
    tags,
  },
});
