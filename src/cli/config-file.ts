/** `--config FILE.yaml`: flags by their names, one a line. */
import { readWhole, whyUnread } from "../prepare/read-whole.ts";
import { pathExists } from "../prepare/beside.ts";
import { ownText } from "../prepare/own-text.ts";
import { ownPath } from "../operations/files/own-path.ts";
import { usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { nearest } from "../core/nearest.ts";
import { flagRows } from "../core/spec/flags.ts";
import { COMMANDS, flagsOf } from "./commands.ts";
import { parsed, together } from "./flag-text.ts";
import type { World } from "./world.ts";

/** Values by flag name, unparsed. Unknown names are refused: a misspelt line must not be without effect. */
export async function readConfig(world: World, file: string): Promise<Record<string, unknown>> {
  const lines = await readLines(world, file);
  const names: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [typed, value] of Object.entries(lines)) {
    // for editors
    if (typed === "$schema" && isPlain(value)) continue;
    const name = OWN.get(typed.replace(/^--/, ""));
    if (typed === "config")
      throw usageError(`${file}: "config" cannot stand in a configuration file`, "Put all lines into one file.");
    if (name === undefined) unknown.push(typed);
    else if (name in names) throw usageError(`${file}: ${name} is there twice`, "Leave one of the two lines out.");
    else names[name] = PAIRS.has(name) ? pairsOf(value) : value;
  }
  if (unknown.length > 0)
    throw usageError(
      `${file}: create has no flag ${unknown.map(withMeant).join(", ")}`,
      "`azure-coreos-cluster create --help` lists the names.",
    );
  return names;
}

const READERS = COMMANDS.filter((command) => flagsOf(command).some(([key]) => key === "config"));

/** What the commands take that read such a file: any other flag would be without effect in it. */
export const FLAGS_IN_FILE: readonly Flag<unknown>[] = flagRows
  .filter(([key, { on }]) => key !== "config" && READERS.some(({ scopes }) => on.some((scope) => scopes.includes(scope))))
  .map(([, flag]) => flag);

/** A flag's value as it stands in the file. A list is a flag that is given several times. */
export function valueInFile(flag: Flag<unknown>, value: unknown, where: string): unknown {
  const list = Array.isArray(value) && value.every(isPlain) ? value : undefined;
  if (list !== undefined && flag.many === true)
    return together(
      flag,
      list.map((one) => parsed(flag, one, where)),
      where,
    );
  if (list !== undefined && flag.ordered === true) return parsed(flag, list.join(","), where);
  if (isPlain(value)) return parsed(flag, value, where);
  throw usageError(
    `${where} takes ${flag.many === true || flag.ordered === true ? "values" : "one value"}`,
    `Write it as "${flag.name}: ${flag.value ?? "true"}".`,
  );
}

// --- internal ---

async function readLines(world: World, file: string): Promise<object> {
  const [js, { ownEvents }, { OVERGROWN, overgrownLine }, text] = await Promise.all([
    import("js-yaml"),
    import("../core/yaml/own.ts"),
    import("../core/yaml/expansion.ts"),
    readText(world, file),
  ]);
  try {
    const { events, source } = ownEvents(text);
    const overgrown = overgrownLine(source, events);
    if (overgrown !== undefined) throw usageError(`${file}:${overgrown}: ${OVERGROWN}`);
    // as it was typed: to YAML 0123 and 1e3 are numbers, and a group or a file of that name would be another one
    const [lines, ...more] = js.constructFromEvents(events, {
      source,
      schema: js.FAILSAFE_SCHEMA.withTags(js.nullCoreTag),
    });
    if (more.length > 0) throw usageError(`${file} holds more than one document of YAML`, "Take the lines with --- out.");
    const map = lines ?? {};
    if (typeof map === "object" && !Array.isArray(map)) return map;
  } catch (error) {
    if (!(error instanceof js.YAMLException)) throw error;
    const line = (error.mark?.line ?? 0) + 1;
    throw usageError(`${file}:${line}: ${error.reason}`, 'It must be YAML, with lines such as "num-nodes: 5".');
  }
  throw usageError(`${file} must hold lines such as "num-nodes: 5"`);
}

/** What a line of YAML can hold that is one value; one that was left out is none. */
const isPlain = (value: unknown): value is string => typeof value === "string";

const PAIRS = new Set<string>(FLAGS_IN_FILE.flatMap(({ name, pairs }) => (pairs === true ? [name] : [])));

/** A map of keys and values as KEY=VALUE, each; a key without a value is taken away. */
function pairsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value).map(([key, one]) => {
    if (one === null) return `${key}-`;
    if (!isPlain(one)) throw usageError(`the value of ${key} is no text`, "Write KEY: VALUE, one a line.");
    return `${key}=${one}`;
  });
}

/** A misspelt name, and the one that was meant. */
function withMeant(typed: string): string {
  const meant = nearest(typed, [...OWN.keys()], Math.ceil(typed.length / 4));
  return meant === undefined ? typed : `${typed} (did you mean ${meant}?)`;
}

/** A flag's own name by each of its names. */
const OWN = new Map(FLAGS_IN_FILE.flatMap((flag) => [flag.name, ...(flag.also ?? [])].map((name) => [name, flag.name] as const)));

async function readText(world: World, file: string): Promise<string> {
  const bytes = await readWhole(ownPath(world, file)).catch((error: unknown) => {
    throw usageError(`--config: cannot read ${file}`, whyUnread(error));
  });
  return ownText(bytes, file, (path) => pathExists(ownPath(world, path)));
}
