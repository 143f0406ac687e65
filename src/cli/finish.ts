/** The end of a create: what is there, for scripts and for people, and the exit code that says how it went. */
import { relative, resolve } from "node:path";
import { advised } from "../core/advice/advice.ts";
import { type Endpoint, endpointsOf } from "../core/plan/endpoints.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { type ClusterDocument, type NodeDocument, dnsLines, nextSteps, sshConfig } from "../core/outputs.ts";
import { keepKnownHosts, keepSshConfig } from "../operations/cluster/known-hosts.ts";
import type { Carried } from "../operations/create/carry-out.ts";
import type { Prepared } from "../operations/create/prepare.ts";
import type { Invocation } from "./invocation.ts";
import type { ReadyLevel } from "../nodes/readiness.ts";
import { plural } from "../core/words.ts";
import { enough } from "../operations/create/node-watch.ts";
import { replaceFile } from "../operations/replace-file.ts";
import { documentOf, stateFile } from "../operations/create/result-document.ts";
import type { Session } from "./session.ts";

export async function finish(session: Session, invocation: Invocation, prepared: Prepared, carried: Carried): Promise<number> {
  const { world, given } = invocation;
  const { spec } = prepared;
  const document = await documentOf(session, prepared, carried);
  const failure = firstFailure(prepared, carried);
  const level = enough(session, prepared);
  const nodesReady = document.nodes.filter((node) => isReady(node, level)).length;
  const exit = exitOf(spec, nodesReady, document.nodes.length, failure, session);
  if (given.rollback === true && exit !== EXIT.done && exit !== EXIT.conflict)
    await rollBack(session, prepared, carried, failure, exit);
  const knownHosts = await keepKnownHosts(session, prepared, carried, document);

  session.emit({ kind: "end", id: "create", label: spec.name, detail: `${nodesReady} of ${document.nodes.length} nodes ready` });
  session.endReport();
  if (given.output !== undefined)
    await replaceFile(
      stateFilePath(world.cwd, spec.name, given.output),
      `${JSON.stringify(stateFile(document), null, 2)}\n`,
      0o644,
    );
  if (failure !== undefined && nodesReady === 0) throw withContinuation(session, failure, exit, prepared, carried);
  // a machine that was not made has no address to put into a configuration
  const nodes = document.nodes.filter((node) => node.state !== "missing" && node.state !== "failed");
  const config = sshConfig({ nodes }, { knownHostsFile: knownHosts.file, unknown: knownHosts.unknown });
  const configFile = await keepSshConfig(session, spec.name, config);
  if (given.json === true) world.stdout.write(`${JSON.stringify(document)}\n`);
  else {
    world.stdout.write(config);
    if (document.nodes.some((node) => node.publicIp !== undefined)) world.stdout.write(`\n${dnsLines(document)}`);
  }
  if (knownHosts.unknown.size > 0 && nodes.length > 0)
    session.say(
      `The host keys of ${knownHosts.unknown.size} ${plural("node", knownHosts.unknown.size)} are not known (they made their own): ssh trusts what they show at the first login.`,
    );
  if (exit === EXIT.done) {
    const key = prepared.materials.ssh.privateKeyFile;
    session.say(
      `\n${nextSteps(document, {
        deis: spec.deis,
        platform: spec.platform,
        etcdTls: prepared.materials.tls,
        sshKeyFile: key === undefined ? "" : relative(world.cwd, key),
        sshConfigFile: relative(world.cwd, configFile),
        next: session.next,
        rehearsal: session.simulated,
      })}`,
    );
    // nobody has waited for nodes that could answer
    const endpoints = endpointsOf(spec);
    if (endpoints.length > 0 && !session.simulated && document.ip !== "" && level !== "machines")
      await sayEndpoints(session, document.ip, endpoints);
  }
  if (exit !== EXIT.done || nodesReady < document.nodes.length)
    sayWhatIsMissing(session, document, failure, carried, spec, level);
  return exit;
}

/** Where `--output` goes: with no file given, NAME.json in the working directory. */
export const stateFilePath = (cwd: string, name: string, output: string): string =>
  resolve(cwd, output === "" ? `${name}.json` : output);

// --- internal ---

/** Removes what this run made, and ends it with the error that led to that. */
async function rollBack(
  session: Session,
  prepared: Prepared,
  carried: Carried,
  failure: unknown,
  exit: ExitCode,
): Promise<never> {
  const { spec, facts } = prepared;
  const late = session.tools.signal.aborted;
  if (late) session.say("The time is up. What this run made is being removed, which takes its own time.");
  const { rollback, rolledBack } = await import("../operations/create/rollback.ts");
  const undone = await rollback(late ? await session.overtime() : session, prepared, carried);
  session.endReport();
  const context = {
    name: spec.name,
    nodes: spec.numNodes,
    vmSize: spec.vmSize,
    location: facts.location,
    resourceGroup: facts.group,
  };
  const known = failure instanceof ClusterError ? advised(failure, context) : undefined;
  if (failure !== undefined && known === undefined) throw failure;
  const overdue = known?.code === "Timeout" ? new ClusterError(known.code, known.message, { source: known.source }) : known;
  throw rolledBack(overdue, undone, spec.name, late ? EXIT.timeout : exit === EXIT.partly ? EXIT.failed : exit);
}

/** The failure to show: one that others stem from, never an echo; a conflict before anything else. */
function firstFailure({ resources }: Prepared, { results }: Carried): unknown {
  const failures = resources.flatMap(({ id }) => {
    const result = results.get(id);
    return result?.state === "failed" ? [result.error] : [];
  });
  return failures.find((error) => error instanceof ClusterError && error.exit === EXIT.conflict) ?? failures[0];
}

function exitOf(spec: Prepared["spec"], ready: number, all: number, failure: unknown, session: Session): ExitCode {
  if (session.stop.aborted) return EXIT.interrupted;
  if (failure instanceof ClusterError && failure.exit === EXIT.conflict) return EXIT.conflict;
  if (ready === all && failure === undefined) return EXIT.done;
  if (spec.minReady !== undefined && ready >= spec.minReady) return EXIT.done;
  if (ready > 0) return EXIT.partly;
  if (failure === undefined) return session.clock.now() >= session.deadline ? EXIT.timeout : EXIT.partly;
  return failure instanceof ClusterError ? failure.exit : EXIT.failed;
}

/** The error that ends the run, with what to do about it, how to continue and how to clean up. */
function withContinuation(
  session: Session,
  failure: unknown,
  exit: ExitCode,
  { spec, facts }: Prepared,
  { results }: Carried,
): unknown {
  if (!(failure instanceof ClusterError) || failure.exit === EXIT.conflict) return failure;
  const known = advised(failure, {
    name: spec.name,
    nodes: spec.numNodes,
    vmSize: spec.vmSize,
    location: facts.location,
    resourceGroup: facts.group,
  });
  const some = [...results.values()].some((result) => result.state === "done");
  const go = some ? continuation(session, spec.name) : "Nothing was made.";
  return new ClusterError(known.code, known.message, {
    source: known.source,
    exit: known.exit === EXIT.failed && exit !== EXIT.partly ? exit : known.exit,
    advice: [known.advice, go].filter((one) => one !== undefined).join("\n"),
    ...(known.link === undefined ? {} : { link: known.link }),
    cause: known.cause,
  });
}

const continuation = (session: Session, name: string): string =>
  `What was made stays. Continue: the same command again. Remove it: ${session.next(`destroy ${name}`)}`;

/** What the endpoints do, seen from outside. */
async function sayEndpoints(session: Session, host: string, endpoints: readonly Endpoint[]): Promise<void> {
  const { probeEndpoints } = await import("../nodes/endpoints.ts");
  const probes = endpoints.map(({ port, probePath: path }) => ({ host, port, ...(path === undefined ? {} : { path }) }));
  const states = await probeEndpoints(probes, { clock: session.clock, signal: session.tools.signal });
  session.say(["", "From outside:", ...states.map(({ text }) => `  ${text}`)].join("\n"));
}

/** Ready is what was waited for: with `--wait-for machines` a machine that Azure has made. */
const isReady = ({ state }: NodeDocument, level: ReadyLevel): boolean =>
  state === "ready" || (level === "machines" && state === "created");

function sayWhatIsMissing(
  session: Session,
  document: ClusterDocument,
  failure: unknown,
  carried: Carried,
  { name }: Prepared["spec"],
  level: ReadyLevel,
): void {
  const missing = document.nodes.filter((node) => !isReady(node, level));
  const list = missing.slice(0, 10).flatMap((node) => {
    const why = carried.diagnoses.find((one) => one.index === node.index);
    const reason = why?.summary ?? carried.readiness.get(node.index)?.reason;
    return [
      `  ${node.name}: ${node.state}${reason === undefined ? "" : `: ${reason}`}`,
      ...(why?.evidence === undefined ? [] : [`    ${why.evidence}`]),
      ...(why === undefined ? [] : [`    ${why.advice}`]),
    ];
  });
  const more = missing.length > 10 ? [`  and ${missing.length - 10} more`] : [];
  const known =
    failure instanceof ClusterError
      ? advised(failure, {
          name,
          nodes: document.nodes.length,
          location: document.location,
          resourceGroup: document.resourceGroup,
        })
      : undefined;
  const why =
    known === undefined ? [] : [`${known.message} (${known.code})`, ...(known.advice === undefined ? [] : [known.advice])];
  session.say(
    [
      "",
      missing.length === 0
        ? `All ${document.nodes.length} nodes are ready.`
        : `${document.nodes.length - missing.length} of ${document.nodes.length} nodes are ready. Not ready:`,
      ...list,
      ...more,
      ...why,
      continuation(session, name),
    ].join("\n"),
  );
}
