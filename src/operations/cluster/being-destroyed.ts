/** What is said where a cluster, or the group that it is in, is going away: whatever would be written is not, and the destroy is ended first. */
import { defined } from "../../core/defined.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { DESTROYING, type Tags } from "../../core/plan/tags.ts";
import { type Cluster, isDoomed } from "./cluster.ts";

export const BEING_DESTROYED = "BeingDestroyed";

/** @param then what is to be done when it is gone */
export const destroyedMeanwhile = (name: string, then?: string): ClusterError =>
  going(
    `${name} is being destroyed`,
    sentences(`Wait until it is gone, or end a destroy that broke off: \`azure-coreos-cluster destroy ${name}\`.`, then),
  );

/** Of a command that only looks: it failed, and nothing stands against it. */
export const goneSoon = (name: string): ClusterError =>
  going(`${name} is being destroyed`, `\`azure-coreos-cluster destroy ${name}\` waits until it is gone.`, { exit: EXIT.failed });

export const groupGoing = (group: string, cause?: unknown): ClusterError =>
  going(
    `the resource group ${group} is being deleted`,
    sentences("Wait until it is gone (`azure-coreos-cluster list` shows when).", SAME_COMMAND),
    { cause },
  );

export const groupGone = (group: string, cause: unknown): ClusterError =>
  going(
    `the resource group ${group} is gone: somebody destroyed it meanwhile`,
    "Run the same command again to make the cluster anew.",
    {
      cause,
    },
  );

/** A destroy that began is to be ended, not worked against. @throws ClusterError BeingDestroyed (exit 7) */
export function refuseDoomed(cluster: Pick<Cluster, "group" | "own" | "claims">, name: string): void {
  if (isDoomed(cluster)) throw destroyedMeanwhile(name, SAME_COMMAND);
}

/** @param tags of the claim @throws ClusterError BeingDestroyed (exit 7) */
export function refuseMarked(name: string, tags: Tags): void {
  if (tags[DESTROYING] !== undefined) throw destroyedMeanwhile(name);
}

/** What a resource's failure means when the group is going away under us; the failure itself where it means nothing of the kind. */
export const asGroupGoing = (error: unknown, group: string): unknown =>
  error instanceof AzureError && /^(ResourceGroupBeingDeleted|ResourceGroupDeletionTimeout)$/.test(error.code)
    ? groupGoing(group, error)
    : error;

// --- internal ---

const SAME_COMMAND = "Then run the same command again.";

const sentences = (...all: readonly (string | undefined)[]): string => all.filter((one) => one !== undefined).join(" ");

const going = (
  message: string,
  advice: string,
  { exit = EXIT.conflict, cause }: { readonly exit?: ExitCode; readonly cause?: unknown } = {},
): ClusterError => new ClusterError(BEING_DESTROYED, message, { source: "azure", exit, advice, ...defined({ cause }) });
