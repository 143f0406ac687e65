/** The end of a create: what is there now, how it went, and what the cluster's folder keeps of it. */
import { defined } from "../../core/defined.ts";
import type { ClusterDocument, NodeDocument } from "../../core/documents.ts";
import { advised } from "../../core/advice/advice.ts";
import { jsonText } from "../../core/shown.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { endpointsOf } from "../../core/plan/endpoints.ts";
import { sshConfig } from "../../core/outputs.ts";
import type { Unfinished } from "../../engine/convergence.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import type { NodeDiagnosis } from "../../nodes/diagnose.ts";
import type { EndpointState } from "../../nodes/endpoints.ts";
import type { ReadyLevel } from "../../nodes/node-state.ts";
import { type KeptFile, keepKnownHosts, keepSshConfig, failureToWrite } from "../cluster/known-hosts.ts";
import { lastingFileOf } from "../cluster/private-key.ts";
import { hopKeyFiles, hopsTo } from "../cluster/way.ts";
import { replaceFile } from "../files/replace-file.ts";
import { refuseOther, stateFilePath } from "../files/given-files.ts";
import type { Run } from "../run.ts";
import { type Carried, failuresOf } from "./carry-out.ts";
import { hasMachine, machineIdOf, machineSeen } from "./machine-there.ts";
import { failureContext } from "./failure-context.ts";
import { enough } from "./ready-level.ts";
import { leftOpen } from "./left-open.ts";
import type { Prepared } from "./prepared.ts";
import { documentOf, stateFile } from "./result-document.ts";

/** A node that is not ready, and why, as far as it could be found out. */
export interface MissingNode extends Pick<NodeDocument, "name" | "state">, Partial<Pick<NodeDiagnosis, "evidence" | "advice">> {
  readonly reason?: string;
}

/** How a create ended. */
export interface Created {
  /** As it was carried out. */
  readonly prepared: Prepared;
  readonly document: ClusterDocument;
  /** 0 done, 3 partly, 6 out of time, 7 conflict, 130 interrupted; else that of the failure. */
  readonly exit: ExitCode;
  /**
   * Nodes that came as far as was waited for, and whose machines are as was asked for: one that was there before, and that this run could
   * not change, makes no success of it.
   */
  readonly ready: number;
  /** What was waited for: "machines" also where nobody can ask the nodes. */
  readonly level: ReadyLevel;
  /** The failure that others stem from. */
  readonly failure?: unknown;
  readonly missing: readonly MissingNode[];
  /** Labels of what is there and was to be changed, and is not: it was refused, or not come to. */
  readonly notChanged: readonly string[];
  /** What failed without a word of Azure's: it may have been made all the same, or was waited for when the time was up. */
  readonly unfinished: readonly (Unfinished & { readonly label: string })[];
  /** `Host` blocks of the nodes that have an address, and the file that keeps them; empty where none has. */
  readonly sshConfig: string;
  readonly sshConfigFile: string;
  /** Files of this machine that could not be written when all else was done: the folder's, `--output`'s. */
  readonly unwritten: readonly ClusterError[];
  /** Absolute path of the private key; absent when it is not on this machine. */
  readonly privateKeyFile?: string;
  /** Nodes that made host keys of their own, which nobody has seen yet. */
  readonly unknownHostKeys: number;
}

/** @throws ClusterError what was rolled back, with `--rollback` */
export async function finish(run: Run, prepared: Prepared, carried: Carried, given: Partial<FlagValues>): Promise<Created> {
  const { spec, materials } = prepared;
  const document = await documentOf(run, prepared, carried);
  const failure = firstFailure(prepared, carried);
  const level = enough(run, prepared);
  const missing = document.nodes.filter((node) => !isReady(node, level));
  const ready = document.nodes.filter((node) => isReady(node, level) && isCarriedOut(prepared, carried, node)).length;
  const whole = prepared.resources.every(({ id }) => carried.results.get(id)?.state === "done");
  const exit = exitOf(run, spec, { ready, all: document.nodes.length, failure, whole });
  if (given.rollback === true && exit !== EXIT.done && exit !== EXIT.conflict)
    await rollBack(run, prepared, carried, failure, exit);
  const knownHosts = await keepKnownHosts(run, prepared, carried, document);
  const reached = level === "machines" ? "machines made" : "nodes ready";
  const all = document.nodes.length;
  run.emit({ kind: "end", id: "create", label: spec.name, detail: `${all - missing.length} of ${all} ${reached}` });
  // nobody logs in to a machine that is not there
  const nodes = document.nodes.filter(
    (node) =>
      node.host !== "" && (isCarriedOut(prepared, carried, node) || hasMachine(machineSeen(prepared, carried, node.index))),
  );
  const hops = run.simulated ? [] : hopsTo(run, spec.name);
  const privateKeyFile = lastingFileOf(materials.ssh);
  const jump = { cluster: spec.name, hops, keyFiles: hopKeyFiles(run, privateKeyFile) };
  const config = sshConfig(
    { nodes },
    { knownHostsFile: knownHosts.file, unknown: knownHosts.unknown, ...(hops.length === 0 ? {} : { jump }) },
  );
  const kept =
    nodes.length === 0 || (failure !== undefined && ready === 0) ? NO_FILE : await keepSshConfig(run, spec.name, config);
  const { output } = given;
  const state = output === undefined ? undefined : await failureToWrite(() => keepStateFile(run, output, document));
  return {
    prepared,
    document,
    exit,
    ready,
    level,
    ...defined({ failure }),
    missing: missing.map((node) => explained(node, carried)),
    notChanged: notChangedIn(prepared, carried),
    unfinished: unfinishedOf(prepared, carried),
    sshConfig: config,
    sshConfigFile: kept.file,
    unwritten: [knownHosts.unwritten, kept.unwritten, state].filter((why) => why !== undefined),
    ...defined({ privateKeyFile }),
    unknownHostKeys: nodes.length === 0 ? 0 : knownHosts.unknown.size,
  };
}

/** What the endpoints do, seen from outside; undefined where nobody has waited for nodes that could answer. */
export async function endpointsFromOutside(
  run: Run,
  prepared: Prepared,
  { ip }: ClusterDocument,
): Promise<EndpointState[] | undefined> {
  const endpoints = endpointsOf(prepared.spec);
  if (endpoints.length === 0 || run.simulated || ip === "" || enough(run, prepared) === "machines") return undefined;
  const { probeEndpoints } = await import("../../nodes/endpoints.ts");
  const left = leftOpen(prepared);
  const probes = endpoints.map(({ port, probePath }) => ({
    host: ip,
    port,
    ...defined({ path: probePath }),
    from: left.find((one) => one.port === port)?.from ?? [],
  }));
  // they are told of where there is time: a cluster that is ready stays so
  const timeoutMs = Math.min(5000, run.deadline - run.clock.now() - ENOUGH_TO_TELL_MS);
  return timeoutMs <= 0 ? undefined : probeEndpoints(probes, { clock: run.clock, signal: run.tools.signal, timeoutMs });
}

/** How a create ends: interrupted, a conflict, done, partly, late, or as its failure says. What is complete is done, whoever pressed Ctrl-C. */
export function exitOf(
  run: Run,
  { minReady }: Prepared["spec"],
  { ready, all, failure, whole }: { ready: number; all: number; failure: unknown; whole: boolean },
): ExitCode {
  if (run.stop.aborted && !(whole && ready === all)) return EXIT.interrupted;
  if (failure instanceof ClusterError && failure.exit === EXIT.conflict) return EXIT.conflict;
  if (ready === all && failure === undefined) return EXIT.done;
  if (minReady !== undefined && ready >= minReady) return EXIT.done;
  if (ready > 0) return EXIT.partly;
  if (failure === undefined) return isLate(run) ? EXIT.timeout : EXIT.partly;
  return failure instanceof ClusterError ? failure.exit : EXIT.failed;
}

// --- internal ---

const ENOUGH_TO_TELL_MS = 250;

const NO_FILE: KeptFile = { file: "", unwritten: undefined };

/** Ready is what was waited for: with `--wait-for machines` a machine that Azure has made. */
const isReady = ({ state }: NodeDocument, level: ReadyLevel): boolean =>
  state === "ready" || (level === "machines" && state === "created");

const isCarriedOut = (prepared: Prepared, { results }: Carried, { index }: Pick<NodeDocument, "index">): boolean =>
  results.get(machineIdOf(prepared, index))?.state === "done";

const notChangedIn = ({ resources, decisions }: Prepared, { results }: Carried): string[] =>
  resources.flatMap(({ id, label }) => (decisions.get(id) === "update" && results.get(id)?.state !== "done" ? [label] : []));

/** The failure to show: one that others stem from, never an echo; a conflict before anything else. */
function firstFailure(prepared: Prepared, carried: Carried): unknown {
  const failures = failuresOf(prepared, carried);
  return failures.find((error) => error instanceof ClusterError && error.exit === EXIT.conflict) ?? failures[0];
}

const unfinishedOf = ({ resources }: Prepared, { results, unfinished }: Carried): Created["unfinished"] =>
  resources.flatMap(({ id, label }) => {
    const how = results.get(id)?.state === "failed" ? unfinished.get(id) : undefined;
    return how === undefined ? [] : [{ label, ...how }];
  });

/** What is left of its time, if anything, is enough to say so and no more. */
const isLate = (run: Run): boolean => run.tools.signal.aborted || run.clock.now() >= run.giveUpAt;

/** Removes what this run made, and ends it with the error that led to that. */
async function rollBack(run: Run, prepared: Prepared, carried: Carried, failure: unknown, exit: ExitCode): Promise<never> {
  const late = isLate(run);
  if (late) run.say("The time is up. What this run made is being removed, which takes its own time.");
  const { rollback, rolledBack } = await import("./rollback.ts");
  const undone = await rollback(late ? await run.overtime() : run, prepared, carried);
  const known =
    failure instanceof ClusterError ? advised(failure, failureContext(prepared, { choices: carried.choices })) : undefined;
  if (failure !== undefined && known === undefined) throw failure;
  const overdue = known?.code === "Timeout" ? new ClusterError(known.code, known.message, { source: known.source }) : known;
  throw rolledBack(overdue, undone, prepared, late ? EXIT.timeout : exit === EXIT.partly ? EXIT.failed : exit);
}

async function keepStateFile(run: Run, output: string, document: ClusterDocument): Promise<void> {
  const path = stateFilePath(run.outside, document.name, output);
  refuseOther("output", path);
  await replaceFile(path, `${jsonText(stateFile(document), 2)}\n`, 0o644);
}

function explained({ index, name, state }: NodeDocument, { diagnoses, readiness }: Carried): MissingNode {
  const why = diagnoses.find((one) => one.index === index);
  const reason = why?.summary ?? readiness.get(index)?.reason ?? (state === "created" ? "not asked how it is" : undefined);
  return {
    name,
    state,
    ...defined({ reason, evidence: why?.evidence }),
    ...(why === undefined ? {} : { advice: why.advice }),
  };
}
