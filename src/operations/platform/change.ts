/** platform upgrade and uninstall: one step of the installer's on the first server, and its uninstall.sh on all nodes, the first one last. */
import { defined } from "../../core/defined.ts";
import type { PlatformDocument } from "../../core/documents.ts";
import { usageError } from "../../core/errors.ts";
import { JOBS } from "../../nodes/job.ts";
import type { Run } from "../run.ts";
import { platformDocument, furnish } from "./install.ts";
import { beside, readScript, type Script } from "./installer.ts";
import { keptPassword, passwordIn } from "./password.ts";
import { type Installed, openPlatform, openWhatIsLeft } from "./reached.ts";
import { type PlatformStep, UNINSTALL, UPGRADE } from "./steps.ts";
import { unmarkPlatform } from "./tag.ts";
import { type Walked, walkSteps } from "./walk.ts";
import type { ScriptOptions } from "./wish.ts";

/** What would be run. To be closed by whoever has it: `site.access.close()`. */
export interface PlatformChange {
  readonly site: Installed;
  readonly script: Script;
  /** What was made for the admin when it was installed, where it is kept here. */
  readonly password?: string;
}

/** Both halves, for a caller who has nobody to ask. */
export async function changePlatform(
  run: Run,
  name: string,
  what: "upgrade" | "uninstall",
  { passwordFile, ...options }: ScriptOptions & { readonly passwordFile?: string | undefined } = {},
): Promise<PlatformDocument> {
  const password = passwordFile === undefined ? undefined : await passwordIn(run.outside, passwordFile);
  const change = await planChange(run, name, what, options);
  try {
    return await (what === "upgrade" ? carryOutUpgrade(run, change, password) : carryOutUninstall(run, change));
  } finally {
    change.site.access.close();
  }
}

/** The script as it is today, not as it was when the platform was installed. @throws ClusterError NoPlatform, InstallerUnread, InstallerChanged */
export async function planChange(
  run: Run,
  name: string,
  what: "upgrade" | "uninstall",
  options: ScriptOptions = {},
): Promise<PlatformChange> {
  const open = what === "uninstall" ? openWhatIsLeft : openPlatform;
  const site = await open(run, name, options.resourceGroup);
  try {
    const installer = options.installer ?? site.choices.installer;
    const source = what === "upgrade" ? installer : beside(installer, "uninstall.sh");
    const script = await readScript(run, source, options.installerSha256);
    const password = await keptPassword(run, name);
    return { site, script, ...defined({ password }) };
  } catch (error) {
    site.access.close();
    throw error;
  }
}

/** @throws ClusterError StepFailed, StepLost (exit 3); Usage without the password, which the installer writes anew */
export async function carryOutUpgrade(
  run: Run,
  { site, script, password: kept }: PlatformChange,
  given?: string,
): Promise<PlatformDocument> {
  const password = given ?? kept ?? (run.simulated ? "rehearsal" : undefined);
  if (password === undefined)
    throw usageError(
      "the installer needs the admin's password to upgrade, and it is not kept here",
      "Give it with --password-file FILE. Nothing was changed.",
    );
  const { cluster, access, first, choices } = site;
  const nodes = await Promise.all(cluster.nodes.map(async (target) => ({ target, look: await access.look(target, undefined) })));
  const now = { ...choices, installer: script.source, sha256: script.sha256 };
  await furnish(run, { site, choices: now, script, nodes, first });
  const walked = await onThese(run, { ...site, choices: now }, UPGRADE, [first.index], password);
  return platformDocument(run, "upgrade", { site, choices: now, walked });
}

/** Everything that ran on the platform goes with it. @throws ClusterError StepFailed, StepLost (exit 3) */
export async function carryOutUninstall(run: Run, { site, script }: PlatformChange): Promise<PlatformDocument> {
  const { cluster, access, first, choices } = site;
  run.changesNodes();
  await Promise.all(cluster.nodes.map((node) => access.run(node, `install -d -m 0700 ${JOBS}`)));
  await Promise.all(cluster.nodes.map((node) => access.put(node, "uninstall.sh", script.text, { mode: "0700" })));
  const isServer = (index: number): boolean => choices.servers.includes(index);
  const indexes = cluster.nodes.map(({ index }) => index).filter((index) => index !== first.index);
  const walked: Walked[] = [];
  // agents, then the other servers, then the one that answers for all
  for (const some of [indexes.filter((one) => !isServer(one)), indexes.filter(isServer), [first.index]])
    walked.push(...(await onThese(run, site, UNINSTALL, some, "")));
  // marks would tell a later installation that all is done: they go before nobody may uninstall any more
  await Promise.all(cluster.nodes.map((node) => access.run(node, FORGET_STEPS)));
  await unmarkPlatform(run, cluster.claim);
  await Promise.all(cluster.nodes.map((node) => access.run(node, `rm -rf ${JOBS}`)));
  run.emit({ kind: "end", id: "platform", label: cluster.spec.name });
  return platformDocument(run, "uninstall", {
    site,
    choices: { ...choices, installer: script.source, sha256: script.sha256 },
    walked,
  });
}

// --- internal ---

/** All marks but that of the uninstallation itself, by which one that broke off goes on. */
const FORGET_STEPS = `sh -c 'for mark in ${JOBS}/done/*; do [ "$mark" = ${JOBS}/done/${UNINSTALL.name} ] || rm -f "$mark"; done'`;

/** An upgrade may be done again and again: its mark of the last time does not count. */
async function onThese(
  run: Run,
  { cluster, access, choices, first }: Installed,
  step: PlatformStep,
  indexes: readonly number[],
  password: string,
): Promise<Walked[]> {
  const nodes = cluster.nodes.filter(({ index }) => indexes.includes(index));
  if (step === UPGRADE) await access.run(first, `rm -f ${JOBS}/done/${step.name}`);
  return walkSteps(run, [step], {
    cluster: cluster.spec.name,
    access,
    choices,
    nodes,
    done: new Map(),
    reachedAt: [],
    first,
    secrets: { token: () => Promise.resolve(""), password: () => Promise.resolve(password) },
  });
}
