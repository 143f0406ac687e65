/**
 * Network security groups with their rules and Azure's own default rules.
 * Longer than most: the checks of one rule, field by field.
 */
import { rangeFromFirst, withoutCovered } from "../../core/range.ts";
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { clone, idOf, type JsonValue, listIn, number, object, propertiesOf, textIn } from "../json.ts";
import type { KindRules } from "../kind.ts";
import { guidOf, networkHead } from "./heads.ts";
import { networkCreate, networkUpdate } from "./timings.ts";

const RULE =
  "id name type etag properties{description protocol sourcePortRange sourcePortRanges destinationPortRange destinationPortRanges " +
  "sourceAddressPrefix sourceAddressPrefixes sourceApplicationSecurityGroups destinationAddressPrefix destinationAddressPrefixes " +
  "destinationApplicationSecurityGroups access priority direction provisioningState}";

export const networkSecurityGroup: KindRules = {
  ...networkHead(
    "Microsoft.Network/networkSecurityGroups",
    `properties{flushConnection securityRules{${RULE}} defaultSecurityRules networkInterfaces ` +
      "subnets flowLogs resourceGuid provisioningState}",
  ),
  create: networkCreate([3, 5], 3, 10),
  update: networkUpdate([3, 5], 3),
  check({ properties }) {
    const taken = new Map<string, string>();
    const rules = listIn(properties["securityRules"]);
    if (rules.length > 1000) refuse(400, "SecurityRuleLimitReached", "A network security group may hold 1000 rules.");
    for (const rule of rules) checkRule(rule, taken);
  },
  shape: ({ cloud, id, properties, before }) => ({
    properties: {
      resourceGuid: guidOf(cloud, before),
      securityRules: listIn(properties["securityRules"]).map((rule) => ({
        name: rule["name"],
        id: `${id}/securityRules/${String(rule["name"])}`,
        etag: "",
        type: "Microsoft.Network/networkSecurityGroups/securityRules",
        properties: { provisioningState: "Updating", ...clone(propertiesOf(rule)) },
      })),
      defaultSecurityRules: DEFAULTS.map(([name, priority, direction, access, source, target]) => ({
        name,
        id: `${id}/defaultSecurityRules/${name}`,
        etag: "",
        type: "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        properties: {
          provisioningState: "Updating",
          protocol: "*",
          sourcePortRange: "*",
          destinationPortRange: "*",
          sourceAddressPrefix: source,
          destinationAddressPrefix: target,
          access,
          priority,
          direction,
        },
      })),
    },
  }),
  inUse(cloud, entry) {
    const users = cloud.users(entry.id);
    if (users.length === 0) return;
    refuse(
      400,
      "InUseNetworkSecurityGroupCannotBeDeleted",
      `Network security group ${entry.id} cannot be deleted because it is in use by the following resources: ${users.map((user) => user.id).join(", ")}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
    );
  },
  view(cloud, entry, shown) {
    const users = cloud.users(entry.id);
    const properties = object(shown["properties"]);
    const interfaces = users.filter((user) => user.type === "Microsoft.Network/networkInterfaces");
    const subnets = users
      .filter((user) => user.type === "Microsoft.Network/virtualNetworks")
      .flatMap((user) => listIn(propertiesOf(user.resource)["subnets"]))
      .filter((subnet) => keyOf(idOf(propertiesOf(subnet)["networkSecurityGroup"]) ?? "") === entry.key);
    if (interfaces.length > 0) properties["networkInterfaces"] = interfaces.map(({ id }) => ({ id }));
    if (subnets.length > 0) properties["subnets"] = subnets.map(({ id }) => ({ id }));
  },
};

/** Azure's own: what stays when no rule of ours says otherwise. */
const DEFAULTS: readonly (readonly [string, number, string, string, string, string])[] = [
  ["AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"],
  ["AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"],
  ["DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"],
  ["AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"],
  ["AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"],
  ["DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"],
];

function checkRule(rule: JsonValue, taken: Map<string, string>): void {
  const name = textIn(rule["name"]) ?? "";
  const properties = propertiesOf(rule);
  const priority = number(properties["priority"]);
  const direction = textIn(properties["direction"]) ?? "";
  if (priority === undefined || priority < 100 || priority > 4096) {
    refuse(
      400,
      "SecurityRuleInvalidPriority",
      `Security rule has invalid Priority. Value provided: ${String(priority)} Allowed range 100-4096.`,
    );
  }
  for (const [field, allowed] of Object.entries({
    direction: ["Inbound", "Outbound"],
    access: ["Allow", "Deny"],
    protocol: ["*", "Tcp", "Udp", "Icmp", "Esp", "Ah"],
  })) {
    if (!allowed.some((value) => value.toLowerCase() === textIn(properties[field])?.toLowerCase())) {
      refuse(
        400,
        "SecurityRuleInvalidParameter",
        `Security rule ${name} has invalid ${field}. Value provided: ${String(properties[field])}.`,
      );
    }
  }
  for (const field of ["sourcePortRange", "destinationPortRange"]) {
    const ranges = [properties[field], ...((properties[`${field}s`] as unknown[] | undefined) ?? [])];
    for (const range of ranges.map(textIn)) {
      if (range !== undefined && !isPortRange(range)) {
        refuse(
          400,
          "SecurityRuleInvalidPortRange",
          `Security rule has invalid Port range. Value provided: ${range}. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.`,
        );
      }
    }
    if (properties[field] === undefined && properties[`${field}s`] === undefined) {
      refuse(400, "SecurityRuleInvalidParameter", `Security rule ${name} has neither ${field} nor ${field}s.`);
    }
  }
  for (const field of ["sourceAddressPrefix", "destinationAddressPrefix"]) {
    if (properties[field] === undefined && properties[`${field}es`] === undefined) {
      refuse(400, "SecurityRuleInvalidParameter", `Security rule ${name} has neither ${field} nor ${field}es.`);
    }
    checkRanges(name, field, [properties[field], ...((properties[`${field}es`] as unknown[] | undefined) ?? [])]);
  }
  const place = `${direction}/${priority}`;
  const other = taken.get(place);
  if (other !== undefined) {
    refuse(
      400,
      "SecurityRuleConflict",
      `Security rule ${name} conflicts with rule ${other}. Rules cannot have the same Priority and Direction.`,
    );
  }
  taken.set(place, name);
}

/** Azure/azure-powershell#4557 (its words), #391 (and its code), kubernetes-sigs/cloud-provider-azure#6775. */
function checkRanges(name: string, field: string, values: readonly unknown[]): void {
  const ranges = values.flatMap((value) => textIn(value) ?? []).filter((range) => range.includes("/"));
  const odd = ranges.find((range) => rangeFromFirst(range.toLowerCase()) !== range.toLowerCase());
  if (odd !== undefined)
    refuse(400, "SecurityRuleInvalidAddressPrefix", `Security rule ${name} has invalid Address prefix. Value provided: ${odd}`);
  if (withoutCovered(ranges).length < ranges.length)
    refuse(
      400,
      "OverlappingSubnetsNotPermittedInSecurityRule",
      `Security rule parameter ${field} for rule ${name} has overlapping ranges: ${ranges.join(", ")}.`,
    );
}

function isPortRange(range: string): boolean {
  if (range === "*") return true;
  const [low, high] = range.split("-").map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  return low !== undefined && low <= 65535 && (high === undefined || (high <= 65535 && high >= low));
}
