/** Why nodes are not ready, with what Azure and the nodes have written about it; and what to do, as a command where there is one. */
import { type NodeDiagnosis, diagnoseNodes } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/node-state.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { groupFlag } from "../../core/spec/in-group.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { Prepared } from "./prepared.ts";
import { serialLog } from "../cluster/serial-log.ts";
import type { Run } from "../run.ts";

export async function explainNodes(
  run: Run,
  { facts, spec }: Pick<Prepared, "facts" | "spec">,
  targets: readonly NodeTarget[],
  found: readonly NodeReadiness[],
): Promise<NodeDiagnosis[]> {
  const machineOf = (index: number): string => facts.nodes.find((node) => node.index === index)?.name ?? "";
  const inGroup = groupFlag(spec.name, facts.group);
  const sick = found.filter(({ state }) => state !== "ready" && state !== "created").sort((a, b) => a.index - b.index);
  const timeoutMs = Math.min(15_000, run.deadline - run.clock.now() - ENOUGH_TO_TELL_MS);
  if (timeoutMs <= 0) return [];
  const diagnoses = await diagnoseNodes(targets, sick.slice(0, TOLD), {
    timeoutMs,
    explains: PLATFORMS[spec.platform].explains,
    clock: run.clock,
    signal: run.tools.signal,
    trust: spec.noHostKeys ? "first-use" : "strict",
    serialLog: (index) => serialLog(run, facts.group, machineOf(index)),
  });
  return diagnoses.map((one) => ({
    ...one,
    advice: [
      one.advice
        .replace("NAME NODE", `${spec.name} ${one.index}${inGroup}`)
        .replace("start NAME", `start ${spec.name}${inGroup}`)
        .replace("--platform PLATFORM", `--platform ${spec.platform}`),
      ...(one.class === "key-refused" && facts.choices.customDataHash !== undefined ? ownUsers(spec) : []),
    ].join(" "),
  }));
}

// --- internal ---

/** With cloud-init a user's file may leave out whom the key goes to. */
const ownUsers = ({ name, platform }: Prepared["spec"]): string[] =>
  PLATFORMS[platform].userData === "cloud-init"
    ? [
        `Or the file of --custom-data names users and leaves out the one that the key goes to: \`azure-coreos-cluster lint FILE --platform ${platform}\` says so. Custom data is one for the whole cluster: with a mended one it is made anew, after \`azure-coreos-cluster destroy ${name}\`.`,
      ]
    : [];

const ENOUGH_TO_TELL_MS = 500;
/** So many are told of, all at once. */
const TOLD = 10;
