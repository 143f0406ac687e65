/**
 * One Azure for several pieces of work. Each piece is a run of its own, with its own time limit; who signs in stays the same, and all
 * tell the same listeners. Reads nothing of the process: what the environment says is an option.
 */
import type { Clock } from "../core/clock.ts";
import type {
  ClusterDocument,
  DestroyDocument,
  ListDocument,
  LogsDocument,
  PlanDocument,
  PlatformDocument,
  PlatformStatusDocument,
  RebootDocument,
  RemoveDocument,
  ReplaceDocument,
  RunDocument,
  StartDocument,
  StatusDocument,
  StopDocument,
} from "../core/documents.ts";
import { EXIT } from "../core/errors.ts";
import { clusterName } from "../core/spec/spec.ts";
import type { Event } from "../engine/event.ts";
import type { Run } from "../operations/run.ts";
import { gcResult, notReady, notStarted } from "./ends.ts";
import { type OptionsOf, checkedOptions, isOptionOf } from "./options.ts";
import type { ExportResult, GcResult } from "./results.ts";
import { type Runs, runsOf } from "./runs.ts";

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

export interface StatusOptions {
  /** Logs in to no node: what Azure says is enough. */
  readonly noNodes?: boolean;
}

/** Which script, and the admin's password. */
export type ChangeWish = Pick<OptionsOf<"platform">, "passwordFile" | "installer" | "installerSha256">;

export interface RemovalOptions {
  /** Even when etcd loses its quorum. */
  readonly force?: boolean;
}

export interface Azure {
  /** Makes the cluster, or finishes or grows it. @throws ClusterError; NodesNotReady (exit 3) when only some nodes came up */
  create(name: string, options?: CreateOptions): Promise<ClusterDocument>;
  /** What create would do; nothing is written. */
  plan(name: string, options?: CreateOptions): Promise<PlanDocument>;
  status(name: string, options?: StatusOptions): Promise<StatusDocument>;
  list(): Promise<ListDocument[]>;
  /** Takes nodes out, by index or name; those that are not there are passed over. @throws ClusterError NodesNotFound when none is */
  remove(name: string, nodes: readonly (number | string)[], options?: RemovalOptions): Promise<RemoveDocument>;
  /** Reboots nodes one at a time, all of them when none is named. @throws ClusterError NodeNotBack, EtcdNotWhole when it stops */
  reboot(name: string, nodes?: readonly (number | string)[], options?: OptionsOf<"reboot">): Promise<RebootDocument>;
  /** Makes nodes anew, one after the other, with today's choices. @throws ClusterError when the cluster is not whole after one */
  replace(name: string, nodes: readonly (number | string)[], options?: OptionsOf<"replace">): Promise<ReplaceDocument>;
  /** Ends etcd and deallocates all machines; data and addresses stay. @throws ClusterError when machines still run */
  stop(name: string): Promise<StopDocument>;
  /** Starts a stopped cluster. @throws ClusterError NodesNotReady (exit 3, or 6 when etcd is not up) */
  start(name: string): Promise<StartDocument>;
  /** Removes everything of the cluster, and proves it. Doing it twice is no error. @throws ClusterError NotDestroyed when something is left */
  destroy(name: string, options?: OptionsOf<"destroy">): Promise<DestroyDocument>;
  /** Destroys the clusters whose time to live is over. One that fails stops no other. */
  gc(): Promise<GcResult[]>;
  /** Runs a command on every node at once; nodes need a real Azure. @throws ClusterError NothingBooted in a rehearsal */
  run(name: string, command: string, options?: OptionsOf<"run">): Promise<RunDocument>;
  /** What nodes have written: to the serial console, or with `unit` to its journal. Of a node where it could not be read the document has the error. */
  logs(name: string, node?: number | string, options?: OptionsOf<"logs">): Promise<LogsDocument>;
  /** Makes a platform of a cluster, or goes on with it. @throws ClusterError StepFailed, StepLost (exit 3); what stands in the way (exit 5) */
  installPlatform(name: string, options?: OptionsOf<"platform">): Promise<PlatformDocument>;
  platformStatus(name: string): Promise<PlatformStatusDocument>;
  /** The installer's own upgrade, as it is today. */
  upgradePlatform(name: string, options?: ChangeWish): Promise<PlatformDocument>;
  /** Platform, applications and their data go; the cluster stays. */
  uninstallPlatform(name: string, options?: Omit<ChangeWish, "passwordFile">): Promise<PlatformDocument>;
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
  const runs = runsOf({ given, env, cwd, clock, signal, onEvent });
  const close = (): Promise<void> => Promise.resolve(runs.close());
  return {
    ...making(runs, given),
    ...running(runs, given.resourceGroup === undefined ? {} : { resourceGroup: given.resourceGroup }),
    ...platform(runs, given.resourceGroup === undefined ? {} : { resourceGroup: given.resourceGroup }),
    events: () => runs.events(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Which of the options say which Azure, and which what is wished of it. */
export function apart(options: object): { own: AzureOptions; wish: object } {
  const isOwn = ([key]: [string, unknown]): boolean => Object.hasOwn(OWN, key) || isOptionOf(key, ["azure"]);
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

/** What takes the flags of create. */
const making = (runs: Runs, given: OptionsOf<"azure">): Pick<Azure, "create" | "plan" | "exportPlan"> => ({
  async create(name, wish = {}) {
    const more = { ...given, ...checkedOptions(wish, ["create"]) };
    const { checkWish, createCluster } = await import("../operations/create.ts");
    checkWish(clusterName(name), more);
    const created = await runs.work({ looks: false, more }, (run) => createCluster(run, clusterName(name), more));
    if (created.exit !== EXIT.done) throw notReady(created);
    return created.document;
  },
  async plan(name, wish = {}) {
    const more = { ...given, ...checkedOptions(wish, ["create"]) };
    const [{ checkWish, planCluster }, { planDocument }] = await Promise.all([
      import("../operations/create.ts"),
      import("../operations/create/result-document.ts"),
    ]);
    checkWish(clusterName(name), more);
    const work = async (run: Run): Promise<PlanDocument> => {
      const planned = await planCluster(run, clusterName(name), more);
      return planDocument(planned, planned.cost, await run.account());
    };
    return runs.work({ looks: true, more }, work);
  },
  async exportPlan(name, wish = {}) {
    const more = { ...given, ...checkedOptions(wish, ["create", "export"]) };
    const { exportCluster } = await import("../operations/export.ts");
    const work = (run: Run) => exportCluster(run, clusterName(name), more);
    const { document, valuesFile } = await runs.work({ looks: true, more }, work);
    return { document, valuesFile };
  },
});

/** What works on clusters that are there. */
const running = (
  runs: Runs,
  where: { readonly resourceGroup?: string },
): Pick<Azure, "status" | "list" | "remove" | "reboot" | "replace" | "stop" | "start" | "destroy" | "gc" | "run" | "logs"> => ({
  async status(name, options = {}) {
    const { clusterStatus } = await import("../operations/status.ts");
    return (await runs.work({ looks: true }, (run) => clusterStatus(run, clusterName(name), { ...where, ...options }))).document;
  },
  async list() {
    const { listClusters } = await import("../operations/list.ts");
    return runs.work({ looks: true }, (run) => listClusters(run, where));
  },
  async remove(name, nodes, { force = false } = {}) {
    const { removeNodes } = await import("../operations/remove.ts");
    const work = (run: Run) => removeNodes(run, clusterName(name), nodes.map(String), { ...where, force });
    return runs.work({ looks: false }, work);
  },
  async reboot(name, nodes = [], wish = {}) {
    const more = { ...where, ...checkedOptions(wish, ["reboot"]) };
    const { rebootNodes } = await import("../operations/reboot.ts");
    const work = (run: Run) => rebootNodes(run, clusterName(name), nodes.map(String), more);
    const { document, error } = await runs.work({ looks: false }, work);
    if (error !== undefined) throw error;
    return document;
  },
  async replace(name, nodes, wish = {}) {
    const { keepDataDisk = false, ...flags } = checkedOptions(wish, ["replace"]);
    const { replaceNodes } = await import("../operations/replace.ts");
    const more = { given: { ...where, ...flags }, keepDataDisk };
    const work = (run: Run) => replaceNodes(run, clusterName(name), nodes.map(String), more);
    const { document, error } = await runs.work({ looks: false, more: flags }, work);
    if (error !== undefined) throw error;
    return document;
  },
  async stop(name) {
    const { stopCluster } = await import("../operations/stop.ts");
    const { document, error } = await runs.work({ looks: false }, (run) => stopCluster(run, clusterName(name), where));
    if (error !== undefined) throw error;
    return document;
  },
  async start(name) {
    const { startCluster } = await import("../operations/start.ts");
    const { document, exit } = await runs.work({ looks: false }, (run) => startCluster(run, clusterName(name), where));
    if (exit !== EXIT.done) throw notStarted(document, exit);
    return document;
  },
  async destroy(name, wish = {}) {
    const more = { ...where, ...checkedOptions(wish, ["destroy"]) };
    const { destroyNamed } = await import("../operations/destroy.ts");
    const { document, error } = await runs.work({ looks: false }, (run) => destroyNamed(run, clusterName(name), more));
    if (error !== undefined) throw error;
    return document;
  },
  async gc() {
    const { collectExpired } = await import("../operations/gc.ts");
    return (await runs.work({ looks: false }, (run) => collectExpired(run, where))).map(gcResult);
  },
  async run(name, command, wish = {}) {
    const more = { ...where, ...checkedOptions(wish, ["run"]) };
    const { onNodes } = await import("../operations/on-nodes.ts");
    return runs.work({ looks: true }, (run) => onNodes(run, clusterName(name), command, more));
  },
  async logs(name, node, wish = {}) {
    const more = { ...where, ...checkedOptions(wish, ["logs"]), ...(node === undefined ? {} : { node: String(node) }) };
    const { nodeLogs } = await import("../operations/logs.ts");
    return (await runs.work({ looks: true }, (run) => nodeLogs(run, clusterName(name), more))).document;
  },
});

/** What makes a platform of a cluster. */
const platform = (
  runs: Runs,
  where: { readonly resourceGroup?: string },
): Pick<Azure, "installPlatform" | "platformStatus" | "upgradePlatform" | "uninstallPlatform"> => {
  const change =
    (what: "upgrade" | "uninstall") =>
    async (name: string, wish: ChangeWish = {}) => {
      const more = { ...where, ...checkedOptions(wish, ["platform"]) };
      const { changePlatform } = await import("../operations/platform/change.ts");
      return runs.work({ looks: false }, (run) => changePlatform(run, clusterName(name), what, more));
    };
  return {
    async installPlatform(name, wish = {}) {
      const { certManager, ...more } = checkedOptions(wish, ["platform"]);
      const certificates = certManager === undefined ? {} : { certManager: certManager === "yes" };
      const { installPlatform } = await import("../operations/platform/install.ts");
      const work = (run: Run) => installPlatform(run, clusterName(name), { ...where, ...more, ...certificates });
      return runs.work({ looks: false }, work);
    },
    async platformStatus(name) {
      const { platformStatus } = await import("../operations/platform/status.ts");
      return (await runs.work({ looks: true }, (run) => platformStatus(run, clusterName(name), where))).document;
    },
    upgradePlatform: change("upgrade"),
    uninstallPlatform: change("uninstall"),
  };
};
