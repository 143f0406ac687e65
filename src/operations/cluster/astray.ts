/**
 * What a cluster has, by its name, and what its tags do not prove to be its any more: a policy or a company's tag tool has replaced them. It is
 * there and paid for, and may hold what is to be deleted. So no command works on the rest as if it were not there: it is refused with what
 * `create` says of it, before the first write.
 */
import type { ClusterError } from "../../core/errors.ts";
import { names } from "../../core/plan/cluster.ts";
import { isOwnerless, provenOf } from "../../core/plan/proof.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import { ownTags } from "../../core/plan/tags.ts";
import { plain } from "../../core/words.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { changedSince } from "../../engine/whose.ts";
import type { Run } from "../run.ts";
import type { Claim } from "./claim.ts";
import type { Cluster } from "./cluster.ts";
import { knownNodes } from "./nodes-there.ts";
import type { Snapshot } from "./snapshot.ts";

/** How each becomes the cluster's again. Of a node's the index; none is what all nodes share. */
export type Astray = readonly { readonly node?: number | undefined; readonly error: ClusterError }[];

/** What the cluster has, as its claim says. */
export interface OwnPart {
  readonly id: string;
  /** "machine web-coreos-0" */
  readonly label: string;
  readonly node?: number;
}

interface Claimed extends Pick<Cluster, "groupName" | "owner"> {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
}

/** @param there what is in the group, whosever it is */
export const astrayIn = ({ spec, claim }: Pick<Claimed, "spec" | "claim">, there: Snapshot, named: readonly OwnPart[]): Astray =>
  named.flatMap(({ id, label, node }) => {
    const live = there.get(id.toLowerCase());
    if (live === undefined || !isOwnerless(live.tags, spec.name)) return [];
    return [{ node, error: changedSince(label, live, ownTags(spec.name, claim.choices.id)) }];
  });

/** Of the machines of its nodes. */
export function astrayMachines(run: Run, cluster: Claimed, there: Snapshot): Astray {
  const { spec, claim, groupName, owner } = cluster;
  const scope = groupId(run.subscription, groupName);
  const machines = [...knownNodes(spec, provenOf(there, owner), claim)].map((node): OwnPart => {
    const name = names.machine(spec, node);
    return { id: resourceId(scope, "machine", name), label: `machine ${name}`, node };
  });
  return astrayIn(cluster, there, machines);
}

/** @throws ClusterError TagsChanged (exit 7), of the first */
export function refuseAstray([first]: Astray): void {
  if (first !== undefined) throw first.error;
}

/** For who changes nothing, and works on those that are left. */
export function sayAstray(run: Run, astray: Astray): void {
  for (const { error } of astray) run.say(plain(`Left out: ${error.message}. ${error.advice}`));
}
