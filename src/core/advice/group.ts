/**
 * THE ADVICE TABLE, second part: names, network, storage, the group and its rules, and at the end the codes that say
 * little. Same columns and rules as machine.ts, which is tried before it.
 */
import type { AdviceContext, AdviceRow, Failure } from "./row.ts";
import { found, groupScopeIn, rerun } from "./row.ts";
import { EXIT } from "../errors.ts";
import { groupOf, nameOf } from "../plan/resource.ts";

export const groupAdvice: readonly AdviceRow[] = [
  {
    // 400 after a delete that Azure has not yet forgotten: recorded, and gone through some seconds after the machine went.
    code: /^(NicInUse|InUse\w*CannotBeDeleted|\w+InUseCannotBeDeleted|PublicIPAddressCannotBeDeleted|InUseSubnetCannotBeUpdated|OperationNotAllowedInUse)$/,
    meaning: "Something still uses this resource, so that Azure does not delete it.",
    advice: ({ message }, context) =>
      `${usedBy(message)}If that belongs to the cluster, run \`azure-coreos-cluster destroy ${context.name ?? "NAME"}\` again; if not, detach it first.`,
    retry: "contention",
    patienceMs: 60_000,
  },
  // ---- Names, network, storage ------------------------------------------------------------------------------------
  {
    code: "DnsRecordInUse",
    meaning: (failure, { name, location }) =>
      `The public name ${found(failure, /DNS record ([\w-]+(?:\.[\w-]+)+)/i) ?? `${name ?? "of the cluster"} in ${location ?? "this region"}`} is taken: names are unique in a region, over all of Azure.`,
    advice: (_, context) =>
      `Choose another name (\`azure-coreos-cluster ${context.name ?? "NAME"}-2 ...\`) or another --location.`,
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: /^(StorageAccountAlreadyTaken|StorageAccountAlreadyExists|AccountNameInvalid|StorageAccountInAnotherResourceGroup)$/,
    meaning:
      "Names of storage accounts are 3 to 24 small letters and digits, unique over all of Azure; this one is taken or not valid.",
    advice: (_, context) =>
      `Give a container of an account of yours: \`${rerun(context, "--blob-container-url https://ACCOUNT.blob.core.windows.net/vhds")}\`.`,
    link: "https://learn.microsoft.com/azure/storage/common/storage-account-overview",
    retry: "no",
  },
  {
    code: /^(SubnetIsFull|SubnetWithoutFreeAddress\w*)$/,
    meaning: (_, { nodes }) =>
      `The subnet has too few free addresses${nodes === undefined ? "" : ` for ${nodes} nodes`} (Azure keeps five of each subnet).`,
    advice: (_, context) =>
      `Give a larger one: \`${rerun(context, "--virtual-network-name V --subnet-names S")}\`, or fewer nodes, or leave both out to have a network made.`,
    retry: "no",
  },
  {
    code: /^(PrivateIPAddress\w+|IpAddressNotInSubnet)$/,
    meaning: "A private address chosen for a node is in use by something else, or does not lie in the subnet.",
    advice: (_, context) =>
      `See who has it: \`az network nic list --query "[].{name:name,ip:ipConfigurations[0].privateIPAddress}" -o table\`; then run \`${rerun(context)}\` again: it chooses free addresses.`,
    retry: "no",
  },
  {
    code: /^(InvalidResourceReference|ParentResourceNotFound|LinkedInvalidPropertyId)$/,
    meaning: "Something that this resource refers to is not there (any more).",
    advice: (_, context) =>
      `Run \`${rerun(context)}\` again${context.command === undefined ? ": it makes what is missing" : ""}. If it says the same again, check the network and group given by flags.`,
    retry: "no",
  },
  {
    code: /^(NetcfgInvalid\w+|NetcfgSubnetRange\w+|InvalidCIDRNotation)$/,
    meaning: "The address ranges of network and subnet do not fit together.",
    advice: (_, context) => `Check --virtual-network-name and --subnet-names, then run \`${rerun(context)}\` again.`,
    retry: "no",
  },

  // ---- The group and what others do at the same time --------------------------------------------------------------
  {
    code: /^ResourceGroupDeletionBlocked\w*$/,
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
      `Wait until \`az group exists --name ${context.resourceGroup ?? context.name ?? "GROUP"}\` says false, then run \`${rerun(context)}\` again; or choose another name.`,
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: /^(ResourceGroupNotFound|ResourceNotFound|NotFound)$/,
    meaning: (failure, context) =>
      `${found(failure, /(?:Resource group|The Resource) '([^']+)'/i) ?? context.label ?? "What was asked for"} is not there (any more).`,
    advice: (_, context) =>
      `\`azure-coreos-cluster list\` shows the clusters of the subscription; ${context.command === undefined ? `\`${rerun(context)}\` makes what is missing` : `then run \`${rerun(context)}\` again`}.`,
    retry: "no",
  },
  {
    code: /^PreconditionFailed\w*$/,
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
    meaning: (failure) => `A policy of the subscription forbids this: ${policies(failure)}.`,
    advice: (_, context) =>
      `Change what it objects to (often --location, --vm-size, or --pip), or ask who manages the policy for an exemption; then run \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy",
    retry: "no",
  },
  {
    code: /^InvalidTemplate\w*$/,
    meaning: "Azure refused the template. Only `export` makes one; the tool itself deploys none.",
    advice: (_, context) =>
      `Write it again: \`azure-coreos-cluster export ${context.name ?? "NAME"} --format arm\`, and check the parameters given to the deployment.`,
    retry: "no",
  },

  // ---- Azure's own faults -----------------------------------------------------------------------------------------
  {
    code: /^(InternalServerError|InternalExecutionError|InternalError|InternalOperationError|GatewayTimeout|BadGateway|ServiceUnavailable|ServerBusy|ServerTimeout|OperationTimedOut|RequestTimeout)$/,
    meaning: "Azure had a fault of its own.",
    advice: (_, context) => `Run \`${rerun(context)}\` again in some minutes; https://status.azure.com tells of outages.`,
    retry: "transient",
  },
  {
    code: /^(InvalidParameter|InvalidRequestContent|InvalidRequestFormat|InvalidResourceName|BadRequest|OperationNotAllowed|Conflict)$/,
    meaning: "Azure refused the request as it was sent; its own words stand below.",
    advice: (_, context) =>
      `Change the flag that it names and run \`${rerun(context)}\` again. If no flag is to blame, it is a fault of this tool: please report it with the output of --verbose.`,
    retry: "no",
  },
];

/** Where to look for the lock: the group that Azure names, or the one that was asked about. */
function lockedIn(failure: Failure, context: AdviceContext): string {
  const scope = groupScopeIn(found(failure, /locked:?\s*'([^']+)'/i)) ?? groupScopeIn(failure.request);
  const group = groupOf(scope ?? "") ?? (scope === undefined ? (context.resourceGroup ?? "GROUP") : undefined);
  return group === undefined ? `--subscription ${nameOf(scope ?? "")}` : `--resource-group ${group}`;
}

/** "It is used by /subscriptions/...": Azure names the other party by its id. */
function usedBy(message: string): string {
  const id =
    /(?:used by|attached to|allocated to)\D*?resource\s+(\/subscriptions\/[^\s,;']+\w)/i.exec(message)?.[1] ??
    /in use by\s+(\/subscriptions\/[^\s,;']+\w)/i.exec(message)?.[1];
  return id === undefined ? "" : `It is used by ${id}. `;
}

/** The names of the policy assignments in the message or the details; Azure puts them there as JSON. */
function policies(failure: Failure): string {
  const text = [failure.message, ...(failure.details ?? []).map((detail) => detail.message)].join(" ");
  const names = [...text.matchAll(/"?policyAssignment"?\s*:\s*\{\s*"name"\s*:\s*"([^"]+)"/gi)].map((match) => `"${match[1]}"`);
  return names.length > 0 ? [...new Set(names)].join(", ") : "its own words stand below";
}
