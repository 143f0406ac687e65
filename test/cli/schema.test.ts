/** Schemas, held against what whole commands really print, and the command that prints them. `run` of every other test holds them, too. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { checkPrinted, faultsOf, schemaNamed, schemaNames } from "../schemas.ts";
import { ownAzure } from "./world.ts";

/** A cluster's life, with everything that adds fields. */
const LIFE: readonly (readonly [argv: string, schema: string, named?: string])[] = [
  ["plan life --deis --pip --tag a=b --location westus2 --zones 1,2 --vm-size Large,Small", "plan"],
  [
    "life --num-nodes 5 --location westus2 --zones 1,2 --vm-size Large,Small --deis --pip --tag a=b --spot --ttl 1h --data-disk --output life.json --events e.jsonl",
    "create",
  ],
  ["life --no-input --discovery-service-url none", "error"],
  ["status life", "status"],
  ["list", "list"],
  ["reboot life 0", "reboot"],
  ["replace life 1 --yes", "replace"],
  ["remove life 4 --yes", "remove"],
  ["logs life 0", "logs"],
  ["stop life --yes", "stop"],
  ["start life", "start"],
  ["short --ttl 1s --num-nodes 1 --wait-for machines", "create"],
  ["gc --dry-run", "list"],
  // an array of what destroy prints
  ["gc --yes", "gc", "destroy"],
  ["run life -- uptime", "error"],
  ["destroy life --yes", "destroy"],
  ["status life", "error"],
  ["destroi life", "error"],
];

test("what a cluster's life prints is what the schemas say, and nothing more", async () => {
  const azure = ownAzure();
  for (const [argv, name, named = name] of LIFE) {
    const [own, ...rest] = argv.split(" -- ");
    const { stdout } = await azure.run([own, ...rest].join(" --json -- ") + (rest.length === 0 ? " --json" : ""));
    const document: unknown = JSON.parse(stdout);
    expect([argv, faultsOf(name, document)]).toEqual([argv, []]);
    const one = (Array.isArray(document) ? document[0] : document) as Record<string, unknown>;
    expect([argv, String(one["$schema"]).replace(/#.*/, "")]).toEqual([argv, schemaNamed(named)["$id"]]);
    const more = { ...one, unheardOf: 1 };
    expect([argv, faultsOf(name, Array.isArray(document) ? [more] : more)]).not.toEqual([argv, []]);
  }
  const read = (file: string): string => readFileSync(join(azure.dir, file), "utf8");
  expect(faultsOf("state-file", JSON.parse(read("life.json")))).toEqual([]);
  const events = read("e.jsonl").trimEnd().split("\n");
  expect(new Set(events.map((line) => faultsOf("event", JSON.parse(line)).join()))).toEqual(new Set([""]));
  expect(events.length).toBeGreaterThan(20);
});

test("what is counted is whole, and prices alone are not", () => {
  const count = (found: unknown): object => ({
    $schema: schemaNamed("lint")["$id"],
    schema: "azure-coreos-cluster/lint/1",
    file: "f",
    platform: "flatcar",
    errors: found,
    warnings: 0,
    findings: [],
  });
  expect([faultsOf("lint", count(1)), faultsOf("lint", count(1.5))]).toEqual([[], [expect.stringContaining("integer")]]);
  const documents = schemaNames().filter((name) => name !== "config");
  const text = JSON.stringify(documents.map(schemaNamed));
  const fractions = [...text.matchAll(/"(\w+)":\{"type":"number"/g)].map(([, name]) => name);
  expect(new Set(fractions)).toEqual(new Set(["unitPrice", "perHour", "per30Days", "soFar"]));
});

test("a document that is not described fails a test that prints it", () => {
  const printed = (document: object): void => checkPrinted(["status", "c", "--json"], JSON.stringify(document));
  expect(() => printed({ name: "c" })).toThrow("names no schema");
  expect(() => printed({ $schema: schemaNamed("error")["$id"], error: { code: "A", message: "", advice: "" } })).toThrow(
    "source",
  );
});

test("every schema is one of draft-07, and says where it is", () => {
  for (const name of schemaNames()) {
    const schema = schemaNamed(name);
    expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(schema["$id"]).toBe(`https://unpkg.com/azure-coreos-cluster@1/schema/${name}.json`);
    expect(new Ajv({ strict: true, allowUnionTypes: true }).validateSchema(schema)).toBe(true);
  }
});

test("every field of every document has its words, and says which values it may have", () => {
  const lacking = schemaNames().flatMap((name) => [
    ...(typeof schemaNamed(name)["description"] === "string" ? [] : [name]),
    ...fieldsOf(schemaNamed(name), name).flatMap(([path, { description, ...rest }]) =>
      typeof description === "string" && /\w+ \w+/.test(description) && Object.keys(rest).length > 0 ? [] : [path],
    ),
  ]);
  expect(lacking).toEqual([]);
});

test("schema NAME prints one, schema alone lists them, and an unknown name is bad usage", async () => {
  const azure = ownAzure();
  const one = await azure.run("schema status");
  expect([one.exit, JSON.parse(one.stdout)]).toEqual([0, schemaNamed("status")]);
  const all = await azure.run("schema");
  expect(
    all.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  ).toEqual(schemaNames());
  expect(all.stdout).toMatch(/^create +What `create --json` prints: /m);
  expect(await azure.run("schema statsu")).toMatchObject({
    exit: 2,
    stdout: "",
    stderr: expect.stringContaining('there is no schema "statsu": did you mean "status"?') as string,
  });
  expect(azure.exchanges).toEqual([]);
});

// --- internal ---

type Schema = { readonly [key: string]: unknown };

/** What a schema says of each field, however deep, with the way to it. A field that is forbidden is no schema but `false`. */
function fieldsOf(schema: unknown, path: string): (readonly [path: string, field: Schema])[] {
  if (typeof schema !== "object" || schema === null) return [];
  const fields = "properties" in schema ? Object.entries(schema.properties as Record<string, Schema | false>) : [];
  return [
    ...fields.flatMap(([name, field]) => (field === false ? [] : [[`${path} ${name}`, field] as const])),
    ...Object.entries(schema).flatMap(([key, inner]) => fieldsOf(inner, `${path} ${key}`)),
  ];
}
