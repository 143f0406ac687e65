/** Advice: names, networks and storage. */
import { EXIT } from "../errors.ts";
import { type AdviceRow, chosenOnce, found, rerun } from "./row.ts";

const WHO_HAS = '`az network nic list --query "[].{name:name,ip:ipConfigurations[0].privateIPAddress}" -o table`';
const HOLDER = /allocated to resource (\/\S+?)(?:\/(?:frontend)?ipConfigurations\/\S*)?\.?(?:\s|$)/i;

export const namesAdvice: readonly AdviceRow[] = [
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
    code: ["DomainNameLabelReserved", "ReservedResourceName"],
    meaning: (failure, { name }) =>
      `${found(failure, /(?:label|name) ['"]?([a-z][\w.-]*[\w])['"]? (?:is invalid|or a part|contains)/i) ?? name ?? "The name"} holds a word that Microsoft reserves: trademarks such as MICROSOFT and WINDOWS, and LOGIN at the start.`,
    advice: (_, context) =>
      `Choose another name without it: \`azure-coreos-cluster NAME\`.${context.there === undefined ? "" : ` What was made under ${context.name ?? "this one"}: \`azure-coreos-cluster destroy ${context.name ?? "NAME"}\` removes it.`}`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-reserved-resource-name",
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: [
      "StorageAccountAlreadyTaken",
      "StorageAccountAlreadyExists",
      "AccountNameInvalid",
      "StorageAccountInAnotherResourceGroup",
    ],
    meaning:
      "Names of storage accounts are 3 to 24 small letters and digits, unique over all of Azure; this one is taken or not valid.",
    advice: (_, context) =>
      `Give a container of an account of yours: \`${rerun(context, "--blob-container-url https://ACCOUNT.blob.core.windows.net/vhds")}\`.`,
    link: "https://learn.microsoft.com/azure/storage/common/storage-account-overview",
    retry: "no",
  },
  {
    code: ["SubnetIsFull", "SubnetWithoutFreeAddress*"],
    meaning: (_, { nodes }) =>
      `The subnet has too few free addresses${nodes === undefined ? "" : ` for ${nodes} nodes`} (Azure keeps five of each subnet).`,
    advice: (_, context) =>
      context.there === "stands"
        ? "A cluster keeps its subnet: free addresses there, or ask for fewer nodes."
        : `Give a larger one: \`${rerun(context, "--virtual-network-name V --subnet-names S")}\`, or fewer nodes, or leave both out to have a network made.`,
    retry: "no",
  },
  {
    code: "SubnetWith*CannotBeUsedByOtherResources",
    meaning: "The subnet is given to another service of Azure's, which has it alone.",
    advice: (_, context) =>
      `${chosenOnce(context, "Take another subnet", "--virtual-network-name V --subnet-names S") ?? `A cluster that stands keeps its subnet: whoever has given it away takes that back; then run \`${rerun(context)}\` again`}.`,
    retry: "no",
  },
  {
    code: "InvalidResourceLocation",
    meaning: (failure, { location }) =>
      `${found(failure, /resource '([^']+)' already exists/i) ?? "Something of the same name"} is in the group already, in ${found(failure, /exists in location '([^']+)'/i) ?? "another location"} and not in ${location ?? "this one"}.`,
    advice: (_, context) =>
      `Choose another name (\`azure-coreos-cluster ${context.name ?? "NAME"}-2 ...\`), or delete that one if it is yours and not needed; then run \`${rerun(context)}\` again.`,
    retry: "no",
    exit: EXIT.conflict,
  },
  {
    code: "PrivateIPAddressIsAllocated",
    meaning: (failure) =>
      `The private address ${found(failure, /private IP address ([\d.]+)/i) ?? "that was chosen for a node"} is in use by ${found(failure, HOLDER) ?? "something else"}.`,
    // etcd's other members boot with the addresses of all: one that they were told is not changed under them
    advice: (failure, context) =>
      `${found(failure, HOLDER) === undefined ? `See who has it: ${WHO_HAS}. ` : ""}Give that one another address, if it is yours to do so, and run \`${rerun(context)}\` again: a gateway gets a free address then, a member of etcd the one that the others know. Or take the node out, and it comes anew with a free address: \`azure-coreos-cluster remove ${context.name ?? "NAME"} ${found(failure, /networkInterfaces\/([^/\s]+)-nic\//i) ?? context.node ?? "NODE"}\`, then \`azure-coreos-cluster ${context.name ?? "NAME"} --num-nodes ${context.nodes ?? "N"}\`.`,
    retry: "no",
  },
  {
    code: ["PrivateIPAddress*", "IpAddressNotInSubnet"],
    meaning: "A private address chosen for a node is in use by something else, or does not lie in the subnet.",
    advice: (_, context) =>
      `See who has it: ${WHO_HAS}; then run \`${rerun(context)}\` again: a node that is new gets a free one.`,
    retry: "no",
  },
  {
    code: ["InvalidResourceReference", "ParentResourceNotFound", "LinkedInvalidPropertyId"],
    meaning: "Something that this resource refers to is not there (any more).",
    advice: (_, context) =>
      `Run \`${rerun(context)}\` again${context.command === undefined ? ": it makes what is missing" : ""}. If it says the same again, check the network and group given by flags.`,
    retry: "no",
  },
  {
    code: "SecurityRuleConflict",
    meaning: "Somebody's rule in the security group stands in the way: two rules of one direction cannot have one priority.",
    advice: (_, context) =>
      `Give the rule that Azure names another priority (200 or more), or remove it, if it is yours to do so; then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "RulesUseSameFrontendPort*",
    meaning: "Somebody's rule in the load balancer has a port that the cluster needs.",
    advice: (_, context) =>
      `Give the rule that Azure names another frontend port, or remove it, if it is yours to do so; then run \`${rerun(context)}\` again. A new cluster can have other ports for SSH: --ssh PORT.`,
    retry: "no",
  },
  {
    code: ["NetcfgInvalid*", "NetcfgSubnetRange*", "InvalidCIDRNotation"],
    meaning: "The address ranges of network and subnet do not fit together.",
    advice: (_, context) => `Check --virtual-network-name and --subnet-names, then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
];
