/** Advice: images and machines. */
import { type AdviceContext, type AdviceRow, type AzureFailure, chosenOnce, found, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

const PURCHASE = [
  "MarketplacePurchaseEligibilityFailed",
  "ResourcePurchaseValidationFailed",
  "VMMarketplaceInvalidInput",
  "MarketplacePurchaseFailed",
  "ResourcePurchaseCanceling",
];

const NO_IMAGE: Omit<AdviceRow, "code" | "text"> = {
  meaning: "The image or this version of it does not exist here, or was withdrawn. Running machines are not affected.",
  advice: (failure, context) =>
    `${listed(failure, context)}; then \`${rerun(context, "--coreos-image URN")}\`. Without that flag a new cluster gets the newest of the platform's own, and one that is begun or there what it was begun with.`,
  link: "https://learn.microsoft.com/azure/virtual-machines/deprecated-images",
  retry: "no",
};

export const machineAdvice: readonly AdviceRow[] = [
  {
    code: PURCHASE,
    meaning: "The image is sold on the Marketplace: its terms are not accepted, or this subscription may not buy there.",
    advice: (failure, context) =>
      `Accept them once: \`az vm image terms accept ${image(failure, context)}\`, then \`${rerun(context)}\`. Where that is refused, the subscription may not buy (no means of payment, or a private Marketplace): ask whoever pays for it.${freely(context)}`,
    link: "https://learn.microsoft.com/marketplace/purchase-vm-in-azure-portal",
    retry: "no",
  },
  {
    code: PURCHASE,
    text: /\bsold\b[^.]*\bmarket\b/i,
    meaning:
      "The publisher does not sell this image in the country that the subscription is billed in; accepting its terms does not help.",
    advice: (_, context) =>
      `Take another image: \`${rerun(context, "--coreos-image URN")}\`; or another --subscription, billed elsewhere.${freely(context)}`,
    link: "https://learn.microsoft.com/partner-center/marketplace-offers/marketplace-geo-availability-currencies",
    retry: "no",
  },
  {
    // ImageVersionDeprecated is from memory; the rule behind it is documented, the code was not found in a source.
    code: ["ImageVersionDeprecated", "ImageVersionNotFound", "ArtifactNotFound", "ArtifactVersionNotFound", "*ImageNotFound"],
    ...NO_IMAGE,
  },
  { code: ["NotFound", "ResourceNotFound"], text: /\bimage\b|\/(?:images|galleries)\//i, ...NO_IMAGE },
  {
    code: "GalleryImageNotFound",
    meaning: (failure, { location }) =>
      `The gallery's image ${found(failure, GALLERY) ?? ""} is not in ${location ?? "this region"}: its owner has replicated it to others alone, or withdrawn it.`.replace(
        "  ",
        " ",
      ),
    advice: (failure, context) => {
      const replicate = `\`az sig image-version update --ids ${shellWord(found(failure, GALLERY) ?? context.image?.name ?? "ID")} --add publishingProfile.targetRegions name=${context.location ?? "LOCATION"}\``;
      const elsewhere = chosenOnce(
        context,
        "Or be in a location that has it",
        `${kept(context)}--location ${elsewhereIn(context)}`,
      );
      return `Whoever owns it types: ${replicate}; then run \`${rerun(context, kept(context).trim())}\` again.${elsewhere === undefined ? "" : ` ${elsewhere}.`}`;
    },
    link: "https://learn.microsoft.com/azure/virtual-machines/azure-compute-gallery",
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
      `\`az vm boot-diagnostics get-boot-log --resource-group ${shellWord(context.resourceGroup ?? "GROUP")} --name ${nameIn(context.label) ?? "MACHINE"}\` shows its console. \`${rerun(context)}\` deletes it and makes it again, unless it answers by then, or nobody can ask it.`,
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
    code: "OperationNotAllowed",
    text: /requires the VM to be running/i,
    meaning: "The machine has no power, and Azure restarts only one that runs.",
    advice: (_, context) =>
      `\`azure-coreos-cluster start ${context.name ?? "NAME"}\` gives power to every machine of the cluster that has none. Then run \`${rerun(context)}\` again.`,
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

/** Where its versions, or other images, are seen: those of the image that Azure's words name, of the cluster's, or Flatcar's. */
function listed(failure: AzureFailure, { image: own }: AdviceContext): string {
  const urn = found(failure, URN) ?? (own?.name.startsWith("/") === true ? undefined : own?.name);
  if (urn === undefined && own !== undefined) return `See whether it is there: \`az resource show --ids ${shellWord(own.name)}\``;
  const [publisher = "kinvolk", offer = "flatcar-container-linux-corevm-amd64"] = urn?.split(":") ?? [];
  return `\`az vm image list --publisher ${publisher} --offer ${offer} --all -o table\` lists the versions`;
}

const URN = /\b([\w-]+:[\w-]+:[\w.-]+:[\w.-]+)\b/;
const GALLERY = /(\/subscriptions\/\S+\/galleries\/[^\s'",;]*[^\s'",;.])/i;

/** How `az vm image terms` is told of the image: by Azure's words, or as the cluster has it. */
function image(failure: AzureFailure, { image: own }: AdviceContext): string {
  const urn = found(failure, URN);
  if (urn !== undefined) return `--urn ${urn}`;
  const part = (word: string): string | undefined =>
    found(failure, new RegExp(`\\b${word}(?:Id)?\\s*['"]?\\s*[=:]\\s*['"]?([\\w.-]+)`, "i"));
  const [publisher, offer, plan] = [part("publisher"), part("offer"), part("(?:sku|plan)")];
  if (publisher !== undefined && offer !== undefined && plan !== undefined)
    return `--publisher ${publisher} --offer ${offer} --plan ${plan}`;
  if (own?.plan !== undefined) return `--publisher ${own.plan.publisher} --offer ${own.plan.product} --plan ${own.plan.name}`;
  return `--urn ${own === undefined || own.name.startsWith("/") ? "URN" : shellWord(own.name)}`;
}

/** The platform's own image, of which there is nothing to buy; a cluster that is begun keeps its image until another is named. */
function freely(context: AdviceContext): string {
  const { image: own, there } = context;
  if (own?.default === undefined || own.plan === undefined) return "";
  return ` Or have the default, which needs no terms: \`${there === undefined ? rerun(context) : rerun(context, `--coreos-image ${own.default}`)}\`.`;
}

/** A cluster that is begun keeps its image; one that is not is to be told again. */
const kept = ({ there, command, image: own }: AdviceContext): string =>
  there !== undefined || command !== undefined || own === undefined ? "" : `--coreos-image ${shellWord(own.name)} `;

const elsewhereIn = ({ instead = [] }: AdviceContext): string =>
  instead.find((one) => one.startsWith("--location "))?.slice("--location ".length) ?? "LOCATION";
