/**
 * How what is there differs from what was made: missing resources, rules of the load balancer and the security group that
 * somebody changed, machines that stand still, what others put into the cluster's own group. Pure; `status` prints it.
 */
import type { Drift } from "../documents.ts";
import type { LoadBalancer, NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import type { Found } from "../found.ts";
import { nodeIndex } from "./cluster.ts";
import { labelOf } from "./label.ts";
import { type AnyResource, nameOf } from "./resource.ts";
import { GONE_SPOT } from "./spot.ts";
import type { Kind } from "./bodies.ts";
import { type Choices, type Tags, clusterIn, isOurs, wordOf } from "./tags.ts";
import { lostTags, withUserTags } from "./user-tags.ts";

/** What is there, by lower-case id. */
export type Present = ReadonlyMap<
  string,
  { readonly kind: Kind; readonly model: unknown; readonly tags: Tags; readonly state: string }
>;

/** What the plan has and Azure does not; of a node that is missing altogether one entry. */
export function missing(plan: readonly AnyResource[], present: Present): Drift[] {
  const gone = plan.filter((resource) => resource.kind !== "resourceGroup" && !present.has(resource.id.toLowerCase()));
  const nodes = new Set(
    gone.flatMap((resource) => (resource.kind === "machine" && resource.node !== undefined ? [resource.node] : [])),
  );
  return gone.flatMap((resource): Drift[] => {
    if (resource.kind === "machine")
      return [{ kind: "missing-node", message: missingMachine(resource), id: resource.id, ...nodeOf(resource), harm: true }];
    if (resource.node !== undefined && nodes.has(resource.node)) return [];
    return [
      { kind: "missing-resource", message: `the ${resource.label} is missing`, id: resource.id, ...nodeOf(resource), harm: true },
    ];
  });
}

/**
 * What is there by its name and not as the cluster's: a create refuses to go on with it (exit code 7), and a destroy in somebody
 * else's group would leave it. And what Azure calls failed; machines have words of their own for that.
 */
export function astray(
  plan: readonly AnyResource[],
  present: Present,
  cluster: string,
  choices: Pick<Choices, "id" | "etcdCa">,
): Drift[] {
  return plan.flatMap((resource): Drift[] => {
    const live = present.get(resource.id.toLowerCase());
    if (live === undefined || resource.kind === "resourceGroup" || resource.kind === "blobContainer") return [];
    const about = { id: resource.id, ...nodeOf(resource), harm: true };
    if (!isOurs(live.tags, cluster) || wordOf(live.tags) === undefined) {
      const owner = clusterIn(live.tags);
      const says = owner === undefined || owner === cluster ? "does not carry" : `carries the tags of ${owner}, and not`;
      const those = owner === undefined || owner === cluster ? `the tags of ${cluster}` : "its own";
      return [
        {
          kind: "lost-tags",
          message: `${the(resource)} ${says} ${those}: put managed-by, aoc-cluster and aoc-id back, or a create refuses it`,
          ...about,
        },
      ];
    }
    const differs = (tag: string, ours: string | undefined): boolean =>
      ours !== undefined && live.tags[tag] !== undefined && live.tags[tag] !== ours;
    if (resource.kind === "machine" && (differs("aoc-id", choices.id) || differs("aoc-etcd-ca", choices.etcdCa)))
      return [
        {
          kind: "lost-tags",
          message: `${the(resource)} belongs to another creation of ${cluster}; a create refuses it`,
          ...about,
        },
      ];
    return live.state === "failed" && resource.kind !== "machine"
      ? [{ kind: "failed-resource", message: `${the(resource)} could not be made or changed: Azure calls it Failed`, ...about }]
      : [];
  });
}

/**
 * Tags that `--tag` put on everything and that are not there any more, or are others: one entry a tag. Tags of others are none.
 * @param found what of the cluster is there, in the plan or not: a create tags disks that machines hold, and the account of an image
 */
export function lostUserTags(
  plan: readonly AnyResource[],
  present: ReadonlyMap<string, { readonly tags: Tags }>,
  found: readonly Found[],
  { name: cluster, tag }: { readonly name: string; readonly tag: readonly string[] },
): Drift[] {
  const planned = plan.flatMap((resource) => {
    const live = present.get(resource.id.toLowerCase());
    const { tags = {} } = resource.body as { tags?: Tags };
    return live === undefined ? [] : lostTags(tags, live.tags).map((one) => ({ ...one, on: the(resource), id: resource.id }));
  });
  const wanted = withUserTags({}, tag);
  const others = found
    .filter(({ kind, managedBy }) => (kind === "disk" && managedBy !== undefined) || kind === "storageAccount")
    .flatMap((one) => lostTags(wanted, one.tags).map((lack) => ({ ...lack, on: `the ${labelOf(cluster, one)}`, id: one.id })));
  const lost = [...planned, ...others];
  return [...Map.groupBy(lost, ({ name }) => name).values()].flatMap((of): Drift[] => {
    const [first] = of;
    if (first === undefined) return [];
    const some = of.slice(0, 3).map(({ on, is }) => (is === undefined ? on : `${on} (there it is ${is === "" ? "empty" : is})`));
    const more = of.length > 3 ? ` and ${of.length - 3} more` : "";
    const message = `the tag ${first.name}=${first.value} is not on ${some.join(", ")}${more}: the next create puts it back`;
    return [{ kind: "tag", message, ...(of.length === 1 ? { id: first.id } : {}), harm: false }];
  });
}

/**
 * What is left of nodes: members that are no node, machines that the claim does not have, interfaces without a machine. A create
 * takes members out and machines in; an interface goes with `remove`, or is used when its node is made.
 */
export function strays(plan: readonly AnyResource[], present: Present, { spec, members, claimed }: Known): Drift[] {
  const machines = new Map(
    plan.flatMap((resource) => (resource.kind === "machine" && resource.node !== undefined ? [[resource.node, resource]] : [])),
  );
  const nodes = new Set(machines.keys());
  return [
    ...[...members]
      .filter((node) => !nodes.has(node))
      .map((node): Drift => ({
        kind: "stray-member",
        message: `node ${node} is named as an etcd member and is no node of the cluster: the next create takes it out`,
        node,
        harm: false,
      })),
    ...[...machines].flatMap(([node, { id }]): Drift[] =>
      claimed === undefined || claimed.has(node) || !present.has(id.toLowerCase())
        ? []
        : [
            {
              kind: "stray-node",
              message: `${nameOf(id)} is there, and the cluster is not said to have it: the next create takes it in, \`remove\` takes it away`,
              id,
              node,
              harm: true,
            },
          ],
    ),
    ...[...present].flatMap(([id, { kind, tags }]): Drift[] => {
      const node = kind === "networkInterface" ? nodeIndex(spec, nameOf(id).replace(/-nic$/, "")) : undefined;
      if (node === undefined || nodes.has(node) || !isOurs(tags, spec.name)) return [];
      const message = `the interface ${nameOf(id)} is left of a node that the cluster does not have: \`remove\` takes it away`;
      return [{ kind: "stray-interface", message, id, node, harm: false }];
    }),
  ];
}

interface Known {
  readonly spec: { readonly name: string; readonly vmNamePrefix: string };
  readonly members: Iterable<number>;
  /** The nodes that the claim names. */
  readonly claimed: ReadonlySet<number> | undefined;
}

/** Rules of load balancer and security group, compared with those of the plan by name. */
export function changedRules(plan: readonly AnyResource[], present: ReadonlyMap<string, { readonly model: unknown }>): Drift[] {
  return plan.flatMap((resource) => {
    const model = present.get(resource.id.toLowerCase())?.model;
    if (model === undefined) return [];
    if (resource.kind === "loadBalancer") return balancerDrift(resource.id, resource.body, model as LoadBalancer);
    return resource.kind === "securityGroup" ? securityDrift(resource.id, resource.body, model as NetworkSecurityGroup) : [];
  });
}

/** In what a rule of the security group differs: what it is called, as it is wanted, as it is. */
export const securityRuleWords = (wanted: SecurityRule, live: SecurityRule): [what: string, wanted: string, is: string][] =>
  Object.entries(SAYS).flatMap(([what, say]): [string, string, string][] =>
    say(wanted).toLowerCase() === say(live).toLowerCase() ? [] : [[what, say(wanted), say(live)]],
  );

// --- internal ---

const missingMachine = ({ id, body }: Extract<AnyResource, { kind: "machine" }>): string =>
  body.priority === "Spot" ? `${nameOf(id)} is ${GONE_SPOT}: the same create makes it again` : `${nameOf(id)} is missing`;

const the = (resource: AnyResource): string => (resource.kind === "machine" ? nameOf(resource.id) : `the ${resource.label}`);

const nodeOf = ({ node }: { readonly node?: number | undefined }): { readonly node?: number } =>
  node === undefined ? {} : { node };

/** The node that a NAT rule is for; undefined for somebody else's rule. */
const nodeOfRule = (name: string | undefined): number | undefined => {
  const index = /^ssh-(0|[1-9]\d{0,3})$/i.exec(name ?? "")?.[1];
  return index === undefined ? undefined : Number(index);
};

/** Nodes whose NAT rule an interface uses, with the interface's id. @param ssh the port of node 0 */
export const usedRules = ({ inboundNatRules }: LoadBalancer, ssh: number): [node: number, networkInterface: string][] =>
  (inboundNatRules ?? []).flatMap(({ name, frontendPort, backendIPConfiguration }): [number, string][] => {
    const node = frontendPort === ssh + (nodeOfRule(name) ?? Number.NaN) ? nodeOfRule(name) : undefined;
    const id = /^(.*\/networkInterfaces\/[^/]+)\/ipConfigurations\//i.exec(backendIPConfiguration?.id ?? "")?.[1];
    return node === undefined || id === undefined ? [] : [[node, id]];
  });

/** What a balancer has not, or has of nodes that the plan does not have. */
function balancerDrift(id: string, wanted: LoadBalancer, live: LoadBalancer): Drift[] {
  const nat = (wanted.inboundNatRules ?? []).filter(
    (rule) =>
      !(live.inboundNatRules ?? []).some(
        (one) => one.name === rule.name && one.frontendPort === rule.frontendPort && one.backendPort === rule.backendPort,
      ),
  );
  const endpoints = (wanted.loadBalancingRules ?? []).filter(
    (rule) =>
      !(live.loadBalancingRules ?? []).some(
        (one) => one.name === rule.name && one.frontendPort === rule.frontendPort && one.backendPort === rule.backendPort,
      ),
  );
  const [first] = wanted.inboundNatRules ?? [];
  const base = (first?.frontendPort ?? 0) - (nodeOfRule(first?.name) ?? 0);
  return [
    ...nat.map((rule): Drift => ({
      kind: "nat-rule",
      message: `the load balancer has no rule ${rule.name} for SSH on port ${rule.frontendPort}`,
      id,
      ...nodeOf({ node: nodeOfRule(rule.name) }),
      harm: true,
    })),
    ...(live.inboundNatRules ?? []).flatMap(({ name, frontendPort = 0, backendPort }): Drift[] => {
      const node = nodeOfRule(name);
      // a rule of that name on another port is somebody's
      if (node === undefined || frontendPort - node !== base || backendPort !== 22) return [];
      if ((wanted.inboundNatRules ?? []).some((rule) => nodeOfRule(rule.name) === node)) return [];
      const message = `the load balancer has the rule ${name} on port ${frontendPort} for a node that the cluster does not have`;
      return [{ kind: "stray-rule", message, id, node, harm: false }];
    }),
    ...endpoints.map((rule): Drift => ({
      kind: "endpoint-rule",
      message: `the load balancer has no rule ${rule.name} for port ${rule.frontendPort}`,
      id,
      harm: true,
    })),
  ];
}

/** What a rule says, in words to compare; the rest of it Azure adds. Azure tells one source or several in two places. */
const SAYS: Record<string, (rule: SecurityRule) => string> = {
  priority: (rule) => String(rule.priority),
  direction: (rule) => String(rule.direction),
  access: (rule) => String(rule.access),
  protocol: (rule) => String(rule.protocol),
  source: (rule) => [rule.sourceAddressPrefix ?? [], rule.sourceAddressPrefixes ?? []].flat().sort().join(", "),
  destinationPortRange: (rule) => String(rule.destinationPortRange),
};

function securityDrift(id: string, wanted: NetworkSecurityGroup, live: NetworkSecurityGroup): Drift[] {
  const there = new Map((live.securityRules ?? []).map((rule) => [rule.name, rule]));
  const drift: Drift[] = [];
  for (const rule of wanted.securityRules ?? []) {
    const found = there.get(rule.name);
    there.delete(rule.name);
    const differs = found === undefined ? [] : securityRuleWords(rule, found);
    if (found === undefined)
      drift.push({ kind: "security-rule", message: `the security group has no rule ${rule.name}`, id, harm: true });
    else if (differs.length > 0)
      drift.push({
        kind: "security-rule",
        message: `somebody changed the rule ${rule.name} of the security group: ${differs.map(([what, wanted, is]) => `${what} is ${is}, not ${wanted}`).join(", ")}`,
        id,
        harm: true,
      });
  }
  for (const rule of there.values())
    drift.push({
      kind: "security-rule",
      message: `somebody added the rule ${rule.name} to the security group (${rule.access} ${rule.direction} ${rule.destinationPortRange ?? "several ports"})`,
      id,
      harm: false,
    });
  return drift;
}
