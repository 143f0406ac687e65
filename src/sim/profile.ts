/**
 * How quick and how generous a simulated Azure is, as a file that people write: `{ latencyMs, seconds, limits }`. Seconds are those of a
 * creation, by resource type. What a profile does not say stays as the rules have it.
 */
import { ClusterError } from "../core/errors.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { SimulationOptions } from "./simulation.ts";

export type Range = readonly [number, number];

export type Profile = Pick<SimulationOptions, "latencyMs" | "seconds" | "pace" | "limits">;

/** @throws ClusterError naming the member that cannot be what it is */
export function parseProfile(text: string, file: string): Profile {
  const wrong = (what: string): never => {
    throw new ClusterError("EmulateProfile", `${file} is no profile: ${what}.`, {
      advice: 'Write for example {"latencyMs": [80, 120], "seconds": {"Microsoft.Compute/virtualMachines": [36, 36]}}.',
    });
  };
  const known: Record<string, (value: unknown) => boolean> = {
    about: (value) => typeof value === "string",
    latencyMs: isRange,
    pace: (value) => typeof value === "number" && value > 0,
    seconds: (value) => isObject(value) && Object.values(value).every(isRange),
    limits: (value) => isObject(value) && Object.keys(value).every((name) => name in DEFAULT_LIMITS),
  };
  const read = parsed(text);
  if (!isObject(read)) return wrong("it is no JSON object");
  for (const [name, value] of Object.entries(read)) {
    if (!Object.hasOwn(known, name)) return wrong(`${name} is not known`);
    if (known[name]?.(value) !== true) return wrong(`${name} cannot be ${JSON.stringify(value)}`);
  }
  const { about: _, ...profile } = read;
  return profile;
}

// --- internal ---

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Least and most, none of them negative. */
const isRange = (value: unknown): value is Range =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((one) => typeof one === "number" && one >= 0) &&
  Number(value[0]) <= Number(value[1]);
