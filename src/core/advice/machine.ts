/** Advice: images and machines. */
import { type AdviceRow, type AzureFailure, found, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

export const machineAdvice: readonly AdviceRow[] = [
  {
    code: [
      "MarketplacePurchaseEligibilityFailed",
      "ResourcePurchaseValidationFailed",
      "VMMarketplaceInvalidInput",
      "MarketplacePurchaseFailed",
      "ResourcePurchaseCanceling",
    ],
    meaning: "The image is sold on the Marketplace: its terms are not accepted, or this subscription may not buy there.",
    advice: (failure, context) =>
      `Accept them once: \`az vm image terms accept ${image(failure)}\`. Where that is refused, the subscription may not buy (no means of payment, or a private Marketplace): ask whoever pays for it. Or leave out --coreos-image: the default needs no terms. Then \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/marketplace/purchase-vm-in-azure-portal",
    retry: "no",
  },
  {
    // ImageVersionDeprecated is from memory; the rule behind it is documented, the code was not found in a source.
    code: ["ImageVersionDeprecated", "ImageVersionNotFound", "ArtifactNotFound", "ArtifactVersionNotFound", "*ImageNotFound"],
    meaning: "The image or this version of it does not exist here, or was withdrawn. Running machines are not affected.",
    advice: (failure, context) =>
      `\`az vm image list ${published(failure)} --all -o table\` lists the versions; then \`${rerun(context, "--coreos-image URN")}\`. Without that flag a new cluster gets the newest, and one that is there what its machines have.`,
    link: "https://learn.microsoft.com/azure/virtual-machines/deprecated-images",
    retry: "no",
  },
  {
    code: [
      "OSProvisioningTimedOut",
      "OSProvisioningClientError",
      "VMStartTimedOut",
      "ProvisioningTimeout",
      "VMAgentStatusCommunicationError",
    ],
    meaning: (_, { label }) =>
      `Azure started ${label ?? "the machine"}, but it did not report that it is up. Its image, its user-data or its network is the usual cause.`,
    advice: (_, context) =>
      `\`az vm boot-diagnostics get-boot-log --resource-group ${shellWord(context.resourceGroup ?? "GROUP")} --name ${nameIn(context.label) ?? "MACHINE"}\` shows its console. \`${rerun(context)}\` deletes it and makes it again, unless it answers by then.`,
    link: "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/linux-vm-deployment-failures",
    retry: "no",
  },
  {
    code: ["VMExtensionProvisioningError", "VMExtensionProvisioningTimeout", "VMExtensionHandlerNonTransientError"],
    meaning: "A VM extension failed. This tool uses none: a policy of the subscription has probably added it.",
    advice: (_, context) =>
      `\`az vm extension list --resource-group ${shellWord(context.resourceGroup ?? "GROUP")} --vm-name ${nameIn(context.label) ?? "MACHINE"} --output table\` names it. Ask who manages the subscription to exempt the cluster, or delete it (\`az vm extension delete\`); then run \`${rerun(context)}\` again: it leaves the machine as it is.`,
    retry: "no",
  },
  {
    code: "PropertyChangeNotAllowed",
    meaning: (failure, { label }) =>
      `Azure never changes ${found(failure, /property '?([\w.[\]]+)'?/i) ?? "this property"} of ${label ?? "something that exists"}.`,
    advice: (_, context) =>
      `Make the node anew: \`azure-coreos-cluster replace ${context.name ?? "NAME"} ${nameIn(context.label) ?? context.node ?? "NODE"}\`; or run \`${rerun(context)}\` with the values the cluster was made with.`,
    retry: "no",
  },
];

/** The resource's own name at the end of a label ("machine mycluster-coreos-0"). */
const nameIn = (label: string | undefined): string | undefined => label?.split(" ").at(-1);

/** Whose versions are listed: the image's that Azure's words name, else Flatcar's. */
function published(failure: AzureFailure): string {
  const [publisher = "kinvolk", offer = "flatcar-container-linux-corevm-amd64"] = found(failure, URN)?.split(":") ?? [];
  return `--publisher ${publisher} --offer ${offer}`;
}

const URN = /\b([\w-]+:[\w-]+:[\w.-]+:[\w.-]+)\b/;

/** How `az vm image terms` is told of the image that Azure's words name. */
function image(failure: AzureFailure): string {
  const urn = found(failure, URN);
  if (urn !== undefined) return `--urn ${urn}`;
  const part = (word: string): string | undefined =>
    found(failure, new RegExp(`\\b${word}(?:Id)?\\s*['"]?\\s*[=:]\\s*['"]?([\\w.-]+)`, "i"));
  const [publisher, offer, plan] = [part("publisher"), part("offer"), part("(?:sku|plan)")];
  return publisher === undefined || offer === undefined || plan === undefined
    ? "--urn URN"
    : `--publisher ${publisher} --offer ${offer} --plan ${plan}`;
}
