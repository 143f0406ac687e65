/**
 * One Azure for several pieces of work. Each piece is a run of its own, with its own time limit; who signs in stays the same, and all
 * tell the same listeners. Reads nothing of the process: what the environment says is an option.
 */
import type { Clock } from "../core/clock.ts";
import type {
  ClusterDocument,
  DestroyDocument,
  ListDocument,
  PlanDocument,
  RemoveDocument,
  RunDocument,
  StatusDocument,
} from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { clusterName } from "../core/spec/spec.ts";
import type { Event } from "../engine/event.ts";
import { type Opened, openRun } from "../operations/open.ts";
import type { Run, Surroundings } from "../operations/run.ts";
import { eventStream } from "./events.ts";
import { type OptionsOf, checkedOptions, isOptionOf } from "./options.ts";

/** Which Azure, who signs in, how long a piece of work may take, where keys are. Flags of the command line in camelCase. */
export interface AzureOptions extends OptionsOf<"azure"> {
  /** Ends the work at once: what Azure has begun goes on there, and the same call later continues. */
  readonly signal?: AbortSignal;
  /** Called with everything that happens. */
  readonly onEvent?: (event: Event) => void;
  /** What the command line reads of the environment: AZURE_CONFIG_DIR, HOME, SSH_AUTH_SOCK, the proxy's variables. Nothing by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin; the process's own place by default. */
  readonly cwd?: string;
}

export type CreateOptions = OptionsOf<"create">;

export interface RemovalOptions {
  /** Even when etcd loses its quorum. */
  readonly force?: boolean;
}

export interface ExportResult {
  /** An ARM template, or the content of main.tf.json. */
  readonly document: object;
  /** The values that belong to it, with private keys in them: a file for the owner alone. */
  readonly valuesFile: string;
}

/** How one cluster ended in `gc`. */
export type GcResult = DestroyDocument | { readonly name: string; readonly resourceGroup: string; readonly error: ClusterError };

export interface Azure {
  /** Makes the cluster, or finishes or grows it. @throws ClusterError; NodesNotReady (exit 3) when only some nodes came up */
  create(name: string, options?: CreateOptions): Promise<ClusterDocument>;
  /** What create would do; nothing is written. */
  plan(name: string, options?: CreateOptions): Promise<PlanDocument>;
  status(name: string): Promise<StatusDocument>;
  list(): Promise<ListDocument[]>;
  /** Takes nodes out, by index or name; those that are not there are passed over. */
  remove(name: string, nodes: readonly (number | string)[], options?: RemovalOptions): Promise<RemoveDocument>;
  /** Removes everything of the cluster, and proves it. Doing it twice is no error. @throws ClusterError NotDestroyed when something is left */
  destroy(name: string): Promise<DestroyDocument>;
  /** Destroys the clusters whose time to live is over. One that fails stops no other. */
  gc(): Promise<GcResult[]>;
  /** Runs a command on every node at once; nodes need a real Azure. @throws ClusterError NothingBooted in a rehearsal */
  run(name: string, command: string, options?: OptionsOf<"run">): Promise<RunDocument>;
  exportPlan(name: string, options?: OptionsOf<"create" | "export">): Promise<ExportResult>;
  /** Everything that happens from now on, until `close`. */
  events(): AsyncIterable<Event>;
  /** Ends what is still at work, and the events. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws ClusterError Usage (exit 2) for an option that is none, or has no such value */
export function openAzure(options: AzureOptions, clock: Clock): Azure {
  const { signal, onEvent, env = {}, cwd = ".", ...flags } = options;
  const given = checkedOptions(flags, ["azure"]);
  const closed = new AbortController();
  const streams = new Set<ReturnType<typeof eventStream>>();
  const outside: { -readonly [K in keyof Surroundings]: Surroundings[K] } = {
    env,
    cwd,
    clock,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  const hear = (event: Event): void => {
    onEvent?.(event);
    for (const stream of streams) stream.push(event);
  };
  const opened = async <T>(looks: boolean, more: object, work: (run: Run) => Promise<T>): Promise<T> => {
    const ends = AbortSignal.any([closed.signal, ...(signal === undefined ? [] : [signal])]);
    if (ends.aborted) throw interrupted(ends.reason);
    const { run, interrupt, close } = await openRun(outside, { ...given, ...more }, { looks, listeners: { event: hear } });
    // one sign-in for all that is done here
    if (run.credential !== undefined) outside.credential ??= run.credential;
    const stopListening = endsWith(ends, interrupt);
    try {
      return await work(run);
    } finally {
      stopListening();
      await close();
    }
  };
  const group = given.resourceGroup === undefined ? {} : { resourceGroup: given.resourceGroup };
  const azure: Azure = {
    async create(name, wish = {}) {
      const asked = { ...given, ...checkedOptions(wish, ["create"]) };
      const { checkWish, createCluster } = await import("../operations/create.ts");
      checkWish(clusterName(name), asked);
      const created = await opened(false, asked, (run) => createCluster(run, clusterName(name), asked));
      if (created.exit !== EXIT.done) throw notReady(created);
      return created.document;
    },
    async plan(name, wish = {}) {
      const asked = { ...given, ...checkedOptions(wish, ["create"]) };
      const [{ checkWish, planCluster }, { planDocument }] = await Promise.all([
        import("../operations/create.ts"),
        import("../operations/create/result-document.ts"),
      ]);
      checkWish(clusterName(name), asked);
      return planDocument(await opened(true, asked, (run) => planCluster(run, clusterName(name), asked)));
    },
    async status(name) {
      const { clusterStatus } = await import("../operations/status.ts");
      return (await opened(true, {}, (run) => clusterStatus(run, clusterName(name), group))).document;
    },
    async list() {
      const { listClusters } = await import("../operations/list.ts");
      return opened(true, {}, (run) => listClusters(run, group));
    },
    async remove(name, nodes, { force = false } = {}) {
      const { removeNodes } = await import("../operations/remove.ts");
      return opened(false, {}, (run) => removeNodes(run, clusterName(name), nodes.map(String), { ...group, force }));
    },
    async destroy(name) {
      const { destroyNamed } = await import("../operations/destroy.ts");
      const { document, error } = await opened(false, {}, (run) => destroyNamed(run, clusterName(name), group));
      if (error !== undefined) throw error;
      return document;
    },
    async gc() {
      const { collectExpired } = await import("../operations/gc.ts");
      return (await opened(false, {}, (run) => collectExpired(run, group))).map(gcResult);
    },
    async run(name, command, wish = {}) {
      const checked = checkedOptions(wish, ["run"]);
      const { onNodes } = await import("../operations/on-nodes.ts");
      return opened(true, {}, (run) => onNodes(run, clusterName(name), command, { ...group, ...checked }));
    },
    async exportPlan(name, wish = {}) {
      const asked = { ...given, ...checkedOptions(wish, ["create", "export"]) };
      const { exportCluster } = await import("../operations/export.ts");
      const { document, valuesFile } = await opened(true, asked, (run) => exportCluster(run, clusterName(name), asked));
      return { document, valuesFile };
    },
    events() {
      const stream = eventStream();
      streams.add(stream);
      return stream;
    },
    async close() {
      closed.abort(new Error("closed"));
      for (const stream of streams) stream.end();
      await Promise.resolve();
    },
    [Symbol.asyncDispose]: () => azure.close(),
  };
  return azure;
}

/** Which of the options say which Azure, and which what is wished of it. */
export function apart(options: object): { own: AzureOptions; wish: object } {
  const isOwn = ([key]: [string, unknown]): boolean => key in OWN || isOptionOf(key, ["azure"]);
  const all = Object.entries(options);
  return { own: Object.fromEntries(all.filter(isOwn)), wish: Object.fromEntries(all.filter((one) => !isOwn(one))) };
}

// --- internal ---

/** What is no flag. */
const OWN: Record<Exclude<keyof AzureOptions, keyof OptionsOf<"azure">>, true> = {
  signal: true,
  onEvent: true,
  env: true,
  cwd: true,
};

const interrupted = (cause: unknown): ClusterError =>
  new ClusterError("Interrupted", "interrupted", {
    exit: EXIT.interrupted,
    advice: "What was done stays. The same call later continues.",
    cause,
  });

/** A program that aborts does not wait for what runs, as somebody who presses Ctrl-C twice. */
function endsWith(signal: AbortSignal, interrupt: Opened["interrupt"]): () => void {
  const end = (): void => {
    const reason = interrupted(signal.reason);
    interrupt(reason);
    interrupt(reason);
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return () => signal.removeEventListener("abort", end);
}

function notReady({
  document,
  exit,
  failure,
  missing,
  ready,
}: Awaited<ReturnType<typeof import("../operations/create.ts").createCluster>>) {
  const all = document.nodes.length;
  const why = missing.map(({ name, state, reason }) => `${name}: ${reason ?? state}`).slice(0, 10);
  return new ClusterError(
    failure instanceof ClusterError ? failure.code : "NodesNotReady",
    `${ready} of ${all} nodes are ready: ${why.join("; ")}`,
    {
      source: failure instanceof ClusterError ? failure.source : "node",
      exit,
      advice: "What was made stays. The same call continues; `status` says how each node is.",
      ...(failure === undefined ? {} : { cause: failure }),
    },
  );
}

function gcResult(one: Awaited<ReturnType<typeof import("../operations/gc.ts").collectExpired>>[number]): GcResult {
  const { name, groupName: resourceGroup } = one.cluster;
  const thrown = "thrown" in one ? one.thrown : one.error;
  if (thrown === undefined && !("thrown" in one)) return one.document;
  const error =
    thrown instanceof ClusterError
      ? thrown
      : new ClusterError("Bug", String(thrown), { source: "bug", exit: EXIT.failed, cause: thrown });
  return { name, resourceGroup, error };
}
