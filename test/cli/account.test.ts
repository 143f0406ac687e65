/** Every command says which subscription it asks, and as whom; and where it looked for what is not there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { some } from "../long.ts";
import { type RunOptions, type TestAzure, ownAzure } from "./world.ts";

const [HERE, THERE, FOREIGN] = ["1", "2", "3"].map((digit) => `${digit.repeat(8)}-1111-1111-1111-${digit.repeat(12)}`) as [
  string,
  string,
  string,
];
const account = (id: string, name: string, more: object = {}): object => ({
  id,
  name,
  state: "Enabled",
  isDefault: id === HERE,
  tenantId: "44444444-1111-1111-1111-444444444444",
  user: { name: "jane@example.org", type: "user" },
  environmentName: "AzureCloud",
  ...more,
});

/** Somebody who has used the Azure CLI: two subscriptions of a tenant, and one of another. */
function used(
  subscriptions = [account(HERE, "Here"), account(THERE, "There"), account(FOREIGN, "Foreign", { tenantId: FOREIGN })],
) {
  const folder = mkdtempSync(join(tmpdir(), "acc-az-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "azureProfile.json"), JSON.stringify({ subscriptions }));
  return { env: { AZURE_CONFIG_DIR: folder } } satisfies RunOptions;
}

const asked = (azure: TestAzure): string[] => azure.exchanges.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
const HEAD = "Subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in)\n";

test("the head of each screen, and every document", async () => {
  const azure = ownAzure();
  const fields = {
    subscription: { id: "00000000-0000-0000-0000-000000000000", name: "Simulated subscription" },
    signIn: { kind: "loopback" },
  };
  for (const line of [
    "plan alpha --num-nodes 1",
    "alpha --num-nodes 1 --wait-for machines --ttl 1s",
    "status alpha",
    "list",
    "gc --dry-run",
    "destroy alpha --yes",
  ]) {
    const { document, stderr } = await azure.json<object | object[]>(line);
    expect(stderr.startsWith(HEAD), stderr).toBe(true);
    expect(Array.isArray(document) ? document[0] : document, line).toMatchObject(fields);
  }
  expect((await azure.run("list --quiet")).stderr).toBe("");
});

test.each(["list", "status alpha", "remove alpha 1 --yes", "gc --yes", "plan alpha"])(
  "%s: it stands before an error that was quicker",
  async (command) => {
    const refused = Promise.withResolvers<void>();
    const body = "<html>Not found</html>";
    const { exit, stderr } = await ownAzure().run(command, {
      azure: async ({ url }) => {
        // the subscription's own name is told last
        if (/\/subscriptions\/[^/]+$/.test(new URL(url).pathname)) await refused.promise;
        else setImmediate(() => refused.resolve());
        return { status: 404, headers: { "content-type": "text/html" }, body };
      },
    });
    expect(exit).not.toBe(0);
    expect(stderr).toMatch(/^Subscription [^]*\nError: /);
  },
);

test("a rehearsal says that it is one", async () => {
  const azure = ownAzure();
  const { document, stderr } = await azure.json<object>("plan alpha --simulate");
  expect(stderr).toMatch(/^Subscription 0{8}-\S+ \(simulation\)\n/);
  expect(document).toMatchObject({ signIn: { kind: "simulation" } });
});

test("each cloud has its own locations in a rehearsal, and in one nobody is sent to itself", async () => {
  const azure = ownAzure();
  const government = "--simulate --cloud AzureUSGovernment --num-nodes 1 --wait-for machines";
  const { exit, document } = await azure.json(`abc ${government} --location usgovvirginia`);
  expect([exit, document.host]).toEqual([0, "abc.usgovvirginia.cloudapp.usgovcloudapi.net"]);
  const other = await azure.run(`xyz ${government} --location usgovohio`);
  expect([other.exit, other.stderr]).toEqual([
    5,
    expect.stringContaining('there is no location "usgovohio" for this subscription\n'),
  ]);
  expect(other.stderr).toContain("Take --location usgovvirginia");
});

test.each([
  ["", "https://login.microsoftonline.us/", "of AzureUSGovernment"],
  [" --cloud AzureChinaCloud", "https://login.microsoftonline.us/", "of AzureChinaCloud"],
  ["", "login.foo.us", "`unset AZURE_AUTHORITY_HOST`"],
  ["", "https://login.example/", "AZURE_AUTHORITY_HOST: one signs in at https://login.example/ to no cloud that this tool knows"],
])("the environment's sign-in address is the default of --cloud: list%s at %s", async (flags, AZURE_AUTHORITY_HOST, said) => {
  const { stderr } = await ownAzure().run(`list${flags}`, { env: { AZURE_AUTHORITY_HOST } });
  expect(stderr).toContain(said);
});

test.each([" --simulate", " --arm-endpoint http://127.0.0.1:9", " --cloud AzureCloud"])(
  "a sign-in address of no known cloud is nothing where nobody asks for it: list%s",
  async (flags) => {
    for (const AZURE_AUTHORITY_HOST of ["https://adfs.local.azurestack.external/adfs", "login.foo.us", " "]) {
      const { exit, stderr } = await ownAzure().run(`list${flags}`, { env: { AZURE_AUTHORITY_HOST } });
      expect([exit, stderr]).toEqual([0, expect.any(String)]);
    }
  },
);

test("the name comes from the Azure CLI where it knows it, and nothing is asked for it", async () => {
  const azure = ownAzure();
  const { stderr } = await azure.run(`list --subscription ${HERE}`, used());
  expect(stderr.split("\n")[0]).toBe(`Subscription Here (${HERE}) (loopback, no sign-in)`);
  expect(asked(azure)).not.toContain(`GET /subscriptions/${HERE}`);
});

test("a name that cannot be had is left out, whatever is answered", async () => {
  const azure = ownAzure();
  for (const [status, body] of [
    [403, '{"error":{"code":"AuthorizationFailed","message":"no"}}'],
    [404, ""],
    [200, '{"displayName":5}'],
    [500, "<html>"],
  ] as const) {
    const spoilt: RunOptions["azure"] = (request) =>
      /\/subscriptions\/[^/]+\?/.test(request.url)
        ? Promise.resolve({ status, headers: { "content-type": "application/json" }, body })
        : azure.simulation.handle(request);
    const { exit, stderr } = await azure.run("list", { azure: spoilt });
    expect([exit, stderr.split("\n")[0]]).toEqual([
      0,
      "Subscription 00000000-0000-0000-0000-000000000000 (loopback, no sign-in)",
    ]);
  }
});

test("a subscription's name steers no terminal", async () => {
  const azure = ownAzure();
  const profile = used([account(HERE, "\u001B[2Jgone\nsecond line")]);
  const { stderr } = await azure.run(`list --subscription ${HERE}`, profile);
  expect(stderr).toContain(`Subscription ^[[2Jgone^Jsecond line (${HERE})`);
});

test("the question before a destroy, and before a gc, names both", async () => {
  const azure = ownAzure();
  await azure.run("alpha --num-nodes 1 --wait-for machines --ttl 1s");
  const words = "in the subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in):";
  await azure.simulation.handle({
    method: "GET",
    url: "https://management.azure.com/subscriptions/x?api-version=1",
    headers: {},
  });
  for (const [line, question] of [
    ["gc --quiet", 'Type "yes" to destroy alpha, '],
    ["destroy alpha --quiet", "for good), "],
  ] as const)
    expect((await azure.run(line, { answers: ["no"] })).stderr).toContain(`${question}${words}`);
});

test.each(
  some(["status alpha", "ssh alpha", "run alpha -- uptime", "remove alpha 1 --yes", "destroy alpha --yes --must-exist"], 0, 4),
)("%s of what is not there says where was looked, and where it is", async (line) => {
  const azure = ownAzure();
  await azure.run(`alpha --num-nodes 1 --wait-for machines --subscription ${THERE}`);
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run(line.replace("alpha", `alpha --subscription ${HERE}`), used());
  expect(exit).toBe(1);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(`there is no cluster alpha in the subscription Here (${HERE})`);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(
    `A cluster of that name is in the subscription There (${THERE}), in the resource group alpha: add --subscription ${THERE}.`,
  );
  expect(asked(azure).filter((one) => one.includes(THERE))).toEqual([`GET /subscriptions/${THERE}/resources`]);
  expect(asked(azure).join()).not.toContain(FOREIGN);
});

test("destroy of what is nowhere stays exit 0, and says so", async () => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run(`destroy alpha --subscription ${HERE}`, used());
  expect(exit).toBe(0);
  expect(stderr).toContain(`Nothing of alpha is there: looked in the subscription Here (${HERE}).`);
  expect(stderr).toContain(`It is not in the other subscriptions that the Azure CLI knows either: There (${THERE}).`);
});

test("--must-exist makes it exit 1, and is no obstacle to what is there", async () => {
  const azure = ownAzure();
  await azure.run("alpha --num-nodes 1 --wait-for machines");
  expect((await azure.run("destroy alpha --yes --must-exist")).exit).toBe(0);
  const { exit, document } = await azure.json<object>("destroy alpha --yes --must-exist");
  expect([exit, document]).toMatchObject([1, { error: { code: "ClusterNotFound" } }]);
});

test("with --resource-group only a group of that name is looked into, elsewhere too", async () => {
  const azure = ownAzure();
  await azure.run(`alpha --num-nodes 1 --wait-for machines --subscription ${THERE}`);
  azure.exchanges.length = 0;
  const { stderr } = await azure.run(`status alpha --resource-group other --subscription ${HERE}`, used());
  expect(stderr).toContain(`there is no cluster alpha in the resource group other of the subscription Here (${HERE})`);
  expect(stderr).not.toContain("A cluster of that name is");
  expect(asked(azure).filter((one) => !/\/resourceGroups\/other(\/|$)/i.test(one))).toEqual([]);
});

test("who does not answer in time is not waited for", async () => {
  const azure = ownAzure();
  const deaf: RunOptions["azure"] = (request) =>
    request.url.includes(THERE) ? new Promise(() => undefined) : azure.simulation.handle(request);
  const { exit, stderr } = await azure.run(`status alpha --subscription ${HERE}`, { ...used(), azure: deaf });
  expect([exit, stderr.includes("there is no cluster alpha")]).toEqual([1, true]);
  expect(stderr).not.toContain("There");
});

test("not more than twenty others are asked, each once", async () => {
  const azure = ownAzure();
  const many = Array.from({ length: 30 }, (_, at) => account(`${THERE.slice(0, -2)}${at + 10}`, `other ${at}`));
  const { exit, stderr } = await azure.run(`destroy alpha --subscription ${HERE}`, used([account(HERE, "Here"), ...many]));
  expect([exit, stderr.includes("and 15 more")]).toEqual([0, true]);
  expect(asked(azure).filter((one) => one.endsWith("/resources"))).toHaveLength(20);
});
