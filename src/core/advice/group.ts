/** Advice: the group, the rules of those who own it, and at the end the codes that say little. */
import { EXIT } from "../errors.ts";
import { groupOf, nameOf } from "../plan/resource.ts";
import { policyAdvice, policyMeaning } from "./policy.ts";
import { type AdviceContext, type AdviceRow, type AzureFailure, found, groupScopeIn, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

export const groupAdvice: readonly AdviceRow[] = [
  {
    // 400 after a delete that Azure has not yet forgotten: recorded, and gone through some seconds after the machine went.
    code: [
      "NicInUse",
      "InUse*CannotBeDeleted",
      "*InUseCannotBeDeleted",
      "PublicIPAddressCannotBeDeleted",
      "InUseSubnetCannotBeUpdated",
      "OperationNotAllowedInUse",
      "CannotDeleteNatGatewayAssociatedToSubnet",
    ],
    meaning: "Something still uses this resource, so that Azure does not delete it.",
    advice: ({ message }) =>
      `${usedBy(message)}If that belongs to the cluster, run the same command again; if not, detach it first.`,
    retry: "contention",
    patienceMs: 60_000,
  },
  {
    code: ["ResourceGroupDeletionBlocked*"],
    meaning: (failure, { resourceGroup }) =>
      `Azure deleted the resource group ${found(failure, /resource group '([^']+)'/i) ?? resourceGroup ?? ""} only in part: something outside of it uses what is left.`.replace(
        "  ",
        " ",
      ),
    advice: (failure, context) =>
      `${usedBy([failure.message, ...(failure.details ?? []).map((detail) => detail.message)].join(" "))}Delete or detach what uses it, then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "ResourceGroupBeingDeleted",
    meaning: (_, { resourceGroup }) =>
      `The resource group ${resourceGroup ?? ""} is being deleted, by you or somebody else.`.replace("  ", " "),
    advice: (_, context) =>
      `Wait until \`az group exists --name ${shellWord(context.resourceGroup ?? context.name ?? "GROUP")}\` says false, then run \`${rerun(context)}\` again; or choose another name.`,
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: ["ResourceGroupNotFound", "ResourceNotFound", "NotFound"],
    meaning: (failure, context) =>
      `${found(failure, /(?:Resource group|The Resource) '([^']+)'/i) ?? context.label ?? "What was asked for"} is not there (any more).`,
    advice: (_, context) =>
      `\`azure-coreos-cluster list\` shows the clusters of the subscription; ${context.command === undefined ? `\`${rerun(context)}\` makes what is missing` : `then run \`${rerun(context)}\` again`}.`,
    retry: "no",
  },
  {
    code: ["PreconditionFailed*"],
    meaning: "Somebody else has made or changed this resource in the meantime.",
    advice: (_, context) =>
      `Make sure that nobody else works on the cluster, then run \`${rerun(context)}\` again: it looks first.`,
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: "ScopeLocked",
    meaning: (failure) =>
      `A lock forbids this${found(failure, /locked:?\s*'([^']+)'/i) === undefined ? "" : `: ${found(failure, /locked:?\s*'([^']+)'/i)}`}.`,
    advice: (failure, context) =>
      `\`az lock list ${lockedIn(failure, context)} --query "[].{name:name,level:level,id:id}" -o table\` shows it; \`az lock delete --ids ID\`, with the id shown, removes it. Then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
    retry: "no",
  },
  {
    code: "RequestDisallowedByPolicy",
    meaning: policyMeaning,
    advice: policyAdvice,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy",
    retry: "no",
    // as every 403 does
    exit: EXIT.signIn,
  },
  {
    code: ["InvalidTemplate*"],
    meaning: "Azure refused the template. Only `export` makes one; the tool itself deploys none.",
    advice: (_, context) =>
      `Write it again: \`azure-coreos-cluster export ${context.name ?? "NAME"} --format arm\`, and check the parameters given to the deployment.`,
    retry: "no",
  },
  {
    saysLittle: true,
    code: [
      "InvalidParameter",
      "InvalidRequestContent",
      "InvalidRequestFormat",
      "InvalidResourceName",
      "BadRequest",
      "OperationNotAllowed",
      "Conflict",
    ],
    meaning: "Azure refused the request as it was sent; its own words stand below.",
    advice: (_, context) =>
      `Change the flag that it names and run \`${rerun(context)}\` again. If no flag is to blame, it is a fault of this tool: please report it with the output of --verbose.`,
    retry: "no",
  },
];

/** Where to look for the lock: the group that Azure names, or the one that was asked about. */
function lockedIn(failure: AzureFailure, context: AdviceContext): string {
  const scope = groupScopeIn(found(failure, /locked:?\s*'([^']+)'/i)) ?? groupScopeIn(failure.request);
  const group = groupOf(scope ?? "") ?? (scope === undefined ? (context.resourceGroup ?? "GROUP") : undefined);
  return group === undefined ? `--subscription ${nameOf(scope ?? "")}` : `--resource-group ${shellWord(group)}`;
}

/** "It is used by /subscriptions/...": Azure names the other party by its id. */
function usedBy(message: string): string {
  const id =
    /(?:used by|attached to|allocated to)\D*?resource\s+(\/subscriptions\/[^\s,;']+\w)/i.exec(message)?.[1] ??
    /in use by\s+(\/subscriptions\/[^\s,;']+\w)/i.exec(message)?.[1];
  return id === undefined ? "" : `It is used by ${id}. `;
}
