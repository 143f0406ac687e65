/**
 * The library's options: the flags of the command line in camelCase, as typed values. What comes from a program is input like any
 * other: every value goes through the parser of its flag, and a name that is no flag of the command is refused.
 */
import { ClusterError, usageError } from "../core/errors.ts";
import type { Flag, FlagScope } from "../core/spec/flag.ts";
import { shown } from "../core/shown.ts";
import { oneList } from "../core/spec/none.ts";
import { FLAGS, type FlagKey, type FlagValues, type FlagsOn } from "../core/spec/flags.ts";

/** What only a terminal or a file of the command line has a use for. */
type Terminal = "yes" | "noInput" | "json" | "verbose" | "quiet" | "events" | "timings" | "watch" | "dryRun" | "config";

/** The flags of a command; times are milliseconds. */
export type OptionsOf<S extends FlagScope> = Omit<FlagsOn<S>, Terminal>;

/**
 * @param only of the scopes' options; all of them when left out
 * @throws ClusterError Usage (exit 2), naming the option
 */
export function checkedOptions<S extends FlagScope>(
  options: unknown,
  scopes: readonly S[],
  only?: readonly FlagKey[],
): OptionsOf<S> {
  const there = Object.keys(FLAGS).filter((key) => isOptionOf(key, scopes) && (only?.includes(key as FlagKey) ?? true));
  const checked = Object.entries(optionsIn(options))
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (!there.includes(key)) throw usageError(`there is no option ${key} here`, optionsThere(there));
      return [key, checkedValue(key, FLAGS[key as FlagKey], value)];
    });
  return Object.fromEntries(checked) as OptionsOf<S>;
}

/** Options are an object. @throws ClusterError Usage */
export function optionsIn(given: unknown): object {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw usageError(`the options cannot be ${valueText(given)}`, "Give an object: { numNodes: 5 }.");
  return given;
}

/** A value in a sentence: what JSON has no word for, too. */
export function valueText(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return typeof value === "string" ? JSON.stringify(value) : String(value);
  try {
    return shown(JSON.stringify(value)).slice(0, 200);
  } catch {
    // it holds itself
    return "an object";
  }
}

/** Whether a command of one of these scopes takes it, in a program. */
export function isOptionOf(key: string, scopes: readonly FlagScope[]): boolean {
  if (!Object.hasOwn(FLAGS, key) || Object.hasOwn(TERMINAL, key)) return false;
  const { on }: Pick<Flag<unknown>, "on"> = FLAGS[key as FlagKey];
  return on.some((scope) => scopes.includes(scope));
}

// --- internal ---

const TERMINAL: Record<Terminal, true> = {
  yes: true,
  noInput: true,
  json: true,
  verbose: true,
  quiet: true,
  events: true,
  timings: true,
  watch: true,
  dryRun: true,
  config: true,
};

const LONGEST_MS = 365 * 86_400_000;

function optionsThere(own: readonly string[]): string {
  const azure = "what says which Azure goes to `open`, or to a function by itself";
  return own.length === 0 ? `It has none of its own: ${azure}.` : `There are ${own.join(", ")}; ${azure}.`;
}

function checkedValue(key: string, flag: Flag<unknown>, value: unknown): FlagValues[FlagKey] {
  const wrong = (advice?: string): Error => usageError(`the option ${key} cannot be ${valueText(value)}`, advice);
  if (flag.value === undefined) {
    if (typeof value !== "boolean") throw wrong("Give true or false.");
    return value;
  }
  if (flag.value === "TIME") {
    const ms = Number(value);
    if (typeof value !== "number" || !(ms > 0 && ms <= LONGEST_MS)) throw wrong("Give milliseconds, at most those of a year.");
    return ms;
  }
  if (flag.many !== true || !Array.isArray(value)) return parsed(value) as FlagValues[FlagKey];
  const lists = value.map(parsed) as unknown[][];
  return said(() => oneList(flag, lists)) as FlagValues[FlagKey];

  function parsed(one: unknown): unknown {
    if (typeof one !== "string" && typeof one !== "number") throw wrong();
    const read = said(() => flag.parse(String(one)));
    // a number is no folder's name, nor any other text
    if (typeof one === "number" && typeof read !== "number") throw wrong("Give a text.");
    if (typeof one === "string" && typeof read === "number") throw wrong("Give a number.");
    return read;
  }

  function said(read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      throw usageError(
        `the option ${key}: ${(error as Error).message}`,
        error instanceof ClusterError ? error.advice : undefined,
      );
    }
  }
}
