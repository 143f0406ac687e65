/**
 * What a subnet's own security group and routes do to nodes that are put there. The tool changes neither, so it says what is in the
 * way, and with what rule it would not be. Notes and no refusals: what is behind an appliance only its owner knows. Pure.
 */
import { endpointsOf } from "../plan/endpoints.ts";
import { coversNodes, coversPeer, rulesInOrder } from "../plan/let-in.ts";
import { groupOf, nameOf } from "../plan/resource.ts";
import type { RouteFacts, SecurityRuleFacts, SubnetFacts } from "../region.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { shellWord } from "../quoting.ts";

/** "unread": it is there, and this sign-in may not look at it. */
export type Unread = "unread";

/**
 * Azure asks the group of the subnet and that of the interface, and both must allow:
 * https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
 */
export function securityNotes(spec: ClusterSpec, subnet: SubnetFacts, rules: readonly SecurityRuleFacts[] | Unread): string[] {
  const id = subnet.securityGroup ?? "";
  const what = `The subnet ${subnet.name} has a security group of its own, ${nameOf(id)}`;
  if (rules === "unread")
    return [
      `${what}, which this sign-in may not read: it must let in ${needs(spec)
        .map(({ ports }) => `TCP ${ports}`)
        .join(", ")} too.`,
    ];
  return needs(spec).flatMap((need) => {
    const by = blocking(rules, need, subnet);
    if (by === undefined) return [];
    const priority = freePriority(rules, need.inbound, by.priority);
    const [direction, far] = need.inbound
      ? ["Inbound", "--source-address-prefixes"]
      : ["Outbound", "--destination-address-prefixes"];
    // one text, for the test that reads every advice: these are az's flags
    const command = `az network nsg rule create --resource-group ${shellWord(groupOf(id) ?? "")} --nsg-name ${shellWord(nameOf(id))} --name allow-${need.name} --direction ${direction} --priority ${priority} --access Allow --protocol Tcp ${far} ${need.peers.map(quoted).join(" ")} --destination-port-ranges ${need.ports}`;
    return [`${what}: ${need.what} is closed there by ${by.name}. Missing is a rule: \`${command}\`.`];
  });
}

/**
 * A route that takes everything elsewhere: the answers to whoever came in through the load balancer go there too. To who comes from
 * inside the network, as to a private cluster, they do not; there it is the way out.
 */
export function routeNotes(
  { private: isPrivate }: Pick<ClusterSpec, "private">,
  subnet: SubnetFacts,
  routes: readonly RouteFacts[] | Unread,
): string[] {
  if (isPrivate && routes === "unread") return [];
  const table = nameOf(subnet.routeTable ?? "");
  if (routes === "unread")
    return [
      `The subnet ${subnet.name} has a route table, ${table}, which this sign-in may not read: it must leave 0.0.0.0/0 to the internet.`,
    ];
  const away = routes.find(({ prefix, nextHop }) => EVERYTHING.has(prefix) && !/^(internet|vnetlocal)$/i.test(nextHop));
  if (away === undefined) return [];
  if (isPrivate && away.nextHop.toLowerCase() !== "none") return [];
  const where = HOPS[away.nextHop.toLowerCase()] ?? away.nextHop;
  return [
    `The subnet ${subnet.name} sends ${away.prefix} to ${where}${away.address === undefined ? "" : ` at ${away.address}`} (route ${away.name} of ${table}). ` +
      "What nodes answer to SSH and to endpoints goes there too, and most firewalls drop it: take another subnet, or let it send answers back as they came.",
  ];
}

/** A public load balancer's outbound rule is the way out of a network that is not ours, and has so many ports for all; an internal one is none. */
export function wayOutNotes(
  { numNodes, private: isPrivate }: Pick<ClusterSpec, "numNodes" | "private">,
  { name, natGateway, routeTable }: SubnetFacts,
): string[] {
  if (natGateway) return [];
  if (isPrivate)
    return routeTable === undefined
      ? [
          `The subnet ${name} has neither a NAT gateway nor a route table, and an internal load balancer leads nobody out: nodes that cannot go out fetch no etcd. Put a NAT gateway on it, unless it still has Azure's default outbound access.`,
        ]
      : [];
  return numNodes <= SHARED_WELL
    ? []
    : [
        `The subnet ${name} has no NAT gateway: ${numNodes} nodes share the ports of one address on their way out, ${Math.floor(64_000 / numNodes)} each at most. Put a NAT gateway on it for more.`,
      ];
}

// --- internal ---

interface Need {
  /** For people. */
  readonly what: string;
  /** For a rule's name. */
  readonly name: string;
  readonly inbound: boolean;
  readonly ports: string;
  /** Where it comes from, or goes to. */
  readonly peers: readonly string[];
}

const SHARED_WELL = 100;

function needs(spec: ClusterSpec): Need[] {
  const endpoints = endpointsOf(spec);
  return [
    { what: "SSH (TCP 22)", name: "ssh", inbound: true, ports: "22", peers: spec.sshFrom },
    ...endpoints.flatMap(({ name, port }): Need[] => [
      { what: `the endpoint ${name} (TCP ${port})`, name, inbound: true, ports: String(port), peers: ["*"] },
      {
        what: `the load balancer's probe of ${name} (TCP ${port})`,
        name: `${name}-probe`,
        inbound: true,
        ports: String(port),
        peers: ["AzureLoadBalancer"],
      },
    ]),
    {
      what: "etcd between the nodes (TCP 2379-2380)",
      name: "etcd",
      inbound: true,
      ports: "2379-2380",
      peers: ["VirtualNetwork"],
    },
    { what: "the way out (TCP 443)", name: "out", inbound: false, ports: "443", peers: ["Internet"] },
  ];
}

/** The rule that closes it, in Azure's order: the lowest priority that matches decides. */
function blocking(
  rules: readonly SecurityRuleFacts[],
  need: Need,
  subnet: SubnetFacts,
): { name: string; priority: number } | undefined {
  const ordered = rulesInOrder(rules, need, (prefixes) => subnet.prefixes.some((own) => coversNodes(prefixes, [own])));
  for (const peer of need.peers) {
    const first = ordered.find((rule) => coversPeer(need.inbound ? rule.sources : rule.destinations, peer));
    if (first !== undefined && !first.allows)
      return { name: `its rule ${first.name} (priority ${first.priority})`, priority: first.priority };
    if (first === undefined && !OPEN_BY_DEFAULT.has(peer)) return { name: "Azure's last rule, DenyAllInBound", priority: 4097 };
  }
  return undefined;
}

/** What Azure's own last rules let through. */
const OPEN_BY_DEFAULT: ReadonlySet<string> = new Set(["VirtualNetwork", "AzureLoadBalancer", "Internet"]);

/** The highest number that is free before another one. */
function freePriority(rules: readonly SecurityRuleFacts[], inbound: boolean, before: number): number | string {
  const taken = new Set(rules.filter((rule) => rule.inbound === inbound).map(({ priority }) => priority));
  for (let priority = Math.min(before - 1, 4096); priority >= 100; priority--) if (!taken.has(priority)) return priority;
  return `N (below ${before}, where none is free: move a rule)`;
}

const EVERYTHING: ReadonlySet<string> = new Set(["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"]);

const HOPS: Readonly<Record<string, string>> = {
  virtualappliance: "an appliance",
  virtualnetworkgateway: "a gateway",
  none: "nowhere",
};

const quoted = (word: string): string => (word === "*" ? "'*'" : word);
