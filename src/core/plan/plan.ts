/**
 * The plan: a plain array of resources, in the order in which a person would make them. A pure function of spec and facts;
 * create, dry run, rerun, growth, destroy, rehearsal and export are small functions over it.
 */
import { bearerOf } from "./bearer.ts";
import { type Facts, designOf } from "./cluster.ts";
import { ClusterError } from "../errors.ts";
import type { AnyResource } from "./resource.ts";
import { gatewayAddress, nodeAddress } from "./resources/address.ts";
import { availabilitySets, placementGroup } from "./resources/availability.ts";
import { claim } from "./resources/claim.ts";
import { resourceGroup } from "./resources/group.ts";
import { image } from "./resources/image.ts";
import { networkInterface } from "./resources/interface.ts";
import { loadBalancer } from "./resources/load-balancer.ts";
import { machine } from "./resources/machine.ts";
import { hasNatGateway, natGateway, network } from "./resources/network.ts";
import { securityGroup } from "./resources/security-group.ts";
import { sshKey } from "./resources/ssh-key.ts";
import type { ClusterSpec } from "../spec/spec.ts";

export function planOf(spec: ClusterSpec, facts: Facts): AnyResource[] {
  const cluster = designOf(spec, facts);
  const resources: AnyResource[] = [
    ...(facts.foreignGroup ? [] : [resourceGroup(cluster)]),
    claim(cluster),
    ...(bearerOf(spec) === "securityGroup" ? [] : [securityGroup(cluster)]),
    sshKey(cluster),
    ...(spec.affinityGroup !== undefined && facts.placementGroupId === undefined
      ? [placementGroup(cluster, spec.affinityGroup)]
      : []),
    ...(hasNatGateway(cluster) ? [gatewayAddress(cluster), natGateway(cluster)] : []),
    ...(facts.subnetId === undefined ? [network(cluster)] : []),
    ...availabilitySets(cluster),
    loadBalancer(cluster),
    ...("own" in facts.image ? [image(cluster, facts.image.own)] : []),
    ...facts.nodes.flatMap((node) => [
      ...(node.publicAddress === true ? [nodeAddress(cluster, node)] : []),
      networkInterface(cluster, node),
      machine(cluster, node),
    ]),
  ];
  return checked(facts.foreignGroup ? without(resources, cluster.group) : resources);
}

// --- internal ---

/** A group that exists is nothing to wait for. */
const without = (resources: AnyResource[], id: string): AnyResource[] =>
  resources.map((resource) => ({ ...resource, dependsOn: resource.dependsOn.filter((other) => other !== id) }));

/** Ids are unique and dependencies are in the plan, before whoever needs them: so there is no cycle either. */
function checked(resources: AnyResource[]): AnyResource[] {
  const seen = new Set<string>();
  for (const resource of resources) {
    const missing = resource.dependsOn.find((id) => !seen.has(id));
    if (missing !== undefined || seen.has(resource.id))
      throw new ClusterError("PlanBroken", `the plan is broken at ${resource.id} (${missing ?? "twice"})`, { source: "bug" });
    seen.add(resource.id);
  }
  return resources;
}
