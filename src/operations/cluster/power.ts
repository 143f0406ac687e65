/** Machines that are started or deallocated, all at once; each is told of, and one that fails stops no other. */
import { ClusterError } from "../../core/errors.ts";
import { powerPatiently } from "../../engine/patiently.ts";
import type { Run } from "../run.ts";
import type { LiveNode } from "./live-cluster.ts";

/** Those that could not be, with what stood in the way. @throws the signal's reason */
export async function powerAll(
  run: Run,
  nodes: readonly LiveNode[],
  power: "start" | "deallocate",
): Promise<ReadonlyMap<number, ClusterError>> {
  const failed = new Map<number, ClusterError>();
  const one = async ({ id, name, index }: LiveNode): Promise<void> => {
    const about = { id, label: `machine ${name}`, node: index };
    run.stop.throwIfAborted();
    run.emit({ ...about, kind: "started" });
    try {
      await powerPatiently(about, power, run.tools);
      run.emit({ ...about, kind: "done", change: power === "start" ? "started" : "deallocated" });
    } catch (error) {
      run.tools.signal.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      failed.set(index, error);
      run.emit({ ...about, kind: "failed", code: error.code, message: error.message });
    }
  };
  await Promise.all(nodes.map(one));
  return failed;
}
