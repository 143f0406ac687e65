/**
 * A PUT replaces a resource whole, and what others have put into one of ours would go with it: a NAT rule, a subnet, the timeout of an
 * address, a tag for the accountants. So what is sent is the plan's own, over what is there of it (parts.ts), and beside it every part
 * that the tool did not make. Parts carry no tags; what the tool makes has names and contents of its own, and both must fit. Pure.
 */
import type { InboundNatRule, LoadBalancer, NetworkInterface, PublicIPAddress, Subnet, VirtualNetwork } from "@azure/arm-network";
import { rulesSent } from "./beside-rules.ts";
import type { Kind } from "./bodies.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { KINDS } from "./kinds.ts";
import { type Body, isContained, joinedParts, over } from "./parts.ts";
import type { AnyResource } from "./resource.ts";
import type { Tags } from "./tag-parts.ts";
import { besideForeign } from "./user-tags.ts";

/** What is there, as far as this looks at it. */
interface There {
  readonly tags: Tags;
  readonly model: unknown;
  /** Absent, it is whole. */
  readonly state?: string;
}

/** The resource as it is to be sent, where `live` is there already. */
export function besideOthers<R extends AnyResource>(resource: R, live: There | undefined): R {
  const body = resource.body as Body;
  if (live === undefined || body["tags"] === undefined) return resource;
  const model = live.model as Body;
  const tags = besideForeign(body["tags"] as Tags, live.tags);
  const sent = { ...over(model, body, ["id", ...(TOLD[resource.kind] ?? [])]), ...PARTS[resource.kind]?.(resource, live) };
  const { settled, mends = settled === true ? [] : undefined } = KINDS[resource.kind];
  const fixed =
    mends === undefined || live.state === "failed"
      ? {}
      : Object.fromEntries(
          Object.keys(body).flatMap((name) => (model[name] === undefined || mends.includes(name) ? [] : [[name, model[name]]])),
        );
  return { ...resource, body: { ...sent, ...fixed, tags } };
}

/** Whether nothing of it is to be changed but its tags: what others have changed of it is then not touched, whatever it is. */
export function differsInTagsOnly(resource: AnyResource, live: There): boolean {
  const { tags: _tags, location: _location, ...sent } = besideOthers(resource, live).body as Body;
  return isContained(sent, live.model);
}

// --- internal ---

/** What Azure says there of the other end of something, which says it itself. */
const TOLD: Partial<Record<Kind, readonly string[]>> = {
  publicAddress: ["ipAddress", "natGateway", "servicePublicIPAddress", "linkedPublicIPAddress", "migrationPhase"],
  networkInterface: ["migrationPhase"],
};

type Parts = (resource: AnyResource, live: There) => object;

const PARTS: Partial<Record<Kind, Parts>> = {
  loadBalancer: ({ body }, { model }) => balancerParts(body, model as LoadBalancer),
  securityGroup: (resource, live) => (resource.kind === "securityGroup" ? { securityRules: rulesSent(resource, live) } : {}),
  network: ({ body }, { model }) => networkParts(body as VirtualNetwork, model as VirtualNetwork),
  networkInterface: ({ body }, { model }) => ({
    ipConfigurations: joinedParts((body as NetworkInterface).ipConfigurations, (model as NetworkInterface).ipConfigurations, {
      // a node that is to have no address of its own any more
      alone: ["publicIPAddress"],
    }),
  }),
  publicAddress: ({ body }, { model }) => {
    const { fqdn: _made, ...there } = (model as PublicIPAddress).dnsSettings ?? {};
    const dnsSettings = { ...there, ...(body as PublicIPAddress).dnsSettings };
    return Object.keys(dnsSettings).length === 0 ? {} : { dnsSettings };
  },
};

function balancerParts(body: LoadBalancer, model: LoadBalancer): LoadBalancer {
  const [first] = body.inboundNatRules ?? [];
  const base = first === undefined ? undefined : (first.frontendPort ?? 0) - numberIn(first);
  const pool = body.backendAddressPools?.[0]?.name?.toLowerCase() ?? "";
  return {
    frontendIPConfigurations: joinedParts(body.frontendIPConfigurations, model.frontendIPConfigurations),
    backendAddressPools: joinedParts(body.backendAddressPools, model.backendAddressPools),
    probes: joinedParts(body.probes, model.probes, {
      made: ({ name, port }) => ENDPOINTS.some((one) => one.name === name && one.port === port),
      // of a TCP probe there is none
      alone: ["requestPath"],
    }),
    loadBalancingRules: joinedParts(body.loadBalancingRules, model.loadBalancingRules, {
      made: ({ name, frontendPort, backendPort }) =>
        ENDPOINTS.some((one) => one.name === name && one.port === frontendPort && one.port === backendPort),
      // Azure tells one pool in two places
      alone: ["backendAddressPools"],
    }),
    inboundNatRules: joinedParts(body.inboundNatRules, model.inboundNatRules, {
      made: (rule) => base !== undefined && rule.backendPort === 22 && rule.frontendPort === base + numberIn(rule),
      // a rule of one port is none of a whole pool
      alone: ["frontendPortRangeStart", "frontendPortRangeEnd", "backendAddressPool"],
    }),
    outboundRules: joinedParts(body.outboundRules, model.outboundRules, {
      made: ({ name, backendAddressPool }) =>
        name === "internet" && backendAddressPool?.id?.toLowerCase().endsWith(`/backendaddresspools/${pool}`) === true,
    }),
  };
}

/** Of a NAT rule's name; not a number where the name is none that the tool gives. */
const numberIn = ({ name }: InboundNatRule): number => Number(/^ssh-(\d{1,4})$/.exec(name ?? "")?.[1] ?? Number.NaN);

function networkParts(body: VirtualNetwork, model: VirtualNetwork): VirtualNetwork {
  const prefixes = [...(body.addressSpace?.addressPrefixes ?? []), ...(model.addressSpace?.addressPrefixes ?? [])];
  const names = new Set(body.subnets?.map(({ name }) => name?.toLowerCase()));
  return {
    addressSpace: { ...model.addressSpace, addressPrefixes: [...new Set(prefixes)] },
    subnets: joinedParts(body.subnets, model.subnets).map((one) =>
      names.has(one.name?.toLowerCase()) ? withOnePrefix(one) : one,
    ),
  };
}

/** Azure takes a subnet's prefix in one place or several in another: to ours somebody may have added one. */
function withOnePrefix(subnet: Subnet): Subnet {
  const { addressPrefixes, ...one } = subnet;
  const { addressPrefix = "", ...several } = subnet;
  return addressPrefixes?.includes(addressPrefix) === true ? several : one;
}
