/** What comes back is believed only when Azure can have said it: the rest is asked again, or refused as what it is. */
import type { PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { answers } from "../../src/azure/pipeline.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
const RESOURCE = `https://management.azure.com${ID}`;
const OPERATION = "https://management.azure.com/subscriptions/s/providers/Microsoft.Network/locations/l/operations/o";
const IMAGES =
  "https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/locations/l/publishers/p/artifacttypes/vmimage/offers/o/skus/k/versions";

function answered(
  method: "GET" | "PUT" | "DELETE",
  status: number,
  bodyAsText: string,
  url = RESOURCE,
  headers: Record<string, string> = {},
): Promise<PipelineResponse> {
  const policy = answers(createVirtualClock(0), new Map());
  const reply = (request: PipelineRequest): Promise<PipelineResponse> =>
    Promise.resolve({ request, status, headers: createHttpHeaders(headers), bodyAsText });
  return policy.sendRequest(createPipelineRequest({ url, method }), reply);
}

test.each([
  ["a proxy's page", "PUT", 200, "<html>sign in</html>", RESOURCE],
  ["half an answer", "GET", 200, '{"id": "/subscriptions/s', RESOURCE],
  ["half an answer of an operation", "GET", 200, '{"status": "InProg', OPERATION],
  ["an array where a resource is due", "GET", 200, "[]", RESOURCE],
  ["an array where an operation is due", "GET", 200, "[]", OPERATION],
  ["null where a resource is due", "GET", 200, "null", RESOURCE],
  ["a word where a resource is due", "PUT", 201, '"made"', RESOURCE],
] as const)("%s is as good as a 502: asked again", async (_what, method, status, body, url) => {
  await expect(answered(method, status, body, url)).rejects.toMatchObject({
    code: "UnreadableAnswer",
    message: expect.stringMatching(
      new RegExp(`^the answer is not Azure Resource Manager's \\(${method} /subscriptions/s/.*: it is no`),
    ),
    status: 502,
    advice: expect.stringMatching(/--arm-endpoint .*HTTPS_PROXY/),
  });
});

test("who has never said anything that is Azure's is asked a few times, and then no more", async () => {
  const heard = { azure: false, strange: 0 };
  const asked = (body: string): Promise<PipelineResponse> =>
    answers(createVirtualClock(0), new Map(), heard).sendRequest(createPipelineRequest({ url: RESOURCE }), (request) =>
      Promise.resolve({ request, status: 200, headers: createHttpHeaders(), bodyAsText: body }),
    );
  for (const status of [502, 502, 502, undefined]) await expect(asked("null")).rejects.toMatchObject({ status });
  await asked(JSON.stringify({ id: ID }));
  for (const status of [502, 502, 502, 502, 502]) await expect(asked("null")).rejects.toMatchObject({ status });
});

test.each(["<html>404</html>", '{"message":"no such route"}', ""])(
  "a 404 that Azure has not said proves no absence: %j",
  async (body) => {
    await expect(answered("GET", 404, body)).rejects.toMatchObject({ code: "UnreadableAnswer", status: 404 });
  },
);

test("a redirection is followed nowhere, and says where it leads without what may be secret", async () => {
  const to = "https://someone:secret@elsewhere.example/x?sig=abcdefgh";
  await expect(answered("PUT", 302, "", RESOURCE, { location: to })).rejects.toMatchObject({
    code: "UnreadableAnswer",
    status: 302,
    source: "azure",
    message: expect.stringMatching(/: 302, to https:\/\/elsewhere\.example\/x, where nothing was sent/),
  });
});

test.each([
  ["a resource", "PUT", 201, `{"id":"${ID}"}\n`, RESOURCE],
  ["a catalogue of images", "GET", 200, "[]", IMAGES],
  ["an operation's null", "GET", 200, "null", OPERATION],
  ["an operation's nothing", "GET", 200, "", OPERATION],
  ["a delete's nothing", "DELETE", 204, "", RESOURCE],
] as const)("%s is an answer", async (_what, method, status, body, url) => {
  expect((await answered(method, status, body, url)).status).toBe(status);
});

const GROUP = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks";
const BELOW = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks";

test.each([
  ["another resource", RESOURCE, { id: `${ID}2` }, `it is about ${ID.toLowerCase()}2`],
  ["none", RESOURCE, {}, "id is"],
  ["a list of what lies elsewhere", GROUP, { value: [{ id: ID }, { id: ID.replace("/g/", "/h/") }] }, "/resourcegroups/h/"],
])("an answer about %s is not believed", async (_, url, body, why) => {
  await expect(answered("GET", 200, JSON.stringify(body), url)).rejects.toMatchObject({
    code: "UnreadableAnswer",
    status: undefined,
    message: expect.stringContaining(why),
  });
});

test.each([
  ["in capitals, with a slash at its end", RESOURCE, { id: `${ID.toUpperCase()}/` }],
  ["a list of what lies there", GROUP, { value: [{ id: `${BELOW}/a` }, { id: `${BELOW.toUpperCase()}/B` }] }],
  ["an empty list", GROUP, { value: [] }],
])("an answer about what was asked for is believed: %s", async (_, url, body) => {
  expect((await answered("GET", 200, JSON.stringify(body), url)).status).toBe(200);
});

test("brackets without an end are no answer; those in texts do not count", async () => {
  const nested = (depth: number): string => `{"id":"${ID}","x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect((await answered("GET", 200, nested(99))).status).toBe(200);
  await expect(answered("GET", 200, nested(100))).rejects.toMatchObject({ message: expect.stringContaining("it is no JSON") });
  const quoted = JSON.stringify({ id: ID, text: `\\"${"[{".repeat(500)}` });
  expect((await answered("GET", 200, quoted)).status).toBe(200);
});

test.each(["[]", '"gone"', "null", "7"])("whatever a delete answers, it is an answer: %s", async (body) => {
  expect((await answered("DELETE", 200, body)).status).toBe(200);
});
