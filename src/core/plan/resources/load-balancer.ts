/**
 * The load balancer, whole, in one PUT: every rule, probe and NAT rule. (Tools that add rules one at a time wait half a
 * minute for each.) One inbound NAT rule a node, so that node i is at port SSH + i whatever else happens.
 */
import { defined } from "../../defined.ts";
import type { FrontendIPConfiguration, InboundNatRule, LoadBalancingRule, OutboundRule, Probe } from "@azure/arm-network";
import { type Design, names } from "../cluster.ts";
import { endpointsOf } from "../endpoints.ts";
import { type Resource, resourceId } from "../resource.ts";
import { inAllZones } from "../zones.ts";
import { claimHolds } from "./claim.ts";
import { clusterAddressId } from "./cluster-address.ts";
import { hasNatGateway, networkId, subnetId } from "./network.ts";

const FRONTEND = "cluster";
const POOL = "nodes";

const balancerId = ({ spec, group }: Design): string => resourceId(group, "loadBalancer", names.loadBalancer(spec.name));

export const loadBalancerId = balancerId;
export const poolId = (cluster: Design): string => `${balancerId(cluster)}/backendAddressPools/${POOL}`;
const natRuleName = (index: number): string => `ssh-${index}`;
export const natRuleId = (cluster: Design, index: number): string =>
  `${balancerId(cluster)}/inboundNatRules/${natRuleName(index)}`;

export const loadBalancer = (cluster: Design): Resource<"loadBalancer"> => ({
  kind: "loadBalancer",
  id: balancerId(cluster),
  label: "load balancer",
  dependsOn: [
    ...claimHolds(cluster),
    ...(cluster.spec.private && cluster.facts.subnetId === undefined ? [networkId(cluster)] : []),
  ],
  body: {
    location: cluster.facts.location,
    tags: cluster.tags,
    sku: { name: "Standard", tier: "Regional" },
    frontendIPConfigurations: [{ name: FRONTEND, ...entry(cluster) }],
    backendAddressPools: [{ name: POOL }],
    probes: probes(cluster),
    loadBalancingRules: loadBalancingRules(cluster),
    inboundNatRules: inboundNatRules(cluster),
    // an address of the subnet leads nobody out
    outboundRules: hasNatGateway(cluster) || cluster.spec.private ? [] : [outboundRule(cluster)],
  },
});

/**
 * Outbound ports for each node. One address has 64,000; 1,600 are left for the NAT rules, which take theirs in blocks of 8. Steps
 * cluster rarely changes the rule. Each is a multiple of 8, and the step's number of nodes never asks for more than there are.
 */
export function outboundPorts(nodes: number): number {
  const step = [50, 100, 200, 400, 800, 1000].find((most) => nodes <= most) ?? 1000;
  return Math.floor(62_400 / step / 8) * 8;
}

// --- internal ---

const frontend = (cluster: Design): { id: string } => ({ id: `${balancerId(cluster)}/frontendIPConfigurations/${FRONTEND}` });

/** Where it is reached: at the public address, or at one of the subnet. */
const entry = (cluster: Design): FrontendIPConfiguration =>
  cluster.spec.private
    ? {
        ...inAllZones(cluster.spec),
        subnet: { id: subnetId(cluster) },
        privateIPAllocationMethod: "Static",
        privateIPAddressVersion: "IPv4",
        ...defined({ privateIPAddress: cluster.facts.choices.frontend }),
      }
    : { publicIPAddress: { id: clusterAddressId(cluster) } };

const probes = ({ spec }: Design): Probe[] =>
  endpointsOf(spec).map(({ name, port, probePath }) => ({
    name,
    port,
    ...(probePath === undefined ? { protocol: "Tcp" } : { protocol: "Http", requestPath: probePath }),
    intervalInSeconds: 5,
    numberOfProbes: 2,
  }));

const loadBalancingRules = (cluster: Design): LoadBalancingRule[] =>
  endpointsOf(cluster.spec).map(({ name, port, idleMinutes }) => ({
    name,
    protocol: "Tcp",
    frontendPort: port,
    backendPort: port,
    frontendIPConfiguration: frontend(cluster),
    backendAddressPool: { id: poolId(cluster) },
    probe: { id: `${balancerId(cluster)}/probes/${name}` },
    idleTimeoutInMinutes: idleMinutes,
    enableTcpReset: true,
    // the way out is the outbound rule or the NAT gateway, and says so itself
    disableOutboundSnat: true,
  }));

const inboundNatRules = (cluster: Design): InboundNatRule[] =>
  cluster.facts.nodes.map(({ index }) => ({
    name: natRuleName(index),
    protocol: "Tcp",
    frontendPort: cluster.spec.ssh + index,
    backendPort: 22,
    frontendIPConfiguration: frontend(cluster),
    idleTimeoutInMinutes: 30,
    enableTcpReset: true,
  }));

const outboundRule = (cluster: Design): OutboundRule => ({
  name: "internet",
  protocol: "All",
  frontendIPConfigurations: [frontend(cluster)],
  backendAddressPool: { id: poolId(cluster) },
  allocatedOutboundPorts: outboundPorts(Math.max(cluster.spec.numNodes, ...cluster.facts.nodes.map((node) => node.index + 1))),
  idleTimeoutInMinutes: 4,
  enableTcpReset: true,
});
