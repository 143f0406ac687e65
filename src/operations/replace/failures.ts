/** What ends a replacement, in its own words: the old machine may be gone by then, and others may have taken away what is left. */
import { BEING_DESTROYED } from "../cluster/being-destroyed.ts";
import type { ReplaceDocument } from "../../core/documents.ts";
import { amended } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { NODE_REMOVED } from "../create/other-run.ts";
import { CLUSTER_GONE } from "../create/prepare.ts";
import type { createCluster } from "../create.ts";

export type MadeAnew = Awaited<ReturnType<typeof createCluster>>;

export const removedFrom = (name: string, machines: readonly string[]): ClusterError =>
  new ClusterError(NODE_REMOVED, `${machines.join(", ")} was removed from ${name} meanwhile: it is not made anew`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: `\`create\` adds nodes; \`status ${name}\` shows those that are there.`,
  });

/** What create refuses before it writes is no longer refused before anything was written: the old machine is gone. */
export function afterDeletion(error: unknown): unknown {
  if (!(error instanceof ClusterError) || (error.exit !== EXIT.preflight && error.exit !== EXIT.usage)) return error;
  return amended(error, { exit: EXIT.partly, advice: error.advice?.replaceAll(/\s*Nothing was written to Azure[.;]/g, "") });
}

/** Why the cluster is not whole, with the exit code of a create that ends so; with --min-ready that may be content. */
export function notWhole({ failure, missing, ...created }: MadeAnew): ClusterError {
  const exit = created.exit === EXIT.done ? EXIT.partly : created.exit;
  const known = afterDeletion(failure);
  if (known instanceof ClusterError) return amended(known, { exit });
  const why = missing.map(({ name, reason, state }) => `${name}: ${reason ?? state}`).slice(0, 5);
  return new ClusterError("NodesNotReady", `not all nodes are ready: ${why.join("; ")}`, { source: "node", exit });
}

/** The failure, and how it goes on: not with what somebody took away meanwhile. */
export function goOn(failure: ClusterError, { replaced, left }: ReplaceDocument): ClusterError {
  const exit =
    replaced.length > 0 && (failure.exit === EXIT.failed || failure.exit === EXIT.preflight) ? EXIT.partly : failure.exit;
  if ((isRemoved(failure) && isAbout(failure, left)) || [CLUSTER_GONE, BEING_DESTROYED].includes(failure.code))
    return amended(failure, { exit });
  const next = `The same command goes on with ${left.slice(0, 10).join(", ")}${left.length > 10 ? " and more" : ""}.`;
  const stays = replaced.length > 0 ? `Made anew: ${replaced.join(", ")}.` : "What was done stays.";
  return amended(failure, { exit, next, ...(failure.code === "Interrupted" ? { advice: stays } : {}) });
}

export const isRemoved = (error: unknown): error is ClusterError => error instanceof ClusterError && error.code === NODE_REMOVED;

export const isAbout = ({ message }: ClusterError, machines: readonly string[]): boolean =>
  machines.some((machine) => message.startsWith(`${machine} `));
