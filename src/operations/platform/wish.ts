/** What is wished of a platform: the choices of one that is begun, and what may be said again of one that is there. */
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { plural } from "../../core/words.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { PlatformChoices } from "./choices.ts";

/** Which installer is run, and of which cluster. */
export interface ScriptOptions {
  readonly resourceGroup?: string | undefined;
  /** A URL or a path. */
  readonly installer?: string | undefined;
  readonly installerSha256?: string | undefined;
}

export interface InstallOptions extends ScriptOptions {
  readonly domain?: string | undefined;
  readonly adminUsername?: string | undefined;
  readonly servers?: number | undefined;
  readonly channel?: PlatformChoices["channel"] | undefined;
  readonly certManager?: boolean | undefined;
  readonly clusterCidr?: string | undefined;
  readonly serviceCidr?: string | undefined;
}

/** Of a platform that is begun. @throws ClusterError Usage (exit 2) */
export function freshChoices(nodes: readonly NodeTarget[], address: string, options: InstallOptions): PlatformChoices {
  const servers = options.servers ?? (nodes.length >= 3 ? 3 : 1);
  if (servers > nodes.length)
    throw usageError(
      `--servers ${servers}: the cluster has ${nodes.length} ${plural("node", nodes.length)}`,
      "Give fewer, or grow the cluster first (`create NAME --num-nodes N`).",
    );
  return {
    version: 1,
    domain: options.domain ?? `${address}.nip.io`,
    adminUsername: options.adminUsername ?? "admin",
    channel: options.channel ?? "stable",
    // Let's Encrypt has a limit for all of nip.io together
    certManager: options.certManager ?? options.domain !== undefined,
    clusterCidr: options.clusterCidr ?? "10.42.0.0/16",
    serviceCidr: options.serviceCidr ?? "10.43.0.0/16",
    installer: "",
    sha256: "",
    servers: nodes.slice(0, servers).map(({ index }) => index),
  };
}

/** What was chosen stays: half of the nodes may have it already. @throws ClusterError PlatformChosen (exit 7) */
export function asKept(kept: PlatformChoices, options: InstallOptions): PlatformChoices {
  const given = { ...options, servers: undefined } as Partial<Record<keyof PlatformChoices, unknown>>;
  const other = (["domain", "adminUsername", "channel", "certManager", "clusterCidr", "serviceCidr"] as const).filter(
    (key) => given[key] !== undefined && given[key] !== kept[key],
  );
  if (other.length > 0) throw chosen(`it was begun with ${other.map((key) => `${key} ${String(kept[key])}`).join(", ")}`);
  if (options.servers !== undefined && options.servers !== kept.servers.length)
    throw chosen(`it was begun with ${kept.servers.length} servers`);
  return kept;
}

export const chosen = (why: string): ClusterError =>
  new ClusterError("PlatformChosen", `the platform's choices are made: ${why}`, {
    source: "node",
    exit: EXIT.conflict,
    advice: "Leave the flag out to go on; for another platform uninstall this one first (`platform uninstall`).",
  });

export const nipNote = (domain: string): string =>
  `The domain is ${domain}, which leads to the cluster without a record of yours (nip.io's own service): right for a trial. --domain names another.`;
