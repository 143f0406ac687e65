/** The preflight's judgement of a virtual network that is not ours: where it is, which of its subnets may hold machines, and how many. */
import { subnetRoom } from "../addresses.ts";
import { type Checked, type Problem, known } from "./problem.ts";
import { type NetworkFacts, type SubnetFacts, sameLocation } from "../region.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { plural } from "../words.ts";

/** The subnet that the nodes go to, of a network that exists: the one that was named, or the only one that may hold machines. */
export function chosenSubnet(spec: ClusterSpec, found: NetworkFacts): SubnetFacts | undefined {
  if (spec.subnetNames !== undefined) return named(found, spec.subnetNames);
  const fit = found.subnets.filter((subnet) => unfit(subnet) === undefined);
  return fit.length === 1 ? fit[0] : undefined;
}

export function judgeNetwork(checked: Checked): Problem[] {
  const { network: found, spec, location, newNodes } = checked;
  if (found === undefined) return [];
  const where = spec.vnetResourceGroup === undefined ? "" : ` in the group ${spec.vnetResourceGroup}`;
  if (found === "missing")
    return [
      {
        check: "NetworkNotFound",
        message: `there is no virtual network ${spec.virtualNetworkName}${where}`,
        advice:
          "--virtual-network-name names one that exists (--vnet-resource-group when it is in another group); without it the cluster gets its own.",
      },
    ];
  if (!sameLocation(found.location, location))
    return [
      {
        check: "NetworkElsewhere",
        message: `the virtual network ${spec.virtualNetworkName} is in ${found.location}, the cluster would be in ${location}`,
        advice: `Give --location ${found.location}.`,
      },
    ];
  const subnet = chosenSubnet(spec, found);
  if (subnet === undefined)
    return [
      {
        check: "SubnetNotFound",
        message:
          spec.subnetNames === undefined
            ? `the virtual network ${spec.virtualNetworkName} has ${found.subnets.length} ${plural("subnet", found.subnets.length)}${others(found)}`
            : `the virtual network ${spec.virtualNetworkName} has no subnet ${spec.subnetNames}`,
        advice: remaining(found),
      },
    ];
  const why = newNodes === 0 ? undefined : unfit(subnet);
  if (why !== undefined)
    return [
      {
        check: "SubnetReserved",
        message: `the subnet ${subnet.name} ${why}: no machine can be made in it`,
        advice: remaining(found),
      },
    ];
  const room = subnetRoom(subnet.prefixes) - subnet.used.length;
  return room >= newNodes
    ? []
    : [
        known(
          checked,
          "SubnetIsFull",
          `the subnet ${subnet.name} (${subnet.prefixes.join(", ")}) has room for ${Math.max(0, room)} more; ${newNodes} are needed`,
          (checked.knownNodes ?? 0) > 0 ? { there: "stands" } : {},
        ),
      ];
}

// --- internal ---

/**
 * Why a subnet holds no machines. Azure keeps some names for its services and refuses everything else in them, and a delegated one
 * belongs to its service: https://learn.microsoft.com/azure/virtual-network/virtual-network-for-azure-services
 */
function unfit({ name, delegations, prefixes }: SubnetFacts): string | undefined {
  const service = RESERVED[name.toLowerCase()];
  if (service !== undefined) return `is kept by Azure for ${service}`;
  const [delegated] = delegations;
  if (delegated !== undefined) return `is delegated to ${delegated}`;
  return subnetRoom(prefixes) > 0 ? undefined : "has no IPv4 addresses for machines";
}

const RESERVED: Readonly<Record<string, string>> = {
  gatewaysubnet: "VPN and ExpressRoute gateways",
  azurefirewallsubnet: "Azure Firewall",
  azurefirewallmanagementsubnet: "Azure Firewall",
  azurebastionsubnet: "Azure Bastion",
  routeserversubnet: "Azure Route Server",
};

const named = ({ subnets }: NetworkFacts, name: string): SubnetFacts | undefined =>
  subnets.find((subnet) => subnet.name.toLowerCase() === name.toLowerCase());

const fitNames = ({ subnets }: NetworkFacts): string[] =>
  subnets.filter((subnet) => unfit(subnet) === undefined).map(({ name }) => name);

/** Where there are some, and none or several that may be taken. */
function others(found: NetworkFacts): string {
  const fit = fitNames(found);
  if (found.subnets.length === fit.length) return "";
  return fit.length === 0 ? ", and none of them may hold machines" : `, ${fit.length} of which may hold machines`;
}

function remaining(found: NetworkFacts): string {
  const names = fitNames(found);
  return names.length === 0
    ? "Make a subnet for the nodes in it first: `az network vnet subnet create`."
    : `Give --subnet-names, one of: ${names.join(", ")}.`;
}
