/** Advice: quota, and what a region has room for. */
import { EXIT } from "../errors.ts";
import { type AdviceContext, type AdviceRow, type AzureFailure, chosenOnce, found, insteadOf, rerun } from "./row.ts";
import { isOfCores, quotaAdvice, quotaLink, quotaMeaning } from "./quota.ts";

const HARDWARE = /not available in the current hardware cluster/i;
const OF_TYPE = /resources? of type '([\w./]+)'/i;

const NO_ROOM: Omit<AdviceRow, "code" | "text"> = {
  meaning: (_, { vmSize, location }) =>
    `Azure has no room for ${vmSize ?? "this size"} in ${location ?? "this region"} now. This is no quota: asking for more does not help.`,
  advice: (_, context) =>
    `Run \`${rerun(context)}\` again later, or with another size (\`--vm-size SIZE\`); a new cluster can also go to another --location.${triedToo(context)}`,
  link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure",
  retry: "no",
  capacity: true,
};

export const capacityAdvice: readonly AdviceRow[] = [
  { code: "*QuotaExceeded", meaning: quotaMeaning, advice: quotaAdvice, link: quotaLink, retry: "no", capacity: isOfCores },
  {
    code: "ResourceQuotaExceeded",
    text: /per resource group/i,
    meaning: (failure, { resourceGroup }) =>
      `A resource group holds no more than ${found(failure, /quota of '(\d+)'/i) ?? "so many"} resources of one type, and ${resourceGroup ?? "this one"} is full${found(failure, OF_TYPE) === undefined ? "" : ` of ${found(failure, OF_TYPE)}`}.`,
    advice: (_, context) =>
      `Delete there what is not used, then run \`${rerun(context)}\` again.${also(chosenOnce(context, "Or take another group", "--resource-group GROUP"))}`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits",
    retry: "no",
  },
  {
    code: "ResourceGroupQuotaExceeded",
    meaning: "The subscription may have no more resource groups (980, where nothing else was agreed).",
    advice: (_, context) =>
      `Delete groups that are not used (\`az group list -o table\`), then run \`${rerun(context)}\` again; or have the cluster in a group that is there: \`${rerun(context, "--resource-group GROUP")}\`.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits",
    retry: "no",
  },
  {
    // rancher/rancher#14555, bosh-azure-cpi-release#367: one size of a series is refused where another one stands in the availability set
    code: ["InvalidParameter", "OperationNotAllowed"],
    text: HARDWARE,
    meaning: (failure, { vmSize }) =>
      `Machines of one availability set stand on one kind of hardware, and that of this cluster has no ${found(failure, /requested (?:VM )?size '?(\w+)/i) ?? vmSize ?? "machines of this size"}.`,
    advice: (failure, context) => {
      const [first = "SIZE", ...more] = sizesListed(failure, context);
      const others = more.length === 0 ? "" : ` (or ${more.join(", ")})`;
      return `Take ${first === "SIZE" ? "a size of the same series as the machines that are there" : `a size that Azure lists for it${others}`}: \`${rerun(context, `--vm-size ${first}`)}\`. A new cluster can have any.`;
    },
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure",
    retry: "no",
    capacity: true,
  },
  {
    code: ["OperationNotAllowed", "Conflict", "InvalidParameter"],
    text: /quota/i,
    meaning: quotaMeaning,
    advice: quotaAdvice,
    link: quotaLink,
    retry: "no",
    capacity: isOfCores,
  },
  {
    code: [
      "PublicIPCountLimitReached",
      "PublicIPCountLimitExceeded",
      "PublicIPAddressCountLimitReached",
      "PublicIPAddressCountLimitExceeded",
    ],
    meaning: "The subscription may have no more public IP addresses in this region (10 Standard ones by default).",
    advice: (_, context) =>
      `Delete unused ones (\`az network public-ip list -o table\`), give --pip=false where each node gets one (one address for the whole cluster is enough), or ask for more; then run \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/azure/quotas/networking-quota-requests",
    retry: "no",
  },
  {
    code: ["*CountLimitReached", "*CountLimitExceeded", "*LimitExceeded"],
    meaning: (_, { location }) => `The subscription may have no more resources of this kind in ${location ?? "this region"}.`,
    advice: (_, context) =>
      `Delete what is not used, or ask for more under Quotas in the portal, or take another --location; then run \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits",
    retry: "no",
  },
  {
    code: "SkuNotAvailable",
    meaning: (_, { vmSize, location }) =>
      `The size ${vmSize ?? "asked for"} is not offered to this subscription in ${location ?? "this region"}, or is sold out there.`,
    advice: (_, context) =>
      context.instead === undefined || context.instead.length === 0
        ? `Take another --vm-size (\`az vm list-skus --location ${context.location ?? "LOCATION"} --resource-type virtualMachines -o table\` lists them), or another --location: \`${rerun(context, "--vm-size SIZE")}\`.`
        : `Take ${insteadOf(context, "")}: \`${rerun(context, context.instead[0])}\`.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available",
    retry: "no",
    capacity: true,
  },
  {
    code: ["InvalidParameter", "BadRequest"],
    text: /^(?!.*current hardware cluster).*(VM size|vmSize|hardwareProfile)/is,
    meaning: (_, { vmSize, location }) =>
      `Azure does not know the size ${vmSize ?? "asked for"} in ${location ?? "this region"}, or it does not go with the image.`,
    advice: (_, context) =>
      `\`az vm list-skus --location ${context.location ?? "LOCATION"} --resource-type virtualMachines -o table\` lists the sizes; then \`${rerun(context, "--vm-size SIZE")}\`.`,
    retry: "no",
  },
  {
    code: ["ZonalAllocationFailed", "OverconstrainedZonalAllocationRequest"],
    meaning: "The availability zone has no room for this size now.",
    advice: (_, context) =>
      `Run \`${rerun(context)}\` again later; or make what is missing in zones that have room (\`${rerun(context, "--zones ZONES")}\`: those that are there stay), or of another size (\`--vm-size SIZE\`).`,
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure",
    retry: "no",
    capacity: true,
  },
  {
    code: "OverconstrainedAllocationRequest",
    meaning: "No place in the region meets all that was asked together: the size, and being near the others (--affinity-group).",
    advice: (_, context) => `Leave out --affinity-group, or take a more common size: \`${rerun(context, "--vm-size SIZE")}\`.`,
    link: "https://learn.microsoft.com/azure/virtual-machines/co-location",
    retry: "no",
    capacity: true,
  },
  { code: "AllocationFailed", ...NO_ROOM },
  // also of operations that end without a code
  { code: "*", text: /^allocation failed\b/i, ...NO_ROOM },
  {
    // of student and trial subscriptions: Azure/azure-cli#32567
    code: "RequestDisallowedByAzure",
    meaning: (_, { location }) =>
      `Azure lets this subscription make things in some regions only, and ${location ?? "this one"} is none of them.`,
    advice: (_, context) =>
      `\`az policy assignment list --query "[].parameters" -o json\` may name them. ${chosenOnce(context, "Take one", "--location REGION") ?? "A cluster that stands does not move: Azure's support opens its region"}.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/general/region-access-request-process",
    retry: "no",
    place: true,
    // as every 403 does
    exit: EXIT.signIn,
  },
  {
    code: [
      "RegionDoesNotAllowProvisioning",
      "LocationNotAvailable",
      "LocationNotAvailableForResourceType",
      "LocationNotAvailableForResourceGroup",
      "LocationNotFound",
    ],
    meaning: (_, { location }) => `Nothing new can be made in ${location ?? "this region"} by this subscription.`,
    advice: (_, context) =>
      `Take ${insteadOf(context, "another --location")} (\`az account list-locations -o table\` lists them): \`${rerun(context, context.instead?.[0] ?? "--location REGION")}\`; or ask for access to the region.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/general/region-access-request-process",
    retry: "no",
    place: true,
  },
];

/** Machines of one availability set share their hardware: what is there of it narrows what else it carries. */
const triedToo = ({ tried = [], vmSize }: AdviceContext): string =>
  tried.every((one) => one === vmSize)
    ? ""
    : ` Tried: ${[...new Set(tried)].join(", ")}. Machines of one availability set share their hardware: where some of one size are there, others may be refused that a new cluster would get.`;

/** Of those that Azure lists the most alike first (series and cores, cores, the rest); a few, for it lists dozens. */
function sizesListed(failure: AzureFailure, { vmSize = "" }: AdviceContext): string[] {
  const listed = (found(failure, /available sizes[^:]*:\s*([\w, ]+)/i) ?? "").match(/\b(?:Standard|Basic)_\w+/g) ?? [];
  const [, series = "", cores = ""] = PARTS.exec(vmSize) ?? [];
  const unlike = (size: string): number => {
    const [, itsSeries, itsCores] = PARTS.exec(size) ?? [];
    return itsCores !== cores ? 2 : itsSeries === series ? 0 : 1;
  };
  return listed.toSorted((a, b) => unlike(a) - unlike(b)).slice(0, 4);
}

/** Of Standard_D2s_v5 the D and the 2. */
const PARTS = /_([A-Z]+)(\d+)/;

/** One sentence more, where there is one. */
const also = (sentence: string | undefined): string => (sentence === undefined ? "" : ` ${sentence}.`);
