/**
 * What the functions of an Azure are called with, and what comes out of them: one table, a row a function, that every call passes. A
 * program's arguments are input like any other: what is none is refused as Usage before anything is done, and never taken for a
 * default; and whatever ends a call is a ClusterError, with the advice that the command would give.
 */
import { defined } from "../core/defined.ts";
import { advised } from "../core/advice/advice.ts";
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import { inItsPlace } from "../core/own-commands.ts";
import type { FlagScope } from "../core/spec/flag.ts";
import type { FlagKey } from "../core/spec/flags.ts";
import { clusterName } from "../core/spec/spec.ts";
import type { Azure } from "./interface.ts";
import { type OptionsOf, checkedOptions, valueText } from "./options.ts";

/** The functions that do a piece of work. */
export type Work = Exclude<keyof Azure, "events" | "close" | symbol>;

/** The same functions, which are called with nothing but what is right. */
export const checkedCalls = (work: Pick<Azure, Work>, given: OptionsOf<"azure">): Pick<Azure, Work> =>
  Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, checks]) => {
      const what = name as Work;
      const call = work[what] as (...given: unknown[]) => Promise<unknown>;
      return [what, (...passed: unknown[]) => checkedCall(what, checks, call, passed, given)];
    }),
  ) as unknown as Pick<Azure, Work>;

/**
 * How it ended, for a program: what is no ClusterError is a fault of ours.
 * @param what the function that ended so: what is refused to a `destroy` must not be advised to be created
 */
export function asClusterError(thrown: unknown, what: Work, name?: string): ClusterError {
  const context = { ...defined({ name }), ...(what === "create" ? {} : { command: what }) };
  if (thrown instanceof ClusterError) return advised(thrown, context);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ClusterError("Bug", message, { source: "bug", exit: EXIT.failed, cause: thrown });
}

// --- internal ---

/** @returns what the function gets in its place. @throws ClusterError Usage */
type Check = (given: unknown) => unknown;

const options =
  (...scopes: readonly FlagScope[]): Check =>
  (given = {}) =>
    checkedOptions(given, scopes);

/** What upgrades or takes away a platform leaves the installation's choices as they are. */
const change =
  (...only: readonly FlagKey[]): Check =>
  (given = {}) =>
    checkedOptions(given, ["platform"], only);

const cluster: Check = (given) => {
  if (typeof given !== "string") throw usageError(`the cluster's name cannot be ${valueText(given)}`, "Give a text.");
  return clusterName(given);
};

const node: Check = (given) => {
  const named = typeof given === "string" ? given !== "" : Number.isInteger(given) && (given as number) >= 0;
  if (!named) throw usageError(`a node cannot be ${valueText(given)}`, "Give its index or its name.");
  return given;
};

/** An empty list is most often a filter that found nothing: it is neither "all of them" nor done. */
const nodes: Check = (given) => {
  if (!Array.isArray(given)) throw usageError(`the nodes cannot be ${valueText(given)}`, "Give a list of indexes or names.");
  if (given.length === 0) throw usageError("the list of nodes is empty", "Give their indexes or names.");
  return given.map(node);
};

const command: Check = (given) => {
  if (typeof given !== "string" || given.trim() === "")
    throw usageError(`the command cannot be ${valueText(given)}`, 'Give one text, as a shell takes it: "uptime".');
  return given;
};

const orNone =
  (check: Check): Check =>
  (given) =>
    given === undefined ? undefined : check(given);

const PARAMETERS: Record<Work, readonly Check[]> = {
  create: [cluster, options("create")],
  plan: [cluster, options("create")],
  exportPlan: [cluster, options("create", "export")],
  status: [cluster, options("status")],
  list: [options()],
  remove: [cluster, nodes, options("remove")],
  reboot: [cluster, orNone(nodes), options("reboot")],
  replace: [cluster, nodes, options("replace")],
  stop: [cluster, options()],
  start: [cluster, options()],
  destroy: [cluster, options("destroy")],
  gc: [options()],
  run: [cluster, command, options("run")],
  logs: [cluster, orNone(node), options("logs")],
  installPlatform: [cluster, options("platform")],
  platformStatus: [cluster, options()],
  upgradePlatform: [cluster, change("passwordFile", "installer", "installerSha256")],
  uninstallPlatform: [cluster, change("installer", "installerSha256")],
};

async function checkedCall(
  what: Work,
  checks: readonly Check[],
  call: (...passed: unknown[]) => Promise<unknown>,
  passed: readonly unknown[],
  given: OptionsOf<"azure">,
): Promise<unknown> {
  if (passed.length > checks.length) throw usageError(`${what} takes no ${valueText(passed[checks.length])}`);
  const checked = checks.map((check, index) => check(passed[index]));
  try {
    return await call(...checked);
  } catch (error) {
    const name = typeof checked[0] === "string" ? checked[0] : undefined;
    const ended = asClusterError(error, what, name);
    throw name === undefined ? ended : inItsPlace(ended, name, given);
  }
}
