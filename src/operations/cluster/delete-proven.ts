/**
 * How anything of a cluster's is deleted, whatever command does it: as it was read a moment before, and only while its tags prove it to be the
 * cluster's. A machine is first let go of what is not to go with it. Only the whole group goes otherwise (destroy/destroy-cluster.ts).
 */
import { type Doomed, belongs } from "../../core/doomed.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { deleteAsRead } from "../../engine/delete-as-read.ts";
import { aboutOf } from "../../engine/event.ts";
import type { Live } from "../../engine/provider.ts";
import type { Run } from "../run.ts";
import { letGo } from "./let-go.ts";

/** Why something of the cluster's stays all the same; undefined where it goes. */
export type WhyItStays = (live: Live) => Promise<string | undefined>;

/**
 * @returns why it stays, which is told; undefined when it is gone
 * @throws ClusterError TakesAlong (exit 5): the machine would take somebody else's along
 */
export async function deleteProven(
  run: Run,
  owner: Owner,
  one: Pick<Doomed, "id" | "kind" | "label" | "node">,
  whyItStays: WhyItStays = () => Promise.resolve(undefined),
): Promise<string | undefined> {
  const about = aboutOf(one);
  let detail: string | undefined;
  let begun = false;
  await deleteAsRead(
    one,
    async (live) => {
      const isTheirs = !belongs({ ...live, kind: one.kind }, owner);
      detail = isTheirs ? `its tags no longer say that it is ${owner.cluster}'s` : await whyItStays(live);
      if (detail !== undefined) return false;
      if (!begun) run.emit({ ...about, kind: "started" });
      begun = true;
      if (one.kind === "machine") await letGo(run, owner, live);
      return true;
    },
    run.tools,
  );
  run.emit(detail === undefined ? { ...about, kind: "done", change: "deleted" } : { ...about, kind: "skipped", detail });
  return detail;
}
