/**
 * The simulated Azure as tests judge it: `shapeOf` is what two ways to the same cluster must agree on, with everything left out
 * that chance or time decides; `flawsOf` names what no cluster may ever have.
 */
import type { CloudState } from "../src/sim/cloud.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- resources are looked into at any depth
type Loose = any;

/** Written anew each time, or by chance: keys, certificates' prints, ids, addresses, times. That they are there counts. */
const BY_CHANCE =
  /^(etag|resourceGuid|vmId|timeCreated|uniqueId|macAddress|ipAddress|keyData|publicKey|fqdn|customData|aoc-(ssh-key.*|fingerprint|host-key|etcd-ca|expires))$/;

const nameOf = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

const resources = (state: CloudState, type: string): Loose[] =>
  state.entries.filter((entry) => entry.type.toLowerCase() === `microsoft.${type}`.toLowerCase()).map((entry) => entry.resource);

const claimsOf = (state: CloudState): Loose[] =>
  ["Network/publicIPAddresses", "Network/networkSecurityGroups"]
    .flatMap((type) => resources(state, type))
    .filter(({ tags }) => tags?.["aoc-role"] === "claim");

/** Every resource by the end of its id, normalised: equal for two runs that made the same cluster. */
export function shapeOf(state: CloudState): Record<string, unknown> {
  const word = String(claimsOf(state)[0]?.tags["aoc-id"] ?? "none");
  const plain = (value: unknown, name: string): unknown => {
    if (BY_CHANCE.test(name)) return value === undefined || value === "" ? "missing" : "there";
    if (Array.isArray(value)) {
      const list = value.map((one) => plain(one, ""));
      return list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          // a member of the first hour that is made by a second run may be told that the others live already
          .filter(([key]) => key !== "aoc-etcd-state")
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, plain(inner, key)]),
      );
    return typeof value === "string" ? value.replaceAll(word, "WORD") : value;
  };
  const shapes = state.entries.map((entry): [string, unknown] => [
    entry.key.replaceAll(word, "WORD"),
    { resource: plain(entry.resource, ""), customData: entry.hidden["customData"] !== undefined, power: entry.hidden["power"] },
  ]);
  return Object.fromEntries(shapes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is wrong with the one cluster of this Azure; empty when it is as it should be. */
export function flawsOf(state: CloudState, nodes: number): string[] {
  const flaws: string[] = [];
  const check = (good: boolean, text: string): void => void (good || flaws.push(text));
  const claims = claimsOf(state);
  check(claims.length === 1, `${claims.length} claims`);
  const claim = claims[0];
  const key = [1, 2, 3, 4].map((part) => claim?.tags[`aoc-ssh-key-${part}`] ?? "").join("") || claim?.tags["aoc-ssh-key"];
  const machines = resources(state, "Compute/virtualMachines");
  check(machines.length === nodes, `${machines.length} machines, not ${nodes}`);
  const keys = resources(state, "Compute/sshPublicKeys");
  check(keys.length === 1 && keys[0].properties.publicKey === key, "the SSH key resource is not the claim's key");
  for (const { name, id, properties, tags } of machines) {
    check(tags["aoc-id"] === claim?.tags["aoc-id"], `${name} is of another creation`);
    check(properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData === key, `${name} has another SSH key`);
    check(properties.provisioningState === "Succeeded", `${name} is ${properties.provisioningState}`);
    const nic = resources(state, "Network/networkInterfaces").find((one) => one.name === `${name}-nic`);
    check(nic?.properties.virtualMachine?.id === id, `the interface of ${name} is not in it`);
    const ip = nic?.properties.ipConfigurations[0].properties;
    check(ip?.loadBalancerBackendAddressPools?.length === 1, `${name} is in no pool`);
    check(
      nameOf(ip?.loadBalancerInboundNatRules?.[0]?.id ?? "") === `ssh-${tags["aoc-node"]}`,
      `${name} is behind another NAT rule`,
    );
  }
  for (const nic of resources(state, "Network/networkInterfaces"))
    check(nic.properties.virtualMachine !== undefined, `${nic.name} is an orphan`);
  for (const disk of resources(state, "Compute/disks")) check(disk.managedBy !== undefined, `${disk.name} is an orphan`);
  for (const address of resources(state, "Network/publicIPAddresses"))
    check(
      address.properties.ipConfiguration !== undefined ||
        address.properties.natGateway !== undefined ||
        isHeld(state, address.id),
      `${address.name} is an orphan`,
    );
  const rules: Loose[] = resources(state, "Network/loadBalancers")[0]?.properties.inboundNatRules ?? [];
  const ports = new Set<string>(rules.map(({ name }) => name));
  check(
    ports.size === machines.length && machines.every(({ tags }) => ports.has(`ssh-${tags["aoc-node"]}`)),
    `NAT rules ${[...ports].join()}`,
  );
  for (const type of ["Network/virtualNetworks", "Network/networkSecurityGroups", "Network/loadBalancers"])
    check(resources(state, type).length === 1, `${resources(state, type).length} of ${type}`);
  for (const { resource } of state.entries) {
    const { name, tags, properties } = resource as Loose;
    check(tags?.["aoc-cluster"] !== undefined, `${name} carries no tag of ours`);
    check(
      properties?.provisioningState === undefined || properties.provisioningState === "Succeeded",
      `${name} is ${properties?.provisioningState}`,
    );
  }
  return flaws;
}

/** An address says who holds it only when it is shown; the saved state has it in the holder. */
const isHeld = (state: CloudState, id: string): boolean =>
  state.entries.some(
    (entry) =>
      entry.resource["id"] !== id &&
      JSON.stringify(entry.resource["properties"] ?? {})
        .toLowerCase()
        .includes(`"${id.toLowerCase()}"`),
  );

/** ARM ids of everything there is, each with what tells it from one of the same name that was made later. */
export const identities = (state: CloudState): Map<string, string> =>
  new Map(
    state.entries.map(({ key, resource }) => [
      key,
      String((resource["properties"] as Loose)?.vmId ?? (resource["properties"] as Loose)?.resourceGuid ?? ""),
    ]),
  );
