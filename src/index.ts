/**
 * The library: one function a command, without terminal or process. `open` gives one Azure for several pieces of work; the functions
 * open one for a single piece. Results are the documents of `--json`, failures are ClusterErrors with the exit code that the command
 * would have. No type of the Azure SDK is part of it. Long because each function has its example, which a test runs.
 */
import type {
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
  ClusterDocument,
} from "./core/documents.ts";
import { apart, openAzure } from "./library/azure.ts";
import type {
  Azure,
  AzureOptions,
  ChangeWish,
  CreateOptions,
  NoOptions,
  RemovalOptions,
  StatusOptions,
} from "./library/interface.ts";
import type { ExportResult, GcResult } from "./library/results.ts";
import type { OptionsOf } from "./library/options.ts";
import { realClock } from "./operations/real-clock.ts";

export type * from "./core/documents.ts";
export { ClusterError, EXIT, type ErrorSource, type ExitCode } from "./core/errors.ts";
export type { Event, EventKind } from "./engine/event.ts";
export type { Azure, AzureOptions, ChangeWish, CreateOptions, ExportResult, GcResult, NoOptions, RemovalOptions, StatusOptions };

/**
 * One Azure for several pieces of work: who signs in, where keys are and who listens is said once.
 *
 * @example
 * import { open } from "azure-coreos-cluster";
 *
 * await using azure = open({ simulate: true, dir: "clusters" });
 * const made = await azure.create("mycluster", { numNodes: 3 });
 * const seen = await azure.status("mycluster");
 * console.log(made.ip, seen.nodes.map((node) => node.state));
 * await azure.destroy("mycluster");
 *
 * @throws ClusterError Usage (exit 2) for an option that is none, or has no such value
 */
export const open = (options: AzureOptions = {}): Azure => openAzure(options, realClock);

/**
 * Makes a cluster, or finishes or grows it: calling it again is always safe. Without `simulate` machines are made, and cost money
 * until they are destroyed.
 *
 * @example
 * import { create } from "azure-coreos-cluster";
 *
 * const { nodes, host } = await create("mycluster", {
 *   simulate: true,
 *   numNodes: 5,
 *   onEvent: ({ kind, label }) => console.log(kind, label),
 * });
 * console.log(host, nodes.length);
 *
 * @throws ClusterError: exit 3 when only some nodes came up, with the cause's own code, or NodesNotReady where there is no other
 */
export const create = (name: string, options: AzureOptions & CreateOptions = {}): Promise<ClusterDocument> =>
  once(options, (azure, wish) => azure.create(name, wish));

/**
 * What `create` would do with the same options, and what that costs; nothing is written to Azure.
 *
 * @example
 * import { plan } from "azure-coreos-cluster";
 *
 * const { resources } = await plan("mycluster", { simulate: true, vmSize: "Large", deis: true });
 * console.log(resources.filter(({ action }) => action === "create").length);
 *
 * @throws ClusterError what stands in the way, all of it (exit 5)
 */
export const plan = (name: string, options: AzureOptions & CreateOptions = {}): Promise<PlanDocument> =>
  once(options, (azure, wish) => azure.plan(name, wish));

/**
 * How a cluster is, asked of Azure and, where its private key is at hand, of the nodes.
 *
 * @example
 * import { create, status } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * const { drift, nodes } = await status("mycluster", { simulate: true });
 * if (drift.length > 0 || nodes.some(({ state }) => state !== "ready")) throw new Error("mycluster is ill");
 *
 * @throws ClusterError ClusterNotFound, ClusterHalfMade (exit 1); ClaimDamaged, ClaimTwice (exit 7)
 */
export const status = (name: string, options: AzureOptions & StatusOptions = {}): Promise<StatusDocument> =>
  once(options, (azure, wish) => azure.status(name, wish));

/**
 * The clusters of the subscription, or of `resourceGroup`, in the order of their names.
 *
 * @example
 * import { list } from "azure-coreos-cluster";
 *
 * for (const { name, nodes, expires } of await list({ simulate: true })) console.log(name, nodes, expires);
 */
export const list = (options: AzureOptions = {}): Promise<ListDocument[]> => once(options, (azure, wish) => azure.list(wish));

/**
 * Takes nodes out of a cluster, etcd's membership first. A node is its index or its machine's name; one that is not there is passed over.
 *
 * @example
 * import { create, remove } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true, numNodes: 5 });
 * const { removed } = await remove("mycluster", [4, "mycluster-coreos-3"], { simulate: true });
 * console.log(removed);
 *
 * @throws ClusterError LastNodes (exit 2); Etcd* when etcd does not let a member go
 */
export const remove = (
  name: string,
  nodes: readonly (number | string)[],
  options: AzureOptions & RemovalOptions = {},
): Promise<RemoveDocument> => once(options, (azure, wish) => azure.remove(name, nodes, wish));

/**
 * Reboots nodes one at a time, each healthy before the next: all of them without `nodes`, else those that are named. Ends at the first that does not come
 * back; the same call goes on there.
 *
 * @example
 * import { create, reboot } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * const { rebooted } = await reboot("mycluster", [0, 1], { simulate: true, nodeTimeout: 10 * 60_000 });
 * console.log(rebooted);
 *
 * @throws ClusterError NodeNotBack, EtcdNotWhole (exit 3, or 5 when nothing was rebooted)
 */
export const reboot = (
  name: string,
  nodes?: readonly (number | string)[],
  options: AzureOptions & OptionsOf<"reboot"> = {},
): Promise<RebootDocument> => once(options, (azure, wish) => azure.reboot(name, nodes, wish));

/**
 * Makes nodes anew, one after the other: out of etcd, away, made with today's choices, healthy before the next.
 *
 * @example
 * import { create, replace } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true, dataDisk: true });
 * const { replaced } = await replace("mycluster", [0], { simulate: true, vmSize: "Large", keepDataDisk: true });
 * console.log(replaced);
 *
 * @throws ClusterError when the cluster is not whole after one; what is left is in its advice
 */
export const replace = (
  name: string,
  nodes: readonly (number | string)[],
  options: AzureOptions & OptionsOf<"replace"> = {},
): Promise<ReplaceDocument> => once(options, (azure, wish) => azure.replace(name, nodes, wish));

/**
 * Ends etcd on all nodes and deallocates their machines: nobody pays for them, and disks and addresses stay.
 *
 * @example
 * import { create, start, stop } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * const { cost } = await stop("mycluster", { simulate: true });
 * console.log("still paid for:", cost.items.map(({ count, what }) => `${count} ${what}`));
 * await start("mycluster", { simulate: true });
 *
 * @throws ClusterError when machines still run
 */
export const stop = (name: string, options: AzureOptions = {}): Promise<StopDocument> =>
  once(options, (azure, wish) => azure.stop(name, wish));

/**
 * Starts a stopped cluster, and waits until its nodes are ready.
 *
 * @example
 * import { ClusterError, create, start, stop } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * await stop("mycluster", { simulate: true });
 * try {
 *   console.log((await start("mycluster", { simulate: true })).ready);
 * } catch (error) {
 *   if (!(error instanceof ClusterError) || error.exit !== 3) throw error;
 *   console.log(error.message);
 * }
 *
 * @throws ClusterError NodesNotReady (exit 3, or 6 when etcd is not up)
 */
export const start = (name: string, options: AzureOptions = {}): Promise<StartDocument> =>
  once(options, (azure, wish) => azure.start(name, wish));

/**
 * Removes everything of a cluster, and proves it. Doing it twice is no error.
 *
 * @example
 * import { destroy } from "azure-coreos-cluster";
 *
 * const { deleted } = await destroy("mycluster", { simulate: true });
 * console.log(deleted.length);
 *
 * @throws ClusterError NotDestroyed (exit 1) when something is left; ClusterNotFound (exit 1) with `mustExist`
 */
export const destroy = (name: string, options: AzureOptions & OptionsOf<"destroy"> = {}): Promise<DestroyDocument> =>
  once(options, (azure, wish) => azure.destroy(name, wish));

/**
 * Destroys the clusters whose time to live (`ttl`) is over. One that fails stops no other: its error stands in its place.
 *
 * @example
 * import { gc } from "azure-coreos-cluster";
 *
 * for (const one of await gc({ simulate: true })) if ("error" in one) console.error(one.name, one.error.message);
 */
export const gc = (options: AzureOptions = {}): Promise<GcResult[]> => once(options, (azure, wish) => azure.gc(wish));

/**
 * Runs a command on every node at once, over SSH with the cluster's own host keys. In a rehearsal no machine is there to run it.
 *
 * @example
 * import { ClusterError, create, run } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * try {
 *   const { nodes } = await run("mycluster", "uptime", { simulate: true, nodeTimeout: 30_000 });
 *   for (const { name, code, stdout } of nodes) console.log(name, code, stdout);
 * } catch (error) {
 *   if (!(error instanceof ClusterError) || error.code !== "NothingBooted") throw error;
 * }
 *
 * @throws ClusterError PrivateKeyMissing (exit 1); NothingBooted. A command that fails on a node throws nothing: its exit code is in the document.
 */
export const run = (name: string, command: string, options: AzureOptions & OptionsOf<"run"> = {}): Promise<RunDocument> =>
  once(options, (azure, wish) => azure.run(name, command, wish));

/**
 * What nodes have written: to the serial console, which Azure keeps and which is there when a node answers nobody, or with `unit` to the
 * journal of a systemd unit. Of a node where it could not be read the document has the error.
 *
 * @example
 * import { create, logs } from "azure-coreos-cluster";
 *
 * await create("mycluster", { simulate: true });
 * const { nodes } = await logs("mycluster", 0, { simulate: true, lines: 20 });
 * console.log(nodes[0]?.text);
 *
 * @throws ClusterError NodeNotFound (exit 2); AuthorizationFailed (exit 4) where none may be read
 */
export const logs = (
  name: string,
  node?: number | string,
  options: AzureOptions & OptionsOf<"logs"> = {},
): Promise<LogsDocument> => once(options, (azure, wish) => azure.logs(name, node, wish));

/**
 * Makes a platform of a cluster of Ubuntu or Debian: k3s and Drycc Workflow, by Drycc's own installer. The same call goes on where an earlier
 * one stopped. The admin's password is made, and kept in the cluster's folder, without `passwordFile`.
 *
 * @example
 * import { create, installPlatform } from "azure-coreos-cluster";
 *
 * await create("platform", { simulate: true, deis: true, platform: "ubuntu" });
 * const { controller } = await installPlatform("platform", { simulate: true });
 * console.log(controller);
 *
 * @throws ClusterError StepFailed, StepLost (exit 3); what stands in the way, all of it (exit 5)
 */
export const installPlatform = (name: string, options: AzureOptions & OptionsOf<"platform"> = {}): Promise<PlatformDocument> =>
  once(options, (azure, wish) => azure.installPlatform(name, wish));

/**
 * How a platform is: k3s' nodes, pods that are not ready, the gateway and the domain's record.
 *
 * @example
 * import { create, installPlatform, platformStatus } from "azure-coreos-cluster";
 *
 * await create("platform", { simulate: true, deis: true, platform: "ubuntu" });
 * await installPlatform("platform", { simulate: true });
 * console.log((await platformStatus("platform", { simulate: true })).healthy);
 *
 * @throws ClusterError NoPlatform, NodeCommandFailed
 */
export const platformStatus = (name: string, options: AzureOptions = {}): Promise<PlatformStatusDocument> =>
  once(options, (azure, wish) => azure.platformStatus(name, wish));

/**
 * The installer's own upgrade of a platform, as it is today.
 *
 * @example
 * import { create, installPlatform, upgradePlatform } from "azure-coreos-cluster";
 *
 * await create("platform", { simulate: true, deis: true, platform: "ubuntu" });
 * await installPlatform("platform", { simulate: true });
 * await upgradePlatform("platform", { simulate: true });
 *
 * @throws ClusterError NoPlatform, InstallerUnread, InstallerChanged; StepFailed, StepLost (exit 3)
 */
export const upgradePlatform = (name: string, options: AzureOptions & ChangeWish = {}): Promise<PlatformDocument> =>
  once(options, (azure, wish) => azure.upgradePlatform(name, wish));

/**
 * Takes a platform off a cluster: applications and their data go with it, the cluster stays.
 *
 * @example
 * import { create, installPlatform, uninstallPlatform } from "azure-coreos-cluster";
 *
 * await create("platform", { simulate: true, deis: true, platform: "ubuntu" });
 * await installPlatform("platform", { simulate: true });
 * await uninstallPlatform("platform", { simulate: true });
 *
 * @throws ClusterError NoPlatform; StepFailed, StepLost (exit 3)
 */
export const uninstallPlatform = (
  name: string,
  options: AzureOptions & Omit<ChangeWish, "passwordFile"> = {},
): Promise<PlatformDocument> => once(options, (azure, wish) => azure.uninstallPlatform(name, wish));

/**
 * The plan as an ARM template or Terraform JSON. Private keys are in the values file, never in the document.
 *
 * @example
 * import { exportPlan } from "azure-coreos-cluster";
 *
 * const { document, valuesFile } = await exportPlan("mycluster", { simulate: true, format: "terraform" });
 * console.log(Object.keys(document), valuesFile);
 *
 * @throws ClusterError what `create` would refuse with the same options (exit 5)
 */
export const exportPlan = (name: string, options: AzureOptions & OptionsOf<"create" | "export"> = {}): Promise<ExportResult> =>
  once(options, (azure, wish) => azure.exportPlan(name, wish));

// --- internal ---

/** One piece of work, in an Azure of its own; what is wished of it is checked by who does it. */
async function once<T>(options: unknown, work: (azure: Azure, wish: never) => Promise<T>): Promise<T> {
  const { own, wish } = apart(options);
  await using azure = openAzure(own, realClock);
  return await work(azure, wish);
}
