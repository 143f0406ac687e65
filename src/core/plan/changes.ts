/**
 * What a change of a resource changes, as a person says it: "+ SSH 22004, 22005". Pure; the plan shows it beside the resource's label,
 * so that a yes is one to what will be different. Only what we write is compared: what others added stays (beside.ts).
 */
import type { LoadBalancer, NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import { rulesBeside } from "./beside.ts";
import { securityRuleWords } from "./rules-drift.ts";
import { taggedNodes, readClaim } from "./read-tags.ts";
import type { AnyResource } from "./resource.ts";
import { type Tags, ranges } from "./tags.ts";
import { lostTags, staleTags } from "./user-tags.ts";
import { type FlagKey, type FlagValues, flagRows } from "../spec/flags.ts";

/** What is there, as far as it is compared. */
interface There {
  readonly tags: Tags;
  readonly model: unknown;
}

/** One line each; empty when only what nobody reads differs, such as our own fingerprint. */
export function changesOf(resource: AnyResource, live: There): string[] {
  const wanted = (resource.body as { tags?: Tags }).tags ?? {};
  return [...kindChanges(resource, live, wanted), ...tagChanges(wanted, live.tags)];
}

// --- internal ---

function kindChanges(resource: AnyResource, live: There, wanted: Tags): string[] {
  switch (resource.kind) {
    case "loadBalancer":
      return balancerChanges(resource.body, live.model as LoadBalancer);
    case "securityGroup":
      return securityChanges(resource.body, live.model as NetworkSecurityGroup);
    default:
      return wanted["aoc-role"] === "claim" ? claimChanges(wanted, live.tags) : [];
  }
}

function balancerChanges(wanted: LoadBalancer, live: LoadBalancer): string[] {
  const ssh = (one: LoadBalancer): Set<number> =>
    new Set((one.inboundNatRules ?? []).flatMap(({ name, frontendPort }) => (isSsh(name) ? [frontendPort ?? 0] : [])));
  const rules = (one: LoadBalancer): Set<string> =>
    new Set((one.loadBalancingRules ?? []).map(({ name, frontendPort }) => `${name} ${frontendPort}`));
  const ports = (one: LoadBalancer): string => String(one.outboundRules?.[0]?.allocatedOutboundPorts ?? "none");
  return [
    ...difference(ssh(wanted), ssh(live), (all) => `SSH ${listed(all)}`),
    ...[...rules(wanted)].filter((rule) => !rules(live).has(rule)).map((rule) => `+ ${rule}`),
    ...(ports(wanted) === ports(live) ? [] : [`~ outbound ports of a node: ${ports(live)} -> ${ports(wanted)}`]),
  ];
}

function securityChanges(wanted: NetworkSecurityGroup, live: NetworkSecurityGroup): string[] {
  const there = new Map((live.securityRules ?? []).map((rule) => [rule.name, rule]));
  return rulesBeside(wanted.securityRules ?? [], live.securityRules ?? []).flatMap((rule) => {
    const found = there.get(rule.name);
    if (found === undefined) return [`+ rule ${rule.name}`];
    return ruleChanges(rule, found).map((change) => `~ rule ${rule.name}: ${change}`);
  });
}

const ruleChanges = (wanted: SecurityRule, live: SecurityRule): string[] =>
  securityRuleWords(wanted, live).map(([what, is, was]) => `${what} ${was} -> ${is}`);

/** A claim whose tags somebody damaged is refused elsewhere, before anything is planned. */
function claimChanges(wanted: Tags, live: Tags): string[] {
  const nodes = difference(
    taggedNodes(wanted) ?? new Set(),
    taggedNodes(live) ?? new Set(),
    (all) => `${all.size === 1 ? "node" : "nodes"} ${listed(all)}`,
  );
  const [now, before] = [readClaim(wanted).kept, readClaim(live).kept];
  const flags = flagRows.flatMap(([key, flag]) => {
    const [is, was] = [now[key], before[key]];
    // tags are shown as tags
    if (flag.pairs === true) return [];
    if (String(is ?? "") === String(was ?? "")) return [];
    return [`~ --${flag.name} ${said(was)} -> ${said(is)}`];
  });
  return [...nodes, ...flags];
}

/** Tags that people gave; ours are nobody's business. */
const tagChanges = (wanted: Tags, live: Tags): string[] => [
  ...lostTags(wanted, live).map(({ name, value, is }) =>
    is === undefined ? `+ tag ${name}=${value}` : `~ tag ${name}: ${is} -> ${value}`,
  ),
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

const said = (value: FlagValues[FlagKey] | undefined): string =>
  value === undefined || value === false ? "no" : value === true ? "yes" : String(value);
