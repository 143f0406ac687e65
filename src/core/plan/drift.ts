/**
 * How what is there differs from what was made: resources that are missing, astray or failed, tags that are gone, what is left of
 * nodes. Rules of the load balancer and the security group: rules-drift.ts. Pure; `status` prints it.
 */
import { defined } from "../defined.ts";
import type { Drift } from "../documents.ts";
import type { Found } from "../found.ts";
import { nodeIndex } from "./cluster.ts";
import { labelOf } from "./label.ts";
import { type AnyResource, nameOf } from "./resource.ts";
import { GONE_SPOT } from "./spot.ts";
import type { Kind } from "./bodies.ts";
import { type Choices, type Tags, clusterIn, isOurs, wordOf } from "./tags.ts";
import { lostTags, withUserTags } from "./user-tags.ts";
import { shellWord } from "../quoting.ts";
import { few } from "../words.ts";

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
      return [
        {
          kind: "missing-node",
          message: missingMachine(resource),
          id: resource.id,
          ...defined({ node: resource.node }),
          harm: true,
        },
      ];
    if (resource.node !== undefined && nodes.has(resource.node)) return [];
    return [
      {
        kind: "missing-resource",
        message: `the ${resource.label} is missing`,
        id: resource.id,
        ...defined({ node: resource.node }),
        harm: true,
      },
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
    const about = { id: resource.id, ...defined({ node: resource.node }), harm: true };
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
    const message = `the ${isNotOn(of)}: the next create puts it back`;
    return [{ kind: "tag", message, ...(of.length === 1 ? { id: of[0]!.id } : {}), harm: false }];
  });
}

/** Tags of the user's that do not stay: a policy writes them, too, as they are written. One sentence a tag. @param lost by the resource's id */
export function unkeptTags(plan: readonly AnyResource[], lost: ReadonlyMap<string, ReturnType<typeof lostTags>>): string[] {
  const all = plan.flatMap((one) => (lost.get(one.id) ?? []).map((lack) => ({ ...lack, on: the(one) })));
  return [...Map.groupBy(all, ({ name }) => name)].map(
    ([name, of]) =>
      `The ${isNotOn(of)}: a policy writes it otherwise, each time. \`--tag ${shellWord(`${name}-`)}\` takes yours away.`,
  );
}

/**
 * What is left of nodes: members that are no node, machines that the claim does not have, interfaces without a machine. A create
 * takes members out and machines in; an interface goes with `remove`, or is used when its node is made.
 */
export function strays(plan: readonly AnyResource[], present: Present, { spec, members, claimed }: NodesSaid): Drift[] {
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

/**
 * Disks of the cluster's that hang on no machine, which are paid for, and used by nobody, or on another one than their own.
 * @param nodes those that the cluster has, and whether each has its machine
 */
export function looseDisks(
  found: readonly Found[],
  spec: { readonly name: string; readonly vmNamePrefix: string },
  nodes: ReadonlyMap<number, boolean>,
): Drift[] {
  return found.flatMap(({ id, kind, managedBy }): Drift[] => {
    const [, machine = "", part] = (kind === "disk" && /^(.+)-(data|os)$/i.exec(nameOf(id))) || [];
    const node = nodeIndex(spec, machine);
    const holder = managedBy === undefined ? undefined : nameOf(managedBy);
    if (node === undefined || holder?.toLowerCase() === machine.toLowerCase()) return [];
    if (holder !== undefined) {
      const message = `the disk ${nameOf(id)} is on ${holder}, and not on its own machine: \`remove\` leaves it there`;
      return [{ kind: "loose-disk", message, id, node, harm: false }];
    }
    const comesBack = nodes.get(node) === true ? `\`replace ${spec.name} ${node}\`` : "`create`";
    const why = !nodes.has(node)
      ? "is left of a node that the cluster does not have: `remove` takes it away"
      : `hangs on no machine, and is paid for: ${part === "data" ? `${comesBack} gives it to a new one, ` : ""}\`remove\` deletes it with the node`;
    return [{ kind: "loose-disk", message: `the disk ${nameOf(id)} ${why}`, id, node, harm: false }];
  });
}

/** Which nodes the tags say there are. */
interface NodesSaid {
  readonly spec: { readonly name: string; readonly vmNamePrefix: string };
  readonly members: Iterable<number>;
  /** The nodes that the claim names. */
  readonly claimed: ReadonlySet<number> | undefined;
}

// --- internal ---

const missingMachine = ({ id, body }: Extract<AnyResource, { kind: "machine" }>): string =>
  body.priority === "Spot" ? `${nameOf(id)} is ${GONE_SPOT}: the same create makes it again` : `${nameOf(id)} is missing`;

const the = (resource: AnyResource): string => (resource.kind === "machine" ? nameOf(resource.id) : `the ${resource.label}`);

/** "tag a=b is not on the network (there it is c)". @param of one at least, all of one tag */
function isNotOn(of: readonly { name: string; value: string; is: string | undefined; on: string }[]): string {
  const lacking = of.map(({ on, is }) => (is === undefined ? on : `${on} (there it is ${is === "" ? "empty" : is})`));
  return `tag ${of[0]!.name}=${of[0]!.value} is not on ${few(lacking, 3)}`;
}
