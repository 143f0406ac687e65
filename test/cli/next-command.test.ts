/** A command that is advised goes to the same Azure as the one that was typed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Invocation } from "../../src/cli/invocation.ts";
import { withTypedFlags } from "../../src/cli/next-command.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { adviceContext } from "../../src/cli/typed-command.ts";
import type { World } from "../../src/cli/world.ts";
import { rerun } from "../../src/core/advice/row.ts";
import { whereFlags } from "../../src/core/own-commands.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const WHERE = ["--simulate", "--resource-group", "shared"];
const typed = withTypedFlags({
  // oxlint-disable-next-line typescript/consistent-type-assertions -- of the world it reads what was typed
  world: { argv: ["status", "web", ...WHERE, "--", "--dir"] } as unknown as World,
  given: { simulate: true, resourceGroup: "shared", dir: "/from/the/environment" },
  inFile: new Set(),
  args: ["web"],
});

test.each([
  ["start web", "start web --simulate --resource-group shared"],
  ["web --num-nodes 50", "web --num-nodes 50 --simulate --resource-group shared"],
  ["run web -- sudo reboot", "run web --simulate --resource-group shared -- sudo reboot"],
  // what stands there already stays, and another cluster may be in another group
  ["destroy web --resource-group=other", "destroy web --resource-group=other --simulate"],
  ["platform status web", "platform status web --simulate --resource-group shared"],
  ["destroy other", "destroy other --simulate"],
  ["list", "list --simulate"],
  // these ask no Azure
  ["generate-mgmt-cert", "generate-mgmt-cert"],
  ["lint FILE", "lint FILE"],
  ["start --help", "start --help"],
  ["--help", "--help"],
])("%s", (words, advised) => {
  expect(typed(`Type \`azure-coreos-cluster ${words}\`, or \`az login\`.`)).toBe(
    `Type \`azure-coreos-cluster ${advised}\`, or \`az login\`.`,
  );
});

const FILE = [
  "simulate: true",
  "subscription: 00000000-0000-0000-0000-000000000000",
  "resource-group: (in)file",
  "cloud: AzureUSGovernment",
  "tenant: 11111111-1111-1111-1111-111111111111",
  "client-id: 22222222-2222-2222-2222-222222222222",
  "azure-cert: certs/azure.pem",
  "dir: ~/second",
  "num-nodes: 1",
  "wait-for: machines",
];

function inFolder(azure: TestAzure, lines: readonly string[]): string {
  writeFileSync(join(azure.dir, "test.yaml"), lines.join("\n"));
  return azure.dir;
}

async function invocationOf(line: string, more: Pick<World, "cwd" | "env">): Promise<Invocation> {
  const argv = [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
  const silent = { write: () => undefined, isTTY: false };
  // oxlint-disable-next-line typescript/consistent-type-assertions -- of the world the parser reads these
  const invocation = await parseArguments({ argv, stdout: silent, stderr: silent, ...more } as unknown as World, "0");
  if (!("given" in invocation)) throw new Error(`${line} shows help`);
  return invocation;
}

const placeOf = ({ given }: Invocation): string[] => whereFlags(given).map(({ text }) => text);

test.each([
  ["--config test.yaml", {}],
  ["", { CONFIG: "test.yaml" }],
  ["--config test.yaml --resource-group typed", {}],
  ["--config test.yaml", { RESOURCE_GROUP: "told", DIR: "third" }],
])("what stands in a configuration file is kept by every command that is advised: %s %j", async (flags, own) => {
  const cwd = inFolder(ownAzure(), FILE);
  const env = Object.fromEntries(Object.entries(own).map(([name, value]) => [`AZURE_COREOS_CLUSTER_${name}`, value]));
  const invocation = await invocationOf(`web ${flags}`, { cwd, env });
  const said = withTypedFlags(invocation);
  for (const words of [
    "destroy web",
    "status web",
    "web --num-nodes 5",
    "create Web",
    "export web --format arm",
    "replace web 0",
  ]) {
    const line = said(`\`azure-coreos-cluster ${words}\``).slice("`azure-coreos-cluster ".length, -1);
    expect([line, placeOf(await invocationOf(line, { cwd, env }))]).toEqual([line, placeOf(invocation)]);
    // what reads the file again is not told twice, and what the environment says stays there
    expect(line.includes("--simulate"), line).toBe(!/^(web|create|export) /.test(words));
    for (const value of Object.values(own)) expect(line).not.toContain(value);
  }
  expect(said("`azure-coreos-cluster plan web --config test.yaml`")).not.toMatch(/--config.*--config|--simulate/);
  // another cluster is not in this one's group
  const other = said("`azure-coreos-cluster web-2 ...`");
  expect(other).toContain(" --simulate ");
  expect(other).not.toMatch(/--resource-group|--config/);
});

test("a rehearsal in a file does not go on with an Azure that was typed", async () => {
  const azure = ownAzure();
  inFolder(azure, ["simulate: true", "num-nodes: 1"]);
  const { stderr } = await azure.run("web --config test.yaml --wait-for machines --arm-endpoint http://127.0.0.1:1");
  const destroy = /azure-coreos-cluster (destroy web.*?) {2}/.exec(stderr)?.[1] ?? "";
  expect(destroy).toBe("destroy web --simulate");
  expect((await azure.run(`${destroy} --yes`)).exit).toBe(0);
});

test("the destroy that a create from a file ends with removes that cluster, and not one of the name elsewhere", async () => {
  const azure = ownAzure();
  expect((await azure.run("web --num-nodes 1 --wait-for machines")).exit).toBe(0);
  inFolder(azure, ["resource-group: test-grp", "location: eastus", "dir: second", "num-nodes: 1", "wait-for: machines"]);
  const { stderr } = await azure.run("web --config test.yaml");
  const [, destroy = ""] = /azure-coreos-cluster (destroy web.*?) {2}/.exec(stderr) ?? [];
  expect((await azure.run(`${destroy} --yes`)).exit).toBe(0);
  const { document } = await azure.json<readonly { resourceGroup: string }[]>("list");
  expect(document.map(({ resourceGroup }) => resourceGroup)).toEqual(["web"]);
});

test.each(["web --config test.yaml", "web --config test.yaml --json", "web --config test.yaml --quiet"])(
  "so does the advice of its errors: %s",
  async (line) => {
    const azure = ownAzure();
    inFolder(azure, ["resource-group: shared", "num-nodes: 1", "wait-for: machines"]);
    expect((await azure.run("web --config test.yaml")).exit).toBe(0);
    expect((await azure.run("stop web --resource-group shared --yes")).exit).toBe(0);
    const { stdout, stderr } = await azure.run(line);
    expect(stdout + stderr).toContain("`azure-coreos-cluster start web --resource-group shared`");
  },
);

test("errors and notes of whole commands say it so, as documents too", async () => {
  const azure = ownAzure();
  const where = "--resource-group mycluster";
  const start = `\`azure-coreos-cluster start mycluster ${where}\``;
  expect((await azure.run(`mycluster ${where} --wait-for machines`)).exit).toBe(0);
  expect((await azure.run(`stop mycluster ${where} --yes`)).exit).toBe(0);
  expect((await azure.run(`mycluster ${where} --num-nodes 5`)).stderr).toContain(start);
  expect((await azure.run(`status mycluster ${where}`)).stderr).toContain(start);
  const { document } = await azure.json<{ error: { advice: string } }>(`mycluster ${where} --num-nodes 5`);
  expect(document.error.advice).toContain(start);
});

test("what is noticed on the way says it so, with the group that the cluster was found in", async () => {
  // nothing listens on port 1 and up of this machine's loopback
  const azure = ownAzure({ rehearsal: false, publicAddress: "127.0.0.1" });
  const made = await azure.run("web --num-nodes 4 --etcd-members 3 --ssh 1 --wait-for machines --resource-group shared");
  expect(made.exit, made.stderr).toBe(0);
  const where = "--subscription 00000000-0000-0000-0000-000000000000";
  const { exit, stderr } = await azure.run(`remove web 1 --yes --force ${where} --events events.jsonl`);
  expect(exit, stderr).toBe(0);
  const create = `\`azure-coreos-cluster web --resource-group shared ${where}\` tells it`;
  const replace = `\`azure-coreos-cluster replace web 3 --resource-group shared ${where}\` makes it anew`;
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(create);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(replace);
  expect(readFileSync(join(azure.dir, "events.jsonl"), "utf8")).toContain(replace);
});

test.each([
  ["remove web 1 --timeout 5m", "azure-coreos-cluster remove web 1 --timeout 2h"],
  // the command on the nodes stays where it stood, and is not told again
  ["run web --timeout 5m -- echo --timeout 1m", "azure-coreos-cluster run web --timeout 2h -- CMD"],
  ["run web -- uptime", "azure-coreos-cluster run web --timeout 2h -- CMD"],
])("what was typed, with another value of a flag: %s", (line, advised) => {
  const argv = line.split(" ");
  // oxlint-disable-next-line typescript/consistent-type-assertions -- of the world it reads what was typed
  const typed = { world: { argv } as unknown as World, command: argv[0] ?? "", args: ["web"], given: {} };
  expect(rerun(adviceContext(typed), "--timeout 2h")).toBe(advised);
  const both = rerun(
    { command: "plan web --subnet-names a --virtual-network-name=b" },
    "--virtual-network-name V --subnet-names S",
  );
  expect(both).toBe("plan web --virtual-network-name V --subnet-names S");
});
