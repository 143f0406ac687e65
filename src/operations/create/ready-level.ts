/** What a node must have reached to be called ready, and how far nodes can be followed from here. */
import { canLogIn } from "../../nodes/identity.ts";
import type { ReadyLevel } from "../../nodes/node-state.ts";
import type { Run } from "../run.ts";
import type { Prepared } from "./prepared.ts";

/**
 * What a node must have reached to be called ready. Where nodes cannot be asked, a machine that Azure has made is all that can be known:
 * whoever insisted on more was refused before the first write.
 */
export const enough = (run: Run, prepared: Pick<Prepared, "materials" | "spec">): ReadyLevel =>
  canAsk(run, prepared) ? prepared.spec.waitFor : "machines";

/** How far nodes can be followed: not without the private key, and etcd not in a user's own file. */
export function reachableLevel(run: Run, prepared: Prepared): ReadyLevel {
  const { spec, materials } = prepared;
  if (enough(run, prepared) === "machines") return "machines";
  return spec.waitFor === "etcd" && materials.choices.customDataHash !== undefined && !spec.given.includes("waitFor")
    ? "ssh"
    : spec.waitFor;
}

// --- internal ---

/** Whether nodes can be asked at all: a rehearsal knows, and reality needs the private key or an agent that holds it. */
const canAsk = (run: Run, { materials }: Pick<Prepared, "materials">): boolean => run.simulated || canLogIn(materials.identity);
