/** ARM's errors in every form in which they come, read into one; and the sentence that a person gets of each. */
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { errorBody, explained } from "../../src/azure/error-body.ts";
import { refusedAnswer } from "../../src/azure/failure.ts";
import { adviceFor } from "../../src/core/advice/advice.ts";

const GROUP = "/subscriptions/s/resourceGroups/g";
const NETWORK = `${GROUP}/providers/Microsoft.Network/virtualNetworks/hub`;

/** As recorded: capitals, no codes in the details, each message another service's whole answer. */
const BLOCKED = JSON.stringify({
  Error: {
    Code: "ResourceGroupDeletionBlocked",
    Target: null,
    Message:
      "Deletion of resource group 'g' failed as resources with identifiers 'Microsoft.Network/virtualNetworks/hub' could not be deleted. The provisioning state of the resource group will be rolled back.",
    Details: [
      {
        Code: null,
        Target: NETWORK,
        Message: JSON.stringify({
          error: {
            code: "InUseSubnetCannotBeDeleted",
            message: `Subnet nodes is in use by /subscriptions/s/resourceGroups/other/providers/Microsoft.Network/networkInterfaces/nic-4/ipConfigurations/ipconfig1 and cannot be deleted.`,
            details: [],
          },
        }),
        Details: null,
        AdditionalInfo: null,
      },
    ],
    AdditionalInfo: null,
  },
});

test("what blocks a group's deletion is named, with the reason", () => {
  const body = errorBody(BLOCKED);
  expect(body?.code).toBe("ResourceGroupDeletionBlocked");
  expect(body?.details).toEqual([
    {
      code: "InUseSubnetCannotBeDeleted",
      message: expect.stringContaining("Subnet nodes is in use by"),
      target: NETWORK,
    },
  ]);
  expect(explained(body)).toContain("hub: Subnet nodes is in use by /subscriptions/s/resourceGroups/other/");
});

test("the end of a deletion as an answer: code, status, and advice that names who uses it", () => {
  const request = createPipelineRequest({ url: "https://management.azure.com/subscriptions/s/operationresults/o" });
  const error = refusedAnswer({ status: 409, bodyAsText: BLOCKED, headers: createHttpHeaders() }, request);
  expect(error).toMatchObject({ code: "ResourceGroupDeletionBlocked", status: 409 });
  expect(adviceFor(error)?.advice).toContain(
    "/subscriptions/s/resourceGroups/other/providers/Microsoft.Network/networkInterfaces/nic-4",
  );
});

test.each<[what: string, body: unknown, code: string | undefined, said: string | undefined]>([
  ["ARM's own", { error: { code: "A", message: "a" } }, "A", "a"],
  ["without an envelope", { code: "A", message: "a" }, "A", "a"],
  ["in capitals", { Error: { Code: "A", Message: "a" } }, "A", "a"],
  ["in capitals without an envelope", { Code: "A", Message: "a" }, "A", "a"],
  ["an old service's", { Message: "The resource is gone." }, undefined, "The resource is gone."],
  ["an OData service's", { "odata.error": { code: "A", message: { lang: "en-US", value: "a" } } }, "A", "a"],
  ["a code alone", { error: { code: "A" } }, "A", "A"],
  [
    "a message that quotes another answer",
    { error: { code: "Outer", message: '{"error":{"code":"A","message":"a"}}' } },
    "Outer",
    "a",
  ],
  ["a quoted answer without a code outside", { error: { message: '{"Error":{"Code":"A","Message":"a"}}' } }, "A", "a"],
  ["a message that only looks like JSON", { error: { code: "A", message: "{not JSON" } }, "A", "{not JSON"],
  ["one detail where a list is due", { error: { code: "A", message: "a", details: { code: "B", message: "b" } } }, "A", "a b"],
  [
    "a deployment's, nested",
    {
      error: {
        code: "DeploymentFailed",
        message: "At least one resource deployment operation failed.",
        details: [{ code: "Conflict", message: '{"error":{"code":"QuotaExceeded","message":"Too many cores."}}' }],
      },
    },
    "DeploymentFailed",
    "At least one resource deployment operation failed. Too many cores.",
  ],
  [
    "a detail that repeats the message",
    { error: { code: "A", message: "it is a", details: [{ code: "B", message: "a" }] } },
    "A",
    "it is a",
  ],
  ["a word where an object is due", { error: "nope" }, undefined, undefined],
  ["numbers where texts are due", { error: { code: 409, message: 5 } }, undefined, undefined],
  ["nothing that is known", { hello: "world" }, undefined, undefined],
  ["a list", [1], undefined, undefined],
])("%s", (_what, body, code, said) => {
  const found = errorBody(JSON.stringify(body));
  expect([found?.code, explained(found)]).toEqual([code, said]);
});

test("which policy forbids it may stand beside the message", () => {
  const body = errorBody(
    JSON.stringify({
      error: {
        code: "RequestDisallowedByPolicy",
        target: "vm",
        message: "Resource 'vm' was disallowed by policy.",
        additionalInfo: [
          { type: "PolicyViolation", info: { policyAssignmentName: "0a1b", policyAssignmentDisplayName: "Only small sizes" } },
          { type: "SomethingElse", info: "nothing" },
        ],
      },
    }),
  );
  const advice = adviceFor({ code: body?.code ?? "", message: body?.message ?? "", details: body?.details });
  expect(advice?.meaning).toContain('"Only small sizes"');
});

test("a policy that the message names is not named behind it again", () => {
  const message = `Resource 'vm' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"Only small sizes","id":"/a"}}]'.`;
  const info = { policyAssignmentName: "0a1b", policyAssignmentDisplayName: "Only small sizes" };
  const additionalInfo = [{ type: "PolicyViolation", info }];
  const body = errorBody(JSON.stringify({ error: { code: "RequestDisallowedByPolicy", message, additionalInfo } }));
  expect(explained(body)).toBe(message);
  expect(body?.info).toEqual([info]);
});

test.each([
  ["no JSON", "<html>"],
  ["half of it", '{"error": {"code": "A", "mess'],
  ["a depth without an end", '{"error":{"details":['.repeat(50_000)],
  ["nested details", JSON.stringify({ error: nested(200) })],
])("%s is no reason to fail", (_what, text) => {
  expect(() => explained(errorBody(text))).not.toThrow();
});

function nested(depth: number): object {
  return { code: "A", message: `a${depth}`, ...(depth === 0 ? {} : { details: [nested(depth - 1)] }) };
}

test("an inner error is among what the advice looks through", () => {
  const request = createPipelineRequest({ url: `https://management.azure.com${GROUP}`, method: "PUT" });
  const bodyAsText = JSON.stringify({
    error: { code: "BadRequest", message: "no", innererror: { code: "SkuNotAvailable", message: "no such size" } },
  });
  const error = refusedAnswer({ status: 400, bodyAsText, headers: createHttpHeaders() }, request);
  expect(adviceFor(error)?.code).toBe("SkuNotAvailable");
});

test("what a policy looked at comes out of an answer as Azure writes it, and into advice", () => {
  const violation = {
    type: "PolicyViolation",
    info: {
      policyAssignmentDisplayName: "Cost centres",
      evaluationDetails: {
        evaluatedExpressions: [{ result: "True", expressionKind: "Field", path: "tags[CostCenter]", operator: "Exists" }],
      },
    },
  };
  const own = { code: "RequestDisallowedByPolicy", message: "Disallowed by policy.", additionalInfo: [violation] };
  const wrapped = { code: "InvalidTemplateDeployment", message: "The template failed.", details: [own] };
  const request = createPipelineRequest({ url: "https://management.azure.com/subscriptions/s/resourceGroups/g" });
  for (const error of [own, wrapped]) {
    const answer = { status: 403, bodyAsText: JSON.stringify({ error }), headers: createHttpHeaders() };
    expect(adviceFor(refusedAnswer(answer, request))).toMatchObject({
      code: "RequestDisallowedByPolicy",
      meaning: 'A policy of the subscription forbids this: "Cost centres"; it looked at tags[CostCenter].',
      advice: expect.stringContaining("CostCenter"),
    });
  }
});
