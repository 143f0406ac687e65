/** Why nodes are not ready, with what Azure and the nodes have written about it; and what to do, as a command where there is one. */
import { type NodeDiagnosis, diagnoseNodes } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/node-state.ts";
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
  const sick = found.filter(({ state }) => state !== "ready" && state !== "created").sort((a, b) => a.index - b.index);
  // each is logged in to, asked, and asked again, all within what is left of the run's time
  const timeoutMs = Math.min(15_000, (run.deadline - run.clock.now() - ENOUGH_TO_TELL_MS) / 3);
  if (timeoutMs <= 0) return [];
  const diagnoses = await diagnoseNodes(targets, sick.slice(0, TOLD), {
    timeoutMs,
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

const ENOUGH_TO_TELL_MS = 500;
/** So many are told of, all at once. */
const TOLD = 10;
/** Azure keeps a megabyte. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The serial console's log, from where Azure says it is: a URL with a signature that stays in memory. */
async function serialLog(run: Run, group: string, machine: string): Promise<string> {
  const url = await run.lookups.serialLogUrl(group, machine, run.tools.signal);
  if (url === undefined) return "";
  const { azure } = run.outside;
  if (azure !== undefined) return (await azure({ method: "GET", url, headers: {} })).body ?? "";
  const answer = await run.wayOut.fetch(url, { signal: run.tools.signal });
  return answer.ok ? beginning(answer) : "";
}

async function beginning({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
