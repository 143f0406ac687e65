/** The private address of an interface or of a load balancer: the one asked for when the subnet has it free, else the lowest free one. */
import { addressOf, dotted, type Prefix } from "../../core/ipv4.ts";
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import { dig, idOf, type JsonValue, listIn, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";
import { holds, isReserved, lowestFree, prefixOf } from "./subnet.ts";

/** Addresses of a subnet that interfaces other than `self` hold, with the configuration that holds each. */
export function takenAddresses(cloud: SimCloud, subnetId: string, self?: string): Map<number, string> {
  const taken = new Map<number, string>();
  for (const user of cloud.users(subnetId)) {
    if (user.key === self) continue;
    const properties = propertiesOf(user.resource);
    for (const configuration of [...listIn(properties["ipConfigurations"]), ...listIn(properties["frontendIPConfigurations"])]) {
      const inner = propertiesOf(configuration);
      const address = addressOf(textIn(inner["privateIPAddress"]) ?? "");
      if (address !== undefined && keyOf(idOf(inner["subnet"]) ?? "") === keyOf(subnetId))
        taken.set(address, String(configuration["id"]));
    }
  }
  return taken;
}

/** Where the parts stand that have an address. */
type Holding = "ipConfigurations" | "frontendIPConfigurations";

/** @throws ArmError 400 PrivateIPAddressIsAllocated, ...NotInSubnet, ...NotInAnySubnet, ...InReservedRange, SubnetIsFull */
export function chooseAddress(
  change: Change,
  configuration: JsonValue,
  own: Set<number>,
  of: Holding = "ipConfigurations",
): string {
  const { cloud, id, before } = change;
  const properties = propertiesOf(configuration);
  const subnetId = idOf(properties["subnet"]) ?? "";
  const found = cloud.owner(subnetId);
  const prefix = prefixOf(prefixTextOf(found?.child));
  if (prefix === undefined) return "";
  const name = String(configuration["name"]);
  const taken = takenAddresses(cloud, subnetId, keyOf(id));
  const wanted = textIn(properties["privateIPAddress"]);
  if (properties["privateIPAllocationMethod"] === "Static") {
    const address = addressOf(wanted ?? "");
    if (wanted === undefined || address === undefined) {
      return refuse(
        400,
        "InvalidPrivateIPAddress",
        `Private static IP address ${String(wanted)} of ${id}/${of}/${name} is not valid.`,
      );
    }
    checkPlace({ wanted, address, prefix, subnetId, network: found?.entry.resource });
    const holder = taken.get(address) ?? (own.has(address) ? id : undefined);
    if (holder !== undefined) {
      refuse(
        400,
        "PrivateIPAddressIsAllocated",
        `IP configuration ${id}/${of}/${name} is using the private IP address ${wanted} which is already allocated to resource ${holder}.`,
        { details: [] },
      );
    }
    own.add(address);
    return wanted;
  }
  const old = listIn(propertiesOf(before?.resource)[of]).find((one) => keyOf(String(one["name"])) === keyOf(name));
  const kept = addressOf(textIn(propertiesOf(old)["privateIPAddress"]) ?? "");
  const used = new Set([...taken.keys(), ...own]);
  const address = kept !== undefined && holds(prefix, kept) && !used.has(kept) ? kept : lowestFree(prefix, used);
  if (address === undefined) {
    return refuse(
      400,
      "SubnetIsFull",
      `Subnet ${subnetId} with address prefix ${prefixTextOf(found?.child)} does not have enough capacity for 1 IP addresses.`,
    );
  }
  own.add(address);
  return dotted(address);
}

const prefixTextOf = (subnet: JsonValue | undefined): string => {
  const properties = propertiesOf(subnet);
  return String(properties["addressPrefix"] ?? (properties["addressPrefixes"] as unknown[] | undefined)?.[0]);
};

interface Place {
  readonly wanted: string;
  readonly address: number;
  readonly prefix: Prefix;
  readonly subnetId: string;
  readonly network: JsonValue | undefined;
}

function checkPlace({ wanted, address, prefix, subnetId, network }: Place): void {
  if (!holds(prefix, address)) {
    const prefixes = (dig(network, "properties", "addressSpace", "addressPrefixes") as unknown[] | undefined) ?? [];
    const somewhere = prefixes.map((one) => prefixOf(String(one))).some((one) => one !== undefined && holds(one, address));
    refuse(
      400,
      somewhere ? "PrivateIPAddressNotInSubnet" : "PrivateIPAddressNotInAnySubnet",
      `Private static IP address ${wanted} does not belong to the range of subnet prefix of ${subnetId}.`,
      { details: [] },
    );
  }
  if (isReserved(prefix, address)) {
    refuse(
      400,
      "PrivateIPAddressInReservedRange",
      `Private static IP address ${wanted} falls within reserved IP range of subnet prefix of ${subnetId}.`,
      { details: [] },
    );
  }
}
