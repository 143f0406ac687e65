/**
 * What a change of a resource changes, as a person says it: "+ SSH 22004, 22005", "- rule allow-web". Pure; the plan shows it beside the
 * resource's label, so that a yes is one to what will be different. What is to be sent is compared with what is there: what others added
 * is in both (beside.ts).
 */
import type { LoadBalancer, LoadBalancingRule, NetworkSecurityGroup, VirtualNetwork } from "@azure/arm-network";
import { canonical } from "../fingerprint.ts";
import { changedNames } from "./address-drift.ts";
import { besideOthers } from "./beside.ts";
import type { Kind } from "./bodies.ts";
import { type Body, isContained } from "./parts.ts";
import { securityRuleWords } from "./rules-drift.ts";
import { membersIn, readClaim, taggedNodes } from "./read-tags.ts";
import { type AnyResource, nameOf } from "./resource.ts";
import { type Tags, ranges } from "./tags.ts";
import { lostTags, respeltTags, staleTags } from "./user-tags.ts";
import type { Flag } from "../spec/flag.ts";
import { type FlagKey, type FlagValues, flagRows } from "../spec/flags.ts";
import { plural } from "../words.ts";

/** What is there, as far as it is compared. */
interface There {
  readonly tags: Tags;
  readonly model: unknown;
}

/** One line each; empty when only what nobody reads differs, such as our own fingerprint. */
export function changesOf(resource: AnyResource, live: There): string[] {
  const wanted = (resource.body as { tags?: Tags }).tags ?? {};
  const isClaim = [wanted, live.tags].every((tags) => tags["aoc-role"] === "claim");
  return [
    ...(isClaim ? claimChanges(wanted, live.tags) : []),
    ...kindChanges(besideOthers(resource, live), live),
    ...mended(besideOthers(resource, live), live),
    ...lifeChanges(wanted, live.tags),
    ...tagChanges(wanted, live.tags),
  ];
}

// --- internal ---

function kindChanges(resource: AnyResource, live: There): string[] {
  switch (resource.kind) {
    case "loadBalancer":
      return balancerChanges(resource.body, live.model as LoadBalancer);
    case "securityGroup":
      return securityChanges(resource.body, live.model as NetworkSecurityGroup);
    case "publicAddress":
      return changedNames([resource], new Map([[resource.id.toLowerCase(), live]])).map(
        () => `~ DNS name -> ${resource.body.dnsSettings?.domainNameLabel}`,
      );
    case "network":
      return networkChanges(resource.body, live.model as VirtualNetwork);
    default:
      return [];
  }
}

function balancerChanges(wanted: LoadBalancer, live: LoadBalancer): string[] {
  const ssh = (one: LoadBalancer): Set<number> =>
    new Set((one.inboundNatRules ?? []).flatMap(({ name, frontendPort }) => (isSsh(name) ? [frontendPort ?? 0] : [])));
  const ports = (one: LoadBalancer): string => String(one.outboundRules?.[0]?.allocatedOutboundPorts ?? "none");
  return [
    ...difference(ssh(wanted), ssh(live), (all) => `SSH ${listed(all)}`),
    ...partChanges(probesIn(wanted), probesIn(live), (is, was) => (is === was ? [] : [`probe ${was} -> ${is}`])),
    ...(ports(wanted) === ports(live) ? [] : [`~ outbound ports of a node: ${ports(live)} -> ${ports(wanted)}`]),
  ];
}

/** By "web 80", how the load balancer looks whether a node answers there. */
const probesIn = (one: LoadBalancer): Map<string, string> =>
  new Map((one.loadBalancingRules ?? []).map((rule) => [`${rule.name} ${rule.frontendPort}`, probeOf(one, rule)]));

function probeOf({ probes = [] }: LoadBalancer, { probe }: LoadBalancingRule): string {
  const name = nameOf(probe?.id ?? "").toLowerCase();
  const { protocol = "none", requestPath = "" } = probes.find((one) => one.name?.toLowerCase() === name) ?? {};
  return `${protocol.toUpperCase()} ${requestPath}`.trim();
}

function securityChanges(wanted: NetworkSecurityGroup, live: NetworkSecurityGroup): string[] {
  const rules = (one: NetworkSecurityGroup) => new Map((one.securityRules ?? []).map((rule) => [`rule ${rule.name}`, rule]));
  return partChanges(rules(wanted), rules(live), (is, was) =>
    securityRuleWords(is, was).map(([what, now, before]) => `${what} ${before} -> ${now}`),
  );
}

/** By kind the parts of which members are put right that somebody has changed, what one is called, and what is told of them above. */
const PARTS: Partial<Record<Kind, readonly (readonly [member: string, word: string, told: readonly string[]])[]>> = {
  loadBalancer: [
    ["frontendIPConfigurations", "frontend", []],
    ["backendAddressPools", "pool", []],
    ["probes", "probe", ["protocol", "requestPath"]],
    ["loadBalancingRules", "rule", []],
    ["inboundNatRules", "NAT rule", ["frontendPort"]],
    ["outboundRules", "outbound rule", ["allocatedOutboundPorts"]],
  ],
  network: [["subnets", "subnet", ["natGateway"]]],
  networkInterface: [["ipConfigurations", "IP configuration", []]],
};

type Part = Body & { readonly name?: string };

function mended({ kind, body }: AnyResource, { model }: There): string[] {
  return (PARTS[kind] ?? []).flatMap(([member, word, told]) => {
    const parts = (of: unknown): Map<string, Part> =>
      new Map(((of as Record<string, readonly Part[] | undefined>)[member] ?? []).map((one) => [one.name ?? "", one]));
    const live = parts(model);
    return [...parts(body)].flatMap(([name, part]) => {
      const was = live.get(name);
      if (was === undefined) return [];
      return Object.entries(part).flatMap(([what, is]) =>
        told.includes(what) || isContained(is, was[what])
          ? []
          : [`~ ${word} ${name}: ${what} ${valueOf(was[what])} -> ${valueOf(is)}`],
      );
    });
  });
}

/** A reference by its name. */
function valueOf(value: unknown): string {
  const { id } = (value ?? {}) as { id?: unknown };
  return typeof id === "string" ? nameOf(id) : value === undefined ? "none" : canonical(value).replaceAll('"', "");
}

function networkChanges(wanted: VirtualNetwork, live: VirtualNetwork): string[] {
  const gateways = (one: VirtualNetwork) =>
    new Map((one.subnets ?? []).map(({ name, natGateway }) => [`subnet ${name}`, nameOf(natGateway?.id ?? "none")]));
  return partChanges(gateways(wanted), gateways(live), (is, was) => (is === was ? [] : [`NAT gateway ${was} -> ${is}`]));
}

/** What comes, what is changed and how, what goes: parts by what they are called. */
const partChanges = <T>(
  wanted: ReadonlyMap<string, T>,
  live: ReadonlyMap<string, T>,
  words: (is: T, was: T) => string[],
): string[] => [
  ...[...wanted].flatMap(([name, is]) => {
    const was = live.get(name);
    return was === undefined ? [`+ ${name}`] : words(is, was).map((change) => `~ ${name}: ${change}`);
  }),
  ...[...live.keys()].filter((name) => !wanted.has(name)).map((name) => `- ${name}`),
];

/** A claim whose tags somebody damaged is refused elsewhere, before anything is planned. */
function claimChanges(wanted: Tags, live: Tags): string[] {
  const counted = (word: string) => (all: ReadonlySet<number>) => `${plural(word, all.size)} ${listed(all)}`;
  const members = (tags: Tags): Set<number> => new Set(membersIn(tags).keys());
  const [now, before] = [readClaim(wanted).kept, readClaim(live).kept];
  const flags = flagRows.flatMap(([key, flag]) => {
    const [is, was] = [now[key], before[key]];
    // tags are shown as tags
    if (flag.pairs === true) return [];
    if (String(is ?? "") === String(was ?? "")) return [];
    return [`~ --${flag.name} ${said(flag, was)} -> ${said(flag, is)}`];
  });
  return [
    ...difference(taggedNodes(wanted) ?? new Set(), taggedNodes(live) ?? new Set(), counted("node")),
    ...difference(members(wanted), members(live), counted("etcd member")),
    ...flags,
  ];
}

/** When `gc` takes it away. */
function lifeChanges({ "aoc-expires": is }: Tags, { "aoc-expires": was }: Tags): string[] {
  if (is === undefined || is === was) return [];
  return [was === undefined ? `+ expires ${is}` : `~ expires: ${was} -> ${is}`];
}

/** Tags that people gave; ours are nobody's business. */
const tagChanges = (wanted: Tags, live: Tags): string[] => [
  ...lostTags(wanted, live).map(({ name, value, is }) =>
    is === undefined ? `+ tag ${name}=${value}` : `~ tag ${name}: ${is} -> ${value}`,
  ),
  ...respeltTags(wanted, live).map(([was, is]) => `~ tag ${was} -> ${is}`),
  ...staleTags(wanted, live).map((name) => `- tag ${name}`),
];

function difference(wanted: ReadonlySet<number>, live: ReadonlySet<number>, say: (all: ReadonlySet<number>) => string): string[] {
  const more = new Set([...wanted].filter((one) => !live.has(one)));
  const less = new Set([...live].filter((one) => !wanted.has(one)));
  return [...(more.size === 0 ? [] : [`+ ${say(more)}`]), ...(less.size === 0 ? [] : [`- ${say(less)}`])];
}

const isSsh = (name: string | undefined): boolean => /^ssh-\d+$/i.test(name ?? "");

/** "22004, 22005", and of many "22004-22201". */
const listed = (all: ReadonlySet<number>): string =>
  all.size <= 3 ? [...all].sort((a, b) => a - b).join(", ") : ranges(all).replaceAll(",", ", ");

const said = (flag: Flag<unknown>, value: FlagValues[FlagKey] | undefined): string => {
  // a switch that is not kept is off
  if (value === undefined && flag.default === undefined) return "not given";
  if (value === undefined || value === false) return flag.none === true ? "none" : "no";
  return value === true ? "yes" : String(value) || "none";
};
