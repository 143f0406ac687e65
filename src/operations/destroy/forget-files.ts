/**
 * Removes from the cluster's folder what belongs to a cluster, or to nodes, proven to be gone: known_hosts, user-data, etcd's
 * certificates, the values of exports, which hold the same keys, and what leads into its platform. Only when the files are that very cluster's (a rehearsal,
 * or a namesake in another subscription, has the same folder), and never the SSH key, which other clusters may share.
 */
import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { textAt } from "../../prepare/kept-file.ts";
import { etcdTlsFiles, fingerprintOf } from "../../prepare/etcd-tls.ts";
import { type ClusterPlace, isTakenFolder } from "../cluster/folder-owner.ts";
import { isLeftOfOne, isUserDataFile, FOLDER_FILES, userDataFile } from "../../prepare/folder-files.ts";
import type { Run } from "../run.ts";

/**
 * @param machines of the cluster, proven, as they were before they went
 * @returns paths of the files that were removed
 */
export async function forgetFiles(run: Run, place: ClusterPlace, claim: Tags, machines: readonly Tagged[]): Promise<string[]> {
  const { name } = place;
  const folder = join(run.dir, name);
  if (isTakenFolder(run, place)) return [];
  const files = await readdir(folder).catch((): string[] => []);
  const going = files.filter((file) => isLeftOfOne(file)).map((file) => join(folder, file));
  if (!(await isOf(folder, name, claim)) && !(await hasKeysOf(folder, machines))) return [];
  await Promise.all(going.map((file) => rm(file, { force: true })));
  // only when it is empty now
  await rmdir(folder).catch(() => undefined);
  return going;
}

/** The user-data of nodes that are gone: it holds their keys. */
export async function forgetUserData(run: Run, place: ClusterPlace, claim: Tags, nodes: readonly number[]): Promise<void> {
  const folder = join(run.dir, place.name);
  if (isTakenFolder(run, place) || !(await isOf(folder, place.name, claim))) return;
  await Promise.all(nodes.map((node) => rm(join(folder, userDataFile(node)), { force: true })));
}

// --- internal ---

type Tags = Readonly<Record<string, string>>;
type Tagged = { readonly tags: Tags };

/** By the authority's fingerprint, or by the word that is unique to the cluster and stands in its user-data. */
async function isOf(folder: string, name: string, claim: Tags): Promise<boolean> {
  const authority = textAt(etcdTlsFiles(folder).ca);
  if (authority !== undefined)
    return claim["aoc-etcd-ca"] !== undefined && fingerprintOf({ certificate: authority }) === claim["aoc-etcd-ca"];
  const id = claim["aoc-id"];
  if (id === undefined) return false;
  const files = await readdir(folder).catch((): string[] => []);
  for (const file of files) {
    const text = textAt(join(folder, file)) ?? "";
    const exported = file === FOLDER_FILES.armValues || file === FOLDER_FILES.terraformValues;
    if ((exported ? decoded(text) : isUserDataFile(file) ? text : "").includes(`${name}-${id}`)) return true;
  }
  return false;
}

/** A cluster without etcd has neither: each node's user-data holds the host key that its machine was tagged with. All must, for some may be another's. */
async function hasKeysOf(folder: string, machines: readonly Tagged[]): Promise<boolean> {
  if (existsSync(etcdTlsFiles(folder).ca)) return false;
  const keys = machines.flatMap(({ tags }) => /^\S+ [\w+/=]{40,}/.exec(tags["aoc-host-key"] ?? "")?.[0] ?? []);
  const files = (await readdir(folder).catch((): string[] => [])).filter((file) => isUserDataFile(file));
  const texts = files.map((file) => textAt(join(folder, file)) ?? "");
  return texts.length > 0 && texts.every((text) => keys.some((one) => text.includes(one)));
}

/** The user-data inside of an export's values, which is in base64. */
const decoded = (text: string): string =>
  [...text.matchAll(/"([A-Za-z0-9+/]{40,}={0,2})"/g)]
    .map(([, data = ""]) => Buffer.from(data, "base64").toString("utf8"))
    .join("\n");
