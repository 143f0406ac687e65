/**
 * One Azure for several pieces of work. Each piece is a run of its own, with its own time limit; who signs in stays the same, and all
 * tell the same listeners. Reads nothing of the process: what the environment says is an option.
 */
import type { Clock } from "../core/clock.ts";
import type { PlanDocument } from "../core/documents.ts";
import { EXIT } from "../core/errors.ts";
import { clusterName } from "../core/spec/spec.ts";
import { PLATFORM_MS, NODES_MS, replaceMs } from "../operations/time-limits.ts";
import type { Run } from "../operations/run.ts";
import { gcResult, notReady, notStarted } from "./ends.ts";
import type { Azure, AzureOptions, ChangeWish } from "./interface.ts";
import { type OptionsOf, checkedOptions, isOptionOf } from "./options.ts";
import { type Runs, runsOf } from "./runs.ts";

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
    const [{ createCluster }, { checkWish }] = await Promise.all([
      import("../operations/create.ts"),
      import("../operations/create/wish.ts"),
    ]);
    checkWish(clusterName(name), more);
    const created = await runs.work({ looks: false, more }, (run) => createCluster(run, clusterName(name), more));
    if (created.exit !== EXIT.done) throw notReady(created);
    return created.document;
  },
  async plan(name, wish = {}) {
    const more = { ...given, ...checkedOptions(wish, ["create"]) };
    const [{ planCluster }, { checkWish }, { planDocument }] = await Promise.all([
      import("../operations/create.ts"),
      import("../operations/create/wish.ts"),
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
    const { document, error } = await runs.work({ looks: false, limitMs: NODES_MS }, work);
    if (error !== undefined) throw error;
    return document;
  },
  async replace(name, nodes, wish = {}) {
    const { keepDataDisk = false, ...flags } = checkedOptions(wish, ["replace"]);
    const { replaceNodes } = await import("../operations/replace.ts");
    const more = { given: { ...where, ...flags }, keepDataDisk };
    const work = (run: Run) => replaceNodes(run, clusterName(name), nodes.map(String), more);
    const limitMs = replaceMs(nodes.map(String));
    const { document, error } = await runs.work({ looks: false, more: flags, limitMs }, work);
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
    return runs.work({ looks: true, limitMs: NODES_MS }, (run) => onNodes(run, clusterName(name), command, more));
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
      return runs.work({ looks: false, limitMs: PLATFORM_MS }, (run) => changePlatform(run, clusterName(name), what, more));
    };
  return {
    async installPlatform(name, wish = {}) {
      const { certManager, ...more } = checkedOptions(wish, ["platform"]);
      const certificates = certManager === undefined ? {} : { certManager: certManager === "yes" };
      const { planAndInstall } = await import("../operations/platform/install.ts");
      const work = (run: Run) => planAndInstall(run, clusterName(name), { ...where, ...more, ...certificates });
      return runs.work({ looks: false, limitMs: PLATFORM_MS }, work);
    },
    async platformStatus(name) {
      const { lookAtPlatform } = await import("../operations/platform/status.ts");
      return (await runs.work({ looks: true }, (run) => lookAtPlatform(run, clusterName(name), where))).document;
    },
    upgradePlatform: change("upgrade"),
    uninstallPlatform: change("uninstall"),
  };
};
