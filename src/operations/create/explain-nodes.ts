/** Why nodes are not ready, with what Azure and the nodes have written about it; and what to do, as a command where there is one. */
import { type NodeDiagnosis, diagnoseNodes } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/readiness.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { Prepared } from "./prepare.ts";
import type { Run } from "../run.ts";

export async function explainNodes(
  run: Run,
  { facts, spec }: Pick<Prepared, "facts" | "spec">,
  targets: readonly NodeTarget[],
  found: readonly NodeReadiness[],
): Promise<NodeDiagnosis[]> {
  const machineOf = (index: number): string => facts.nodes.find((node) => node.index === index)?.name ?? "";
  const diagnoses = await diagnoseNodes(targets, found, {
    clock: run.clock,
    signal: run.tools.signal,
    trust: spec.noHostKeys ? "first-use" : "strict",
    serialLog: (index) => serialLog(run, facts.group, machineOf(index)),
  });
  return diagnoses.map((one) => ({
    ...one,
    advice: one.advice.replace("GROUP", facts.group).replace("MACHINE", machineOf(one.index)),
  }));
}

// --- internal ---

/** The serial console's log, from where Azure says it is: a URL with a signature that stays in memory. */
async function serialLog(run: Run, group: string, machine: string): Promise<string> {
  const url = await run.lookups.serialLogUrl(group, machine, run.tools.signal);
  if (url === undefined) return "";
  const { azure } = run.outside;
  if (azure !== undefined) return (await azure({ method: "GET", url, headers: {} })).body ?? "";
  const answer = await fetch(url, { signal: run.tools.signal });
  return answer.ok ? await answer.text() : "";
}
