/** The cluster's claim as a resource of the plan, whichever bears it (bearer.ts), and what only its holder may write. */
import { defined } from "../../defined.ts";
import { type BearerKind, bearerOf } from "../bearer.ts";
import type { Design } from "../cluster.ts";
import type { Resource } from "../resource.ts";
import { type Tags, claimTags } from "../tags.ts";
import { clusterAddress, clusterAddressId } from "./cluster-address.ts";
import { securityGroup, securityGroupId } from "./security-group.ts";

type ClaimResource = Resource<"publicAddress"> | Resource<"securityGroup">;

const ROWS: {
  readonly [K in BearerKind]: { id(cluster: Design): string; resource(cluster: Design, tags: Tags): ClaimResource };
} = {
  publicAddress: { id: clusterAddressId, resource: clusterAddress },
  securityGroup: { id: securityGroupId, resource: securityGroup },
};

export const claimTarget = (cluster: Design): { readonly kind: BearerKind; readonly id: string } => {
  const kind = bearerOf(cluster.spec);
  return { kind, id: ROWS[kind].id(cluster) };
};

export const claimId = (cluster: Design): string => claimTarget(cluster).id;

/**
 * What must be ours before anything is written that two creates of one name would write differently: the claim, and the security
 * group. Its name is taken once, so that of a create with --private and one without it one stops there.
 */
export const claimHolds = (cluster: Design): string[] => [...new Set([claimId(cluster), securityGroupId(cluster)])];

export const claim = (cluster: Design): ClaimResource =>
  claimWith(cluster, {
    ...claimTags(
      cluster.spec.name,
      cluster.facts.choices,
      cluster.spec,
      cluster.facts.nodes.map(({ index }) => index),
    ),
    ...defined({ "aoc-expires": cluster.facts.expires }),
  });

/** The claim with other tags: merged with those that another run wrote meanwhile. */
export const claimWith = (cluster: Design, tags: Tags): ClaimResource => ROWS[bearerOf(cluster.spec)].resource(cluster, tags);
