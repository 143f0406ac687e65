/** The profiles of this folder, as the bench uses them: fixed times, so that the floor can be computed; scaled, with or without ARM's limits. */
import { readFileSync } from "node:fs";
import { KINDS } from "../src/core/plan/kinds.ts";
import type { AnyResource } from "../src/core/plan/resource.ts";
import { DEFAULT_LIMITS, type Limits } from "../src/sim/limits.ts";
import { type Profile, type Range, parseProfile } from "../src/sim/profile.ts";

const UNLIMITED = [1e9, 1e9] as const;

/** Every limit that is a bucket, wide open: this simulation may know more of them than this file. */
const wide = Object.fromEntries(
  Object.entries(DEFAULT_LIMITS).flatMap(([name, value]) => (isBucket(value) ? [[name, UNLIMITED]] : [])),
) as Partial<Limits>;

export type FixedProfile = Required<Pick<Profile, "latencyMs" | "seconds" | "pace" | "limits">>;

/** @param fast what times are divided by, and buckets filled faster by */
export function profileOf(name: string, { fast, limited }: { readonly fast: number; readonly limited: boolean }): FixedProfile {
  const file = new URL(`profiles/${name}.json`, import.meta.url);
  const { latencyMs = [0, 0], seconds = {} } = parseProfile(readFileSync(file, "utf8"), name);
  const room = { cores: 1e6, familyCores: 1e6 };
  const limits = { ...room, ...(limited ? quicker(fast) : wide) };
  return { latencyMs: [latencyMs[0] / fast, latencyMs[1] / fast], seconds, pace: 1 / fast, limits };
}

/** Milliseconds from a write's answer to the end of what it began. */
export const runsFor = ({ seconds, pace }: FixedProfile, { kind }: AnyResource): number =>
  (seconds[KINDS[kind].type]?.[0] ?? 0) * 1000 * pace;

/** As documented; a bucket is filled quicker, and Network's window is shorter. */
function quicker(fast: number): Partial<Limits> {
  const { writes, reads, deletes, serviceChanges, networkChanges } = DEFAULT_LIMITS;
  const filled = ([capacity, refill]: Range): Range => [capacity, refill * fast];
  return {
    writes: filled(writes),
    reads: filled(reads),
    deletes: filled(deletes),
    serviceChanges: filled(serviceChanges),
    networkChanges: [networkChanges[0], networkChanges[1] / fast],
  };
}

function isBucket(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === "number");
}
