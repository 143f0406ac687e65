/** Public addresses that lead to the cluster no more: one without the cluster's DNS name, a node's own on no interface. Pure. */
import type { PublicIPAddress } from "@azure/arm-network";
import type { Drift } from "../documents.ts";
import { shellWord } from "../quoting.ts";
import { nodeIndex } from "./cluster.ts";
import type { Present } from "./drift.ts";
import { type AnyResource, groupOf, nameOf } from "./resource.ts";
import { isOurs } from "./tags.ts";

/** Addresses whose DNS name is not the plan's: the next create gives it back. */
export function changedNames(plan: readonly AnyResource[], present: ReadonlyMap<string, { readonly model: unknown }>): Drift[] {
  return plan.flatMap((resource): Drift[] => {
    const live = present.get(resource.id.toLowerCase());
    const wanted = resource.kind === "publicAddress" ? resource.body.dnsSettings?.domainNameLabel : undefined;
    if (live === undefined || wanted === undefined) return [];
    const is = (live.model as PublicIPAddress).dnsSettings?.domainNameLabel;
    if (is?.toLowerCase() === wanted.toLowerCase()) return [];
    const how = is === undefined || is === "" ? "has no DNS name any more" : `has the DNS name ${is}`;
    const message = `the ${resource.label} ${how}: the next create calls it ${wanted} again`;
    return [{ kind: "dns-name", message, id: resource.id, harm: true }];
  });
}

/**
 * Addresses that --pip gave to nodes and that hang on nothing, which are paid for.
 * @param nodes those that the cluster has, and whether each has its machine: without one its address waits for the next
 */
export function looseAddresses(
  present: Present,
  spec: { readonly name: string; readonly vmNamePrefix: string },
  nodes: ReadonlyMap<number, boolean>,
): Drift[] {
  return [...present].flatMap(([id, { kind, model, tags }]): Drift[] => {
    const [, machine = ""] = (kind === "publicAddress" && /^(.+)-ip$/i.exec(nameOf(id))) || [];
    const node = nodeIndex(spec, machine);
    const free = (model as PublicIPAddress).ipConfiguration === undefined;
    if (node === undefined || !free || !isOurs(tags, spec.name) || nodes.get(node) === false) return [];
    const nic = `${machine}-nic`;
    const why = nodes.has(node)
      ? `is on no interface, and is paid for: \`az network nic ip-config update --resource-group ${shellWord(groupOf(id) ?? "")} --nic-name ${shellWord(nic)} --name primary --public-ip-address ${shellWord(nameOf(id))}\` puts it back, \`remove\` deletes it with the node`
      : "is left of a node that the cluster does not have: `remove` takes it away";
    return [{ kind: "loose-address", message: `the address ${nameOf(id)} ${why}`, id, node, harm: nodes.has(node) }];
  });
}
