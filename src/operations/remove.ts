/**
 * remove: takes named nodes out of a cluster. etcd's membership first, for a machine that is gone can no longer say goodbye;
 * then the machine with its disks, interface and address; then its NAT rule, and what the claim remembers. In three steps that a
 * caller may look between: what will go (remove/removal.ts), whether anything forbids it, and the removal.
 */
import type { RemoveDocument } from "../core/documents.ts";
import { type ClusterError, usageError } from "../core/errors.ts";
import { names } from "../core/plan/cluster.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { forgetHosts } from "./cluster/known-hosts.ts";
import { forgetUserData } from "./destroy/forget-files.ts";
import { leaveEtcd, refuseAllMembers } from "./etcd/leaving.ts";
import { leavePlatform } from "./platform/growth.ts";
import { FORCE_ADVICE, forgetNodes, removeAll } from "./remove/forget-nodes.ts";
import { type Removal, planRemoval, refuseDestroyedMeanwhile, refuseHindered, whereItIs } from "./remove/removal.ts";
import { type Run, unstoppable } from "./run.ts";

export interface RemoveOptions {
  readonly resourceGroup?: string;
  /** Even when etcd loses its quorum. */
  readonly force?: boolean;
}

/** All three steps, for a caller who has nobody to ask. */
export async function removeNodes(
  run: Run,
  name: string,
  nodes: readonly string[],
  options: RemoveOptions = {},
): Promise<RemoveDocument> {
  const removal = await planRemoval(run, name, nodes, options);
  await checkRemoval(run, removal, options);
  return carryOutRemoval(run, removal, options);
}

/** @throws ClusterError NodesNotFound (exit 2), EtcdQuorum, and what refuseHindered throws (exit 4, 5, 7) */
export async function checkRemoval(run: Run, removal: Removal, { force = false }: RemoveOptions = {}): Promise<void> {
  const { spec, going, absent, staying, elsewhere } = removal;
  if (going.length === 0)
    throw notFound(
      spec.name,
      absent,
      staying.map(({ index }) => names.machine(spec, index)),
      elsewhere,
    );
  await refuseHindered(run, removal);
  if (!force) refuseAllMembers(removal, FORCE_ADVICE);
}

/** Removes what was planned. @throws ClusterError Etcd* when etcd does not let a member go; BeingDestroyed (exit 7) */
export async function carryOutRemoval(
  run: Run,
  removal: Removal,
  { force = false }: RemoveOptions = {},
): Promise<RemoveDocument> {
  const { spec, claim, groupName, owner, going, absent, machines, staying, parts, elsewhere } = removal;
  await leavePlatform(run, removal, { force });
  await leaveEtcd(run, removal, { force, advice: FORCE_ADVICE });
  await refuseDestroyedMeanwhile(run, removal);
  await removeAll(
    run,
    owner,
    parts.filter((part) => part.kind === "machine"),
  );
  // the machines are gone: what is left of their nodes goes too, for a create would make them anew
  await forgetNodes(unstoppable(run), removal, { force });
  await forgetHosts(
    run,
    spec,
    claim,
    removal.there.filter(({ index }) => going.includes(index)),
  );
  await forgetUserData(run, { name: spec.name, groupName }, claim.tags, going);
  run.emit({ kind: "end", id: "remove", label: spec.name });
  return {
    $schema: schemaUri("remove"),
    schema: "azure-coreos-cluster/remove/1",
    name: spec.name,
    resourceGroup: groupName,
    removed: machines,
    ...(absent.length === 0 ? {} : { notFound: absent }),
    ...(elsewhere.length === 0
      ? {}
      : { kept: elsewhere.map((disk) => ({ kind: disk.kind, id: disk.id, why: whereItIs(disk) })) }),
    nodes: staying.map((node) => node.index),
  };
}

// --- internal ---

const notFound = (
  name: string,
  absent: readonly string[],
  there: readonly string[],
  elsewhere: Removal["elsewhere"],
): ClusterError =>
  usageError(
    [
      `there is nothing to remove: ${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} not there`,
      ...elsewhere.map((disk) => `the ${disk.label} is left: ${whereItIs(disk)}`),
    ].join("; "),
    `${name} has ${there.length <= 5 ? there.join(", ") : `${there[0]} to ${there.at(-1)}`}; \`azure-coreos-cluster status ${name}\` shows each.`,
    "NodesNotFound",
  );
