/**
 * What the parts of one load balancer must agree on: names, ports, references among themselves, limits.
 * Longer than most: one rule after the other, each with its own sentence.
 */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { idOf, type JsonValue, listIn, number, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";

/** Collections with the names that their elements' properties may have. */
export const PARTS: Record<string, string> = {
  frontendIPConfigurations:
    "inboundNatRules inboundNatPools outboundRules loadBalancingRules privateIPAddress privateIPAddressPrefixLength " +
    "privateIPAllocationMethod privateIPAddressVersion subnet{id} publicIPAddress{id} publicIPPrefix gatewayLoadBalancer ddosSettings",
  backendAddressPools:
    "location tunnelInterfaces loadBalancerBackendAddresses backendIPConfigurations loadBalancingRules outboundRule outboundRules " +
    "inboundNatRules drainPeriodInSeconds virtualNetwork syncMode",
  loadBalancingRules:
    "frontendIPConfiguration{id} backendAddressPool{id} backendAddressPools{id} probe{id} protocol loadDistribution frontendPort " +
    "backendPort idleTimeoutInMinutes enableFloatingIP enableTcpReset disableOutboundSnat enableConnectionTracking " +
    "enableDestinationServiceEndpoint allowBackendPortConflict",
  probes:
    "loadBalancingRules protocol port intervalInSeconds numberOfProbes probeThreshold requestPath noHealthyBackendsBehavior",
  inboundNatRules:
    "frontendIPConfiguration{id} backendIPConfiguration protocol frontendPort backendPort idleTimeoutInMinutes enableFloatingIP " +
    "enableTcpReset frontendPortRangeStart frontendPortRangeEnd backendAddressPool{id} enableDestinationServiceEndpoint " +
    "allowBackendPortConflict",
  outboundRules:
    "allocatedOutboundPorts frontendIPConfigurations{id} backendAddressPool{id} protocol enableTcpReset idleTimeoutInMinutes",
};

/** Standard balancers, 2024: load-balancing and inbound NAT rules together. */
const RULE_LIMIT = 1500;

/** @throws ArmError 400 for the first disagreement */
export function checkParts({ id, properties }: Change): void {
  const must = mustBePart(id, idsOfParts(id, properties));
  const rules = listIn(properties["loadBalancingRules"]);
  const nat = listIn(properties["inboundNatRules"]);
  const outbound = listIn(properties["outboundRules"]);
  if (rules.length + nat.length > RULE_LIMIT) {
    refuse(400, "LoadBalancerRuleCountLimitReached", `Load balancer ${id} cannot have more than ${RULE_LIMIT} rules.`);
  }
  for (const probe of listIn(properties["probes"])) checkProbe(probe);
  const taken = new Map<string, string>();
  const snat = new Set(
    outbound.flatMap((rule) => listIn(propertiesOf(rule)["frontendIPConfigurations"]).map((f) => keyOf(idOf(f) ?? ""))),
  );
  for (const rule of rules) {
    checkReferences(rule, must);
    checkRule(rule, taken);
    checkSnat(id, rule, snat);
  }
  for (const rule of nat) {
    must(rule, "frontendIPConfiguration", propertiesOf(rule)["frontendIPConfiguration"]);
    checkRule(rule, taken);
  }
  const inner = new Set(
    listIn(properties["frontendIPConfigurations"])
      .filter((one) => propertiesOf(one)["subnet"] !== undefined)
      .map((one) => keyOf(`${id}/frontendIPConfigurations/${String(one["name"])}`)),
  );
  for (const rule of outbound) {
    checkOutbound(rule, must);
    checkLeadsOut(id, rule, inner);
  }
}

function idsOfParts(id: string, properties: JsonValue): Set<string> {
  const ids = new Set<string>();
  for (const collection of Object.keys(PARTS)) {
    for (const part of listIn(properties[collection])) {
      const own = keyOf(`${id}/${collection}/${String(part["name"])}`);
      if (textIn(part["name"]) === undefined) bad(`An element of ${collection} in ${id} has no name.`);
      if (ids.has(own)) bad(`${collection} of ${id} has '${String(part["name"])}' twice.`);
      ids.add(own);
    }
  }
  return ids;
}

/** Refuses a reference of a rule to what is no part of the same balancer. */
type MustBePart = (rule: JsonValue, field: string, given: unknown) => void;

const mustBePart =
  (id: string, ids: ReadonlySet<string>): MustBePart =>
  (rule, field, given) => {
    const target = idOf(given);
    if (target !== undefined && ids.has(keyOf(target))) return;
    refuse(
      400,
      "InvalidResourceReference",
      `Resource ${String(target)} referenced by resource ${id}/${String(rule["name"])} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region. (${field})`,
    );
  };

function checkReferences(rule: JsonValue, must: MustBePart): void {
  const inner = propertiesOf(rule);
  must(rule, "frontendIPConfiguration", inner["frontendIPConfiguration"]);
  // Recorded: a rule may have no pool (yet).
  for (const pool of [inner["backendAddressPool"], ...listIn(inner["backendAddressPools"])]) {
    if (pool !== undefined) must(rule, "backendAddressPool", pool);
  }
  if (inner["probe"] !== undefined) must(rule, "probe", inner["probe"]);
}

/** @param snat frontends that an outbound rule uses */
function checkSnat(id: string, rule: JsonValue, snat: ReadonlySet<string>): void {
  const inner = propertiesOf(rule);
  if (!snat.has(keyOf(idOf(inner["frontendIPConfiguration"]) ?? ""))) return;
  if (inner["disableOutboundSnat"] === true || inner["protocol"] === "All") return;
  refuse(
    400,
    "LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIsReferencedByOutboundRule",
    `Load balancing rule ${id}/loadBalancingRules/${String(rule["name"])} must disable SNAT with same frontend IP configuration as an outbound rule.`,
  );
}

function checkOutbound(rule: JsonValue, must: MustBePart): void {
  const inner = propertiesOf(rule);
  for (const frontend of listIn(inner["frontendIPConfigurations"])) must(rule, "frontendIPConfigurations", frontend);
  must(rule, "backendAddressPool", inner["backendAddressPool"]);
  const ports = number(inner["allocatedOutboundPorts"]) ?? 0;
  if (ports < 0 || ports > 64000 || ports % 8 !== 0) {
    refuse(
      400,
      "OutboundRuleInvalidAllocatedOutboundPorts",
      `The allocated outbound ports ${ports} must be a multiple of 8 between 0 and 64000.`,
    );
  }
}

/** An internal balancer leads nobody out: https://learn.microsoft.com/azure/load-balancer/outbound-rules. The code is from memory. */
function checkLeadsOut(id: string, rule: JsonValue, inner: ReadonlySet<string>): void {
  if (!listIn(propertiesOf(rule)["frontendIPConfigurations"]).some((one) => inner.has(keyOf(idOf(one) ?? "")))) return;
  refuse(
    400,
    "OutboundRuleCannotUsePrivateFrontendIPConfiguration",
    `Outbound rule ${id}/outboundRules/${String(rule["name"])} references a frontend IP configuration without a public IP address.`,
  );
}

function checkProbe(probe: JsonValue): void {
  const inner = propertiesOf(probe);
  const protocol = textIn(inner["protocol"]);
  const path = textIn(inner["requestPath"]);
  const name = String(probe["name"]);
  port(inner["port"], name, 1, 65535);
  if (protocol !== "Http" && protocol !== "Https" && protocol !== "Tcp")
    bad(`Probe ${name} has the unknown protocol '${String(protocol)}'.`);
  if (protocol !== "Tcp" && (path === undefined || path === "")) {
    refuse(400, "ProbeRequestPathMissing", `Probe ${name} with protocol ${protocol} must have a requestPath.`);
  }
  if (protocol === "Tcp" && path !== undefined) {
    refuse(400, "ProbeRequestPathNotAllowed", `Probe ${name} with protocol Tcp must not have a requestPath.`);
  }
  const interval = number(inner["intervalInSeconds"]) ?? 15;
  if (interval < 5) refuse(400, "ProbeIntervalOutOfRange", `The interval ${interval} of probe ${name} is below 5 seconds.`);
}

/** A rule of either kind; both share the frontend's ports. */
function checkRule(rule: JsonValue, taken: Map<string, string>): void {
  const inner = propertiesOf(rule);
  const name = String(rule["name"]);
  const protocol = textIn(inner["protocol"]);
  if (protocol !== "Tcp" && protocol !== "Udp" && protocol !== "All")
    bad(`Rule ${name} has the unknown protocol '${String(protocol)}'.`);
  const start = inner["frontendPortRangeStart"] ?? inner["frontendPort"];
  const end = inner["frontendPortRangeEnd"] ?? inner["frontendPort"];
  const low = port(start, name, protocol === "All" ? 0 : 1, 65534);
  const high = port(end, name, protocol === "All" ? 0 : 1, 65534);
  port(inner["backendPort"], name, protocol === "All" ? 0 : 1, 65535);
  const idle = number(inner["idleTimeoutInMinutes"]) ?? 4;
  if (idle < 4 || idle > 100) {
    refuse(400, "IdleTimeoutOutOfRange", `The idle timeout ${idle} of rule ${name} must be between 4 and 100 minutes.`);
  }
  const frontend = keyOf(idOf(inner["frontendIPConfiguration"]) ?? "");
  for (let at = low; at <= high; at++) {
    const key = `${frontend}|${protocol}|${at}`;
    const other = taken.get(key);
    if (other !== undefined) {
      refuse(
        400,
        "RulesUseSameFrontendPortProtocolAndIPConfig",
        `Load balancing rules ${other} and ${name} use the same frontend port ${at}, protocol ${protocol} and frontend IP configuration.`,
      );
    }
    taken.set(key, name);
  }
}

function port(value: unknown, name: string, least: number, most: number): number {
  const given = number(value);
  if (given === undefined || !Number.isInteger(given) || given < least || given > most) {
    return refuse(400, "InvalidPortRange", `The port ${String(value)} of ${name} is not between ${least} and ${most}.`);
  }
  return given;
}

const bad = (message: string): never => refuse(400, "InvalidRequestFormat", `Cannot parse the request: ${message}`);
