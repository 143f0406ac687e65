/** What Azure may say in several ways: null for what is not there, and the names of tags in another case. Every command reads them as one. */
import { expect, test } from "vitest";
import type { PlainRequest, PlainResponse } from "../../src/azure/pipeline.ts";
import { type TestAzure, ownAzure } from "./world.ts";

type Respell = (members: Record<string, unknown>) => void;

/** Azure's answers, with every object in them spelt otherwise. */
const respelt =
  (azure: TestAzure, respell: Respell) =>
  async (request: PlainRequest): Promise<PlainResponse> => {
    const answer = await azure.simulation.handle(request);
    if (!answer.body?.startsWith("{")) return answer;
    const body = JSON.parse(answer.body, (_, value: unknown) => {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) respell(value as Record<string, unknown>);
      return value;
    }) as unknown;
    return { ...answer, body: JSON.stringify(body) };
  };

const capitals: Respell = (members) => {
  const { tags } = members;
  if (typeof tags !== "object" || tags === null) return;
  members["tags"] = Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [name.replace(/^[a-z]/, (one) => one.toUpperCase()), value]),
  );
};

/** Of the members that are looked into, those that may be left out or empty. */
const NULLS = (
  "probes outboundRules loadBalancingRules inboundNatRules securityRules networkInterfaces subnets natGateway ipConfiguration " +
  "dnsSettings dataDisks routeTable virtualMachines virtualMachine"
).split(" ");

const nulls: Respell = (members) => {
  const { properties, tags } = members as { properties?: Record<string, unknown>; tags?: object };
  if (typeof members["id"] !== "string" || properties === undefined) return;
  members["tags"] = tags ?? null;
  for (const name of NULLS) {
    const there = properties[name];
    if (there === undefined || (Array.isArray(there) && there.length === 0)) properties[name] = null;
  }
};

test.each([
  ["names of tags begin with a capital", capitals],
  ["lists and parts that are not there are null", nulls],
])("%s: a cluster is made, found, grown and removed as ever", async (_, respell) => {
  const azure = ownAzure();
  const run = (argv: string) => azure.run(argv, { azure: respelt(azure, respell) });
  const made = await run("abc --num-nodes 1 --tag Team=web --wait-for machines");
  expect(made.exit, made.stderr).toBe(0);
  const writes = (since: number) => azure.exchanges.slice(since).filter(({ method }) => method !== "GET");
  const since = azure.exchanges.length;
  const again = await run("abc --wait-for machines");
  expect([again.exit, writes(since)], again.stderr).toEqual([0, []]);
  for (const argv of [
    "abc --num-nodes 2 --wait-for machines",
    "status abc --no-nodes",
    "remove abc 1 --yes",
    "destroy abc --yes",
  ]) {
    const { exit, stderr } = await run(argv);
    expect(exit, `${argv}: ${stderr}`).toBe(0);
  }
  expect(azure.simulation.save().entries).toEqual([]);
});

test("an operation's URL that answers 204 says nothing: the resource is looked at, and waited for", async () => {
  const azure = ownAzure();
  const asked = new Map<string, number>();
  const handle = async (request: PlainRequest): Promise<PlainResponse> => {
    const times = asked.get(request.url) ?? 0;
    if (request.method !== "GET" || !/\/operations\//i.test(request.url) || times >= 2) return azure.simulation.handle(request);
    asked.set(request.url, times + 1);
    return { status: 204, headers: {}, body: "" };
  };
  for (const argv of ["abc --num-nodes 1 --wait-for machines", "stop abc --yes", "destroy abc --yes"]) {
    const { exit, stderr } = await azure.run(argv, { azure: handle });
    expect(exit, `${argv}: ${stderr}`).toBe(0);
  }
  expect(asked.size).toBeGreaterThan(3);
  expect(azure.simulation.save().entries).toEqual([]);
});
