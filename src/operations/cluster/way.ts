/**
 * The way from here to a cluster's nodes: straight, or through jump hosts. It is a person's own way, so that it is kept in the cluster's
 * folder and not with the cluster: others come from elsewhere. Hops are checked against the user's own known_hosts, never trusted on
 * first use; one that shows the key of a node of the cluster is that node, as behind a tunnel of Azure Bastion.
 */
import { groupOf } from "../../core/plan/resource.ts";
import { join } from "node:path";
import { type Hop, hopText, hops as parseHops } from "../../core/spec/hops.ts";
import type { Identity } from "../../nodes/identity.ts";
import type { HopLogin, JumpHop } from "../../nodes/jump.ts";
import { keysInKnownHosts } from "../../nodes/known-hosts.ts";
import { forSsh } from "../../nodes/private-key.ts";
import type { Via } from "../../nodes/via.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import { PUBLIC, textAt } from "../../prepare/kept-file.ts";
import { keyTextAt } from "../../prepare/key-text.ts";
import { keysOfSsh, sshFolder } from "../files/own-path.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import type { Claim } from "./claim.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { type Reach, knownHostsFile } from "./node-target.ts";
import { usesTls } from "../etcd/plan.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

/** The hops that were said, or else those that were kept; none: straight. */
export function hopsTo(run: Run, cluster: string): readonly Hop[] {
  if (run.jump !== undefined) return run.jump;
  const kept = textAt(join(run.dir, cluster, FOLDER_FILES.jump)) ?? "";
  return kept.trim() === "" ? [] : parseHops(kept.trim());
}

/** Keeps what was said, so that later commands go the same way. */
export async function keepHops(run: Run, cluster: string): Promise<void> {
  if (run.jump === undefined || run.simulated) return;
  const text = run.jump.length === 0 ? "none" : run.jump.map(hopText).join(",");
  await replaceFile(join(await clusterFolder(run.dir, cluster), FOLDER_FILES.jump), `${text}\n`, PUBLIC);
}

/** The same once it has led somewhere: a slip would be in the way of every later command. What is wrong with it, who goes it is told. */
export async function keepProvenHops(run: Run, cluster: string, via: Via | undefined): Promise<void> {
  if (run.jump === undefined) return;
  try {
    await via?.check();
  } catch {
    return run.tools.signal.throwIfAborted();
  }
  await keepHops(run, cluster);
}

/**
 * One for a run, whoever asks; undefined when nodes are reached straight, and in a rehearsal.
 * @param nodes of the cluster, with their host keys as far as the caller knows them
 */
export async function wayTo(
  run: Run,
  cluster: string,
  { identity, nodes }: { readonly identity: Identity; readonly nodes: readonly { readonly hostKey?: string | undefined }[] },
): Promise<Via | undefined> {
  const hops = run.simulated ? [] : hopsTo(run, cluster);
  if (hops.length === 0) return undefined;
  const known = run.ways.get(cluster) ?? { keys: new Set<string>(), via: undefined };
  run.ways.set(cluster, known);
  for (const { hostKey } of nodes) if (hostKey !== undefined) known.keys.add(hostKey);
  known.via ??= begin(run, cluster, hops, identity, known.keys);
  return known.via;
}

/** What the targets of a cluster share, with the way to them. */
export const withWay = async (
  run: Run,
  shared: Omit<Reach, "identity" | "via">,
  way: Parameters<typeof wayTo>[2],
): Promise<Reach> => ({ ...shared, identity: way.identity, via: await wayTo(run, shared.spec.name, way) });

/** The same of a cluster that is there. */
export const reachOf = (
  run: Run,
  { spec, claim }: { readonly spec: ClusterSpec; readonly claim: Pick<Claim, "id" | "choices" | "address"> },
  way: Parameters<typeof wayTo>[2],
): Promise<Reach> => {
  const { choices, address: host = "" } = claim;
  return withWay(run, { spec, choices, group: groupOf(claim.id) ?? "", host, tls: usesTls(spec, claim) }, way);
};

/** Files of keys that a hop may be logged in to with, where they are: what was named, then what ssh tries by itself. */
export function hopKeyFiles(run: Run, clusterKeyFile: string | undefined): string[] {
  const files = [run.sshKey, ...keysOfSsh(run.outside.env), clusterKeyFile].filter((file) => file !== undefined);
  return [...new Set(files.filter((file) => textAt(file) !== undefined))];
}

// --- internal ---

async function begin(
  run: Run,
  cluster: string,
  hops: readonly Hop[],
  identity: Identity,
  keys: ReadonlySet<string>,
): Promise<Via> {
  const { createJump } = await import("../../nodes/jump.ts");
  const folder = sshFolder(run.outside.env);
  const files = [...(folder === undefined ? [] : [join(folder, "known_hosts")]), "/etc/ssh/ssh_known_hosts"];
  const texts = files.map((file) => textAt(file) ?? "");
  // what lies in the cluster's folder are its nodes' keys
  const kept = (textAt(knownHostsFile(run, cluster)) ?? "")
    .split("\n")
    .flatMap((line) => /^[^#@\s]\S* (ssh-\S+|ecdsa-\S+) (\S+)$/.exec(line)?.slice(1).join(" ") ?? []);
  const ways = await logins(run, identity);
  const full = hops.map((hop): JumpHop => ({
    ...hop,
    hostKeys: texts.flatMap((text) => keysInKnownHosts(text, hop.host, hop.port)),
    ways,
  }));
  return createJump(full, { clock: run.outside.clock, signal: run.tools.signal, nodeKeys: () => [...keys, ...kept] });
}

async function logins(run: Run, { privateKey, agent }: Identity): Promise<HopLogin[]> {
  const files = await Promise.all(hopKeyFiles(run, undefined).map(keyTextAt));
  const keys = (await Promise.all([...files, privateKey ?? ""].map(usable))).flat();
  const socket = agent ?? run.outside.env["SSH_AUTH_SOCK"];
  return [
    ...[...new Set(keys)].map((key) => ({ privateKey: key })),
    ...(socket === undefined || socket === "" ? [] : [{ agent: socket }]),
  ];
}

/** One under a passphrase is the agent's business. */
async function usable(text: string): Promise<string[]> {
  try {
    return [await forSsh(text)];
  } catch {
    return [];
  }
}
