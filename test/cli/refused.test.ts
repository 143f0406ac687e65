/** What Azure refuses to a command: the advice goes on with that very command, and names what was refused, to whom and where. */
import { expect, onTestFinished, test } from "vitest";
import type { Fault } from "../../src/sim/fault.ts";
import type { PlainResponse } from "../../src/azure/pipeline.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { some } from "../long.ts";
import { type RunOptions, type TestAzure, testAzure, ownAzure } from "./world.ts";

const SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000000";

const LIST: Fault = {
  match: { method: "GET", url: "/publicIPAddresses(\\?|$)" },
  effect: { status: 403, code: "AuthorizationFailed", message: "The client does not have authorization." },
};

async function refusing(fault: Fault): Promise<TestAzure> {
  const azure = ownAzure();
  const made = await azure.run("abc --num-nodes 2 --ttl 1s --etcd-plain --wait-for machines");
  if (made.exit !== 0) throw new Error(made.stderr);
  const refused = ownAzure({ state: azure.simulation.save(), faults: [fault] });
  return refused;
}

test.each(["destroy abc --yes", "status abc", "remove abc 1 --yes", "plan abc --num-nodes 2"])(
  "a read that is refused with 403 ends in advice to run it again, not to create: %s",
  async (argv) => {
    const azure = await refusing(LIST);
    const { exit, stderr } = await azure.run(argv);
    expect(exit).toBe(4);
    expect(stderr).toContain(`then run \`azure-coreos-cluster ${argv}\` again`);
    expect(stderr).not.toContain("`azure-coreos-cluster abc`");
    expect(stderr).toMatch(
      /You may not read \/subscriptions\/[0-9-]+\/(resourceGroups\/abc\/)?providers\/Microsoft.Network\/publicIPAddresses\./,
    );
    expect(stderr).not.toMatch(/--scope SCOPE/);
  },
);

test.each(["gc --yes", "list"])("who may not look through the subscription is told to name a group: %s", async (argv) => {
  const azure = await refusing(LIST);
  const { exit, stderr } = await azure.run(argv);
  expect(exit).toBe(4);
  expect(stderr).toContain("may not look through the subscription");
  expect(stderr).toContain("--resource-group NAME");
});

test("a create that is refused goes on as a create", async () => {
  const azure = await refusing(LIST);
  const { exit, stderr } = await azure.run("abc --num-nodes 2");
  expect(exit).toBe(4);
  expect(stderr).toContain("then run `azure-coreos-cluster abc --num-nodes 2` again");
});

test.each([
  ["DomainNameLabelReserved", /What was made stays\.$/m, 1],
  ["DnsRecordInUse", /What was made stays\. Remove it: azure-coreos-cluster destroy abc$/m, 1],
  [
    "QuotaExceeded",
    /What was made stays\. Continue, once that is settled: the same command again\. Remove it: .* destroy abc$/m,
    1,
  ],
])("after %s the same command is advised only where it can succeed, and destroy once", async (code, said, times) => {
  const azure = ownAzure({ faults: [parseFault(`address:${code}`)] });
  const { stderr } = await azure.run("abc --num-nodes 1");
  expect(stderr).toMatch(said);
  expect(stderr.match(/destroy abc/g)).toHaveLength(times);
});

test("words that a shell would take apart are quoted", async () => {
  const azure = await refusing(LIST);
  const { stderr } = await azure.run("destroy abc --yes --events x;y.jsonl");
  expect(stderr).toContain("`azure-coreos-cluster destroy abc --yes --events 'x;y.jsonl'`");
});

test("a delete that is refused says what, where and how to get the right", async () => {
  const azure = await refusing(parseFault("DELETE/group:AuthorizationFailed"));
  const { exit, stderr } = await azure.run("destroy abc --yes");
  expect(exit).toBe(4);
  expect(stderr).toContain(`You may not delete ${SCOPE}/resourceGroups/abc.`);
  expect(stderr).toContain(`--scope ${SCOPE}/resourceGroups/abc\``);
  expect(stderr).toContain("az ad signed-in-user show");
});

test.each([
  ["replace abc 1 --yes", "DELETE", "/virtualMachines/", 4, "The same command goes on with abc-coreos-1."],
  ["reboot abc 1", "POST", "/restart", 4, "0 of 1 node of abc is rebooted. The same command goes on with abc-coreos-1."],
  ["stop abc --yes", "POST", "-1/deallocate", 3, "1 of 2 machines of abc still run: abc-coreos-1. The same command goes on"],
  ["logs abc", "POST", "/retrieveBoot", 4, "then run `azure-coreos-cluster logs abc` again"],
])("%s that is refused says what, how to get the right, and how it goes on", async (argv, method, url, code, next) => {
  const azure = await refusing({
    match: { method, url },
    effect: { status: 403, code: "AuthorizationFailed", message: "The client 'a' with object id 'oid-1' may not." },
  });
  const { exit, stderr } = await azure.run(argv);
  const said = stderr.replaceAll(/\s+/g, " ");
  expect(exit, stderr).toBe(code);
  expect(said).toContain("az role assignment create --assignee oid-1 --role Contributor");
  expect(said).toContain(`--scope ${SCOPE}/resourceGroups/abc\``);
  expect(said).toContain(next);
  expect((await azure.run(`${argv} --json`)).exit).toBe(code);
});

test("tags that may not be written on the cluster's own group are no sign that the group is another", async () => {
  const azure = await refusing({
    match: { method: "PATCH", url: "/resourcegroups/abc\\?" },
    effect: { status: 403, code: "AuthorizationFailed" },
  });
  const { exit, stderr } = await azure.run("abc --tag a=b --wait-for machines");
  expect(exit, stderr).not.toBe(0);
  expect(stderr).toContain(`--scope ${SCOPE}/resourceGroups/abc`);
  expect(stderr).not.toContain("--resource-group NAME");
});

test.each(["windows-ci", "mymicrosoftlab", "login-portal", "xbox"])(
  "a name that Microsoft reserves is refused before anything is made: %s",
  async (name) => {
    const azure = ownAzure();
    const { exit, stderr } = await azure.run(name);
    expect(exit).toBe(5);
    expect(stderr).toMatch(/holds the word (WINDOWS|MICROSOFT|LOGIN|XBOX), which Microsoft reserves/);
    expect(stderr).toContain("Choose another name without it");
    expect(stderr).not.toContain("destroy");
    expect(azure.puts().size).toBe(0);
  },
);

test.each(["userlogin", "xbox-lab", "excellent", "azure-demo"])("a name that only looks so is none: %s", async (name) => {
  const azure = ownAzure();
  expect((await azure.run(`plan ${name}`)).exit).toBe(0);
});

test.each(some(["NetworkingInternalOperationError", "InternalExecutionError"], 0))(
  "a machine that fails of a fault of Azure's own is made again: %s",
  async (code) => {
    const azure = ownAzure({ faults: [parseFault(`machine-1:${code}x1`)] });
    const { exit, stderr } = await azure.run("abc --wait-for machines");
    expect(exit, stderr).toBe(0);
  },
);

test("a code that nobody knows is said with Azure's words, and judged by its status", async () => {
  const azure = testAzure({
    faults: [
      { match: { method: "PUT", url: "/publicIPAddresses/" }, effect: { status: 400, code: "BrandNew", message: "Not so." } },
    ],
  });
  onTestFinished(() => azure.close());
  const { exit, stderr } = await azure.run("abc");
  expect(exit).toBe(1);
  expect(stderr).toContain("Not so.");
  expect(stderr).toContain("No row of this tool's table knows the code BrandNew. By its status 400");
});

test("a policy is named, and the flag that answers it", async () => {
  const message =
    'Resource \'abc\' was disallowed by policy. Policy identifiers: \'[{"policyAssignment":{"name":"Allowed locations","id":"/a"},"policyDefinition":{"name":"Locations","id":"/b"}}]\'.';
  const azure = testAzure({
    faults: [
      {
        match: { method: "PUT", url: "/publicIPAddresses/" },
        effect: { status: 403, code: "RequestDisallowedByPolicy", message },
      },
    ],
  });
  onTestFinished(() => azure.close());
  const { stderr } = await azure.run("abc");
  expect(stderr).toContain('A policy of the subscription forbids this: "Allowed locations".');
  expect(stderr).toContain("--location REGION");
});

const holds = (body: string | undefined, word: string): boolean => body?.includes(word) === true;

test.each([
  ["location", "virtualMachines/abc", '"location":"westus"', "--location westeurope"],
  [
    "Microsoft.Network/loadBalancers/frontendIPConfigurations[*].publicIPAddress.id",
    "loadBalancers",
    "publicIPAddress",
    "--private",
  ],
])(
  "what a policy says of %s when something is made is answered with what works when it is typed",
  async (path, at, word, flags) => {
    const azure = ownAzure();
    const info = {
      policyAssignmentDisplayName: "Ours",
      policyAssignmentParameters: { listOfAllowedLocations: { value: ["westeurope"] } },
      evaluationDetails: { evaluatedExpressions: [{ result: "True", path }] },
    };
    const additionalInfo = [{ type: "PolicyViolation", info }];
    const body = JSON.stringify({
      error: { code: "RequestDisallowedByPolicy", message: "Disallowed by policy.", additionalInfo },
    });
    const policy: NonNullable<RunOptions["azure"]> = (request) =>
      request.method === "PUT" && request.url.includes(at) && holds(request.body, word)
        ? Promise.resolve({ status: 403, headers: { "content-type": "application/json" }, body })
        : azure.simulation.handle(request);
    const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines", { azure: policy });
    expect(exit, stderr).toBe(4);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(
      `first \`azure-coreos-cluster destroy abc\`, then the same command with ${flags}.`,
    );
    expect((await azure.run("destroy abc --yes", { azure: policy })).exit).toBe(0);
    const again = await azure.run(`abc --num-nodes 1 --wait-for machines ${flags}`, { azure: policy });
    expect(again.exit, again.stderr).toBe(0);
  },
);

test.each([
  ["permissions", 0, '{"value":[{"actions":null,"notActions":null},{"actions":["*"],"notActions":null}]}'],
  // one that does not say where it is forbids everything
  ["locks", 5, '{"value":[{"id":null,"name":null,"properties":null}]}'],
])("%s with nulls in them are read as without them: exit code %i", async (what, code, body) => {
  const azure = ownAzure();
  await azure.run("abc --num-nodes 1 --wait-for machines");
  const { exit, stderr } = await azure.run("destroy abc --yes", {
    azure: (request) =>
      request.url.includes(`/Microsoft.Authorization/${what}?`)
        ? Promise.resolve({ status: 200, headers: { "content-type": "application/json" }, body })
        : azure.simulation.handle(request),
  });
  expect([exit, stderr.includes("This is a fault")], stderr).toEqual([code, false]);
});

const ALL = '{"actions":["*"],"notActions":[]}';
const READS = '{"actions":["*/read"],"notActions":[]}';
const HELD =
  '{"id":"/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/locks/held","name":"held","properties":{"level":"ReadOnly"}}';
const NEXT = "https://management.azure.com/next?page=";

test.each<[string, number, string, [values: string, next?: string][]]>([
  ["locks", 5, "held (ReadOnly) on", [["", `${NEXT}1`], ["", `${NEXT}2`], [HELD]]],
  ["locks", 0, "destroyed", [["", `${NEXT}1`], [""]]],
  ["permissions", 4, "you may not", [[READS, `${NEXT}1`], [READS]]],
  ["permissions", 0, "destroyed", [[READS, `${NEXT}1`], [ALL]]],
  ["locks", 1, "where nothing was sent", [["", "https://elsewhere.example/next?page=1"], [HELD]]],
  [
    "locks",
    1,
    "a list that leads back to itself",
    [
      ["", `${NEXT}1`],
      ["", `${NEXT}1`],
    ],
  ],
])("%s are read to their last page, of Azure's alone: exit code %i, %s", async (what, code, said, pages) => {
  const azure = ownAzure();
  await azure.run("abc --num-nodes 1 --wait-for machines");
  const asked = new Set<string>();
  const page = (at: number) => {
    const [values = "", nextLink = null] = pages[at] ?? [];
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, body: `{"value":[${values}],"nextLink":${JSON.stringify(nextLink)}}` };
  };
  const { exit, stderr } = await azure.run("destroy abc --yes", {
    azure: async (request) => {
      const { host, pathname, searchParams } = new URL(request.url);
      asked.add(host);
      if (pathname.endsWith(`/Microsoft.Authorization/${what}`)) return page(0);
      return pathname === "/next" ? page(Number(searchParams.get("page"))) : azure.simulation.handle(request);
    },
  });
  expect([exit, stderr]).toEqual([code, expect.stringContaining(said)]);
  expect([...asked]).toEqual(["management.azure.com"]);
});

const GROUP_PUT = /\/resourcegroups\/abc\?/i;

test.each<[string, (answer: PlainResponse, signal?: AbortSignal) => PlainResponse | Promise<PlainResponse>]>([
  [
    "never comes",
    (_, signal) => new Promise((_answer, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
  ],
  ["has no id", (answer) => ({ ...answer, body: answer.body?.replace(/"id":"[^"]*",/, "") ?? "" })],
  ["is a page that says 404", () => ({ status: 404, headers: { "content-type": "text/html" }, body: "<html>not here</html>" })],
  ["leads elsewhere", () => ({ status: 307, headers: { location: "http://127.0.0.1:1/x" }, body: "" })],
])("a write that is done, and whose answer %s, is not called nothing", async (_, spoilt) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines --timeout 30s", {
    azure: async (request) => {
      const { signal, ...unbroken } = request;
      const answer = await azure.simulation.handle(unbroken);
      return request.method === "PUT" && GROUP_PUT.test(request.url) ? spoilt(answer, signal) : answer;
    },
  });
  expect(exit).not.toBe(0);
  expect(azure.simulation.save().entries).toHaveLength(1);
  expect(stderr).toContain("Azure was asked for resource group abc, and may have made it, or make it still.");
  expect(stderr).toContain("Remove it: azure-coreos-cluster destroy abc");
  expect(stderr).not.toContain("Nothing was made.");
});

test("where nothing was answered through a proxy, the end of the time names it", async () => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("status abc --timeout 8s", {
    env: { HTTPS_PROXY: "http://me:hunter2@proxy.example:3128" },
    azure: ({ signal }) =>
      new Promise((_answer, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  expect([exit, stderr]).toEqual([6, expect.stringContaining("through the proxy proxy.example:3128 (HTTPS_PROXY)")]);
  expect(stderr).not.toContain("hunter2");
});

test("a write that is refused made nothing, and that is said", async () => {
  const azure = ownAzure({
    faults: [{ match: { method: "PUT", url: "/resourcegroups/" }, effect: { status: 403, code: "AuthorizationFailed" } }],
  });
  expect((await azure.run("abc --num-nodes 1 --wait-for machines")).stderr).toContain("Nothing was made.");
});

test.each([
  ["nothing of it was taken", /\/publicIPAddresses\//, /Nothing was changed\. Continue/],
  [
    "a machine was refused",
    /\/virtualMachines\//,
    /What was made stays\. Continue.* away: azure-coreos-cluster remove abc 1 2$/m,
  ],
])("a growth that ends when %s says nothing of destroying what stands", async (_what, refused, says) => {
  const azure = ownAzure();
  expect((await azure.run("abc --num-nodes 1 --wait-for machines")).exit).toBe(0);
  const { exit, stderr } = await azure.run("abc --num-nodes 3 --wait-for machines", {
    azure: (request) =>
      /PUT|PATCH/.test(request.method) && refused.test(request.url)
        ? Promise.resolve({
            status: 403,
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              error: { code: "RequestDisallowedByPolicy", message: "Resource 'x' was disallowed by policy." },
            }),
          })
        : azure.simulation.handle(request),
  });
  expect(exit).not.toBe(0);
  expect(stderr).toMatch(says);
  expect(stderr).not.toContain("destroy abc");
});

test("of a node that a policy forbids Azure's own words stand below the advice, with --quiet too, and in the document", async () => {
  const azure = ownAzure({ faults: [parseFault("machine-1:RequestDisallowedByPolicy")] });
  const { exit, stderr, document } = await azure.json("abc --num-nodes 2 --wait-for machines --quiet");
  expect(exit).toBe(3);
  expect(stderr).toMatch(/Not made:\n {2}abc-coreos-1: failed\n.*stand below.*\n.*\nResource was disallowed by policy\.\n/);
  expect(stderr).toContain("Continue, once that is settled");
  expect(document.nodes.map(({ error }) => error)).toEqual([
    undefined,
    { code: "RequestDisallowedByPolicy", message: "Resource was disallowed by policy." },
  ]);
});

test("a time limit that was spent on what Azure does not take yet names that, and Azure's answer", async () => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines --timeout 100s", {
    azure: (request) =>
      request.method === "PUT" && request.url.includes("/loadBalancers/")
        ? Promise.resolve({
            status: 429,
            headers: { "content-type": "application/json", "retry-after": "99999" },
            body: '{"error":{"code":"TooManyRequests","message":"slow down"}}',
          })
        : azure.simulation.handle(request),
  });
  expect(exit).toBe(6);
  expect(stderr).toContain("What was waited for: load balancer (TooManyRequests: to be asked for again after 1 h).");
});
