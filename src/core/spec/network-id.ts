/**
 * A network of one's own as people have it at hand: its resource id (the portal's "Copy"), a subnet's id, or `group:name`. Read once,
 * into the names that the flags keep, so that the same network by another spelling is the same choice.
 */
import { defined } from "../defined.ts";
import { usageError } from "../errors.ts";
import type { FlagValues } from "./flags.ts";

type Named = Partial<Pick<FlagValues, "virtualNetworkName" | "vnetResourceGroup" | "subnetNames">>;

/**
 * @param home subscription and resource group of the cluster
 * @throws ClusterError Usage, for an id of something else or of elsewhere, and where two of the flags do not agree
 */
export function namedNetwork<T extends Named>(given: T, home: { readonly subscription: string; readonly group: string }): T {
  const { virtualNetworkName: network, subnetNames: subnet } = given;
  const parts = [
    network === undefined ? {} : placeOf("--virtual-network-name", network, home.subscription),
    subnet === undefined ? {} : placeOf("--subnet-names", subnet, home.subscription),
    given.vnetResourceGroup === undefined ? {} : { group: given.vnetResourceGroup },
  ];
  const one = (key: keyof Place): string | undefined => {
    const values = parts.flatMap((part) => part[key] ?? []);
    const [first] = values;
    const other = values.find((value) => value.toLowerCase() !== first?.toLowerCase());
    if (other !== undefined) throw usageError(`the ${WORDS[key]} is given as ${first} and as ${other}`, "Give it once.");
    return first;
  };
  const [group, name, part] = [one("group"), one("network"), one("subnet")];
  const { virtualNetworkName: _, vnetResourceGroup: __, subnetNames: ___, ...rest } = given;
  return {
    ...rest,
    ...defined({ virtualNetworkName: name, subnetNames: part }),
    // the cluster's own group is where a name without a group is looked for; said aloud it is no other choice
    ...(group === undefined || (group.toLowerCase() === home.group.toLowerCase() && given.vnetResourceGroup === undefined)
      ? {}
      : { vnetResourceGroup: group }),
  } as T;
}

// --- internal ---

interface Place {
  readonly group?: string;
  readonly network?: string;
  readonly subnet?: string;
}

const WORDS = { group: "network's resource group", network: "virtual network", subnet: "subnet" } as const;

const ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/virtualNetworks\/([^/]+)(?:\/subnets\/([^/]+))?\/?$/i;

function placeOf(flag: "--virtual-network-name" | "--subnet-names", text: string, subscription: string): Place {
  if (!text.includes("/")) {
    const [group, name, ...more] = text.split(":");
    if (flag === "--subnet-names") return { subnet: text };
    if (name === undefined) return { network: text };
    if (group !== "" && name !== "" && more.length === 0) return { group: group ?? "", network: name };
    throw usageError(`${flag} "${text}" is neither a name nor group:name`);
  }
  const [, where = "", group = "", network = "", subnet] = ID.exec(text) ?? [];
  if (where === "" || (flag === "--subnet-names" && subnet === undefined))
    throw usageError(
      `${flag} "${text}" is no id of a ${flag === "--subnet-names" ? "subnet" : "virtual network"}`,
      `An id is /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/NAME${flag === "--subnet-names" ? "/subnets/SUBNET" : ""}; the name alone does too.`,
    );
  if (where.toLowerCase() !== subscription.toLowerCase())
    throw usageError(
      `${flag} names a network of the subscription ${where}, and the cluster is to be in ${subscription}`,
      "Azure puts machines only into networks of their own subscription: give --subscription, or a network of this one (peer the two where they must meet).",
    );
  return { group, network, ...defined({ subnet }) };
}
