/**
 * A cluster that was stopped on purpose: its claim says so, from before the first machine is deallocated until etcd is healthy again.
 * What would change or reach its nodes meanwhile is refused: a machine without power is no fault that is to be mended.
 */
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { STOPPED, type Tags } from "../../core/plan/tags.ts";

/** ISO time of the stop; undefined for a cluster that is to run. */
export const stoppedSince = (tags: Tags | undefined): string | undefined => {
  const at = tags?.[STOPPED];
  return at === undefined ? undefined : /^[\dTZ:.-]{20,30}$/.test(at) ? at : "some time";
};

/** @throws ClusterError ClusterStopped (exit 5) */
export function refuseStopped(name: string, tags: Tags | undefined): void {
  const since = stoppedSince(tags);
  if (since !== undefined) throw stopped(name, `is stopped since ${since}`, EXIT.preflight);
}

/** While this run is at work: what it made now would be all that runs of it. @throws ClusterError ClusterStopped (exit 7) */
export function refuseStoppedMeanwhile(name: string, tags: Tags | undefined): void {
  if (stoppedSince(tags) !== undefined) throw stopped(name, "was stopped by another run meanwhile", EXIT.conflict);
}

// --- internal ---

const stopped = (name: string, what: string, exit: ExitCode): ClusterError =>
  new ClusterError("ClusterStopped", `${name} ${what}`, {
    source: "azure",
    exit,
    advice: `Start it first: \`azure-coreos-cluster start ${name}\`.`,
  });
