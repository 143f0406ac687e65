/**
 * ARM's documented limits, as a table: who counts what. They hold for a side that tells of its limits in the headers of its answers;
 * of another one nothing is known before it refuses (throttle.ts). Sources: "Understand how Azure Resource Manager throttles requests".
 */
import { type Allowance, countWithin, tokenBucket } from "./allowance.ts";

export type RequestClass = "read" | "write" | "delete";

/** Whose limits a request meets beside the subscription's. */
export type Service = "compute" | "network" | "other";

export interface Lane {
  readonly kind: RequestClass;
  readonly service: Service;
}

export const serviceOf = (id: string): Service => {
  const namespace = /.*\/providers\/Microsoft\.(Compute|Network)\//i.exec(id)?.[1]?.toLowerCase();
  return namespace === "compute" || namespace === "network" ? namespace : "other";
};

interface Row {
  readonly name: string;
  readonly holds: (lane: Lane) => boolean;
  readonly allowance: () => Allowance;
}

/** Of a subscription's bucket. */
const DOCUMENTED: Readonly<Record<RequestClass, number>> = { read: 250, write: 200, delete: 200 };

const changes = ({ kind }: Lane): boolean => kind !== "read";
const own = (kind: RequestClass, service?: Service) => (lane: Lane) =>
  lane.kind === kind && (service === undefined || lane.service === service);

const ROWS: readonly Row[] = [
  { name: "subscription-reads", holds: own("read"), allowance: () => tokenBucket(DOCUMENTED.read, 25, "25 reads a second") },
  ...(["write", "delete"] as const).flatMap((kind): Row[] => [
    { name: `subscription-${kind}s`, holds: own(kind), allowance: () => tokenBucket(200, 10, `10 ${kind}s a second`) },
    {
      name: `compute-${kind}s`,
      holds: own(kind, "compute"),
      allowance: () => tokenBucket(200, 10, `10 ${kind}s to Compute a second`),
    },
    {
      name: `network-${kind}s`,
      holds: own(kind, "network"),
      allowance: () => tokenBucket(200, 10, `10 ${kind}s to Network a second`),
    },
  ]),
  {
    name: "network-changes",
    holds: (lane) => lane.service === "network" && changes(lane),
    allowance: () => countWithin(1000, 300_000, "1000 writes to Network in five minutes"),
  },
];

/** What an answer said is left, by the name of the limit: "subscription-writes", or a policy of Compute's. */
export type Remaining = ReadonlyMap<string, number>;

export interface RequestLimits {
  /** Those that a request meets; none, as long as the other side has told of no limit. */
  of(lane: Lane): readonly Allowance[];
  hear(lane: Lane, remaining: Remaining, now: number): void;
}

export function createRequestLimits(): RequestLimits {
  const known = ROWS.map((row) => ({ ...row, limit: row.allowance() }));
  const lanes = new Map<string, Allowance[]>();
  const policies = new Map<string, Allowance>();
  /** Of which no answer tells: they go with the documented limits, and are not believed of a side that has larger ones. */
  const guessed = new Set(known.filter(({ name }) => !name.startsWith("subscription-")).map(({ limit }) => limit));
  const larger = new Set<RequestClass>();
  let told = false;
  const laneOf = (lane: Lane): Allowance[] => {
    const key = `${lane.kind}/${lane.service}`;
    const found = lanes.get(key) ?? known.filter(({ holds }) => holds(lane)).map(({ limit }) => limit);
    lanes.set(key, found);
    return found;
  };
  return {
    of: (lane) => (told ? laneOf(lane).filter((limit) => !larger.has(lane.kind) || !guessed.has(limit)) : []),
    hear(lane, remaining, now) {
      for (const [name, left] of remaining) {
        told = true;
        if (name === `subscription-${lane.kind}s` && left > DOCUMENTED[lane.kind]) larger.add(lane.kind);
        known.find((row) => row.name === name && row.holds(lane))?.limit.correct(now, left);
        policyOf(name, left, lane)?.correct(now, left);
      }
    },
  };

  /** A service's own, of which the first answer tells: as large as it shows, and full again after the minutes of its name. */
  function policyOf(name: string, left: number, lane: Lane): Allowance | undefined {
    const of = `${lane.kind}/${lane.service}/${name}`;
    // what holds for one resource is spent by that one alone
    if (!name.includes("/") || /resource$/i.test(name)) return undefined;
    const before = policies.get(of);
    if (before !== undefined) return before;
    const minutes = Number(/(\d+)Min$/i.exec(name)?.[1] ?? 1);
    const bucket = tokenBucket(left + 1, (left + 1) / (minutes * 60), `no more than its policy ${name} allows`);
    // some tell the same number for ever: what will be waited for is known where something is
    const made: Allowance = { ...bucket, after: (count, now) => (bucket.delay(now) > 0 ? bucket.after(count, now) : 0) };
    policies.set(of, made);
    laneOf(lane).push(made);
    return made;
  }
}
