/**
 * The JSON Schemas in tests: made before the suite where a source is newer than they are, and held against what is really printed.
 * Here they are stricter than those that are shipped: a field that a document has and its schema does not is a fault.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";

/** For vitest. */
export function setup(): void {
  const made = existsSync(FOLDER) ? filesIn(FOLDER).map(timeOf) : [];
  const sources = [MAKER, ...filesIn(join(ROOT, "src/core")), ...filesIn(join(ROOT, "src/cli"))].map(timeOf);
  if (Math.max(...sources) >= Math.min(...made, made.length === 0 ? 0 : Infinity)) execFileSync(process.execPath, [MAKER]);
}

/** The schema as it is shipped. */
export const schemaNamed = (name: string): Schema => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Schema;

export const schemaNames = (): string[] => readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ""));

/** What is wrong with a document; empty when nothing is. */
export function faultsOf(name: string, document: unknown): string[] {
  const validate = compiled.get(name) ?? ajv().compile(closed(schemaNamed(name)));
  compiled.set(name, validate);
  if (validate(document)) return [];
  return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`);
}

/**
 * Every document in what a command printed with `--json`, held against the schema that it names: a test that runs a whole command
 * checks its output, too. @throws Error that says what is wrong
 */
export function checkPrinted(argv: readonly string[], stdout: string): void {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  // what export prints is Azure's and Terraform's
  if (!own.includes("--json") || own.includes("export") || stdout === "") return;
  for (const document of documentsIn(stdout)) {
    const name = nameOf(own, document);
    const faults = name === undefined ? ["names no schema"] : faultsOf(name, document);
    if (faults.length > 0) throw new Error(`${own.join(" ")}: ${name ?? ""}: ${faults.join("; ")}: ${JSON.stringify(document)}`);
  }
}

// --- internal ---

type Schema = { readonly [key: string]: unknown };

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "schema");
const MAKER = join(ROOT, ".ci/schemas.mjs");
const compiled = new Map<string, ValidateFunction>();

/** Strict, so that a misspelt keyword is a fault; beside draft-07's own, those that editors read. */
const ajv = (): Ajv =>
  new Ajv({ allowUnionTypes: true, allErrors: true }).addVocabulary([
    "markdownDescription",
    "patternErrorMessage",
    "errorMessage",
    "defaultSnippets",
    "doNotSuggest",
  ]);

const timeOf = (file: string): number => statSync(file).mtimeMs;

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** The same schema for documents that have no field more. */
function closed(schema: unknown): Schema {
  const copy = Object.fromEntries(Object.entries(schema as Schema).map(([key, value]) => [key, closedValue(value)]));
  return "properties" in copy && !("additionalProperties" in copy) ? { ...copy, additionalProperties: false } : copy;
}

function closedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedValue);
  return typeof value === "object" && value !== null ? closed(value) : value;
}

/** One document, or with --watch one a line. */
function documentsIn(stdout: string): unknown[] {
  try {
    return [JSON.parse(stdout)];
  } catch {
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  }
}

/** An array has no place for a name: only list and gc print one. */
function nameOf(argv: readonly string[], document: unknown): string | undefined {
  if (Array.isArray(document)) return argv.includes("gc") && !argv.includes("--dry-run") ? "gc" : "list";
  return /\/schema\/([a-z-]+)\.json$/.exec(String((document as Schema)["$schema"]))?.[1];
}
