/** `--config FILE.yaml`: flags by their names, one a line. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { usageError } from "../core/errors.ts";
import { flagRows } from "../core/spec/flags.ts";
import { yamlProblem } from "../core/yaml-problem.ts";
import type { World } from "./world.ts";

/** Values by flag name, unparsed. Unknown names are refused: a misspelt line must not be without effect. */
export async function readConfig(world: World, file: string): Promise<Record<string, unknown>> {
  const [{ load, YAMLException, FAILSAFE_SCHEMA }, text] = await Promise.all([import("js-yaml"), readText(world, file)]);
  let parsed: unknown;
  let plain: unknown;
  try {
    parsed = load(text) ?? {};
    // as it was typed: to YAML 0042 is a number, and 2026-12-31 a date
    plain = load(text, { schema: FAILSAFE_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = (error.mark?.line ?? 0) + 1;
    throw usageError(
      `${file}:${line}: ${yamlProblem(text, error.reason, line)}`,
      'It must be YAML, with lines such as "num-nodes: 5".',
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw usageError(`${file} must hold lines such as "num-nodes: 5"`);
  const names: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [typed, value] of Object.entries(parsed)) {
    const name = OWN.get(typed.replace(/^--/, ""));
    if (name === undefined) unknown.push(typed);
    else if (name in names) throw usageError(`${file}: ${name} is there twice`, "Leave one of the two lines out.");
    else names[name] = PAIRS.has(name) ? pairsOf(value, (plain as Record<string, unknown>)[typed]) : value;
  }
  if (unknown.length > 0)
    throw usageError(`${file}: no flag is called ${unknown.join(", ")}`, "`azure-coreos-cluster create --help` lists the names.");
  if ("config" in names)
    throw usageError(`${file}: "config" cannot stand in a configuration file`, "Put all lines into one file.");
  return names;
}

// --- internal ---

const PAIRS = new Set<string>(flagRows.flatMap(([, { name, pairs }]) => (pairs === true ? [name] : [])));

/** A map of keys and values as KEY=VALUE, each; a key without a value is taken away. */
function pairsOf(value: unknown, plain: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const typed = plain as Record<string, unknown>;
  return Object.entries(value).map(([key, one]) => {
    if (one === null) return `${key}-`;
    if (typeof typed[key] !== "string") throw usageError(`the value of ${key} is no text`, "Write KEY: VALUE, one a line.");
    return `${key}=${typed[key]}`;
  });
}

/** A flag's own name by each of its names. */
const OWN = new Map(flagRows.flatMap(([, flag]) => [flag.name, ...(flag.also ?? [])].map((name) => [name, flag.name] as const)));

async function readText(world: World, file: string): Promise<string> {
  try {
    return await readFile(resolve(world.cwd, file), "utf8");
  } catch (error) {
    throw usageError(`--config: cannot read ${file}`, (error as Error).message);
  }
}
