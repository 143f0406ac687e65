/**
 * Network interfaces: their address in a subnet, the pools and NAT rules they join, and the machine that holds them.
 * Longer than most: an interface joins everything else.
 */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { clone, dig, idOf, type JsonValue, listIn, object, propertiesOf, textIn } from "../json.ts";
import type { Change, KindRules } from "../kind.ts";
import { guidOf, networkHead } from "./heads.ts";
import { chooseAddress } from "./private-address.ts";
import { holderOf } from "./public-address.ts";
import { resolve } from "./reference.ts";
import { networkAtOnce, networkRemove, networkUpdate } from "./timings.ts";

const CONFIGURATION =
  "id name type etag properties{gatewayLoadBalancer virtualNetworkTaps applicationGatewayBackendAddressPools " +
  "loadBalancerBackendAddressPools loadBalancerInboundNatRules privateIPAddress privateIPAddressPrefixLength " +
  "privateIPAllocationMethod privateIPAddressVersion subnet primary publicIPAddress applicationSecurityGroups provisioningState " +
  "privateLinkConnectionProperties}";

export const networkInterfaceRules: KindRules = {
  ...networkHead(
    "Microsoft.Network/networkInterfaces",
    "extendedLocation properties{virtualMachine networkSecurityGroup{id} privateEndpoint " +
      `ipConfigurations{${CONFIGURATION}} tapConfigurations dnsSettings{dnsServers appliedDnsServers internalDnsNameLabel internalFqdn ` +
      "internalDomainNameSuffix} macAddress primary vnetEncryptionSupported defaultOutboundConnectivityEnabled " +
      "enableAcceleratedNetworking disableTcpStateTracking enableIPForwarding hostedWorkloads dscpConfiguration resourceGuid " +
      "provisioningState workloadType nicType privateLinkService migrationPhase auxiliaryMode auxiliarySku allowPort25Out}",
  ),
  create: networkAtOnce,
  update: ({ before }) => networkUpdate(dig(before?.resource, "properties", "virtualMachine") === undefined ? [5, 10] : [30, 60]),
  remove: { ...networkRemove, seconds: [4, 8] },
  check(change) {
    const group = idOf(change.properties["networkSecurityGroup"]);
    if (group !== undefined) resolve(change, group, "Microsoft.Network/networkSecurityGroups");
    const configurations = listIn(change.properties["ipConfigurations"]);
    if (configurations.length === 0) {
      refuse(
        400,
        "NetworkInterfaceMustHaveOneIpConfiguration",
        `Network interface ${change.id} must have at least one IP configuration.`,
      );
    }
    for (const [at, configuration] of configurations.entries()) checkConfiguration(change, configuration, at === 0);
  },
  shape(change) {
    const { cloud, id, properties, before } = change;
    const old = propertiesOf(before?.resource);
    const taken = new Set<number>();
    return {
      properties: {
        resourceGuid: guidOf(cloud, before),
        ...clone(properties),
        ipConfigurations: listIn(properties["ipConfigurations"]).map((configuration, index) => {
          const given = propertiesOf(configuration);
          return {
            name: configuration["name"],
            id: `${id}/ipConfigurations/${String(configuration["name"])}`,
            etag: "",
            type: "Microsoft.Network/networkInterfaces/ipConfigurations",
            properties: {
              provisioningState: "Succeeded",
              ...clone(given),
              ...(given["subnet"] === undefined ? {} : { privateIPAddress: chooseAddress(change, configuration, taken) }),
              privateIPAllocationMethod: given["privateIPAllocationMethod"] ?? "Dynamic",
              privateIPAddressVersion: given["privateIPAddressVersion"] ?? "IPv4",
              primary: given["primary"] ?? index === 0,
              ...onlyIds(given, "loadBalancerBackendAddressPools"),
              ...onlyIds(given, "loadBalancerInboundNatRules"),
            },
          };
        }),
        dnsSettings: {
          dnsServers: [],
          appliedDnsServers: [],
          ...object(properties["dnsSettings"]),
          internalDomainNameSuffix: "sim.bx.internal.cloudapp.net",
        },
        enableAcceleratedNetworking: properties["enableAcceleratedNetworking"] ?? false,
        enableIPForwarding: properties["enableIPForwarding"] ?? false,
        hostedWorkloads: [],
        tapConfigurations: [],
        nicType: "Standard",
        ...keep(old, ["virtualMachine", "macAddress", "primary"]),
      },
    };
  },
  inUse(cloud, entry) {
    const machine = idOf(propertiesOf(entry.resource)["virtualMachine"]);
    if (machine !== undefined) {
      refuse(
        400,
        "NicInUse",
        `Network Interface ${entry.id} is used by existing resource ${machine}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
      );
    }
    const reserved = object(entry.hidden["reserved"]);
    if (reserved["failed"] === true && Number(reserved["until"]) > cloud.now()) refuseReserved(String(reserved["machine"]));
  },
};

/** Azure keeps an interface for the machine whose creation failed, 180 seconds long. */
export function refuseReserved(machine: string): never {
  return refuse(
    400,
    "NicReservedForAnotherVm",
    `Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide another nic(s) or retry after 180 seconds. Reserved VM: ${machine}`,
  );
}

function checkConfiguration(change: Change, configuration: JsonValue, first: boolean): void {
  const { cloud, id } = change;
  const properties = propertiesOf(configuration);
  if (!/^[A-Za-z0-9]$|^[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]$/.test(textIn(configuration["name"]) ?? "")) {
    refuse(400, "InvalidResourceName", `Resource name ${String(configuration["name"])} is invalid.`);
  }
  const subnet = idOf(properties["subnet"]);
  // Recorded: a second one, of IPv6, may leave it out.
  if (subnet !== undefined) resolve(change, subnet, "Microsoft.Network/virtualNetworks/subnets");
  else if (first || properties["privateIPAddressVersion"] !== "IPv6") {
    refuse(
      400,
      "SubnetNotSpecified",
      `IP configuration ${id}/ipConfigurations/${String(configuration["name"])} must have a subnet.`,
    );
  }
  const address = idOf(properties["publicIPAddress"]);
  if (address !== undefined) {
    const { entry } = resolve(change, address, "Microsoft.Network/publicIPAddresses");
    const holder = holderOf(cloud, entry);
    if (holder !== undefined && !keyOf(holder).startsWith(`${keyOf(id)}/`)) {
      refuse(
        400,
        "PublicIPAddressInUse",
        `Resource ${id} is referencing public IP address ${address} that is already allocated to resource ${holder}.`,
      );
    }
  }
  for (const pool of listIn(properties["loadBalancerBackendAddressPools"])) {
    resolve(change, idOf(pool) ?? "", "Microsoft.Network/loadBalancers/backendAddressPools");
  }
  for (const rule of listIn(properties["loadBalancerInboundNatRules"])) {
    const ruleId = idOf(rule) ?? "";
    resolve(change, ruleId, "Microsoft.Network/loadBalancers/inboundNatRules");
    const other = cloud
      .users(ruleId)
      .find((user) => user.type === "Microsoft.Network/networkInterfaces" && user.key !== keyOf(id));
    if (other !== undefined) {
      // A NAT rule of version 1 leads to one interface; the code is from memory.
      refuse(
        400,
        "InboundNatRuleInUse",
        `Inbound NAT rule ${ruleId} is already in use by ${other.id} and cannot be used by ${id}.`,
      );
    }
  }
}

/** What was sent beside the id is dropped from a reference. */
const onlyIds = (given: JsonValue, name: string): JsonValue =>
  given[name] === undefined ? {} : { [name]: listIn(given[name]).map((item) => ({ id: item["id"] })) };

const keep = (from: JsonValue, names: readonly string[]): JsonValue =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
