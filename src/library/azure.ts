/**
 * One Azure for several pieces of work. Each piece is a run of its own, with its own time limit; who signs in stays the same, and all
 * tell the same listeners. Reads nothing of the process: what the environment says is an option.
 */
import type { Clock } from "../core/clock.ts";
import type { PlanDocument } from "../core/documents.ts";
import { EXIT, usageError } from "../core/errors.ts";
import { isOf, whereFlags, withFlags } from "../core/own-commands.ts";
import { PLATFORM_MS, NODES_MS, replaceMs } from "../operations/time-limits.ts";
import type { Run } from "../operations/run.ts";
import { checkedCalls } from "./arguments.ts";
import { gcResult, notReady, notStarted } from "./ends.ts";
import type { Azure, AzureOptions, ChangeWish } from "./interface.ts";
import { type OptionsOf, checkedOptions, isOptionOf, optionsIn, valueText } from "./options.ts";
import { type Runs, runsOf } from "./runs.ts";
import { inGroup, type InGroup } from "../core/spec/in-group.ts";

/** @throws ClusterError Usage (exit 2) for an option that is none, or has no such value */
export function openAzure(options: AzureOptions, clock: Clock): Azure {
  const { signal, onEvent, env = {}, cwd = ".", ...flags } = ownOptions(options);
  const given = checkedOptions(flags, ["azure"]);
  const where = inGroup(given);
  const runs = runsOf({ given, env, cwd, clock, signal, onEvent });
  const close = (): Promise<void> => Promise.resolve(runs.close());
  return {
    ...checkedCalls({ ...making(runs, given), ...running(runs, where, given), ...platform(runs, where) }, given),
    events: () => runs.events(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Which of the options say which Azure, and which what is wished of it: of any type, until the function that gets them has checked them. */
export function apart(options: unknown): { own: AzureOptions; wish: never } {
  const isOwn = ([key]: [string, unknown]): boolean => Object.hasOwn(OWN, key) || isOptionOf(key, ["azure"]);
  const all = Object.entries(optionsIn(options));
  return { own: Object.fromEntries(all.filter(isOwn)), wish: Object.fromEntries(all.filter((one) => !isOwn(one))) as never };
}

// --- internal ---

/** What is no flag: whether a value may be it, and what to give. */
const OWN: Record<Exclude<keyof AzureOptions, keyof OptionsOf<"azure">>, [is: (value: unknown) => boolean, give: string]> = {
  signal: [(value) => value instanceof AbortSignal, "Give an AbortSignal."],
  onEvent: [(value) => typeof value === "function", "Give a function."],
  env: [isEnvironment, "Give names and texts, as process.env has them."],
  cwd: [(value) => typeof value === "string" && value !== "", "Give a folder's path."],
};

function isEnvironment(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => one === undefined || typeof one === "string");
}

/** @throws ClusterError Usage (exit 2), naming the option */
function ownOptions(options: unknown): AzureOptions {
  const given = optionsIn(options) as Record<string, unknown>;
  for (const [key, [is, give]] of Object.entries(OWN)) {
    const value = given[key];
    // an environment may hold secrets
    const what = key === "env" ? "what was given" : valueText(value);
    if (value !== undefined && !is(value)) throw usageError(`the option ${key} cannot be ${what}`, give);
  }
  return given;
}

/** What takes the flags of create. */
const making = (runs: Runs, given: OptionsOf<"azure">): Pick<Azure, "create" | "plan" | "exportPlan"> => ({
  async create(name, wish = {}) {
    const more = { ...given, ...wish };
    const [{ createCluster }, { checkWish }] = await Promise.all([
      import("../operations/create.ts"),
      import("../operations/create/wish.ts"),
    ]);
    checkWish(name, more);
    const created = await runs.work({ looks: false, more }, (run) => createCluster(run, name, more));
    if (created.exit !== EXIT.done) throw notReady(created);
    for (const why of created.unwritten) throw why;
    return created.document;
  },
  async plan(name, wish = {}) {
    const more = { ...given, ...wish };
    const [{ planCluster }, { checkWish }, { planDocument }] = await Promise.all([
      import("../operations/create.ts"),
      import("../operations/create/wish.ts"),
      import("../operations/create/result-document.ts"),
    ]);
    checkWish(name, more);
    const work = async (run: Run): Promise<PlanDocument> => {
      const planned = await planCluster(run, name, more);
      return planDocument(planned, planned.cost, await run.account());
    };
    return runs.work({ looks: true, more }, work);
  },
  async exportPlan(name, wish = {}) {
    const more = { ...given, ...wish };
    const { exportCluster } = await import("../operations/export.ts");
    const work = (run: Run) => exportCluster(run, name, more);
    const { document, valuesFile } = await runs.work({ looks: true, more }, work);
    return { document, valuesFile };
  },
});

/** What works on clusters that are there. */
const running = (
  runs: Runs,
  where: InGroup,
  given: OptionsOf<"azure">,
): Pick<Azure, "status" | "list" | "remove" | "reboot" | "replace" | "stop" | "start" | "destroy" | "gc" | "run" | "logs"> => ({
  async status(name, options = {}) {
    const { clusterStatus, withMessages } = await import("../operations/status.ts");
    const { document } = await runs.work({ looks: true }, (run) => clusterStatus(run, name, { ...where, ...options }));
    return withMessages(document, (text) => withFlags(text, whereFlags(given), isOf(name)));
  },
  async list() {
    const { listClusters } = await import("../operations/list.ts");
    return runs.work({ looks: true }, (run) => listClusters(run, where));
  },
  async remove(name, nodes, { force = false } = {}) {
    const { removeNodes } = await import("../operations/remove.ts");
    const work = (run: Run) => removeNodes(run, name, nodes.map(String), { ...where, force });
    return runs.work({ looks: false }, work);
  },
  async reboot(name, nodes = [], wish = {}) {
    const more = { ...where, ...wish };
    const { rebootNodes } = await import("../operations/reboot.ts");
    const work = (run: Run) => rebootNodes(run, name, nodes.map(String), more);
    const { document, error } = await runs.work({ looks: false, limitMs: NODES_MS }, work);
    if (error !== undefined) throw error;
    return document;
  },
  async replace(name, nodes, wish = {}) {
    const { keepDataDisk = false, ...flags } = wish;
    const { replaceNodes } = await import("../operations/replace.ts");
    const more = { given: { ...where, ...flags }, keepDataDisk };
    const work = (run: Run) => replaceNodes(run, name, nodes.map(String), more);
    const limitMs = replaceMs(nodes.map(String));
    const { document, error } = await runs.work({ looks: false, more: flags, limitMs }, work);
    if (error !== undefined) throw error;
    return document;
  },
  async stop(name) {
    const { stopCluster } = await import("../operations/stop.ts");
    const { document, error } = await runs.work({ looks: false }, (run) => stopCluster(run, name, where));
    if (error !== undefined) throw error;
    return document;
  },
  async start(name) {
    const { startCluster } = await import("../operations/start.ts");
    const started = await runs.work({ looks: false }, (run) => startCluster(run, name, where));
    if (started.exit !== EXIT.done) throw notStarted(started);
    return started.document;
  },
  async destroy(name, wish = {}) {
    const more = { ...where, ...wish };
    const { destroyNamed } = await import("../operations/destroy.ts");
    const { document, error } = await runs.work({ looks: false }, (run) => destroyNamed(run, name, more));
    if (error !== undefined) throw error;
    return document;
  },
  async gc() {
    const { collectExpired } = await import("../operations/gc.ts");
    return (await runs.work({ looks: false }, (run) => collectExpired(run, where))).map((one) => gcResult(one, given));
  },
  async run(name, command, wish = {}) {
    const more = { ...where, ...wish };
    const { onNodes } = await import("../operations/on-nodes.ts");
    return runs.work({ looks: true, runsAgain: true, limitMs: NODES_MS }, (run) => onNodes(run, name, command, more));
  },
  async logs(name, node, wish = {}) {
    const more = { ...where, ...wish, ...(node === undefined ? {} : { node: String(node) }) };
    const { nodeLogs } = await import("../operations/logs.ts");
    return (await runs.work({ looks: true }, (run) => nodeLogs(run, name, more))).document;
  },
});

/** What makes a platform of a cluster. */
const platform = (
  runs: Runs,
  where: InGroup,
): Pick<Azure, "installPlatform" | "platformStatus" | "upgradePlatform" | "uninstallPlatform"> => {
  const change =
    (what: "upgrade" | "uninstall") =>
    async (name: string, wish: ChangeWish = {}) => {
      const more = { ...where, ...wish };
      const { changePlatform } = await import("../operations/platform/change.ts");
      return runs.work({ looks: false, limitMs: PLATFORM_MS }, (run) => changePlatform(run, name, what, more));
    };
  return {
    async installPlatform(name, wish = {}) {
      const { certManager, ...more } = wish;
      const certificates = certManager === undefined ? {} : { certManager: certManager === "yes" };
      const { planAndInstall } = await import("../operations/platform/install.ts");
      const work = (run: Run) => planAndInstall(run, name, { ...where, ...more, ...certificates });
      return runs.work({ looks: false, limitMs: PLATFORM_MS }, work);
    },
    async platformStatus(name) {
      const { lookAtPlatform } = await import("../operations/platform/status.ts");
      return (await runs.work({ looks: true }, (run) => lookAtPlatform(run, name, where))).document;
    },
    upgradePlatform: change("upgrade"),
    uninstallPlatform: change("uninstall"),
  };
};
