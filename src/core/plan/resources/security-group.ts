/** The network security group: a Standard address is closed, and this opens SSH and the endpoints that were asked for. */
import type { SecurityRule } from "@azure/arm-network";
import { OUR_PRIORITIES, flagsOfRule } from "../beside-rules.ts";
import { type Design, names } from "../cluster.ts";
import { endpointsOf } from "../endpoints.ts";
import { keptIn } from "../read-tags.ts";
import { withoutCovered } from "../../range.ts";
import { isIpv6Range } from "../../spec/ranges.ts";
import { type Resource, resourceId } from "../resource.ts";
import type { Tags } from "../tags.ts";

export const securityGroupId = ({ spec, group }: Design): string =>
  resourceId(group, "securityGroup", names.securityGroup(spec.name));

/** @param tags where it is the claim: of what several runs have chosen its rules follow what the tags say by then */
export function securityGroup(cluster: Design, tags: Tags = cluster.tags): Resource<"securityGroup"> {
  const { facts, group } = cluster;
  const spec = tags["aoc-role"] === "claim" ? chosenIn(cluster, tags) : cluster.spec;
  // The group sees traffic after the load balancer's translation: port 22 of the machine, not 22001 of the address.
  const [six, four] = [spec.sshFrom.filter(isIpv6Range), spec.sshFrom.filter((range) => !isIpv6Range(range))];
  const opened = [
    { name: "ssh", port: 22, from: four },
    ...endpointsOf(spec).map(({ name, port, from }) => ({ name, port, from: from?.(spec) ?? ["*"] })),
    { name: "ssh-ipv6", port: 22, from: six },
  ]
    .map((one) => ({ ...one, from: withoutCovered(one.from) }))
    .filter(({ from }) => from.length > 0);
  const securityRules: SecurityRule[] = opened.map(({ name, port, from: [source = "*", ...more] }, i) => ({
    name: `allow-${name}`,
    priority: OUR_PRIORITIES.first + OUR_PRIORITIES.step * i,
    direction: "Inbound",
    access: "Allow",
    protocol: "Tcp",
    ...(more.length === 0 ? { sourceAddressPrefix: source } : { sourceAddressPrefixes: [source, ...more] }),
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: String(port),
  }));
  const asked = securityRules.flatMap(({ name = "" }) =>
    flagsOfRule(name).some((flag) => spec.given.includes(flag)) ? [name] : [],
  );
  return {
    kind: "securityGroup",
    id: securityGroupId(cluster),
    label: "security group",
    dependsOn: [group],
    body: { location: facts.location, tags, securityRules },
    ...(asked.length === 0 ? {} : { asked }),
  };
}

// --- internal ---

/** Nothing is opened because a tag cannot be read. @throws ClusterError ClaimDamaged (exit 7) */
function chosenIn({ spec }: Design, tags: Tags): Design["spec"] {
  const { sshFrom = spec.sshFrom, deis = false, http = false, nohttps = false, kubeApi = [] } = keptIn(tags);
  return { ...spec, sshFrom, deis, http, nohttps, kubeApi };
}
