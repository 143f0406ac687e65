/**
 * What the tool writes beside its resources in Azure, so that any machine finds a cluster again: whose it is, whether it is
 * unchanged, and what was chosen once. Azure allows 50 tags of 256 characters on a resource, names without <>%&\?/.
 *
 * The public address of the load balancer is the cluster's claim: its DNS label can belong to one resource only, which Azure
 * decides. Who gets the label owns the name; whatever was chosen once is kept in that resource's tags, in the same request.
 */
import { ClusterError, EXIT } from "../errors.ts";
import { type FlagValues, flagRows, tagOf } from "../spec/flags.ts";
import type { EtcdMember } from "../node-config.ts";

export const MANAGED_BY = "azure-coreos-cluster";

export type Tags = Record<string, string>;

/** Tags of every resource of a cluster. */
export const ownTags = (cluster: string): Tags => ({ "managed-by": MANAGED_BY, "aoc-cluster": cluster });

/** Whether tags say that a resource is the cluster's. */
export const isOurs = (tags: Tags | undefined, cluster: string): boolean =>
  tags?.["managed-by"] === MANAGED_BY && tags["aoc-cluster"]?.toLowerCase() === cluster.toLowerCase();

/** What was chosen once for a cluster, and never changes while it lives. */
export interface Choices {
  /** A short random word: part of the claim's name, and the etcd token. */
  readonly id: string;
  readonly sshPublicKey: string;
  /** By node index. */
  readonly members: ReadonlyMap<number, EtcdMember["address"]>;
  readonly customDataHash?: string;
  readonly discoveryUrl?: string;
  /** Fingerprint of the etcd authority that the members' certificates come from. */
  readonly etcdCa?: string;
}

const VALUE_LIMIT = 256;

/** The claim's tags: choices, and the kept flags, defaults too: a later version of the tool may have others. */
export function claimTags(cluster: string, choices: Choices, values: FlagValues): Tags {
  const tags: Tags = { ...ownTags(cluster), "aoc-role": "claim", "aoc-id": choices.id };
  spread(tags, "aoc-ssh-key", choices.sshPublicKey);
  if (choices.members.size > 0)
    tags["aoc-members"] = [...choices.members].map(([node, address]) => `${node}=${address}`).join(",");
  if (choices.customDataHash !== undefined) tags["aoc-custom-data"] = choices.customDataHash;
  if (choices.etcdCa !== undefined) tags["aoc-etcd-ca"] = choices.etcdCa;
  for (const [key, flag] of flagRows) {
    const value = values[key];
    if (flag.kept === undefined || value === undefined || value === false) continue;
    spread(tags, tagOf(flag), String(value));
  }
  return tags;
}

/** Reads a claim's tags back. Throws where they are damaged: nothing must be guessed about a running cluster. */
export function readClaim(tags: Tags): { choices: Choices; kept: Partial<FlagValues> } {
  const id = tags["aoc-id"];
  const sshPublicKey = gather(tags, "aoc-ssh-key");
  if (id === undefined || sshPublicKey === undefined)
    throw new ClusterError(
      "ClaimDamaged",
      "the tags that say what was chosen for this cluster are missing from its public address",
      {
        source: "azure",
        exit: EXIT.conflict,
        advice:
          "Somebody changed them. Put aoc-id and aoc-ssh-key-1 back (the activity log in the portal has the old values), or destroy the cluster.",
      },
    );
  const members = (tags["aoc-members"] ?? "")
    .split(",")
    .filter(Boolean)
    .map((pair) => pair.split("=") as [string, string]);
  const kept: Record<string, unknown> = {};
  for (const [key, flag] of flagRows) {
    const text = flag.kept === undefined ? undefined : gather(tags, tagOf(flag));
    if (text !== undefined) kept[key] = keptValue(flag, text);
  }
  return {
    choices: {
      id,
      sshPublicKey,
      members: new Map(members.map(([node, address]) => [Number(node), address])),
      ...(tags["aoc-custom-data"] === undefined ? {} : { customDataHash: tags["aoc-custom-data"] }),
      ...(tags["aoc-etcd-ca"] === undefined ? {} : { etcdCa: tags["aoc-etcd-ca"] }),
      ...(kept["discoveryServiceUrl"] === undefined ? {} : { discoveryUrl: kept["discoveryServiceUrl"] as string }),
    },
    kept: kept,
  };
}

// --- internal ---

/** Read by the flag's own parser; what that refuses was not written by us. */
function keptValue(flag: (typeof flagRows)[number][1], text: string): unknown {
  try {
    return flag.parse(text);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new ClusterError(
      "ClaimDamaged",
      `the tag ${tagOf(flag)} of the cluster's public address is damaged: ${error.message}`,
      {
        source: "azure",
        exit: EXIT.conflict,
        advice: "Somebody changed it. Put it back (the activity log in the portal has the old value), or destroy the cluster.",
      },
    );
  }
}

function spread(tags: Tags, name: string, value: string): void {
  if (value.length <= VALUE_LIMIT) tags[name] = value;
  else
    for (let part = 0; part * VALUE_LIMIT < value.length; part++)
      tags[`${name}-${part + 1}`] = value.slice(part * VALUE_LIMIT, (part + 1) * VALUE_LIMIT);
}

function gather(tags: Tags, name: string): string | undefined {
  if (tags[name] !== undefined) return tags[name];
  let whole = "";
  for (let part = 1; tags[`${name}-${part}`] !== undefined; part++) whole += tags[`${name}-${part}`];
  return whole === "" ? undefined : whole;
}
