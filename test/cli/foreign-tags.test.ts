/** Tags that a policy or a person has put on the cluster's resources stay, whatever changes: a PUT replaces all tags, and Azure asks nobody. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlainRequest, PlainResponse } from "../../src/azure/pipeline.ts";
import { byHand } from "./azure-hand.ts";
import { type Body, type TestAzure, ownAzure, testAzure } from "./world.ts";

let azure: TestAzure;

const THEIRS = { CostCenter: "4711", "hidden-link": "x", "Managed-Since": "2026" };
const SUBSCRIPTION = /^\/subscriptions\/[^/]+/;

/** Every resource that can have tags, the group too. */
const tagged = (): Body[] =>
  azure.simulation.save().entries.flatMap(({ resource }) => (resource["tags"] === undefined ? [] : [resource]));

async function tagAll(): Promise<void> {
  for (const { id, tags } of tagged()) {
    const { status } = await byHand(azure, "PATCH", id.replace(SUBSCRIPTION, ""), { tags: { ...tags, ...THEIRS } });
    expect(status, id).toBe(200);
  }
}

const CHANGES: readonly (readonly [what: string, argv: string, changes: string])[] = [
  ["a growth", "abc --num-nodes 5 --wait-for machines", "loadBalancers"],
  ["another --ssh-from", "abc --ssh-from 10.0.0.0/8 --wait-for machines", "networkSecurityGroups"],
  ["another --ttl", "abc --ttl 5h --wait-for machines", "resourceGroups"],
  ["a removal", "remove abc 2 --yes", "publicIPAddresses"],
  ["a rerun", "abc --wait-for machines", ""],
];

test.each(CHANGES)("%s leaves tags of others on every resource", async (_, argv, changes) => {
  azure = ownAzure();
  expect((await azure.run("abc --num-nodes 4 --etcd-plain --pip --affinity-group near --wait-for machines")).exit).toBe(0);
  await tagAll();
  const before = new Set(tagged().map(({ id }) => id));
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run(argv);
  expect(exit, stderr).toBe(0);
  const writes = azure.exchanges.slice(since).filter(({ method }) => ["PUT", "PATCH"].includes(method));
  if (changes === "") expect(writes.map(({ url }) => url)).toEqual([]);
  else expect(writes.some(({ url }) => url.toLowerCase().includes(changes.toLowerCase()))).toBe(true);
  for (const { id, tags } of tagged()) {
    if (before.has(id)) expect(tags, id).toMatchObject(THEIRS);
    expect(tags["managed-by"] ?? "azure-coreos-cluster", id).toBe("azure-coreos-cluster");
  }
  const further = azure.exchanges.length;
  const again = await azure.run("abc --wait-for machines");
  expect(again.exit, again.stderr).toBe(0);
  expect(azure.exchanges.slice(further).filter(({ method }) => method === "PUT" || method === "PATCH")).toEqual([]);
});

test("a growth that is rolled back leaves them too, and the tags of ours are as they were", async () => {
  azure = ownAzure({ faults: [] });
  expect((await azure.run("abc --etcd-plain --wait-for machines")).exit).toBe(0);
  await tagAll();
  const before = new Map(tagged().map(({ id, tags }) => [id, tags]));
  const { exit } = await azure.run("abc --num-nodes 4 --rollback --wait-for machines", {
    azure: async (request) =>
      request.method === "PUT" && request.url.includes("/virtualMachines/abc-coreos-3?")
        ? {
            status: 409,
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ error: { code: "SkuNotAvailable", message: "not here" } }),
          }
        : azure.simulation.handle(request),
  });
  expect(exit).not.toBe(0);
  expect(new Map(tagged().map(({ id, tags }) => [id, tags]))).toEqual(before);
});

/** Azure, with a policy that writes a tag of what a path matches, as "Add or replace a tag on resources" does. */
const replacing =
  (matches: RegExp, policy: Record<string, string> = { "managed-by": "teamX" }) =>
  async (request: PlainRequest): Promise<PlainResponse> => {
    const { body = "", ...rest } = request;
    if (!["PUT", "PATCH"].includes(request.method) || !matches.test(request.url)) return azure.simulation.handle(request);
    const wanted: Body = JSON.parse(body);
    return azure.simulation.handle({
      ...rest,
      body: JSON.stringify({ ...wanted, tags: { ...wanted.tags, ...policy } }),
    });
  };

test("a policy that writes a tag of the user's otherwise is told of once, and every resource is written once", async () => {
  azure = ownAzure();
  expect((await azure.run("abc --num-nodes 1 --wait-for machines")).exit).toBe(0);
  const policy = replacing(/resourcegroups\/abc\?|sshPublicKeys|loadBalancers/i, { Environment: "prod" });
  for (const argv of ["abc --tag Environment=dev --tag Owner=me", "abc"]) {
    const since = azure.exchanges.length;
    const { exit, stderr } = await azure.run(`${argv} --wait-for machines`, { azure: policy });
    expect(exit, stderr).toBe(0);
    expect(stderr.match(/^The tag .*/gm)).toEqual([
      "The tag Environment=dev is not on the resource group abc (there it is prod), the SSH public key (there it is prod), the load balancer (there it is prod): a policy writes it otherwise, each time. `--tag Environment-` takes yours away.",
    ]);
    const writes = azure.exchanges.slice(since).filter(({ method }) => ["PUT", "PATCH"].includes(method));
    expect(new Set(writes.map(({ url }) => url)).size).toBe(writes.length);
    if (argv === "abc") expect(writes.map(({ method }) => method)).toEqual(["PATCH", "PATCH", "PATCH"]);
  }
});

test.each([
  [
    "machines",
    /virtualMachines/,
    ["machine abc-coreos-0", "machine abc-coreos-1"],
    /`az resource delete --ids (\S+coreos-\d ?){2}` removes/,
  ],
  ["everything in the group", /providers/, ["resource group abc", "public address"], /`az resource delete --ids \S+.*` removes/],
  ["the group", /resourcegroups\/abc\?/i, ["resource group abc"], /`az group delete --name abc` removes it/],
])("a policy that replaces managed-by of %s: nothing more is made, and what is there is named", async (_, matches, made, way) => {
  azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 2 --wait-for machines", { azure: replacing(matches) });
  expect(exit, stderr).toBe(7);
  expect(stderr).toMatch(
    /a policy has changed the tags of .* as it was written: managed-by is "teamX", and not azure-coreos-cluster/,
  );
  expect(stderr).not.toContain("was not made by this tool");
  const [, listed = ""] = /^Made: (.*)\. `az/m.exec(stderr) ?? [];
  for (const label of made) expect(listed.split(", ")).toContain(label);
  expect(listed.split(", ")).toHaveLength(
    azure.simulation.save().entries.filter(({ resource }) => !/\/disks\//.test(String(resource["id"]))).length,
  );
  expect(stderr).toMatch(way);
});

test.each([
  ["machine abc-coreos-0", "virtualMachines"],
  ["public address", "publicIPAddresses"],
])("what had its managed-by replaced since is called that, and not what somebody else made: %s", async (label, type) => {
  azure = ownAzure();
  expect((await azure.run("abc --num-nodes 1 --wait-for machines")).exit).toBe(0);
  const changed = tagged().find(({ id }) => id.includes(`/${type}/`));
  await byHand(azure, "PATCH", changed.id.replace(SUBSCRIPTION, ""), { tags: { ...changed.tags, "managed-by": "teamX" } });
  const { exit, stderr } = await azure.run("abc --wait-for machines");
  expect(exit).toBe(7);
  expect(stderr).toContain(`the tags of ${label} were changed: managed-by is "teamX"`);
  expect(stderr).toContain(`az tag update --resource-id ${changed.id} --operation merge --tags managed-by=azure-coreos-cluster`);
});

describe.each([
  ["a group of its own", "", "publicIPAddresses", "public address"],
  ["a group of others", "--resource-group shared", "publicIPAddresses", "public address"],
  ["private", "--private", "networkSecurityGroups", "security group"],
])("a claim whose managed-by was replaced, %s", (_, flags, type, label) => {
  beforeAll(async () => {
    azure = testAzure();
    const { exit, stderr } = await azure.run(`abc --num-nodes 1 ${flags} --wait-for machines`);
    expect(exit, stderr).toBe(0);
    for (const { id, tags } of tagged())
      if (id.includes(`/${type}/`))
        await byHand(azure, "PATCH", id.replace(SUBSCRIPTION, ""), { tags: { ...tags, "managed-by": "teamX" } });
  });
  afterAll(() => azure.close());

  test.each(["list", "gc"])("%s says so beside the others", async (argv) => {
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(0);
    const said = stderr.replaceAll(/\s+/g, " ");
    expect(said).toContain(`abc is not known as it was: the tags of ${label} were changed: managed-by is "teamX"`);
    expect(said).toContain("--tags managed-by=azure-coreos-cluster");
  });

  test.each([
    "status abc",
    "destroy abc --yes",
    "remove abc 0 --yes",
    "replace abc 0 --yes",
    "stop abc --yes",
    "start abc",
    "ssh abc",
    "run abc -- true",
    "logs abc",
    "reboot abc --yes",
    "kubeconfig abc",
  ])("%s says so and how it is put back", async (argv) => {
    const since = azure.exchanges.length;
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(7);
    expect(stderr).toContain(`the tags of ${label} were changed: managed-by is "teamX"`);
    expect(stderr).toMatch(/az tag update --resource-id \S+ --operation merge --tags managed-by=azure-coreos-cluster/);
    expect(azure.exchanges.slice(since).filter(({ method }) => method !== "GET")).toEqual([]);
  });
});
