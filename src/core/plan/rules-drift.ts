/** How the rules of load balancer and security group differ from those of the plan, by name: missing, changed, somebody's. Pure. */
import { defined } from "../defined.ts";
import type { LoadBalancer, NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import type { Drift } from "../documents.ts";
import { FLAGS } from "../spec/flags.ts";
import { flagsOfRule, rulesBeside, stayingRules } from "./beside-rules.ts";
import { type AnyResource, nameOf } from "./resource.ts";

/** Rules of load balancer and security group, compared with those of the plan by name. */
export function changedRules(plan: readonly AnyResource[], present: ReadonlyMap<string, { readonly model: unknown }>): Drift[] {
  return plan.flatMap((resource) => {
    const model = present.get(resource.id.toLowerCase())?.model;
    if (model === undefined) return [];
    if (resource.kind === "loadBalancer") return balancerDrift(resource.id, resource.body, model as LoadBalancer);
    return resource.kind === "securityGroup" ? securityDrift(resource.id, resource.body, model as NetworkSecurityGroup) : [];
  });
}

/** In what a rule of the security group differs: what it is called, as it is wanted, as it is. */
export const securityRuleWords = (wanted: SecurityRule, live: SecurityRule): [what: string, wanted: string, is: string][] =>
  Object.entries(SAYS).flatMap(([what, say]): [string, string, string][] =>
    say(wanted).toLowerCase() === say(live).toLowerCase() ? [] : [[what, say(wanted), say(live)]],
  );

/** What stays of rules of the security group as somebody left it, and what opens it again: a sentence each. */
export function stayingWords(resource: AnyResource, live: Parameters<typeof stayingRules>[1]): string[] {
  if (resource.kind !== "securityGroup") return [];
  return [...stayingRules(resource, live)].map(([name, is]) => {
    const wanted = resource.body.securityRules?.find((rule) => rule.name === name);
    const words = is === undefined || wanted === undefined ? [] : securityRuleWords(wanted, is);
    const how = is === undefined ? "is gone, and stays so" : "stays as somebody changed it";
    const what = words.map(([member, now, before]) => `${member} is ${before}, not ${now}`).join(", ");
    const flags = flagsOfRule(name).map((flag) => `--${FLAGS[flag].name}`);
    return `The rule ${name} of the security group ${how}${what === "" ? "" : ` (${what})`}: ${flags.join(" or ")} says anew who may come in.`;
  });
}

/** Nodes whose NAT rule an interface uses, with the interface's id. @param ssh the port of node 0 */
export const usedRules = ({ inboundNatRules }: LoadBalancer, ssh: number): [node: number, networkInterface: string][] =>
  (inboundNatRules ?? []).flatMap(({ name, frontendPort, backendIPConfiguration }): [number, string][] => {
    const node = frontendPort === ssh + (nodeOfRule(name) ?? Number.NaN) ? nodeOfRule(name) : undefined;
    const id = /^(.*\/networkInterfaces\/[^/]+)\/ipConfigurations\//i.exec(backendIPConfiguration?.id ?? "")?.[1];
    return node === undefined || id === undefined ? [] : [[node, id]];
  });

// --- internal ---

/** The node that a NAT rule is for; undefined for somebody else's rule. */
const nodeOfRule = (name: string | undefined): number | undefined => {
  const index = /^ssh-(0|[1-9]\d{0,3})$/i.exec(name ?? "")?.[1];
  return index === undefined ? undefined : Number(index);
};

/** What a balancer has not, or has of nodes that the plan does not have. */
function balancerDrift(id: string, wanted: LoadBalancer, live: LoadBalancer): Drift[] {
  const nat = (wanted.inboundNatRules ?? []).filter(
    (rule) =>
      !(live.inboundNatRules ?? []).some(
        (one) => one.name === rule.name && one.frontendPort === rule.frontendPort && one.backendPort === rule.backendPort,
      ),
  );
  const endpoints = (wanted.loadBalancingRules ?? []).filter(
    (rule) =>
      !(live.loadBalancingRules ?? []).some(
        (one) => one.name === rule.name && one.frontendPort === rule.frontendPort && one.backendPort === rule.backendPort,
      ),
  );
  const [first] = wanted.inboundNatRules ?? [];
  const base = (first?.frontendPort ?? 0) - (nodeOfRule(first?.name) ?? 0);
  return [
    ...nat.map((rule): Drift => ({
      kind: "nat-rule",
      message: `the load balancer has no rule ${rule.name} for SSH on port ${rule.frontendPort}`,
      id,
      ...defined({ node: nodeOfRule(rule.name) }),
      harm: true,
    })),
    ...(live.inboundNatRules ?? []).flatMap(({ name, frontendPort = 0, backendPort }): Drift[] => {
      const node = nodeOfRule(name);
      // a rule of that name on another port is somebody's
      if (node === undefined || frontendPort - node !== base || backendPort !== 22) return [];
      if ((wanted.inboundNatRules ?? []).some((rule) => nodeOfRule(rule.name) === node)) return [];
      const message = `the load balancer has the rule ${name} on port ${frontendPort} for a node that the cluster does not have`;
      return [{ kind: "stray-rule", message, id, node, harm: false }];
    }),
    ...endpoints.map((rule): Drift => ({
      kind: "endpoint-rule",
      message: `the load balancer has no rule ${rule.name} for port ${rule.frontendPort}`,
      id,
      harm: true,
    })),
  ];
}

const all = (...said: readonly (string | readonly (string | { readonly id?: string })[] | undefined)[]): string =>
  said
    .flatMap((one) => one ?? [])
    .map((one) => (typeof one === "string" ? one : nameOf(one.id ?? "")))
    .sort()
    .join(", ");

/** What a rule says, in words to compare; the rest of it Azure adds. Azure tells one source or several in two places. */
const MISSING = "missing";

const SAYS: Record<string, (rule: SecurityRule) => string> = {
  priority: (rule) => String(rule.priority ?? MISSING),
  direction: (rule) => rule.direction ?? MISSING,
  access: (rule) => rule.access ?? MISSING,
  protocol: (rule) => rule.protocol ?? MISSING,
  source: (rule) => all(rule.sourceAddressPrefix, rule.sourceAddressPrefixes, rule.sourceApplicationSecurityGroups),
  sourcePortRange: (rule) => all(rule.sourcePortRange, rule.sourcePortRanges),
  destination: (rule) =>
    all(rule.destinationAddressPrefix, rule.destinationAddressPrefixes, rule.destinationApplicationSecurityGroups),
  destinationPortRange: (rule) => all(rule.destinationPortRange, rule.destinationPortRanges),
};

function securityDrift(id: string, wanted: NetworkSecurityGroup, live: NetworkSecurityGroup): Drift[] {
  const there = new Map((live.securityRules ?? []).map((rule) => [rule.name, rule]));
  const drift: Drift[] = [];
  for (const rule of rulesBeside(wanted.securityRules ?? [], live.securityRules ?? [])) {
    const found = there.get(rule.name);
    there.delete(rule.name);
    const differs = found === undefined ? [] : securityRuleWords(rule, found);
    if (found === undefined)
      drift.push({ kind: "security-rule", message: `the security group has no rule ${rule.name}`, id, harm: true });
    else if (differs.length > 0)
      drift.push({
        kind: "security-rule",
        message: `somebody changed the rule ${rule.name} of the security group: ${differs.map(([what, wanted, is]) => `${what} is ${is}, not ${wanted}`).join(", ")}`,
        id,
        harm: true,
      });
  }
  for (const rule of there.values())
    drift.push({
      kind: "security-rule",
      message: `somebody added the rule ${rule.name} to the security group (${rule.access} ${rule.direction} ${rule.destinationPortRange ?? "several ports"})`,
      id,
      harm: false,
    });
  return drift;
}
