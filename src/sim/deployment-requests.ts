/**
 * Template deployments, which are not run: whoever asks for one (the create commands of `az` do) is told so in ARM's own words
 * and shape, with what works instead, rather than that the path is unknown. Reads answer as for a scope where none was ever made.
 */
import { refuse } from "./arm-error.ts";
import { type Address, keyOf } from "./arm-id.ts";
import { answer, type SimAnswer } from "./message.ts";
import { groupEntry } from "./request-checks.ts";
import type { Desk } from "./resource-requests.ts";

/** Undefined for paths that are no deployment's. @throws ArmError 400 InvalidTemplateDeployment, 404 DeploymentNotFound */
export function answerDeployment(
  { cloud, call }: Desk,
  { subscription, group, namespace, rest }: Address,
): SimAnswer | undefined {
  const [type, name] = rest;
  if (keyOf(namespace ?? "") !== "microsoft.resources" || keyOf(type ?? "") !== "deployments") return undefined;
  if (group !== undefined) groupEntry(cloud, subscription, group);
  if (call.method === "GET" && name === undefined) return answer(200, { value: [] });
  if (call.method === "HEAD") return answer(404);
  if (call.method === "DELETE") return answer(204);
  if (call.method === "GET") return refuse(404, "DeploymentNotFound", `Deployment '${name}' could not be found.`);
  // PUT, and POST of validate, whatIf and the like
  return refuse(
    400,
    "InvalidTemplateDeployment",
    `The template deployment '${name}' is not valid: this is a simulation of Azure Resource Manager, and it runs no templates. Create each resource with a PUT of its own, as azure-coreos-cluster, the SDKs' createOrUpdate and \`az resource create\` do. (\`az vm create\` and several other create commands of az deploy templates.)`,
  );
}
