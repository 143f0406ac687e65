/**
 * platform install: makes a Heroku-style platform of a cluster: k3s on all nodes, then Drycc Workflow, by Drycc's own installer. In two halves, so
 * that a caller may look between: what is there and whether anything stands in the way (reads only), and the steps (steps.ts).
 */
import { defined } from "../../core/defined.ts";
import type { PlatformDocument } from "../../core/documents.ts";
import { refusal } from "../../core/advice/preflight.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { schemaUri } from "../../core/schema-uri.ts";
import { JOBS } from "../../nodes/job.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { type Run, secondsOf } from "../run.ts";
import { judgeNodes } from "./checks.ts";
import { type PlatformChoices, readChoices } from "./choices.ts";
import { INSTALLER, type Script, hostOf, readScript } from "./installer.ts";
import type { NodeLook } from "./node-look.ts";
import { forgetPassword, passwordIn, settlePassword } from "./password.ts";
import { type Site, openSite, firstServerGone } from "./reached.ts";
import { recordOf } from "./record.ts";
import { STEPS, type PlatformStep, placed, UNINSTALL } from "./steps.ts";
import { markPlatform } from "./tag.ts";
import { type Walked, walkSteps } from "./walk.ts";
import { type InstallOptions, asKept, chosen, freshChoices, nipNote } from "./wish.ts";

/** What would be done. To be closed by whoever has it: `site.access.close()`. */
export interface Installation {
  readonly site: Site;
  readonly choices: PlatformChoices;
  readonly script: Script;
  readonly nodes: readonly { readonly target: NodeTarget; readonly look: NodeLook }[];
  readonly first: NodeTarget;
  readonly notes: readonly string[];
  /** Steps on nodes that are done, of all. */
  readonly done: number;
  readonly all: number;
  /** Something that is to be done needs the admin's password. */
  readonly needsPassword: boolean;
}

/** Both halves, for a caller who has nobody to ask. */
export async function planAndInstall(
  run: Run,
  name: string,
  { passwordFile, ...options }: InstallOptions & { readonly passwordFile?: string | undefined } = {},
): Promise<PlatformDocument> {
  const password = passwordFile === undefined ? undefined : await passwordIn(run.outside, passwordFile);
  const installation = await planInstall(run, name, options);
  try {
    return await carryOutInstall(run, installation, password);
  } finally {
    installation.site.access.close();
  }
}

/** @throws ClusterError what stands in the way, all of it (exit 5); PlatformChosen (exit 7); what reaching nodes fails with */
export async function planInstall(run: Run, name: string, options: InstallOptions = {}): Promise<Installation> {
  const site = await openSite(run, name, options.resourceGroup);
  try {
    return await planned(run, site, options);
  } catch (error) {
    site.access.close();
    throw error;
  }
}

/** @param password of the admin; made and kept in the cluster's folder when left out. @throws ClusterError StepFailed, StepLost (exit 3) */
export async function carryOutInstall(run: Run, installation: Installation, password?: string): Promise<PlatformDocument> {
  const { site, first, nodes } = installation;
  const { access, cluster } = site;
  await furnish(run, installation);
  await markPlatform(run, cluster.claim, first.index, installation.choices.domain);
  const settled = installation.needsPassword ? await settlePassword(run, site, first, password) : undefined;
  const walked = await walkSteps(run, STEPS, {
    cluster: cluster.spec.name,
    access,
    first,
    choices: installation.choices,
    nodes: nodes.map(({ target }) => target),
    done: new Map(nodes.map(({ target, look }) => [target.index, look.done])),
    reachedAt: reachedAt(site),
    secrets: { token: () => tokenOf(site, first), password: () => Promise.resolve(settled?.text ?? "") },
  });
  if (settled !== undefined) await forgetPassword(site, first);
  run.emit({ kind: "end", id: "platform", label: cluster.spec.name });
  return platformDocument(run, "install", { ...installation, walked, passwordFile: settled?.file });
}

/** What other nodes join with. Root's alone; it goes from node to node through here, and is never shown. */
export async function tokenOf({ access, cluster }: Pick<Site, "access" | "cluster">, first: NodeTarget): Promise<string> {
  const token = (await access.read(first, TOKEN))?.trim() ?? "";
  if (/^[\w:.=+/-]{1,500}$/.test(token)) return token;
  throw new ClusterError("TokenMissing", `${first.name} has no token that other nodes could join k3s with`, {
    source: "node",
    exit: EXIT.partly,
    advice: `Is k3s running there? \`azure-coreos-cluster logs ${cluster.spec.name} ${first.index} --unit k3s\` tells. The same command goes on.`,
  });
}

export const reachedAt = ({ cluster: { claim } }: Pick<Site, "cluster">): string[] => [
  ...new Set([claim.address, claim.host].filter((one) => one !== undefined)),
];

/** Installer and choices on each node: the same bytes everywhere. */
export async function furnish(
  run: Run,
  { site: { access }, choices, script, nodes, first }: Pick<Installation, "site" | "choices" | "script" | "nodes" | "first">,
): Promise<void> {
  const text = `${JSON.stringify(choices)}\n`;
  const give = async (node: NodeTarget, keep: boolean): Promise<void> => {
    await access.run(node, `sh -c 'install -d -m 0700 ${JOBS} && { ${FORGET_LAST}; }'`);
    await access.put(node, "choices.json", text, { mode: "0600", keep });
    await access.put(node, "install.sh", script.text, { mode: "0700" });
  };
  run.changesNodes();
  // of two runs at once the first one's choices count, and the other sees them
  const known = keptBy(nodes) !== undefined;
  await give(first, !known);
  if (!known && !run.simulated) {
    const there = readChoices(await access.read(first, `${JOBS}/choices.json`));
    if (JSON.stringify(there) !== JSON.stringify(choices))
      throw chosen("another run installs it with other choices at this moment");
  }
  await Promise.all(nodes.filter(({ target }) => target !== first).map(({ target }) => give(target, false)));
}

export interface PlatformResult extends Pick<Installation, "site" | "choices"> {
  readonly walked: readonly Walked[];
  readonly passwordFile?: string | undefined;
}

export const platformDocument = (
  run: Run,
  action: PlatformDocument["action"],
  { site: { cluster }, choices, walked, passwordFile }: PlatformResult,
): PlatformDocument => ({
  $schema: schemaUri("platform"),
  schema: "azure-coreos-cluster/platform/1",
  action,
  name: cluster.spec.name,
  resourceGroup: cluster.cluster.groupName,
  domain: choices.domain,
  controller: `http://drycc.${choices.domain}`,
  adminUsername: choices.adminUsername,
  ...defined({ passwordFile }),
  servers: cluster.nodes.filter(({ index }) => choices.servers.includes(index)).map(({ name }) => name),
  installer: { source: choices.installer, sha256: choices.sha256 },
  steps: walked,
  seconds: secondsOf(run),
});

/** How many steps on nodes are done, and how many there are. */
export function progress(steps: readonly PlatformStep[], nodes: Installation["nodes"], servers: readonly number[]) {
  const pairs = steps.flatMap(({ name, on }) =>
    placed(
      on,
      nodes.map(({ target, look }) => ({ index: target.index, look })),
      servers,
    ).map(({ look }) => look.done.has(name)),
  );
  return { done: pairs.filter(Boolean).length, all: pairs.length };
}

/** What the platform was asked to be that is there, or is being made. What an uninstallation has left that broke off is none. */
export const keptBy = (nodes: Installation["nodes"]): PlatformChoices | undefined =>
  nodes.find(({ look }) => look.choices !== undefined && !look.uninstalled)?.look.choices;

export interface ScriptPlace extends Pick<Site, "access"> {
  readonly first: NodeTarget;
  /** What the platform was asked to be, where one is there. */
  readonly kept: PlatformChoices | undefined;
}

/** What the nodes have already, unless another one is named. */
export async function scriptOf(
  run: Run,
  { access, first, kept }: ScriptPlace,
  { installer, installerSha256 }: InstallOptions,
): Promise<Script> {
  if (kept === undefined || installer !== undefined || run.simulated)
    return readScript(run, installer ?? kept?.installer ?? INSTALLER, installerSha256);
  const text = await access.read(first, `${JOBS}/install.sh`);
  if (text === undefined) return readScript(run, kept.installer, installerSha256 ?? kept.sha256);
  if (installerSha256 !== undefined && installerSha256 !== kept.sha256)
    throw chosen(`the nodes have an installer whose SHA-256 is ${kept.sha256}`);
  return { source: kept.installer, text, sha256: kept.sha256 };
}

// --- internal ---

/** What an uninstallation that broke off at its very end has left of the last platform; its mark last. */
const FORGET_LAST = `[ ! -e ${JOBS}/done/${UNINSTALL.name} ] || rm -f ${["choices.json", "password", `done/${UNINSTALL.name}`].map((one) => `${JOBS}/${one}`).join(" ")}`;

const TOKEN = "/var/lib/rancher/k3s/server/node-token";

async function planned(run: Run, site: Site, options: InstallOptions): Promise<Installation> {
  const { cluster, access } = site;
  const { spec, claim } = cluster;
  const host = hostOf(options.installer ?? INSTALLER);
  const looked = Promise.all(cluster.nodes.map(async (target) => ({ target, look: await access.look(target, host) })));
  const [nodes, clocks] = await Promise.all([looked, Promise.all(cluster.nodes.map((node) => access.clockOf(node)))]);
  const kept = keptBy(nodes);
  const address = claim.address ?? "";
  const wanted = kept === undefined ? freshChoices(cluster.nodes, address, options) : asKept(kept, options);
  const first = cluster.nodes.find(({ index }) => index === wanted.servers[0]);
  if (first === undefined) throw firstServerGone(wanted.servers[0]);
  const { done, all } = progress(STEPS, nodes, wanted.servers);
  const own = `${address}.nip.io`;
  const byDomain = wanted.domain !== own && done !== all;
  const record = byDomain ? await recordOf(run, wanted.domain, address) : undefined;
  const unlooked =
    byDomain && record === undefined
      ? [`*.${wanted.domain} could not be looked up from here: whether it leads to ${address} is not checked.`]
      : [];
  const { problems, notes } = judgeNodes({
    spec,
    group: cluster.cluster.groupName,
    address,
    host,
    hasEtcd: hasEtcd(claim.choices) && claim.choices.members.size > 0,
    choices: wanted,
    nodes: nodes.map(({ target: { name, index }, look }) => ({ name, index, look })),
    clocks: clocks.filter((clock) => clock !== undefined),
    record,
  });
  if (problems.length > 0) throw refusal(problems);
  const script = await scriptOf(run, { access, first, kept }, options);
  return {
    site,
    nodes,
    first,
    script,
    choices: { ...wanted, installer: script.source, sha256: script.sha256 },
    notes: [
      ...(options.domain === undefined && kept === undefined ? [nipNote(own)] : []),
      ...unasked(run, wanted.domain, own),
      ...unlooked,
      ...notes,
    ],
    done,
    all,
    needsPassword: STEPS.some(
      ({ name, needs }) => needs === "password" && nodes.find(({ target }) => target === first)?.look.done.has(name) === false,
    ),
  };
}

const unasked = ({ simulated }: Run, domain: string, own: string): string[] =>
  simulated && domain !== own ? [`Rehearsal: nobody asked whether *.${domain} leads to the cluster; in earnest it must.`] : [];
