/** Why nodes are not ready, with what Azure and the nodes have written about it; and what to do, as a command where there is one. */
import { type NodeDiagnosis, diagnoseNodes } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/readiness.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { Prepared } from "./prepare.ts";
import type { Session } from "../session.ts";

export async function explainNodes(
  session: Session,
  { facts, spec }: Pick<Prepared, "facts" | "spec">,
  targets: readonly NodeTarget[],
  found: readonly NodeReadiness[],
): Promise<NodeDiagnosis[]> {
  const machineOf = (index: number): string => facts.nodes.find((node) => node.index === index)?.name ?? "";
  const diagnoses = await diagnoseNodes(targets, found, {
    clock: session.clock,
    signal: session.tools.signal,
    trust: spec.noHostKeys ? "first-use" : "strict",
    serialLog: (index) => serialLog(session, facts.group, machineOf(index)),
  });
  return diagnoses.map((one) => ({
    ...one,
    advice: one.advice.replace("GROUP", facts.group).replace("MACHINE", machineOf(one.index)),
  }));
}

// --- internal ---

/** The serial console's log, from where Azure says it is: a URL with a signature that stays in memory. */
async function serialLog(session: Session, group: string, machine: string): Promise<string> {
  const url = await session.lookups.serialLogUrl(group, machine, session.tools.signal);
  if (url === undefined) return "";
  const { azure } = session.world;
  if (azure !== undefined) return (await azure({ method: "GET", url, headers: {} })).body ?? "";
  const answer = await fetch(url, { signal: session.tools.signal });
  return answer.ok ? await answer.text() : "";
}
