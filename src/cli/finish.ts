/** The end of a create: what is there, for scripts and for people, and the exit code that says how it went. */
import { relative, resolve } from "node:path";
import { advised } from "../core/advice.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { names } from "../core/cluster.ts";
import { etcdDocument, nodeDocument } from "../core/node-document.ts";
import { type ClusterDocument, type NodeDocument, clusterDocument, dnsLines, nextSteps, sshConfig } from "../core/outputs.ts";
import { keepKnownHosts } from "./known-hosts.ts";
import type { Carried } from "./carry-out.ts";
import type { Prepared } from "./prepare.ts";
import type { Invocation } from "./invocation.ts";
import { replaceFile } from "./replace-file.ts";
import type { Session } from "./session.ts";

export async function finish(session: Session, invocation: Invocation, prepared: Prepared, carried: Carried): Promise<number> {
  const { world, given } = invocation;
  const { spec } = prepared;
  const document = await documentOf(session, prepared, carried);
  const failure = firstFailure(prepared, carried);
  const nodesReady = document.nodes.filter((node) => isReady(node, spec.waitFor)).length;
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
  if (failure !== undefined && nodesReady === 0) throw withContinuation(failure, exit, prepared, carried);
  if (given.json === true) world.stdout.write(`${JSON.stringify(document)}\n`);
  else {
    // a machine that was not made has no address to put into a configuration
    const nodes = document.nodes.filter((node) => node.state !== "missing" && node.state !== "failed");
    world.stdout.write(sshConfig({ nodes }, { knownHostsFile: knownHosts }));
    if (spec.pip) world.stdout.write(`\n${dnsLines(document)}`);
  }
  if (exit === EXIT.done) {
    const key = prepared.materials.ssh.privateKeyFile;
    session.say(
      `\n${nextSteps(document, { deis: spec.deis, platform: spec.platform, etcdTls: prepared.materials.tls, sshKeyFile: key === undefined ? "" : relative(world.cwd, key), ...(session.simulated ? { rehearsal: ` --simulate${given.dir === undefined ? "" : ` --dir ${given.dir}`}` } : {}) })}`,
    );
    if (spec.deis && !session.simulated && document.ip !== "") await sayEndpoints(session, document, !spec.nohttps);
  } else sayWhatIsMissing(session, document, failure, carried, spec);
  return exit;
}

/** Where `--output` goes: with no file given, NAME.json in the working directory. */
export const stateFilePath = (cwd: string, name: string, output: string): string =>
  resolve(cwd, output === "" ? `${name}.json` : output);

// --- internal ---

async function documentOf(
  session: Session,
  { spec, facts, materials, resources }: Prepared,
  { results, readiness, address, host }: Carried,
): Promise<ClusterDocument> {
  const count = (outcome: string): number =>
    [...results.values()].filter((result) => result.state === "done" && result.value === outcome).length;
  const publicIps = await nodeAddresses(session, { spec, facts, resources } as Prepared);
  const nodes = facts.nodes.map((node): NodeDocument =>
    nodeDocument(spec, {
      index: node.index,
      host: host ?? address ?? "",
      identityFile: materials.ssh.privateKeyFile ?? "",
      privateIp: node.address,
      publicIp: publicIps.get(node.index),
      state: stateOf(results.get(machineIdOf(resources, node.index))?.state, readiness.get(node.index)?.state),
    }),
  );
  return clusterDocument(
    {
      name: spec.name,
      resourceGroup: facts.group,
      location: facts.location,
      host: host ?? "",
      ip: address ?? "",
      nodes,
      etcd: etcdDocument(spec, facts.choices),
      resources: { created: count("created"), unchanged: count("unchanged"), updated: count("updated") },
      seconds: Math.round((session.clock.now() - session.startedAt) / 1000),
    },
    spec.deis,
  );
}

const machineIdOf = (resources: Prepared["resources"], index: number): string =>
  resources.find((one) => one.kind === "machine" && one.node === index)?.id ?? "";

function stateOf(azure: string | undefined, node: string | undefined): string {
  if (azure === "done") return node ?? "created";
  return azure === "skipped" ? "missing" : "failed";
}

/** Addresses of the nodes' own, with --pip: known only when they exist. */
async function nodeAddresses(session: Session, { spec, facts }: Prepared): Promise<Map<number, string>> {
  if (!spec.pip) return new Map();
  const all = await session.lookups.addresses(facts.group, session.tools.signal).catch(() => []);
  return new Map(
    facts.nodes.flatMap((node): [number, string][] => {
      const found = all.find((one) => one.name?.toLowerCase() === names.nodeAddress(node.name).toLowerCase())?.ipAddress;
      return found === undefined ? [] : [[node.index, found]];
    }),
  );
}

/** Removes what this run made, and ends it with the error that led to that. Returns where there is no time left to do it. */
async function rollBack(session: Session, prepared: Prepared, carried: Carried, failure: unknown, exit: ExitCode): Promise<void> {
  const { spec, facts } = prepared;
  if (session.tools.signal.aborted)
    return session.say(`Not rolled back: the time is up. Remove it: azure-coreos-cluster destroy ${spec.name}`);
  const { rollback, rolledBack } = await import("./rollback.ts");
  const undone = await rollback(session, prepared, carried);
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
  throw rolledBack(known, undone, spec.name, exit === EXIT.partly ? EXIT.failed : exit);
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
function withContinuation(failure: unknown, exit: ExitCode, { spec, facts }: Prepared, { results }: Carried): unknown {
  if (!(failure instanceof ClusterError) || failure.exit === EXIT.conflict) return failure;
  const known = advised(failure, {
    name: spec.name,
    nodes: spec.numNodes,
    vmSize: spec.vmSize,
    location: facts.location,
    resourceGroup: facts.group,
  });
  const some = [...results.values()].some((result) => result.state === "done");
  const go = some
    ? `What was made stays. Continue: the same command again. Remove it: azure-coreos-cluster destroy ${spec.name}`
    : "Nothing was made.";
  return new ClusterError(known.code, known.message, {
    source: known.source,
    exit: known.exit === EXIT.failed && exit !== EXIT.partly ? exit : known.exit,
    advice: [known.advice, go].filter((one) => one !== undefined).join("\n"),
    ...(known.link === undefined ? {} : { link: known.link }),
    cause: known.cause,
  });
}

/** What Deis' endpoints do, seen from outside. */
async function sayEndpoints(session: Session, document: ClusterDocument, https: boolean): Promise<void> {
  const { deisProbes, probeEndpoints } = await import("../nodes/endpoints.ts");
  const states = await probeEndpoints(deisProbes(document.ip, https), { clock: session.clock, signal: session.tools.signal });
  session.say(["", "From outside:", ...states.map(({ text }) => `  ${text}`)].join("\n"));
}

/** Ready is what was waited for: with `--wait-for machines` a machine that Azure has made. */
const isReady = ({ state }: NodeDocument, waitFor: Prepared["spec"]["waitFor"]): boolean =>
  state === "ready" || (waitFor === "machines" && state === "created");

function sayWhatIsMissing(
  session: Session,
  document: ClusterDocument,
  failure: unknown,
  carried: Carried,
  { name, waitFor }: Prepared["spec"],
): void {
  const missing = document.nodes.filter((node) => !isReady(node, waitFor));
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
      `${document.nodes.length - missing.length} of ${document.nodes.length} nodes are ready. Not ready:`,
      ...list,
      ...more,
      ...why,
      `What was made stays. Continue: the same command again. Remove it: azure-coreos-cluster destroy ${name}`,
    ].join("\n"),
  );
}

/** The old script's state file had `vms`, `ips` and `discovery_url`; scripts that read those still find them. */
const stateFile = (document: ClusterDocument): unknown => ({
  ...document,
  discovery_url: document.etcd.discoveryUrl ?? null,
  vms: document.nodes.map(({ name, host, port, user, identityFile }) => ({ name, host, port, user, identity: identityFile })),
  ips: document.nodes.map((node) => node.privateIp),
  pips: document.nodes.flatMap((node) => node.publicIp ?? []),
});
