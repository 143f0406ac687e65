// Makes schema/NAME.json, which editors and scripts read, and `schema NAME` prints: the JSON Schema of every document, from the types and
// comments of src/core/documents.ts, and that of the file of --config, from the flags table. A part of `npm run build`, so that nobody keeps them by hand.
// In draft-07, for it is the latest draft that editors know whole.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGenerator } from "ts-json-schema-generator";
import { configSchema } from "../src/cli/config-schema.ts";
import { schemaUri } from "../src/core/schema-uri.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** THE FRACTIONS TABLE: fields whose numbers need not be whole. All others count something, and TypeScript has one type for both. */
const FRACTIONS = new Set(["unitPrice", "perHour", "per30Days", "soFar"]);

const folder = join(ROOT, "schema");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, schema] of Object.entries({ config: configSchema(), ...documents() })) {
  const head = { $schema: "http://json-schema.org/draft-07/schema#", $id: schemaUri(name).replace(/#.*/, ""), title: `azure-coreos-cluster: ${name}` };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`);
}

/** Each row of the table `Documents`, with what it refers to. Fields that are not described are allowed: documents gain some. */
function documents() {
  const { definitions: found, properties } = createGenerator({
    path: join(ROOT, "src/core/documents.ts"),
    tsconfig: join(ROOT, "tsconfig.json"),
    type: "Documents",
    topRef: false,
    additionalProperties: true,
    sortProps: false,
    // tsc has done so
    skipTypeCheck: true,
  }).createSchema("Documents");
  const definitions = whole(found);
  const entries = Object.entries(whole(properties)).map(([name, { $ref, ...row }]) => {
    const body = { ...($ref === undefined ? {} : definitions[nameIn($ref)]), ...row };
    const used = reachable(body, definitions);
    return [name, { ...body, ...(used.size === 0 ? {} : { definitions: Object.fromEntries([...used].map((one) => [one, definitions[one]])) }) }];
  });
  return Object.fromEntries(entries);
}

/** The same schema with numbers that are whole. @param name of the field that it is of */
function whole(schema, name) {
  if (FRACTIONS.has(name)) return schema;
  if (name === "type" && schema === "number") return "integer";
  if (Array.isArray(schema)) return schema.map((one) => whole(one, name));
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, whole(value, key)]));
}

function nameIn(ref) {
  return decodeURIComponent(ref.slice("#/definitions/".length));
}

/** Names of definitions that a schema refers to, and those that these refer to. */
function reachable(schema, definitions, found = new Set()) {
  for (const [, ref] of JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)) {
    const name = nameIn(ref);
    if (found.has(name)) continue;
    found.add(name);
    reachable(definitions[name], definitions, found);
  }
  return found;
}
