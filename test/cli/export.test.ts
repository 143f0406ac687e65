/**
 * What is exported is deployed here, into the simulation, by a small deployer that knows the expressions which an export uses; then the
 * tool itself has to find its cluster, with nothing to change. That the real Terraform and ARM read it too is not proven here.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { armTemplate } from "../../src/core/export/arm.ts";
import { terraform } from "../../src/core/export/terraform.ts";
import type { WireResource } from "../../src/core/export/wire.ts";
import { type Body, type TestAzure, testAzure } from "./world.ts";

const opened: TestAzure[] = [];
const azure = (): TestAzure => {
  const one = testAzure();
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const SUB = "00000000-0000-0000-0000-000000000000";
const GROUP = `/subscriptions/${SUB}/resourceGroups/mycluster`;

interface Put {
  readonly id: string;
  readonly version: string;
  readonly body: Body;
  readonly needs: readonly string[];
}

/** PUTs in the order given; a resource is refused when one that it needs is not there. */
async function deploy(one: TestAzure, puts: readonly Put[]): Promise<void> {
  const there = new Set<string>();
  for (const { id, version, body, needs } of puts) {
    for (const other of needs) expect(there, `${id} needs ${other}`).toContain(other);
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const url = `https://management.azure.com${id}?api-version=${version}`;
    const answer = await one.simulation.handle({ method: "PUT", url, headers, body: JSON.stringify(body) });
    expect(answer.status, `${id}: ${answer.body}`).toBeLessThan(300);
    await one.pass(100_000);
    there.add(id);
  }
}

function texts(value: Body, change: (text: string) => Body): Body {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => texts(item, change));
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, texts(item, change)]))
    : value;
}

function idOf(type: string, names: readonly string[]): string {
  const [namespace, ...types] = type.split("/");
  return `${GROUP}/providers/${namespace}/${types.map((part, i) => `${part}/${names[i]}`).join("/")}`;
}

/** As Resource Manager would evaluate the template. */
function evaluated(template: Body, values: Body): Put[] {
  const value = (text: string): Body => {
    if (!text.startsWith("[")) return text;
    if (text.startsWith("[[")) return text.slice(1);
    const words = [...text.matchAll(/'([^']*)'/g)].map(([, word = ""]) => word);
    if (/^\[resourceId\('[^']+'(, '[^']+')+\)\]$/.test(text)) return idOf(words[0] ?? "", words.slice(1));
    if (/^\[parameters\('userData'\)\['[^']+'\]\]$/.test(text)) return values.parameters.userData.value[words[1] ?? ""];
    throw new Error(`no expression: ${text}`);
  };
  return template.resources.map(({ type, apiVersion, name, dependsOn = [], ...body }: Body) => {
    expect(name.split("/").length).toBe(type.split("/").length - 1);
    return { id: idOf(type, name.split("/")), version: apiVersion, body: texts(body, value), needs: dependsOn.map(value) };
  });
}

/** As Terraform would: `${...}` in texts, blocks by their labels. */
function applied(config: Body, values: Body): Put[] {
  const blocks: Record<string, Body> = config.resource.azapi_resource;
  const value = (text: string): string =>
    text
      .replace(/(?<!\$)\$\{azapi_resource\.(\w+)\.id\}/g, (_all, label: string) => idOfBlock(blocks[label]))
      .replace(/(?<!\$)\$\{var\.user_data\["([^"]+)"\]\}/g, (_all, name: string) => values.user_data[name])
      .replaceAll("$${", "${");
  const idOfBlock = ({ type, name, parent_id: parent }: Body): string => {
    const [kind = ""] = type.split("@");
    return kind === "Microsoft.Resources/resourceGroups"
      ? `${value(parent)}/resourceGroups/${name}`
      : `${value(parent)}/providers/${kind}/${name}`;
  };
  return Object.values(blocks).map((block) => {
    const { type, location, tags, body = {}, sensitive_body: secret, depends_on: needs = [] } = block;
    const whole = { location, tags, ...texts(body, value) };
    if (secret !== undefined) whole.properties.osProfile.customData = value(secret.properties.osProfile.customData);
    return {
      id: idOfBlock(block),
      version: type.split("@")[1],
      body: whole,
      needs: needs.map((label: string) => idOfBlock(blocks[label.replace("azapi_resource.", "")])),
    };
  });
}

const decoded = (base64: string): string => Buffer.from(base64, "base64").toString();
const FLAGS = "mycluster --num-nodes 2 --pip --data-disk";

describe.each([
  ["arm", "export.parameters.json", evaluated],
  ["terraform", "export.tfvars.json", applied],
] as const)("--format %s", (format, file, read) => {
  const exported = async (
    one: TestAzure,
    flags = FLAGS,
  ): Promise<{ document: Body; values: Body; stdout: string; stderr: string }> => {
    const { exit, stdout, stderr } = await one.run(`export ${flags} --format ${format}`);
    expect(exit, stderr).toBe(0);
    return {
      document: JSON.parse(stdout),
      values: JSON.parse(readFileSync(join(one.dir, "mycluster", file), "utf8")),
      stdout,
      stderr,
    };
  };

  if (format === "terraform") {
    test("the provider works in the subscription of the group", async () => {
      const { document } = await exported(azure());
      expect(document.provider).toEqual({ azapi: { subscription_id: GROUP.split("/")[2] } });
      expect(document.provider.azapi.subscription_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const group = Object.values<Body>(document.resource.azapi_resource).find(({ type }) => /resourceGroups@/i.test(type));
      expect(group.parent_id).toBe(`/subscriptions/${GROUP.split("/")[2]}`);
    });

    test("an id that comes back in capitals is no change of a machine", async () => {
      const { document } = await exported(azure());
      const blocks = Object.entries<Body>(document.resource.azapi_resource);
      expect(blocks.filter(([, block]) => block.ignore_casing === true).map(([label]) => label)).toEqual([
        "virtualMachines_mycluster_coreos_0",
        "virtualMachines_mycluster_coreos_1",
      ]);
    });
  }

  test("what it deploys is the cluster, with nothing left to change", async () => {
    const one = azure();
    const { document, values } = await exported(one);
    expect(one.puts().size).toBe(0);
    const puts = read(document, values);
    if (format === "arm")
      puts.unshift({
        id: GROUP,
        version: "2025-04-01",
        body: { location: "westus", tags: { "managed-by": "azure-coreos-cluster", "aoc-cluster": "mycluster" } },
        needs: [],
      });
    await deploy(one, puts);
    const { document: plan } = await one.json<Body>("plan mycluster");
    const actions = plan.resources.map(({ kind, action }: Body) => [kind, action]);
    expect(
      actions.filter(([kind, action]: string[]) => action !== "unchanged" && !(format === "arm" && kind === "resourceGroup")),
    ).toEqual([]);
    expect(actions.length).toBeGreaterThan(12);
  });

  test("types, versions and bodies are those that create sends", async () => {
    const one = azure();
    const { document, values } = await exported(one);
    const puts = read(document, values);
    const other = azure();
    expect((await other.run(`${FLAGS} --wait-for machines`)).exit).toBe(0);
    const plain = (id: string): string => id.toLowerCase().replace(/-ip-[0-9a-f]{8}/, "-ip-ID");
    const sent = new Map(
      other.exchanges
        .filter(({ method }) => method === "PUT")
        .map(({ url, body }) => [
          plain(new URL(url).pathname),
          { version: new URL(url).searchParams.get("api-version"), body: JSON.parse(body ?? "") },
        ]),
    );
    expect(new Set(puts.map(({ id }) => plain(id)))).toEqual(
      new Set([...sent.keys()].filter((id) => format === "terraform" || id.includes("/providers/"))),
    );
    for (const { id, version } of puts) expect(version).toBe(sent.get(plain(id))?.version);
    for (const kind of ["mycluster-vnet", "mycluster-nsg", "coreos-as", "mycluster-coreos-1-nic"]) {
      const put = puts.find(({ id }) => id.endsWith(`/${kind}`));
      expect(put?.body).toEqual(sent.get(plain(put?.id ?? ""))?.body);
    }
  });

  test("no private key is on stdout or stderr; the values are for the owner alone", async () => {
    const one = azure();
    const { values, stdout, stderr } = await exported(one);
    const path = join(one.dir, "mycluster", file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const data: Record<string, string> = format === "arm" ? values.parameters.userData.value : values.user_data;
    expect(Object.keys(data)).toEqual(["mycluster-coreos-0", "mycluster-coreos-1"]);
    expect(decoded(data["mycluster-coreos-1"] ?? "")).toBe(readFileSync(join(one.dir, "mycluster", "user-data-1.yaml"), "utf8"));
    expect(decoded(data["mycluster-coreos-1"] ?? "")).toContain("PRIVATE KEY");
    for (const text of [stdout, stderr]) {
      for (const found of text.match(/[A-Za-z0-9+/]{60,}={0,2}/g) ?? []) expect(decoded(found)).not.toContain("PRIVATE KEY");
      expect(text).not.toContain("PRIVATE KEY");
    }
    expect(stderr).toContain(file);
  });

  test("machines that exist are exported with the user-data that is here, else without, and that is said", async () => {
    const one = azure();
    expect((await one.run("mycluster --num-nodes 1 --wait-for machines")).exit).toBe(0);
    const before = readFileSync(join(one.dir, "mycluster", "user-data-0.yaml"), "utf8");
    const { document, values } = await exported(one, "mycluster");
    expect(
      decoded(read(document, values).find(({ id }) => id.endsWith("/mycluster-coreos-0"))?.body.properties.osProfile.customData),
    ).toBe(before);
    rmSync(join(one.dir, "mycluster", "user-data-0.yaml"));
    const { document: bare, values: none, stderr } = await exported(one, "mycluster");
    expect(read(bare, none).find(({ id }) => id.endsWith("/mycluster-coreos-0"))?.body.properties.osProfile).not.toHaveProperty(
      "customData",
    );
    expect(stderr).toContain("a machine that exists is not here");
  });
});

describe("the formats", () => {
  const vnet: WireResource = {
    id: `${GROUP}/providers/Microsoft.Network/virtualNetworks/v`,
    type: "Microsoft.Network/virtualNetworks",
    apiVersion: "1",
    body: {},
    dependsOn: [GROUP],
  };
  const other =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/lan/providers/Microsoft.Network/virtualNetworks/office/subnets/s";
  const with_ = (text: string): WireResource[] => [
    vnet,
    { ...vnet, id: `${vnet.id}2`, body: { properties: { text } }, dependsOn: [vnet.id] },
  ];
  test.each([
    ["plain", "plain", "plain"],
    ["[brackets]", "[[brackets]", "[brackets]"],
    ["${a} %{b}", "${a} %{b}", "$${a} %%{b}"],
    [
      `${vnet.id}/subnets/s`,
      "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
      "${azapi_resource.virtualNetworks_v.id}/subnets/s",
    ],
    [`${vnet.id}2/subnets/s`, "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v2', 's')]", `${vnet.id}2/subnets/s`],
    [other, other, other],
  ])("%s", (text, arm, tf) => {
    expect((armTemplate(with_(text)).document as Body).resources[1].properties.text).toBe(arm);
    expect((terraform(with_(text), GROUP).document as Body).resource.azapi_resource.virtualNetworks_v2.body.properties.text).toBe(
      tf,
    );
  });
});

test("a state file is create's: who types one for export is told where what is exported goes; a file of flags may be create's, too", async () => {
  const one = azure();
  const before = readdirSync(one.dir);
  const { exit, stderr } = await one.run("export mycluster --num-nodes 1 --output plan.json");
  expect([exit, stderr.replaceAll(/\s+/g, " "), readdirSync(one.dir)]).toEqual([
    2,
    expect.stringContaining("on stdout: type > plan.json in its place"),
    before,
  ]);
  expect((await one.run("export mycluster --num-nodes 1 --timings t.html")).exit).toBe(2);
  const env = { AZURE_COREOS_CLUSTER_OUTPUT: "plan.json" };
  expect((await one.run("export mycluster --num-nodes 1", { env })).exit).toBe(0);
});

test("the printed lines are what a shell is to read, whatever group, tags and folder are called", async () => {
  const one = azure();
  const argv = ["export", "mycluster", "--num-nodes", "1", "--resource-group", "G(1)", "--dir", "it's here"];
  const tags = ["Cost Center=it's 1", "Owner=$(me)"];
  const { stderr } = await one.run([...argv, ...tags.flatMap((tag) => ["--tag", tag])]);
  const lines = stderr.split("\n").filter((line) => line.startsWith("  az "));
  const script = `az() { printf '%s\\0' "$@"; }\n${lines.join("\n")}`;
  const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0");
  expect(words).toEqual(expect.arrayContaining(["G(1)", ...tags, "@it's here/mycluster/export.parameters.json"]));
  expect(words.filter((word) => word === "create")).toHaveLength(2);
});

test("an image of one's own is named, as export uploads nothing", async () => {
  const one = azure();
  mkdirSync(join(one.dir, "images"));
  const { makeVhd } = await import("../azure/vhd/vhd-file.ts");
  makeVhd(join(one.dir, "images", "disk.vhd"), 4, []);
  const { exit, stderr, stdout } = await one.run(
    "export mycluster --coreos-image images/disk.vhd --blob-container-url https://acme1.blob.core.windows.net/vhds/",
  );
  expect([exit, stderr]).toEqual([0, expect.stringContaining("has to be there first")]);
  expect(stdout).toContain("https://acme1.blob.core.windows.net/vhds/disk-");
});
