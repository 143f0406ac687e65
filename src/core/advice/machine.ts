/**
 * THE ADVICE TABLE, first part: waiting, quota, capacity, images and machines, in the order in which it is tried. To teach
 * the program a new code, add a row; nothing else changes. Codes are from Azure's list of common deployment errors, from
 * recorded traffic and from threads of peers' users; a code that was seen in no source is marked. Who reads which column:
 * the engine `retry` and `patienceMs`, the screens the words.
 */
import type { AdviceRow } from "./row.ts";
import { found, rerun } from "./row.ts";
import { quotaAdvice, quotaLink, quotaMeaning } from "./quota.ts";

export const machineAdvice: readonly AdviceRow[] = [
  // ---- Wait and send the same again -------------------------------------------------------------------------------
  {
    // Compute says this with its 429; without the text the same code means quota or a state that forbids it.
    code: /^(TooManyRequests|SubscriptionRequestsThrottled|ResourceRequestsThrottled|OperationNotAllowed)$/,
    text: /too many requests|throttl/i,
    meaning: "Azure limits how many requests a subscription may send, and the limit was reached.",
    advice: (_, context) => `Wait some minutes and run \`${rerun(context)}\` again: it goes on where it stopped.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    retry: "throttle",
  },
  {
    code: /^(TooManyRequests|SubscriptionRequestsThrottled|ResourceRequestsThrottled)$/,
    meaning: "Azure limits how many requests a subscription may send, and the limit was reached.",
    advice: (_, context) => `Wait some minutes and run \`${rerun(context)}\` again: it goes on where it stopped.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    retry: "throttle",
  },
  {
    code: "NicReservedForAnotherVm",
    meaning: "Azure keeps a network interface for 180 seconds after a machine on it failed or was deleted.",
    advice: (_, context) => `Wait three minutes and run \`${rerun(context)}\` again.`,
    retry: "contention",
    patienceMs: 180_000,
  },
  {
    code: /^(AnotherOperationInProgress|RetryableError|RetryableErrorDueToAnotherOperation|ReferencedResourceNotProvisioned|CanceledAndSupersededDueToAnotherOperation|OperationPreempted)$/,
    meaning: "Another operation was working on the same resource, or on one that it needs.",
    advice: (_, context) =>
      `Let it finish, then run \`${rerun(context)}\` again. Somebody else may be changing the cluster at the same time.`,
    retry: "contention",
  },
  {
    code: "Conflict",
    text: /concurrent request|another operation|in progress/i,
    meaning: "Another request was changing the same resource.",
    advice: (_, context) => `Let it finish, then run \`${rerun(context)}\` again.`,
    retry: "contention",
  },

  // ---- Quota and capacity -----------------------------------------------------------------------------------------
  { code: /^(QuotaExceeded|ResourceQuotaExceeded)$/, meaning: quotaMeaning, advice: quotaAdvice, link: quotaLink, retry: "no" },
  {
    code: /^(OperationNotAllowed|Conflict|InvalidParameter)$/,
    text: /quota/i,
    meaning: quotaMeaning,
    advice: quotaAdvice,
    link: quotaLink,
    retry: "no",
  },
  {
    code: /^PublicIP(Address)?CountLimit(Reached|Exceeded)$/,
    meaning: "The subscription may have no more public IP addresses in this region (10 Standard ones by default).",
    advice: (_, context) =>
      `Leave out --pip (one address for the whole cluster is enough), delete unused ones (\`az network public-ip list -o table\`), or ask for more; then run \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/azure/quotas/networking-quota-requests",
    retry: "no",
  },
  {
    code: "SkuNotAvailable",
    meaning: (_, { vmSize, location }) =>
      `The size ${vmSize ?? "asked for"} is not offered to this subscription in ${location ?? "this region"}, or is sold out there.`,
    advice: (_, context) =>
      `See what is offered: \`az vm list-skus --location ${context.location ?? "LOCATION"} --resource-type virtualMachines -o table\`. Then \`${rerun(context, "--vm-size SIZE")}\`, or another --location.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available",
    retry: "no",
  },
  {
    code: /^(InvalidParameter|BadRequest)$/,
    text: /VM size|vmSize|hardwareProfile/i,
    meaning: (_, { vmSize, location }) =>
      `Azure does not know the size ${vmSize ?? "asked for"} in ${location ?? "this region"}, or it does not go with the image.`,
    advice: (_, context) =>
      `\`az vm list-skus --location ${context.location ?? "LOCATION"} --resource-type virtualMachines -o table\` lists the sizes; then \`${rerun(context, "--vm-size SIZE")}\`.`,
    retry: "no",
  },
  {
    code: /^(ZonalAllocationFailed|OverconstrainedZonalAllocationRequest)$/,
    meaning: "The availability zone has no room for this size now.",
    advice: (_, context) => `Take another size: \`${rerun(context, "--vm-size SIZE")}\`, or another --location.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure",
    retry: "no",
  },
  {
    code: "OverconstrainedAllocationRequest",
    meaning: "No place in the region meets all that was asked together: the size, and being near the others (--affinity-group).",
    advice: (_, context) => `Leave out --affinity-group, or take a more common size: \`${rerun(context, "--vm-size SIZE")}\`.`,
    link: "https://learn.microsoft.com/azure/virtual-machines/co-location",
    retry: "no",
  },
  {
    code: "AllocationFailed",
    meaning: (_, { vmSize, location }) =>
      `Azure has no room for ${vmSize ?? "this size"} in ${location ?? "this region"} now. This is no quota: asking for more does not help.`,
    advice: (_, context) =>
      `Run \`${rerun(context)}\` again later, or with another size (\`--vm-size SIZE\`); a new cluster can also go to another --location.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure",
    retry: "no",
  },
  {
    code: /^(RegionDoesNotAllowProvisioning|LocationNotAvailableForResourceType|LocationNotAvailableForResourceGroup|LocationNotFound)$/,
    meaning: (_, { location }) => `Nothing new can be made in ${location ?? "this region"} by this subscription.`,
    advice: (_, context) =>
      `\`az account list-locations -o table\` lists the regions; then \`${rerun(context, "--location REGION")}\`, or ask for access to the region.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/general/region-access-request-process",
    retry: "no",
  },

  // ---- Image and machine ------------------------------------------------------------------------------------------
  {
    code: /^(MarketplacePurchaseEligibilityFailed|ResourcePurchaseValidationFailed|VMMarketplaceInvalidInput|MarketplacePurchaseFailed)$/,
    meaning: "The image is sold on the Marketplace: its terms are not accepted, or this subscription may not buy there.",
    advice: ({ message }, context) =>
      `Accept them once: \`az vm image terms accept --urn ${/\b[\w-]+:[\w-]+:[\w.-]+:[\w.-]+\b/.exec(message)?.[0] ?? "URN"}\`; or leave out --coreos-image: the default needs no terms. Then \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/marketplace/purchase-vm-in-azure-portal",
    retry: "no",
  },
  {
    // ImageVersionDeprecated is from memory; the rule behind it is documented, the code was not found in a source.
    code: /^(ImageVersionDeprecated|\w*ImageNotFound|ImageVersionNotFound|PlatformImageNotFound|GalleryImageNotFound|ArtifactNotFound)$/,
    meaning: "The image or this version of it does not exist here, or was withdrawn. Running machines are not affected.",
    advice: (_, context) =>
      `\`az vm image list --publisher kinvolk --offer flatcar-container-linux-corevm-amd64 --all -o table\` lists the versions; then \`${rerun(context, "--coreos-image URN")}\`, or leave --coreos-image out.`,
    link: "https://learn.microsoft.com/azure/virtual-machines/deprecated-images",
    retry: "no",
  },
  {
    code: /^(OSProvisioning\w+|VMStartTimedOut|ProvisioningTimeout|VMAgentStatusCommunicationError)$/,
    meaning: (_, { label }) =>
      `Azure started ${label ?? "the machine"}, but it did not report that it is up. Its image, its user-data or its network is the usual cause.`,
    advice: (_, context) =>
      `\`az vm boot-diagnostics get-boot-log --resource-group ${context.resourceGroup ?? "GROUP"} --name ${nameIn(context.label) ?? "MACHINE"}\` shows its console. \`${rerun(context)}\` deletes it and makes it again.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/linux-vm-deployment-failures",
    retry: "no",
  },
  {
    code: "VMExtensionProvisioningError",
    meaning: "A VM extension failed. This tool uses none: a policy of the subscription has probably added it.",
    advice: (_, context) => `Ask who manages the subscription which extension it is, then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "PropertyChangeNotAllowed",
    meaning: (failure, { label }) =>
      `Azure never changes ${found(failure, /property '?([\w.[\]]+)'?/i) ?? "this property"} of ${label ?? "something that exists"}.`,
    advice: (_, context) =>
      `Replace the node: \`azure-coreos-cluster remove ${context.name ?? "NAME"} ${nameIn(context.label) ?? context.node ?? "NODE"}\`, then \`${rerun(context)}\`; or run it with the values the cluster was made with.`,
    retry: "no",
  },
];

/** The resource's own name at the end of a label ("machine mycluster-coreos-0"). */
const nameIn = (label: string | undefined): string | undefined => label?.split(" ").at(-1);
