/**
 * Spot machines: what Azure refuses of them, and of others that say they were some. Codes and sentences are those of its list of spot
 * errors (learn: virtual-machines/error-codes-spot); the status of each is from memory.
 */
import { refuse } from "../arm-error.ts";
import type { Size } from "../catalogue/sizes.ts";
import { dig, idOf, number, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";

/** USD an hour: what spot machines cost here, by the vCPU. Azure's prices move; this one does not. */
const SPOT_CORE_PRICE = 0.01;

export const isSpotMachine = (resource: unknown): boolean =>
  /^(spot|low)$/i.test(textIn(dig(resource, "properties", "priority")) ?? "");

/** @throws ArmError */
export function checkSpot({ properties, before, name }: Change, size: Size): void {
  const priority = textIn(properties["priority"]);
  const had = textIn(propertiesOf(before?.resource)["priority"]);
  if (priority !== undefined && !["Regular", "Low", "Spot"].includes(priority))
    refuse(
      400,
      "InvalidParameter",
      `The value '${priority}' of parameter 'priority' is not allowed. Allowed values are 'Regular', 'Low', 'Spot'.`,
      { target: "priority" },
    );
  if (before !== undefined && priority !== undefined && priority !== (had ?? "Regular"))
    refuse(
      409,
      "VMPriorityCannotBeApplied",
      `The specified priority value '${priority}' cannot be applied to the Virtual Machine '${name}' since no priority was specified when the Virtual Machine was created.`,
    );
  const spot = isSpotMachine({ properties });
  const price = number(dig(properties, "billingProfile", "maxPrice"));
  if (!spot) {
    if (properties["evictionPolicy"] !== undefined)
      refuse(
        409,
        "EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines",
        "Eviction policy can be set only on Azure Spot Virtual Machines.",
      );
    if (price !== undefined)
      refuse(
        409,
        "MaxPriceIsSupportedOnlyForAzureSpotVirtualMachines",
        "Max price is supported only for Azure Spot Virtual Machines.",
      );
    return;
  }
  if (idOf(properties["availabilitySet"]) !== undefined)
    refuse(409, "AzureSpotVMNotSupportedInAvailabilitySet", "Azure Spot Virtual Machine is not supported in Availability Set.");
  if (!size.spot)
    refuse(
      409,
      "AzureSpotIsNotSupportedForThisVMSize",
      `Azure Spot Virtual Machine is not supported for this VM size ${size.name}.`,
    );
  if (price === undefined || price === -1) return;
  if (!(price > 0))
    refuse(
      400,
      "MaxPriceValueInvalid",
      "Invalid max price value. The only supported values for max price are -1 or a decimal greater than zero. Max price value of -1 indicates the Azure Spot Virtual Machine will not be evicted for price reasons.",
    );
  const now = size.cores * SPOT_CORE_PRICE;
  if (price < now)
    refuse(
      409,
      "SpotPriceGreaterThanProvidedMaxPrice",
      `Unable to perform operation 'Create VM' since the provided max price '${price} USD' is lower than the current spot price '${now} USD' for Azure Spot Virtual Machine size '${size.name}'.`,
    );
}
