/** A cluster whose nodes a platform command works on: found, reached, and ready to be worked on. */
import { refusal } from "../../core/advice/preflight.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { refuseAstray } from "../cluster/astray.ts";
import { findCluster } from "../cluster/find.ts";
import { type ReachedCluster, learnHostKeys, reachFound } from "../cluster/reach-nodes.ts";
import { refuseStopped } from "../cluster/stopped.ts";
import type { Run } from "../run.ts";
import { unfitSystem } from "./checks.ts";
import type { PlatformChoices } from "./choices.ts";
import { type NodeAccess, realAccess, rehearsedAccess } from "./node-access.ts";
import { INSTALLER } from "./installer.ts";
import type { NodeLook } from "./node-look.ts";
import { platformIn } from "./tag.ts";

export interface Site {
  readonly cluster: ReachedCluster;
  readonly access: NodeAccess;
  /** What the claim says: absent where no platform was ever begun. */
  readonly platform: ReturnType<typeof platformIn>;
}

/** To be closed by whoever opens it. @throws ClusterError what reaching nodes fails with, PrivateKeyMissing, TagsChanged (exit 7) */
export async function openSite(run: Run, name: string, resourceGroup: string | undefined): Promise<Site> {
  const found = await reachFound(run, await findCluster(run, name, resourceGroup));
  refuseStopped(name, found.claim.tags);
  refuseAstray(found.astray);
  const unfit = unfitSystem(found.spec);
  if (unfit.length > 0) throw refusal(unfit);
  if (found.lacking !== undefined && !run.simulated) throw found.lacking;
  const cluster = run.simulated ? found : await learnHostKeys(run, found);
  const platform = platformIn(found.claim.tags);
  return {
    cluster,
    platform,
    access: run.simulated
      ? rehearsedAccess(run.clock, run.tools.signal, platform && rehearsedChoices(cluster, platform))
      : realAccess(run, name),
  };
}

/** The same of a platform that is there. @throws ClusterError NoPlatform, FirstServerGone */
export const openPlatform = (run: Run, name: string, resourceGroup: string | undefined): Promise<Installed> =>
  openInstalled(run, name, resourceGroup, (site) => installed(site, name));

/** The same of one that is to go: where its first node is lost, any node that has something of it will do. */
export const openWhatIsLeft = (run: Run, name: string, resourceGroup: string | undefined): Promise<Installed> =>
  openInstalled(run, name, resourceGroup, (site) =>
    installed(site, name).catch(async (error: unknown) => {
      const left = isLost(error) ? await leftBehind(site) : undefined;
      if (left === undefined) throw error;
      return left;
    }),
  );

/** The platform answers at that node's own address, and what runs once ran there. */
export const firstServerGone = (index: number | undefined): ClusterError =>
  new ClusterError("FirstServerGone", `the platform's first node, ${index}, is not there any more`, {
    source: "azure",
    advice: "Its gateway and its parts of one kind ran there. Uninstall the platform, and install it anew.",
  });

export interface Installed extends Site {
  readonly choices: PlatformChoices;
  /** The first server; where that is lost, the first node that has what is left. */
  readonly first: NodeTarget;
  readonly look: NodeLook;
}

// --- internal ---

async function openInstalled(
  run: Run,
  name: string,
  resourceGroup: string | undefined,
  look: (site: Site) => Promise<Installed>,
): Promise<Installed> {
  const site = await openSite(run, name, resourceGroup);
  try {
    return await look(site);
  } catch (error) {
    site.access.close();
    throw error;
  }
}

/** The choices lie on every node; the first server is asked. */
async function installed(site: Site, name: string): Promise<Installed> {
  const { cluster, access, platform } = site;
  const none = new ClusterError("NoPlatform", `${name} is no platform`, {
    exit: EXIT.failed,
    advice: `Make it one: \`azure-coreos-cluster platform install ${name}\`.`,
  });
  if (platform === undefined) throw none;
  const first = cluster.nodes.find(({ index }) => index === platform.first);
  if (first === undefined) throw firstServerGone(platform.first);
  const look = await access.look(first, undefined);
  if (look.choices === undefined) throw none;
  return { ...site, first, look, choices: look.choices };
}

/** The first node was deleted, or made anew since. */
const isLost = (error: unknown): boolean => error instanceof ClusterError && /^(FirstServerGone|NoPlatform)$/.test(error.code);

/** The nodes that have something of it still. */
async function leftBehind(site: Site): Promise<Installed | undefined> {
  const { cluster, access, platform } = site;
  if (platform === undefined) return undefined;
  const looked = await Promise.all(cluster.nodes.map(async (node) => ({ node, look: await access.look(node, undefined) })));
  const having = looked.flatMap(({ node, look }) =>
    look.choices === undefined ? [] : [{ first: node, look, choices: look.choices }],
  );
  const [found] = having;
  return found && { ...site, ...found, cluster: { ...cluster, nodes: having.map(({ first }) => first) } };
}

const rehearsedChoices = (cluster: ReachedCluster, { first, domain }: { first: number; domain: string }): PlatformChoices => ({
  version: 1,
  domain,
  adminUsername: "admin",
  channel: "stable",
  certManager: false,
  clusterCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
  installer: INSTALLER,
  sha256: "0".repeat(64),
  servers: [first, ...cluster.nodes.map(({ index }) => index).filter((index) => index !== first)].slice(
    0,
    cluster.nodes.length >= 3 ? 3 : 1,
  ),
});
