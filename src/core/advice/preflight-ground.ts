/** The preflight's judgement of what the machines stand on: their image, and a virtual network that is not ours. */
import { subnetRoom } from "../addresses.ts";
import { type Checked, type Problem, known } from "./problem.ts";
import { type NetworkFacts, sameLocation } from "../region.ts";
import type { ClusterSpec } from "../spec/spec.ts";

/** The subnet that the nodes go to, of a network that exists. */
export function chosenSubnet(spec: ClusterSpec, found: NetworkFacts): NetworkFacts["subnets"][number] | undefined {
  if (spec.subnetNames !== undefined) {
    const wanted = spec.subnetNames.toLowerCase();
    return found.subnets.find((subnet) => subnet.name.toLowerCase() === wanted);
  }
  return found.subnets.length === 1 ? found.subnets[0] : undefined;
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
            ? `the virtual network ${spec.virtualNetworkName} has ${found.subnets.length} subnets`
            : `the virtual network ${spec.virtualNetworkName} has no subnet ${spec.subnetNames}`,
        advice:
          found.subnets.length === 0
            ? "Make a subnet in it first."
            : `Give --subnet-names, one of: ${found.subnets.map((one) => one.name).join(", ")}.`,
      },
    ];
  const room = subnetRoom(subnet.prefixes) - subnet.used;
  return room >= newNodes
    ? []
    : [
        known(
          checked,
          "SubnetIsFull",
          `the subnet ${subnet.name} (${subnet.prefixes.join(", ")}) has room for ${Math.max(0, room)} more; ${newNodes} are needed`,
        ),
      ];
}

export function judgeImage(checked: Checked): Problem[] {
  const { image: found, spec, region, newNodes } = checked;
  if (found === undefined || (newNodes === 0 && !spec.given.includes("coreosImage"))) return [];
  if (found === "missing")
    return [known(checked, "ImageNotFound", `the image ${spec.coreosImage ?? "of Flatcar stable"} is not there`)];
  const wanted = region?.sizes.get(spec.vmSize.toLowerCase());
  const problems: Problem[] = [];
  if (wanted !== undefined && found.generation !== undefined && !wanted.generations.includes(found.generation))
    problems.push({
      check: "GenerationMismatch",
      message: `${wanted.name} boots generation ${wanted.generations.join(" or ")} only; the image is generation ${found.generation}`,
      advice: "Choose another --vm-size, or the image's other sku (Flatcar: stable is V1, stable-gen2 is V2).",
    });
  if (
    wanted !== undefined &&
    found.architecture !== undefined &&
    found.architecture.toLowerCase() !== wanted.architecture.toLowerCase()
  )
    problems.push({
      check: "ArchitectureMismatch",
      message: `${wanted.name} is ${wanted.architecture}; the image is ${found.architecture}`,
      advice: "For Arm64 sizes: --coreos-image kinvolk:flatcar-container-linux-corevm:stable:latest.",
    });
  return problems;
}
