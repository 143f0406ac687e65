/**
 * A policy that demands a tag, as companies have one ("Require a tag on resources", "... on resource groups"): a write of a group or of a
 * resource that takes tags is refused without it. The words are those of recorded refusals (SPEC.md).
 */
import { keyOf, parseAddress } from "./arm-id.ts";
import { type JsonValue, object } from "./json.ts";
import type { KindOf } from "./kind.ts";
import type { Call } from "./message.ts";

const ASSIGNMENT = "require-a-tag";

export function lacksTag(call: Call, kindOf: KindOf, tag: string): boolean {
  if (!["PUT", "PATCH"].includes(call.method) || !takesTags(call, kindOf)) return false;
  const { tags } = JSON.parse(call.body ?? "{}") as { tags?: unknown };
  return !Object.keys(object(tags)).some((name) => keyOf(name) === keyOf(tag));
}

/** Azure's whole answer: the sentence, and beside it what the policy looked at. */
export function disallowed(call: Call, tag: string): JsonValue {
  const name = call.path.split("/").at(-1) ?? "";
  const id = `/subscriptions/${parseAddress(call.path)?.subscription ?? ""}/providers/Microsoft.Authorization/policyAssignments/${ASSIGNMENT}`;
  const policies = [
    {
      policyAssignment: { name: `Require the tag ${tag}`, id },
      policyDefinition: { name: "Require a tag on resources", id: `${id}/definition` },
    },
  ];
  const expression = { result: "True", expressionKind: "Field", expression: `tags[${tag}]`, path: `tags[${tag}]` };
  return {
    error: {
      code: "RequestDisallowedByPolicy",
      target: name,
      message: `Resource '${name}' was disallowed by policy. Policy identifiers: '${JSON.stringify(policies)}'.`,
      additionalInfo: [
        {
          type: "PolicyViolation",
          info: {
            evaluationDetails: { evaluatedExpressions: [{ ...expression, operator: "Exists", targetValue: "false" }] },
            policyDefinitionDisplayName: "Require a tag on resources",
            policyDefinitionEffect: "deny",
            policyAssignmentName: ASSIGNMENT,
            policyAssignmentDisplayName: `Require the tag ${tag}`,
            policyAssignmentParameters: { tagName: { value: tag } },
          },
        },
      ],
    },
  };
}

// --- internal ---

function takesTags(call: Call, kindOf: KindOf): boolean {
  const address = parseAddress(call.path);
  if (address?.group === undefined) return false;
  if (address.namespace === undefined) return true;
  const kind = kindOf(`${address.namespace}/${address.rest.filter((_, index) => index % 2 === 0).join("/")}`);
  return kind !== undefined && /\btags\b/.test(kind.members);
}
