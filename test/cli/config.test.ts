/** The file of `--config`: what the parser takes of it, and what its JSON Schema tells an editor, are the same. */
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  double,
  integer,
  oneof,
  property,
  string,
  stringMatching,
} from "fast-check";
import { load } from "js-yaml";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FLAGS_IN_FILE, readConfig, valueInFile } from "../../src/cli/config-file.ts";
import type { World } from "../../src/cli/world.ts";
import type { Flag } from "../../src/core/spec/flag.ts";
import { faultsOf, schemaNamed } from "../schemas.ts";
import { ownAzure } from "./world.ts";

const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_129);

test.each([
  ["an unknown name", "nodes: 3"],
  ["a slip of the hand", "num-node: 3"],
  ["a flag that create does not have", "bits: 2048"],
  ["a flag of another command", "must-exist: true"],
  ["the file itself", "config: other.yaml"],
  ["too many", "num-nodes: 1001"],
  ["too few", "num-nodes: 0"],
  ["an even number of voters", "etcd-members: 2"],
  ["a fraction", "num-nodes: 2.5"],
  ["no number", "num-nodes: three"],
  ["no value", "num-nodes:"],
  ["a list where one is due", "num-nodes: [3]"],
  ["a map where one is due", "location: { west: us }"],
  ["none of the choices", "platform: windows"],
  ["a time without its unit", "ttl: 2"],
  ["no time", "ttl: 0h"],
  ["neither true nor false", "deis: maybe"],
  ["no location", "location: 12"],
  ["no location in a list", 'location: [westus, "!"]'],
  ["an empty list", "vm-size: []"],
  ["an empty list that would mean nothing", "ssh-from: []"],
  ["an item that was left out", "vm-size: [Large, ~]"],
  ["an item that is no value", "identity: [{ name: x }]"],
  ["no zone", "zones: [1, 4]"],
  ["no id", "subscription: mine"],
  ["no URL", "arm-endpoint: management.azure.com"],
  ["no path", "data-disk-mount: data"],
  ["no name of a group", "resource-group: a group!"],
  ["no part of a name", "vm-name-prefix: -x-"],
  ["both spellings", "ssh: 22001\nssh-port: 22001"],
  ["a tag that is no text", "tag: { a: [1] }"],
  ["an address that is none of a schema", "$schema: [5]"],
  ["no version of etcd", "etcd-version: 3.6.1"],
  ["no price", "max-price: much"],
])("%s is refused by the command, and marked by an editor: %s", async (_name, text) => {
  expect(faultsOf("config", load(text))).not.toEqual([]);
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "flags.yaml"), text);
  expect(await azure.run("plan mycluster --config flags.yaml")).toMatchObject({ exit: 2, stdout: "" });
  expect(azure.exchanges).toEqual([]);
});

test.each([
  ["", { CONFIG: "c.yaml" }, "7 machines"],
  ["", { CONFIG: "c.yaml", NUM_NODES: "4" }, "4 machines"],
  ["--num-nodes 2", { CONFIG: "c.yaml" }, "2 machines"],
  ["--config d.yaml", { CONFIG: "c.yaml" }, "5 machines"],
  ["", { CONFIG: "nofile.yaml" }, "cannot read nofile.yaml"],
])("the file that the environment names counts as one of the flag: plan %s %j", async (flags, own, said) => {
  const one = ownAzure();
  writeFileSync(join(one.dir, "c.yaml"), "num-nodes: 7\n");
  writeFileSync(join(one.dir, "d.yaml"), "num-nodes: 5\n");
  const env = Object.fromEntries(Object.entries(own).map(([name, value]) => [`AZURE_COREOS_CLUSTER_${name}`, value]));
  const { stdout, stderr } = await one.run(`plan mycluster ${flags}`, { env });
  expect(stdout + stderr).toContain(said);
  // a command that reads no such file is not stopped by one
  if (said.startsWith("cannot")) expect((await one.run("list", { env })).exit).toBe(0);
});

test.each([
  ["resource-group", "0123"],
  ["resource-group", "0x10"],
  ["vm-name-prefix", "007"],
  ["vm-name-prefix", "1e3"],
  ["vm-name-prefix", "True"],
  ["availability-set", "1.0"],
  ["ssh-thumb", "1230000000000000000000000000000000000000"],
  ["ssh-cert", "010"],
  ["output", ".5"],
])("%s: %s is what was typed, whatever number it is to YAML", async (name, text) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), `${name}: ${text}\n`);
  const world = { cwd: azure.dir, env: {} } as unknown as World;
  expect(await readConfig(world, "c.yaml")).toEqual({ [name]: text });
  const flag = FLAGS_IN_FILE.find((one) => one.name === name);
  expect(flag && valueInFile(flag, text, "")).toBe(flag?.parse(text));
});

test.each(["1e1", "0x3", "+3", "3.0", "0o7"])("num-nodes: %s is refused, as the flag is", async (text) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), `num-nodes: ${text}\n`);
  const { exit, stderr } = await azure.run("plan mycluster --config c.yaml");
  expect([exit, stderr]).toEqual([2, expect.stringContaining(`c.yaml: num-nodes: "${text}" is not a whole number`)]);
});

test("names of tags, and values in lists, are what was typed, too", async () => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), "tag: { 0123: 1e3, 0x10: 007 }\nidentity: [0042, 1.0]\n");
  const world = { cwd: azure.dir, env: {} } as unknown as World;
  expect(await readConfig(world, "c.yaml")).toEqual({ tag: ["0123=1e3", "0x10=007"], identity: ["0042", "1.0"] });
});

test.each(["", "# num-nodes: 5\n", "---\n", "\uFEFF"])("a file without a line that counts changes nothing: %j", async (text) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), text);
  expect(await azure.run("plan mycluster --config c.yaml --simulate --quiet")).toMatchObject({ exit: 0 });
});

test.each([
  [
    "Windows-1252",
    Buffer.from('num-nodes: 1\ntag: { Owner: "M\xfcller" }\n', "latin1"),
    "c.yaml:2: this line is not UTF-8",
    "WINDOWS-1252",
  ],
  ["UTF-16", Buffer.from("\uFEFFnum-nodes: 1\n", "utf16le"), "c.yaml:1: the file is UTF-16", "UTF-16"],
])("a file in %s is refused with the command that mends it", async (_name, bytes, said, from) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), bytes);
  const { exit, stderr } = await azure.run("plan mycluster --config c.yaml");
  expect([exit, stderr]).toEqual([2, expect.stringContaining(said)]);
  expect(stderr).toContain(`iconv -f ${from} -t UTF-8 c.yaml > c.yaml.utf8`);
  expect(azure.exchanges).toEqual([]);
});

test("a misspelt name comes with the one that was meant", async () => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "flags.yaml"), "num-node: 3\nlocatoin: westus\nbanana: 1\n");
  const { stderr } = await azure.run("plan mycluster --config flags.yaml");
  expect(stderr).toContain("create has no flag num-node (did you mean num-nodes?), locatoin (did you mean location?), banana\n");
});

const WHOLE = `# yaml-language-server: $schema=schema/config.json
$schema: https://unpkg.com/azure-coreos-cluster@1/schema/config.json
num-nodes: 3
location: [westus2, West US]
vm-size: Large,Standard_D2s_v5
zones: [1, 2]
tag: { CostCenter: 4711, owner: jane, old: }
ssh-from: [10.0.0.0/8, me]
ssh-port: 22100
ttl: 1h30m
deis: true
max-price: 0.05
spot: workers
etcd-members: 3
`;

test("a file with a bit of everything is taken by both", async () => {
  expect(faultsOf("config", load(WHOLE))).toEqual([]);
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "flags.yaml"), WHOLE);
  const { exit, document } = await azure.json<{ tags: object; location: string }>("plan mycluster --config flags.yaml");
  expect([exit, document]).toMatchObject([0, { location: "westus2", tags: { CostCenter: "4711", owner: "jane" } }]);
});

interface Property {
  readonly description: string;
  readonly markdownDescription: string;
  readonly default?: unknown;
  readonly doNotSuggest?: boolean;
  readonly defaultSnippets?: readonly { readonly body: unknown }[];
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly patternErrorMessage?: string;
}

const IDENTITY_ID =
  "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader";

const propertyOf = (name: string): Property =>
  (schemaNamed("config")["properties"] as Readonly<Record<string, Property>>)[name] as Property;

test.each(FLAGS_IN_FILE)("where the pointer rests on $name an editor says what the help says", (flag) => {
  const { name, value, about, kept, also = [] } = flag;
  const own = propertyOf(name);
  expect(own.description.startsWith(about)).toBe(true);
  expect(own.markdownDescription.startsWith(`${about}\n\n\`--${name}${value === undefined ? "" : ` ${value}`}\``)).toBe(true);
  expect(/fixed once|new machines$|is changed to it/.test(own.markdownDescription)).toBe(kept !== undefined);
  for (const other of also) expect(propertyOf(other)).toMatchObject({ doNotSuggest: true });
  // with branches yaml-language-server shows each one's text, and a pattern says nothing to whoever broke it
  expect(own).not.toHaveProperty("anyOf");
  expect(own.patternErrorMessage === undefined).toBe(own.pattern === undefined);
});

test.each([
  [
    "num-nodes",
    "number of nodes to create (or add)",
    "`--num-nodes N`; default `3`; 1 to 1000; a cluster that exists is changed to it",
  ],
  [
    "os-disk-size",
    "size of the system disk [the image's own]",
    "`--os-disk-size GiB`; 1 to 4095; at a cluster that exists it counts for new machines",
  ],
  ["timeout", "give up after this time; replace, platform, reboot and run have more [30m]", "`--timeout TIME`"],
  [
    "ssh-port",
    "another spelling of ssh: node i is reached at PORT + i",
    "`--ssh PORT`; default `22001`; 1 to 65534; fixed once the cluster is made",
  ],
  ["tenant", "Microsoft Entra tenant to sign in to", "`--tenant ID`; environment: `AZURE_TENANT_ID`"],
])("%s in full", (name, about, facts) => expect(propertyOf(name).markdownDescription).toBe(`${about}\n\n${facts}`));

test.each([
  ["ttl", "This is no length of time. Write it as 90s, 30m, 2h, 7d or 1h30m."],
  ["location", "This is no Azure location. For example: westus, westeurope, eastus2."],
  ["virtual-network-name", "An empty value is not accepted"],
  ["tag", "This is no tag. Write KEY=VALUE. KEY= gives it an empty value, KEY- takes it away."],
])("of a bad %s an editor says what the command says", (name, said) => expect(propertyOf(name).patternErrorMessage).toBe(said));

test.each([
  ["tag", ["x", "=x", " =x"], ["A=b", "A=", "A-", "A-\nB=c", "a b=c d", { A: "b" }, []]],
  [
    "ssh-from",
    ["300.1.1.1", "foo", "1.2.3", "10.0.0.0/8;me"],
    ["*", "Me", "Any", " 10.0.0.0/8 , me", "::1", "2001:db8::/32", "::ffff:1.2.3.4"],
  ],
  ["kube-api", ["foo", "1.2.3.256"], ["none", "me", "1.2.3.4/32"]],
  ["identity", ["x", "/subscriptions/x", "a/b/c"], ["abc", "abc/", "reader, writer", "none", IDENTITY_ID, `${IDENTITY_ID}/`]],
  ["discovery-service-url", ["foo", "ftp://a/b"], ["https://d.example/new", '"https://d.example/abc"', "HTTP://d.example/abc"]],
])("of %s an editor marks what is none, and nothing that the command takes", (name, wrong, right) => {
  const flag = FLAGS_IN_FILE.find((one) => one.name === name)!;
  for (const value of wrong)
    expect([value, faultsOf("config", { [name]: value }).length, taken(flag, value)]).toEqual([value, 1, false]);
  for (const value of right) {
    expect([value, faultsOf("config", { [name]: value })]).toEqual([value, []]);
    if (typeof value === "string") expect([value, taken(flag, value)]).toEqual([value, true]);
  }
});

test.each(FLAGS_IN_FILE.filter(({ parse, values }) => parse.accepts?.enum !== undefined || values !== undefined))(
  "of $name an editor and the shell offer the same closed list, and a whole number that is not in it is marked where the command refuses it",
  (flag) => {
    expect(propertyOf(flag.name).enum?.map(String)).toEqual(flag.values);
    for (const value of [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8])
      expect([value, faultsOf("config", { [flag.name]: value }).length === 0]).toEqual([value, taken(flag, value)]);
  },
);

test.each(FLAGS_IN_FILE)("what an editor fills in for $name is taken by both", (flag) => {
  const { default: preset, defaultSnippets = [] } = propertyOf(flag.name);
  // of a list yaml-language-server would write each value unquoted: "- *" is no YAML
  expect(Array.isArray(preset)).toBe(false);
  const filled = [preset, ...defaultSnippets.map(({ body }) => body)].filter((one) => one !== undefined);
  for (const value of filled) {
    expect([value, faultsOf("config", { [flag.name]: value })]).toEqual([value, []]);
    if (typeof value !== "object") expect([value, taken(flag, value)]).toEqual([value, true]);
  }
  if (flag.offers?.usual.length) expect(defaultSnippets).toHaveLength(flag.offers.usual.length);
});

/** Of all planes; fast-check's own ("binary") lists a million of them first. */
const character = integer({ min: 0, max: 0x10_ffff - 0x800 }).map((nth) =>
  String.fromCodePoint(nth < 0xd800 ? nth : nth + 0x800),
);

test("of any flag and any value: what an editor marks in the flag's own form, the command refuses", () => {
  const word = oneof(
    string(),
    string({ unit: character }),
    constantFrom(...FLAGS_IN_FILE.flatMap(({ values = [] }) => values)),
    constantFrom(
      "1h",
      "90 s",
      "0.5d",
      "West US",
      "eu-west",
      "10x",
      "1,3",
      "v3.5.1",
      "a@b",
      "none",
      "http://a",
      "K=V",
      "a/b",
      "/data",
      "x_.y",
    ),
    constantFrom("11111111-2222-3333-4444-555555555555", "yes", "off", "-1", "0.00001", "Größe", " a ", "a,b", "*"),
    stringMatching(/^[a-z0-9.,:/@_-]{1,12}$/),
  );
  const one = oneof(word, integer({ min: -2, max: 70_000 }), double({ noNaN: true }), boolean(), constant(null));
  const value = oneof(one, array(one, { maxLength: 3 }), dictionary(word, one, { maxKeys: 2 }));
  assert(
    property(constantFrom(...FLAGS_IN_FILE), value, (flag, given) => {
      const marked = faultsOf("config", { [flag.name]: ownForm(flag, given) });
      if (marked.length > 0) expect([flag.name, given, marked, taken(flag, given)]).toEqual([flag.name, given, marked, false]);
      if (marked.length === 0 && isClosed(flag)) expect([flag.name, given, taken(flag, given)]).toEqual([flag.name, given, true]);
    }),
    { seed: SEED, numRuns: Number(process.env["PROPERTY_RUNS"] ?? 600) },
  );
});

const taken = (flag: Flag<unknown>, value: unknown): boolean => {
  try {
    valueInFile(flag, asText(value), "");
    return true;
  } catch {
    return false;
  }
};

/** The value as it would stand in a file that nobody has quoted: 5 for "5", true for "yes", flatcar for FLATCAR. */
function ownForm(flag: Flag<unknown>, value: unknown): unknown {
  const { type, enum: closed } = flag.parse.accepts ?? { type: "string" };
  if (Array.isArray(value)) return value.map((one) => ownForm(flag, one));
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return value;
  if (type === "string" && closed === undefined) return String(value);
  if (typeof type === "object") return typeof value === "number" && Number.isInteger(value) ? value : String(value);
  return taken(flag, value) ? valueInFile(flag, String(value), "") : value;
}

/** As the file is read: every value but none at all is the text that stands there. */
const asText = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(asText) : typeof value === "number" || typeof value === "boolean" ? String(value) : value;

/** Whether its schema says all that there is to say of it. */
const isClosed = ({ parse: { accepts }, many, ordered }: Flag<unknown>): boolean =>
  many !== true &&
  ordered !== true &&
  (accepts?.type === "integer" || accepts?.type === "boolean" || accepts?.enum !== undefined);
