/**
 * The security rules that are sent, in view of those that are there. What somebody has narrowed, switched off or taken away is not opened
 * again by a change that is about something else: only a flag of this run that says who may come in does that. Pure.
 */
import type { NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import { bodyFingerprint } from "../fingerprint.ts";
import { withoutCovered } from "../range.ts";
import type { FlagKey } from "../spec/flags.ts";
import { withoutMarks } from "./claim-change.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { isContained, over } from "./parts.ts";
import type { Resource } from "./resource.ts";
import type { Tags } from "./tag-parts.ts";
import { foreignTags } from "./user-tags.ts";

type Group = Pick<Resource<"securityGroup">, "body" | "asked">;

interface There {
  readonly tags: Tags;
  readonly model: unknown;
  readonly state?: string;
}

/** The plan's rules stand a step apart. */
export const OUR_PRIORITIES = { first: 100, step: 10 };

/** The flags that say of a rule of ours who may come in. */
export const flagsOfRule = (name: string | undefined): readonly FlagKey[] => [
  ...new Set(OPENED.flatMap((one) => (`allow-${one.name}` === name ? one.flags : []))),
];

/** The plan's rules, beside those of others and such as stay as somebody left them. */
export function rulesSent(group: Group, live: There): SecurityRule[] {
  const staying = stayingRules(group, live);
  const there = rulesIn(live.model);
  const sent = rulesBeside(
    wantedIn(group).filter(({ name = "" }) => !staying.has(name)),
    there,
  ).map((rule) => over(named(there, rule.name), rule, CONTRADICT));
  const names = new Set(wantedIn(group).map(({ name }) => name?.toLowerCase()));
  const inOrder = wantedIn(group).flatMap(({ name = "" }) => staying.get(name) ?? named(sent, name) ?? []);
  return [...inOrder, ...there.filter((rule) => !names.has(rule.name?.toLowerCase()) && !isOurs(rule))];
}

/**
 * Rules of the plan that would let in more than they do, of a group that somebody has changed, and that no flag of this run is about: by
 * name, as they are; `undefined` where there is none.
 */
export function stayingRules(group: Group, live: There): Map<string, SecurityRule | undefined> {
  if (live.state === "failed" || isAsWritten(group, live)) return new Map();
  const there = rulesIn(live.model);
  return new Map(
    wantedIn(group).flatMap((rule): [string, SecurityRule | undefined][] => {
      const { name = "" } = rule;
      const is = named(there, name);
      return group.asked?.includes(name) !== true && (is === undefined || letsInMore(rule, is, there)) ? [[name, is]] : [];
    }),
  );
}

/** Whether a rule that this run asks for is not there as it asks. */
export const isAskedAnew = (group: Group, live: There): boolean =>
  (group.asked ?? []).length > 0 &&
  rulesSent(group, live).some(
    (rule) => group.asked?.includes(rule.name ?? "") === true && !isContained(rule, named(rulesIn(live.model), rule.name)),
  );

/**
 * The plan's security rules with priorities that no rule of others has: Azure refuses the group for one that is there twice. The
 * next number is taken, so that the order of the plan's rules stays, and the same rules always get the same.
 */
export function rulesBeside(wanted: readonly SecurityRule[], live: readonly SecurityRule[]): SecurityRule[] {
  const names = new Set(wanted.map(({ name }) => name?.toLowerCase()));
  const theirs = live.filter((rule) => !names.has(rule.name?.toLowerCase()) && !isOurs(rule));
  const taken = new Set(theirs.map(({ direction, priority }) => `${direction?.toLowerCase()} ${priority}`));
  return wanted.map((rule) => {
    const [direction, first = 0] = [rule.direction?.toLowerCase(), rule.priority];
    const free = Array.from({ length: OUR_PRIORITIES.step }, (_, at) => first + at).find(
      (one) => !taken.has(`${direction} ${one}`),
    );
    return free === undefined || free === first ? rule : { ...rule, priority: free };
  });
}

// --- internal ---

/** What rules are made for, in their order (resources/security-group.ts). What is opened to some is open to those that were said last. */
const OPENED: readonly {
  readonly name: string;
  readonly port: number;
  readonly toSome: boolean;
  readonly flags: readonly FlagKey[];
}[] = [
  { name: "ssh", port: 22, toSome: true, flags: ["sshFrom"] },
  ...ENDPOINTS.map(({ name, port, from, flags }) => ({ name, port, toSome: from !== undefined, flags })),
  { name: "ssh-ipv6", port: 22, toSome: true, flags: ["sshFrom"] },
];

/** How many rules may be there up to the last one of a name: rows of one name are never open together. */
const placeOf = (name: string): number =>
  new Set(OPENED.slice(0, OPENED.findLastIndex((one) => one.name === name) + 1).map((one) => one.name)).size;

/** As the tool makes them; the priority depends on which are open. */
const isOurs = (rule: SecurityRule): boolean =>
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

const wantedIn = ({ body }: Group): readonly SecurityRule[] => body.securityRules ?? [];
const rulesIn = (model: unknown): readonly SecurityRule[] => (model as NetworkSecurityGroup).securityRules ?? [];
const named = (rules: readonly SecurityRule[], name: string | undefined): SecurityRule | undefined =>
  rules.find((rule) => rule.name?.toLowerCase() === name?.toLowerCase());

/** Azure has one place for a single one and another for several, and takes one of them. */
const SOURCE = ["sourceAddressPrefix", "sourceAddressPrefixes", "sourceApplicationSecurityGroups"] as const;
const DESTINATION = ["destinationAddressPrefix", "destinationAddressPrefixes", "destinationApplicationSecurityGroups"] as const;
const SOURCE_PORTS = ["sourcePortRange", "sourcePortRanges"] as const;
const PORTS = ["destinationPortRange", "destinationPortRanges"] as const;
const CONTRADICT: readonly string[] = [...SOURCE, ...DESTINATION, ...SOURCE_PORTS, ...PORTS];

/** Whether the rule as it is wanted lets somebody in who is kept out now. */
function letsInMore(wanted: SecurityRule, is: SecurityRule, all: readonly SecurityRule[]): boolean {
  const [protocol, before, after] = [is.protocol?.toLowerCase(), is.priority ?? 0, wanted.priority ?? 0];
  return (
    is.access?.toLowerCase() !== "allow" ||
    is.direction?.toLowerCase() !== wanted.direction?.toLowerCase() ||
    (protocol !== "*" && protocol !== wanted.protocol?.toLowerCase()) ||
    [SOURCE, DESTINATION, SOURCE_PORTS, PORTS].some((members) => !areIn(textsOf(wanted, members), textsOf(is, members))) ||
    // moved behind a rule that denies
    all.some(
      ({ access, direction, priority = 0 }) =>
        access?.toLowerCase() === "deny" &&
        direction?.toLowerCase() === is.direction?.toLowerCase() &&
        priority > after &&
        priority < before,
    )
  );
}

const textsOf = (rule: SecurityRule, members: readonly (keyof SecurityRule)[]): string[] =>
  members.flatMap((member) =>
    [rule[member] ?? []].flat().map((one) => (typeof one === "object" ? ((one as { id?: string }).id ?? "") : String(one))),
  );

const areIn = (all: readonly string[], wide: readonly string[]): boolean =>
  all.every((one) => wide.some((other) => other === "*" || isIn(one.toLowerCase(), other.toLowerCase())));

function isIn(one: string, wide: string): boolean {
  if (one === wide) return true;
  const [, from, to] = /^(\d+)-(\d+)$/.exec(wide) ?? [];
  if (from !== undefined) return Number(one) >= Number(from) && Number(one) <= Number(to);
  return withoutCovered([wide, one]).join() === wide;
}

/**
 * Whether it is as one of us wrote it last, so that all in which it differs from the plan is what a run that broke off had still to do: made
 * again of what is there, it has the fingerprint that it was written with.
 */
function isAsWritten({ body: { location } }: Group, { tags: live, model }: There): boolean {
  const { "aoc-fingerprint": written, ...tags } = live;
  const foreign = foreignTags(live, {});
  const ours = Object.fromEntries(Object.entries(withoutMarks(tags)).filter(([name]) => foreign[name] === undefined));
  const names = [...new Set(OPENED.map(({ name }) => `allow-${name}`))];
  const securityRules = names
    .flatMap((name) => rulesIn(model).find((rule) => rule.name === name) ?? [])
    .map((rule, at) => {
      const [place, { priority = 0 }] = [OUR_PRIORITIES.first + OUR_PRIORITIES.step * at, rule];
      const moved = priority < place || priority >= place + OUR_PRIORITIES.step;
      return { ...Object.fromEntries(WRITTEN.map((member) => [member, rule[member]])), priority: moved ? priority : place };
    });
  return written === bodyFingerprint({ location, tags: ours, securityRules });
}

/** The members that a rule is written with, beside its priority. */
const WRITTEN = [
  "name",
  "direction",
  "access",
  "protocol",
  "sourceAddressPrefix",
  "sourceAddressPrefixes",
  "sourcePortRange",
  "destinationAddressPrefix",
  "destinationPortRange",
] as const satisfies readonly (keyof SecurityRule)[];
