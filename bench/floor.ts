/**
 * What nobody can be quicker than, and what the script of 2015 would need: both computed from the plan and the profile, for neither
 * has to look at anything. Milliseconds.
 */
import type { AnyResource } from "../src/core/plan/resource.ts";
import { KINDS } from "../src/core/plan/kinds.ts";
import { type FixedProfile, runsFor } from "./profile.ts";

/** The script asked every five seconds whether the last request had ended, and only then made the next. */
const LOOK_MS = 5000;

export function sequentialMs(resources: readonly AnyResource[], profile: FixedProfile): number {
  const [latency] = profile.latencyMs;
  const look = LOOK_MS * profile.pace + latency;
  return resources.reduce((sum, one) => sum + latency + Math.ceil(runsFor(profile, one) / look) * look, 0);
}

/**
 * Every PUT at the first moment at which what it stands on is there and the limits have room for it; of several, the one with most to
 * come. What it began ends without being asked about.
 */
export function floorMs(resources: readonly AnyResource[], profile: FixedProfile): number {
  const takes = (one: AnyResource): number => profile.latencyMs[0] + runsFor(profile, one);
  const order = inOrder(resources, takes);
  const gates = gatesOf(profile);
  let last = 0;
  for (let next = order.next(gates); next !== undefined; next = order.next(gates)) {
    for (const gate of gates(serviceOf(next.one))) gate.pass(next.at);
    const end = next.at + takes(next.one);
    order.ended(next.one, end);
    last = Math.max(last, end);
  }
  return last;
}

// --- internal ---

type Gates = (service: string) => readonly Gate[];

interface Order {
  /** What may be written first, and when; undefined when nothing is left. */
  next(gates: Gates): { readonly one: AnyResource; readonly at: number } | undefined;
  ended(one: AnyResource, at: number): void;
}

interface Ready {
  readonly one: AnyResource;
  readonly service: string;
  readonly toCome: number;
  readonly since: number;
}

function inOrder(resources: readonly AnyResource[], takes: (one: AnyResource) => number): Order {
  const toCome = chains(resources, takes);
  const needs = new Map(resources.map((one) => [one, { open: one.dependsOn.filter((id) => toCome.has(id)).length, since: 0 }]));
  const users = Map.groupBy(
    resources.flatMap((one) => one.dependsOn.map((id) => ({ id, one }))),
    ({ id }) => id,
  );
  const ready = new Set<Ready>();
  const begin = (one: AnyResource, since: number): void =>
    void ready.add({ one, service: serviceOf(one), toCome: toCome.get(one.id) ?? 0, since });
  for (const [one, { open }] of needs) if (open === 0) begin(one, 0);
  return {
    next(gates) {
      const opens = new Map(SERVICES.map((service) => [service, Math.max(...gates(service).map((gate) => gate.opens()))]));
      let [first, at]: [Ready | undefined, number] = [undefined, Infinity];
      for (const each of ready) {
        const can = Math.max(each.since, opens.get(each.service) ?? 0);
        if (can < at || (can === at && each.toCome > (first?.toCome ?? 0))) [first, at] = [each, can];
      }
      if (first === undefined) return undefined;
      ready.delete(first);
      return { one: first.one, at };
    },
    ended({ id }, at) {
      for (const { one } of users.get(id) ?? []) {
        const need = needs.get(one);
        if (need === undefined) continue;
        need.open -= 1;
        need.since = Math.max(need.since, at);
        if (need.open === 0) begin(one, need.since);
      }
    },
  };
}

/** The longest way from each resource to the end. Dependencies come first in a plan. */
function chains(resources: readonly AnyResource[], takes: (one: AnyResource) => number): Map<string, number> {
  const longest = new Map(resources.map((one) => [one.id, takes(one)]));
  const byId = new Map(resources.map((one) => [one.id, one]));
  for (const one of resources.toReversed())
    for (const id of one.dependsOn) {
      const below = byId.get(id);
      if (below !== undefined) longest.set(id, Math.max(longest.get(id) ?? 0, takes(below) + (longest.get(one.id) ?? 0)));
    }
  return longest;
}

interface Gate {
  /** The first moment at which it lets one pass. */
  opens(): number;
  pass(at: number): void;
}

/** What a write passes: the subscription's bucket, and its service's own limits where the simulation has them. */
function gatesOf({ limits }: FixedProfile): Gates {
  const { writes = [1e9, 1e9], serviceChanges = [1e9, 1e9], networkChanges = [1e9, 1] } = limits;
  const whole = bucket(writes);
  const compute = bucket(serviceChanges);
  const network = [bucket(serviceChanges), within(networkChanges)];
  return (service) =>
    service === "Microsoft.Compute" ? [whole, compute] : service === "Microsoft.Network" ? [whole, ...network] : [whole];
}

function bucket([capacity, refill]: readonly [number, number]): Gate {
  let [tokens, since] = [capacity, 0];
  return {
    opens: () => (tokens >= 1 ? 0 : since + ((1 - tokens) / refill) * 1000),
    pass(at) {
      tokens = Math.min(capacity, tokens + ((at - since) / 1000) * refill) - 1;
      since = at;
    },
  };
}

/** So many within so many seconds from the first. */
function within([count, seconds]: readonly [number, number]): Gate {
  let [left, since] = [count, -Infinity];
  return {
    opens: () => (left > 0 ? 0 : since + seconds * 1000),
    pass(at) {
      if (at - since >= seconds * 1000) [left, since] = [count, at];
      left -= 1;
    },
  };
}

const SERVICES = [...new Set(Object.values(KINDS).map(({ type }) => type.split("/")[0] ?? ""))];

const serviceOf = ({ kind }: AnyResource): string => KINDS[kind].type.split("/")[0] ?? "";
