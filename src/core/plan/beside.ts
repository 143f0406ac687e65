/**
 * A PUT replaces a resource whole, and what others have put into one of ours would go with it: a NAT rule, a security rule, a subnet,
 * a tag for the accountants. So what is sent is the plan's own parts, and beside them every part that the tool did not make. Parts
 * carry no tags; what the tool makes has names and contents of its own, and both must fit. Pure.
 */
import type {
  InboundNatRule,
  LoadBalancer,
  NetworkSecurityGroup,
  PublicIPAddress,
  SecurityRule,
  VirtualNetwork,
} from "@azure/arm-network";
import { ENDPOINTS } from "./endpoints.ts";
import type { AnyResource } from "./resource.ts";
import type { Kind } from "./bodies.ts";
import type { Tags } from "./tag-parts.ts";
import { besideForeign } from "./user-tags.ts";

/** What is there, as far as this looks at it. */
interface There {
  readonly tags: Tags;
  readonly model: unknown;
}

/**
 * The resource as it is to be sent, where `live` is there already.
 * @param settled of its body only the tags may change: Azure refuses more
 */
export function besideOthers<R extends AnyResource>(resource: R, live: There | undefined, settled: boolean): R {
  const body = resource.body as Body;
  if (live === undefined || body["tags"] === undefined) return resource;
  const model = live.model as Body;
  const tags = besideForeign(body["tags"] as Tags, live.tags);
  const kept = Object.fromEntries((KEPT[resource.kind] ?? []).flatMap((name) => present(model, name)));
  const fixed = settled ? Object.fromEntries(Object.keys(body).flatMap((name) => present(model, name))) : {};
  return { ...resource, body: { ...kept, ...body, ...fixed, ...PARTS[resource.kind]?.(body, model), tags } };
}

/**
 * The plan's security rules with priorities that no rule of others has: Azure refuses the group for one that is there twice. The
 * next number is taken, so that the order of the plan's rules stays, and the same rules always get the same.
 */
export function rulesBeside(wanted: readonly SecurityRule[], live: readonly SecurityRule[]): SecurityRule[] {
  const names = new Set(wanted.map(({ name }) => name?.toLowerCase()));
  const theirs = live.filter((rule) => !names.has(rule.name?.toLowerCase()) && !isOurSecurityRule(rule));
  const taken = new Set(theirs.map(({ direction, priority }) => `${direction?.toLowerCase()} ${priority}`));
  return wanted.map((rule) => {
    const [direction, first = 0] = [rule.direction?.toLowerCase(), rule.priority];
    const free = Array.from({ length: OUR_PRIORITIES.step }, (_, at) => first + at).find(
      (one) => !taken.has(`${direction} ${one}`),
    );
    return free === undefined || free === first ? rule : { ...rule, priority: free };
  });
}

/** The plan's rules stand a step apart. */
export const OUR_PRIORITIES = { first: 100, step: 10 };

// --- internal ---

type Body = Readonly<Record<string, unknown>>;

const present = (model: Body, name: string): [string, unknown][] => (model[name] === undefined ? [] : [[name, model[name]]]);

/** What others may set on a resource of ours, and the plan never says. */
const KEPT: Partial<Record<Kind, readonly string[]>> = {
  network: [
    "dhcpOptions",
    "enableDdosProtection",
    "ddosProtectionPlan",
    "virtualNetworkPeerings",
    "flowTimeoutInMinutes",
    "encryption",
    "bgpCommunities",
    "enableVmProtection",
    "ipAllocations",
    "privateEndpointVNetPolicies",
  ],
  publicAddress: ["zones", "ipTags", "ddosSettings", "publicIPPrefix"],
  securityGroup: ["flushConnection"],
  loadBalancer: ["inboundNatPools"],
};

const OF_A_SUBNET = [
  "networkSecurityGroup",
  "routeTable",
  "natGateway",
  "serviceEndpoints",
  "serviceEndpointPolicies",
  "delegations",
  "ipAllocations",
  "sharingScope",
  "serviceGateway",
  "privateEndpointNetworkPolicies",
  "privateLinkServiceNetworkPolicies",
];

const PARTS: Partial<Record<Kind, (body: Body, model: Body) => Body>> = {
  loadBalancer: (body, model) => balancerParts(body, model) as Body,
  securityGroup: (body, model) => {
    const [wanted = [], live = []] = [
      (body as NetworkSecurityGroup).securityRules,
      (model as NetworkSecurityGroup).securityRules,
    ];
    return { securityRules: joined(rulesBeside(wanted, live), live, isOurSecurityRule) };
  },
  network: (body, model) => networkParts(body, model) as Body,
  // the name that the address itself leads to, which mail servers ask for
  publicAddress: (body, model) => {
    const { dnsSettings: wanted } = body as PublicIPAddress;
    const { reverseFqdn } = (model as PublicIPAddress).dnsSettings ?? {};
    return reverseFqdn === undefined ? {} : { dnsSettings: { reverseFqdn, ...wanted } };
  },
};

interface Named {
  readonly name?: string;
}

/** The plan's parts, and those of the live ones that have another name and are not the tool's. */
function joined<T extends Named>(
  wanted: readonly T[] = [],
  live: readonly T[] = [],
  made: (part: T) => boolean = () => false,
): T[] {
  const names = new Set(wanted.map(({ name }) => name?.toLowerCase()));
  return [...wanted, ...live.filter((part) => !names.has(part.name?.toLowerCase()) && !made(part))];
}

function balancerParts(body: LoadBalancer, model: LoadBalancer): LoadBalancer {
  const [first] = body.inboundNatRules ?? [];
  const base = first === undefined ? undefined : (first.frontendPort ?? 0) - numberIn(first);
  const pool = body.backendAddressPools?.[0]?.name?.toLowerCase() ?? "";
  return {
    frontendIPConfigurations: joined(body.frontendIPConfigurations, model.frontendIPConfigurations),
    backendAddressPools: joined(body.backendAddressPools, model.backendAddressPools),
    probes: joined(body.probes, model.probes, ({ name, port }) =>
      ENDPOINTS.some((one) => one.name === name && one.port === port),
    ),
    loadBalancingRules: joined(body.loadBalancingRules, model.loadBalancingRules, ({ name, frontendPort, backendPort }) =>
      ENDPOINTS.some((one) => one.name === name && one.port === frontendPort && one.port === backendPort),
    ),
    inboundNatRules: joined(
      body.inboundNatRules,
      model.inboundNatRules,
      (rule) => base !== undefined && rule.backendPort === 22 && rule.frontendPort === base + numberIn(rule),
    ),
    outboundRules: joined(
      body.outboundRules,
      model.outboundRules,
      ({ name, backendAddressPool }) =>
        name === "internet" && backendAddressPool?.id?.toLowerCase().endsWith(`/backendaddresspools/${pool}`) === true,
    ),
  };
}

/** Of a NAT rule's name; not a number where the name is none that the tool gives. */
const numberIn = ({ name }: InboundNatRule): number => Number(/^ssh-(\d{1,4})$/.exec(name ?? "")?.[1] ?? Number.NaN);

/** What rules are made for, in their order (resources/security-group.ts). What is opened to some is open to those that were said last. */
const OPENED: readonly { readonly name: string; readonly port: number; readonly toSome: boolean }[] = [
  { name: "ssh", port: 22, toSome: true },
  ...ENDPOINTS.map(({ name, port, from }) => ({ name, port, toSome: from !== undefined })),
  { name: "ssh-ipv6", port: 22, toSome: true },
];

/** How many rules may be there up to the last one of a name: rows of one name are never open together. */
const placeOf = (name: string): number =>
  new Set(OPENED.slice(0, OPENED.findLastIndex((one) => one.name === name) + 1).map((one) => one.name)).size;

/** As the tool makes them; the priority depends on which are open. */
const isOurSecurityRule = (rule: SecurityRule): boolean =>
  OPENED.some(
    ({ name, port, toSome }) =>
      rule.name === `allow-${name}` &&
      rule.destinationPortRange === String(port) &&
      (rule.priority ?? 0) < OUR_PRIORITIES.first + OUR_PRIORITIES.step * placeOf(name) &&
      (toSome || rule.sourceAddressPrefix === "*"),
  ) &&
  rule.direction === "Inbound" &&
  rule.access === "Allow" &&
  rule.protocol?.toLowerCase() === "tcp" &&
  (rule.priority ?? 0) >= OUR_PRIORITIES.first;

function networkParts(body: VirtualNetwork, model: VirtualNetwork): VirtualNetwork {
  const prefixes = [...(body.addressSpace?.addressPrefixes ?? []), ...(model.addressSpace?.addressPrefixes ?? [])];
  const there = new Map((model.subnets ?? []).map((subnet) => [subnet.name?.toLowerCase(), subnet]));
  const wanted = (body.subnets ?? []).map((subnet) => {
    const live = (there.get(subnet.name?.toLowerCase()) ?? {}) as Body;
    return { ...Object.fromEntries(OF_A_SUBNET.flatMap((name) => present(live, name))), ...subnet };
  });
  return {
    addressSpace: { addressPrefixes: [...new Set(prefixes)] },
    subnets: joined(wanted, model.subnets),
  };
}
