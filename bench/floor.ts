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
  const toCome = chains(resources, takes);
  const ends = new Map<string, number>();
  const gates = gatesOf(profile);
  const waiting = new Set(resources);
  while (waiting.size > 0) {
    let first: { readonly one: AnyResource; readonly at: number } | undefined;
    const looked = new Map<string, number>();
    for (const one of waiting) {
      if (one.dependsOn.some((id) => !ends.has(id) && toCome.has(id))) continue;
      const ready = Math.max(0, ...one.dependsOn.map((id) => ends.get(id) ?? 0));
      const service = serviceOf(one);
      const opens = looked.get(service) ?? Math.max(...gates(service).map((gate) => gate.opens()));
      looked.set(service, opens);
      const at = Math.max(ready, opens);
      if (
        first === undefined ||
        at < first.at ||
        (at === first.at && (toCome.get(one.id) ?? 0) > (toCome.get(first.one.id) ?? 0))
      )
        first = { one, at };
    }
    if (first === undefined) throw new Error("The plan goes in a circle.");
    const { one, at } = first;
    for (const gate of gates(serviceOf(one))) gate.pass(at);
    waiting.delete(one);
    ends.set(one.id, at + takes(one));
  }
  return Math.max(...ends.values());
}

// --- internal ---

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
function gatesOf({ limits }: FixedProfile): (service: string) => readonly Gate[] {
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

const serviceOf = ({ kind }: AnyResource): string => KINDS[kind].type.split("/")[0] ?? "";
