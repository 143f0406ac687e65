/** NAT gateways: the SKU of the gateway and of its addresses must agree (Standard with Standard, StandardV2 with StandardV2). */
import { refuse } from "../arm-error.ts";
import { clone, dig, idOf, listIn, number, object, textIn } from "../json.ts";
import type { KindRules } from "../kind.ts";
import { guidOf, networkHead } from "./heads.ts";
import { holderOf } from "./public-address.ts";
import { resolve } from "./reference.ts";
import { networkCreate, networkUpdate } from "./timings.ts";
import { checkZones } from "./zones.ts";

export const natGatewayRules: KindRules = {
  ...networkHead(
    "Microsoft.Network/natGateways",
    "zones sku{name} properties{idleTimeoutInMinutes publicIpAddresses{id} publicIpAddressesV6 " +
      "publicIpPrefixes publicIpPrefixesV6 subnets sourceVirtualNetwork serviceGateway nat64 resourceGuid provisioningState}",
  ),
  create: networkCreate([4, 9], 10, 10),
  update: networkUpdate([4, 9]),
  check(change) {
    const sku = textIn(dig(change.body, "sku", "name"));
    if (sku !== "Standard" && sku !== "StandardV2") {
      refuse(400, "InvalidRequestFormat", `Cannot parse the request: the SKU '${String(sku)}' of a NAT gateway is not valid.`);
    }
    checkZones(change, "Microsoft.Network/natGateways", 1);
    const idle = number(change.properties["idleTimeoutInMinutes"]) ?? 4;
    if (idle < 4 || idle > 120) {
      refuse(
        400,
        "NatGatewayIdleTimeoutOutOfRange",
        `The idle timeout ${idle} of a NAT gateway must be between 4 and 120 minutes.`,
      );
    }
    const addresses = listIn(change.properties["publicIpAddresses"]);
    if (addresses.length > 16) refuse(400, "NatGatewayPublicIpLimitReached", "A NAT gateway may have 16 public IP addresses.");
    for (const address of addresses) {
      const id = idOf(address) ?? "";
      const { entry } = resolve(change, id, "Microsoft.Network/publicIPAddresses");
      const other = textIn(dig(entry.resource, "sku", "name"));
      if (other !== sku) {
        refuse(
          400,
          "NatGatewayAndPublicIpSkuMismatch",
          `NAT gateway ${change.id} of SKU ${sku} cannot use public IP address ${id} of SKU ${String(other)}.`,
        );
      }
      const holder = holderOf(change.cloud, entry);
      if (holder !== undefined && holder.toLowerCase() !== change.id.toLowerCase()) {
        refuse(
          400,
          "PublicIPAddressInUse",
          `Resource ${change.id} is referencing public IP address ${id} that is already allocated to resource ${holder}.`,
        );
      }
    }
  },
  shape: ({ cloud, body, properties, before }) => ({
    sku: { tier: "Regional", ...object(body["sku"]) },
    properties: {
      resourceGuid: guidOf(cloud, before),
      idleTimeoutInMinutes: 4,
      ...clone(properties),
    },
  }),
  inUse(cloud, entry) {
    const { length } = cloud.users(entry.id);
    if (length === 0) return;
    // Azure-Samples/Copilot-Studio-with-Azure-AI-Search#62
    refuse(
      400,
      "CannotDeleteNatGatewayAssociatedToSubnet",
      `NAT Gateway ${entry.id} is still configured on ${length} subnets. Remove NAT Gateway from all referenced subnets and then delete NAT Gateway.`,
    );
  },
};
