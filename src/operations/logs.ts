/**
 * logs: what nodes have written, to their serial console, which Azure keeps and which is there when a node answers nobody; or to the
 * journal of a unit, which the node itself is asked for over SSH.
 */
import { defined } from "../core/defined.ts";
import type { LogsDocument } from "../core/documents.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { names } from "../core/plan/cluster.ts";
import { provenOf } from "../core/plan/proof.ts";
import { shellWord } from "../core/quoting.ts";
import { FLAGS } from "../core/spec/flags.ts";
import type { ClusterSpec } from "../core/spec/spec.ts";
import { keptSpec } from "../core/plan/read-tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { runOnAll } from "../nodes/run.ts";
import { semaphore } from "../nodes/semaphore.ts";
import { type Astray, astrayMachines, sayAstray } from "./cluster/astray.ts";
import { claimNeeded } from "./cluster/claim.ts";
import { findCluster } from "./cluster/find.ts";
import { nodeNamed, nodeAt } from "./cluster/node-name.ts";
import { machinesOf } from "./cluster/nodes-there.ts";
import { learnHostKeys, reachNodes } from "./cluster/reach-nodes.ts";
import { serialLog } from "./cluster/serial-log.ts";
import { snapshotOf } from "./cluster/snapshot.ts";
import type { Run } from "./run.ts";

export interface LogsOptions {
  readonly resourceGroup?: string;
  /** Index or name; all nodes when left out. */
  readonly node?: string;
  /** A systemd unit: its journal, over SSH. */
  readonly unit?: string | undefined;
  /** The last so many lines of each. */
  readonly lines?: number;
  /** For each node, in milliseconds, with `unit`. */
  readonly nodeTimeout?: number;
}

export interface Logs {
  readonly document: LogsDocument;
  /** 0 when every node's were read, 3 when some were, 1 when none was. */
  readonly exit: ExitCode;
}

type NodeLog = LogsDocument["nodes"][number];

/** @throws ClusterError ClusterNotFound (exit 1), NodeNotFound (exit 2), AuthorizationFailed (exit 4) where none may be read; with `unit` what reachNodes throws, PrivateKeyMissing */
export async function nodeLogs(run: Run, name: string, options: LogsOptions = {}): Promise<Logs> {
  const { unit } = options;
  const nodes = unit === undefined ? await consoles(run, name, options) : await journals(run, name, unit, options);
  const read = nodes.filter(({ error }) => error === undefined).length;
  return {
    document: {
      $schema: schemaUri("logs"),
      schema: "azure-coreos-cluster/logs/1",
      name,
      source: unit === undefined ? "console" : "journal",
      ...defined({ unit }),
      nodes,
    },
    exit: read === nodes.length ? EXIT.done : read > 0 ? EXIT.partly : EXIT.failed,
  };
}

// --- internal ---

/** Two questions a node, to Azure and to a storage account. */
const AT_ONCE = 20;

async function consoles(run: Run, name: string, { resourceGroup, node, lines }: LogsOptions): Promise<NodeLog[]> {
  const cluster = await findCluster(run, name, resourceGroup);
  const claim = await claimNeeded(run, cluster);
  const spec = keptSpec(name, claim.kept);
  const room = semaphore(AT_ONCE);
  const whole = await snapshotOf(run, cluster);
  const nodes = machinesOf(spec, provenOf(whole, cluster.owner)).map((index) => ({ index }));
  const astray = astrayMachines(run, { ...cluster, spec, claim }, whole);
  const forbidden: ClusterError[] = [];
  const read = await Promise.all(
    chosen(run, { spec, nodes, astray }, node).map((index) =>
      room.run(async (): Promise<NodeLog> => {
        const machine = names.machine(spec, index);
        try {
          return { index, name: machine, text: lastLines(await serialLog(run, cluster.groupName, machine), lines) };
        } catch (error) {
          run.tools.signal.throwIfAborted();
          if (error instanceof ClusterError && error.exit === EXIT.signIn) forbidden.push(error);
          // what a storage account cannot be reached by comes from Node as it is
          const code = error instanceof ClusterError ? error.code : "ConsoleUnreadable";
          return {
            index,
            name: machine,
            text: "",
            error: { code, message: error instanceof Error ? error.message : String(error) },
          };
        }
      }),
    ),
  );
  const [first] = forbidden;
  if (first !== undefined && forbidden.length === read.length) throw first;
  return read;
}

async function journals(run: Run, name: string, unit: string, options: LogsOptions): Promise<NodeLog[]> {
  const reached = await reachNodes(run, name, options.resourceGroup);
  if (reached.lacking !== undefined) throw reached.lacking;
  const { nodes, spec, astray } = await learnHostKeys(run, reached);
  const wanted = new Set(chosen(run, { spec, nodes, astray }, options.node));
  const lines = options.lines ?? FLAGS.lines.default;
  const { nodes: found } = await runOnAll(
    nodes.filter(({ index }) => wanted.has(index)),
    journalCommand(unit, lines),
    {
      clock: run.clock,
      signal: AbortSignal.any([run.stop, run.tools.signal]),
      timeoutMs: options.nodeTimeout ?? FLAGS.nodeTimeout.default,
      trust: "strict",
      keepBytes: MOST_BYTES,
    },
  );
  return found.map(({ index, name: machine, code, stdout, stderr, error }) => ({
    index,
    name: machine,
    text: stdout,
    ...defined({
      error:
        error ??
        (code === 0
          ? undefined
          : code === NO_UNIT && stdout === ""
            ? noUnit(unit, stderr)
            : { code: "JournalFailed", message: stderr.trim() || `journalctl ended with ${code}` }),
    }),
  }));
}

/** How the node's shell ends for a unit that is not there; journalctl itself ends well for it, with nothing. */
const NO_UNIT = 47;

/** A unit that is gone may have left lines, so the journal is asked first. `--quiet`: no line of journalctl's own among the node's. */
const journalCommand = (unit: string, lines: number): string =>
  [
    `text=$(sudo -n journalctl --quiet --no-pager --output=short-iso --lines=${lines} --unit=${shellWord(unit)}) || exit`,
    `if [ -n "$text" ]; then printf '%s\\n' "$text"`,
    `elif [ "$(systemctl show --property=LoadState ${shellWord(unit)})" = LoadState=not-found ]; then`,
    `systemctl list-units --all --state=loaded --plain --no-legend --full ${shellWord(`*${unit.replace(/\.[a-z]+$/, "")}*`)} | cut -d' ' -f1 | head -n 5 >&2; exit ${NO_UNIT}; fi`,
  ].join("\n");

function noUnit(unit: string, alike: string): { code: string; message: string } {
  const there = alike.split("\n").filter((line) => line !== "");
  return {
    code: "UnitNotFound",
    message: `it has no unit ${unit}${there.length === 0 ? "" : `; there is ${there.join(", ")}`}`,
  };
}

/** Of one node, as many as a person asks for. */
const MOST_BYTES = 16 << 20;

interface There {
  readonly spec: ClusterSpec;
  readonly nodes: readonly { readonly index: number }[];
  readonly astray: Astray;
}

function chosen(run: Run, { spec, nodes, astray }: There, word: string | undefined): readonly number[] {
  if (word !== undefined) return [nodeAt(spec, nodes, astray, nodeNamed(spec, word)).index];
  sayAstray(run, astray);
  return nodes.map(({ index }) => index);
}

function lastLines(text: string, count: number = FLAGS.lines.default): string {
  // a console's lines end as a teletype's do
  const lines = text.replace(/\r?\n$/, "").split(/\r*\n/);
  return text === "" ? "" : `${lines.slice(-count).join("\n")}\n`;
}
