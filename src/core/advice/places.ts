/** Advice: zones, spot machines, identities. The codes of spot are from Azure's list of them (learn: virtual-machines/error-codes-spot). */
import { type AdviceRow, type AzureFailure, found, insteadOf, rerun } from "./row.ts";

const SPOT_PAGE = "https://learn.microsoft.com/azure/virtual-machines/error-codes-spot";
const ZONES_PAGE = "https://learn.microsoft.com/azure/reliability/availability-zones-region-support";

type Said = Omit<AdviceRow, "code" | "text">;

const current = (failure: AzureFailure): string => {
  const price = found(failure, /current spot price '?([\d.]+) USD/i);
  return price === undefined ? "" : `: ${price} USD an hour`;
};

const missing = (failure: AzureFailure): string => {
  const id = found(failure, /Resource '([^']+)' was not found/i);
  return id === undefined ? "" : `: there is no ${id}`;
};

/** Which code Azure gives with these sentences is not sure: its list has one for each, logs have the common one. */
const TOO_DEAR: Said = {
  meaning: (failure) => `A spot machine costs more now than --max-price allows${current(failure)}.`,
  advice: (_, context) =>
    `Run \`${rerun(context, "--max-price -1")}\` to pay up to the normal price, give a higher --max-price, or try later.`,
  link: SPOT_PAGE,
  retry: "no",
  capacity: true,
};
const NO_SPOT: Said = {
  meaning: "This subscription may have no spot machines: Azure sells them to pay-as-you-go and enterprise subscriptions.",
  advice: (_, context) => `Run \`${rerun(context, "--spot=none")}\`, or take another --subscription.`,
  link: SPOT_PAGE,
  retry: "no",
};

export const placesAdvice: readonly AdviceRow[] = [
  {
    code: ["LocationNotSupportAvailabilityZones", "ResourceTypeNotSupportAvailabilityZones"],
    meaning: (_, { location }) => `${location ?? "The region"} has no availability zones.`,
    advice: (_, context) =>
      `Leave --zones out: the machines are then spread by an availability set. Or take a --location with zones, such as westus2, eastus or westeurope: \`${rerun(context, "--location REGION")}\`.`,
    link: ZONES_PAGE,
    retry: "no",
  },
  {
    code: "InvalidAvailabilityZone",
    meaning: (_, { location }) => `${location ?? "The region"} does not have all of these zones for this subscription.`,
    advice: (_, context) =>
      `Take ${insteadOf(context, "other --zones")}: \`${rerun(context, context.instead?.[0] ?? "--zones ZONES")}\`.`,
    link: ZONES_PAGE,
    retry: "no",
  },
  {
    code: "ResourceAvailabilityZonesCannotBeModified",
    meaning: (_, { label }) => `Azure never changes the zones of ${label ?? "something that exists"}.`,
    advice: (_, context) => `Run \`${rerun(context)}\` with the --zones that the cluster was made with, or make another cluster.`,
    retry: "no",
  },
  {
    code: "ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint",
    meaning: "A public address before the machine is in no zone, or in another one than the machine.",
    advice: (_, context) =>
      `Somebody has made that address anew. Delete it where nothing needs it (\`az network public-ip delete\`), then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "AzureSpotIsNotSupportedForThisVMSize",
    meaning: (_, { vmSize }) => `The size ${vmSize ?? "asked for"} cannot be a spot machine; sizes of the B series never can.`,
    advice: (_, context) =>
      `Take ${insteadOf(context, "another --vm-size")}, or give --spot=none: \`${rerun(context, context.instead?.[0] ?? "--vm-size SIZE")}\`.`,
    link: SPOT_PAGE,
    retry: "no",
    capacity: true,
  },
  { code: "SpotPriceGreaterThanProvidedMaxPrice", ...TOO_DEAR },
  { code: "OperationNotAllowed", text: /max price .*lower than the current spot price/i, ...TOO_DEAR },
  { code: "AzureSpotFeatureNotEnabledForSubscription", ...NO_SPOT },
  { code: "OperationNotAllowed", text: /not enabled with Azure Spot/i, ...NO_SPOT },
  {
    code: ["FailedIdentityOperation", "InvalidIdentityValues"],
    meaning: (failure) => `Azure could not give the machine its identity${missing(failure)}.`,
    advice: (_, context) =>
      `\`az identity list --query "[].id" --output tsv\` lists those that there are. Who gives one to a machine needs the role "Managed Identity Operator" on it. Then run \`${rerun(context)}\`.`,
    link: "https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-configure-managed-identities",
    retry: "no",
  },
];
