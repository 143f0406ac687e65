/**
 * Who is let in where, as a security group's rules say it in Azure's order, and with that which of the endpoints that were asked for are
 * open: what somebody took away, narrowed or put a rule before that denies is not called open. Pure.
 */
import type { LoadBalancer, NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import { holdsRange } from "../addresses.ts";
import { withoutCovered } from "../range.ts";
import type { SecurityRuleFacts } from "../region.ts";
import type { FlagValues } from "../spec/flags.ts";
import { few } from "../words.ts";
import { endpointsOf } from "./endpoints.ts";

/** What was asked to be open, and how far it is. */
export interface Opening {
  /** Of the endpoint; "ssh". */
  readonly name: string;
  readonly port: number;
  /** Who may come, as ranges or Azure's tags: `["*"]` is everybody, and none nobody. */
  readonly from: readonly string[];
}

/** The models of what lets in, and the addresses of the nodes. */
export interface Guards {
  readonly group: NetworkSecurityGroup | undefined;
  readonly balancer: LoadBalancer | undefined;
  readonly nodes: readonly string[];
}

/** In port order, SSH last. */
export function openings(spec: FlagValues, { group, balancer, nodes }: Guards): Opening[] {
  const rules = (group?.securityRules ?? []).map(ruleFacts);
  const balanced = new Set(balancer?.loadBalancingRules?.map(({ frontendPort }) => frontendPort));
  const covers = (prefixes: readonly string[]): boolean => coversNodes(prefixes, nodes);
  const fromOf = (port: number): string[] =>
    group === undefined ? [] : letIn(rulesInOrder(rules, { inbound: true, ports: String(port) }, covers), spec.private);
  return [
    ...endpointsOf(spec).map(({ name, port }) => ({ name, port, from: balanced.has(port) ? fromOf(port) : [] })),
    { name: "ssh", port: 22, from: fromOf(22) },
  ];
}

export const isOpen = ({ from }: Opening): boolean => from.length > 0;

/** "web 80", "SSH from 9.9.9.9/32". */
export const openingWords = (one: Opening): string =>
  `${one.name === "ssh" ? "SSH" : `${one.name} ${one.port}`}${fromWords(one)}`;

/** " from 9.9.9.9/32"; nothing where everybody may come, or nobody. */
export const fromWords = ({ from }: Pick<Opening, "from">): string =>
  isAll(from) || from.length === 0 ? "" : ` from ${few(from, 3)}`;

/** Whether that is everybody. */
export const isAll = (from: readonly string[]): boolean => from.some((one) => EVERYBODY.test(one));

/**
 * Those of the rules that decide of ports, the first to be asked first.
 * @param covers whether what a rule says of the nodes' side is the nodes that are meant
 */
export const rulesInOrder = (
  rules: readonly SecurityRuleFacts[],
  { inbound, ports }: { readonly inbound: boolean; readonly ports: string },
  covers: (prefixes: readonly string[]) => boolean,
): SecurityRuleFacts[] =>
  rules
    .filter((rule) => rule.inbound === inbound && /^(\*|tcp)$/i.test(rule.protocol) && coversPorts(rule.ports, ports))
    .filter((rule) => covers(inbound ? rule.destinations : rule.sources))
    .sort((a, b) => a.priority - b.priority);

/** Whether all of these are meant, which are addresses of nodes or a range that they are in. */
export const coversNodes = (prefixes: readonly string[], nodes: readonly string[]): boolean =>
  prefixes.some((prefix) => EVERYBODY.test(prefix) || /^virtualnetwork$/i.test(prefix)) ||
  (nodes.length > 0 && nodes.every((node) => prefixes.some((prefix) => holdsRange(prefix, node))));

/** A tag is covered by itself, and everybody by "Internet": who is in the network does not come through the load balancer. */
export const coversPeer = (prefixes: readonly string[], peer: string): boolean =>
  prefixes.some(
    (prefix) =>
      EVERYBODY.test(prefix) ||
      prefix.toLowerCase() === peer.toLowerCase() ||
      (INTERNET.test(prefix) && !/^(virtualnetwork|azureloadbalancer)$/i.test(peer)) ||
      holdsRange(prefix, peer),
  );

export const ruleFacts = (rule: SecurityRule): SecurityRuleFacts => ({
  name: rule.name ?? "",
  priority: rule.priority ?? 0,
  inbound: /^inbound$/i.test(rule.direction ?? ""),
  allows: /^allow$/i.test(rule.access ?? ""),
  protocol: rule.protocol ?? "*",
  sources: oneOrMore(rule.sourceAddressPrefixes, rule.sourceAddressPrefix),
  destinations: oneOrMore(rule.destinationAddressPrefixes, rule.destinationAddressPrefix),
  ports: oneOrMore(rule.destinationPortRanges, rule.destinationPortRange),
});

/** Azure has each of these twice: one, or a list. */
export const oneOrMore = (list: readonly string[] | undefined, one: string | undefined): string[] =>
  list !== undefined && list.length > 0 ? [...list] : one === undefined || one === "" ? [] : [one];

// --- internal ---

const EVERYBODY = /^(\*|any|0\.0\.0\.0\/0)$/i;
const INTERNET = /^internet$/i;

/** Whom the rules let in, and of a private cluster Azure's own last one: to that one nobody comes from the internet. */
function letIn(rules: readonly Pick<SecurityRuleFacts, "allows" | "sources">[], isPrivate: boolean): string[] {
  const denied: string[] = [];
  const from: string[] = [];
  for (const { allows, sources } of [...rules, ...(isPrivate ? [OF_THE_NETWORK] : [])]) {
    if (allows) from.push(...sources.filter((one) => !/^azureloadbalancer$/i.test(one) && !coversPeer(denied, one)));
    else denied.push(...sources.filter((one) => !(isPrivate && INTERNET.test(one))));
  }
  return from.some((one) => EVERYBODY.test(one) || INTERNET.test(one)) ? ["*"] : withoutCovered(from);
}

const OF_THE_NETWORK = { allows: true, sources: ["VirtualNetwork"] };

const coversPorts = (ports: readonly string[], wanted: string): boolean => {
  const [low, high] = span(wanted);
  return ports.map(span).some(([first, last]) => first <= low && high <= last);
};

function span(ports: string): [number, number] {
  if (ports === "*") return [0, 65_535];
  const [first = "", last = first] = ports.split("-");
  return [Number(first), Number(last)];
}
