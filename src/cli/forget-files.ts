/**
 * Removes from the cluster's folder what belongs to a cluster that is proven to be gone: known_hosts, user-data, etcd's
 * certificates. Only when the files are that very cluster's (a rehearsal, or a namesake in another subscription, has the same
 * folder), and never the SSH key, which other clusters may share.
 */
import { readFile, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { etcdTlsFiles, fingerprintOf } from "../prepare/etcd-tls.ts";

/** @returns names of the files that were removed */
export async function forgetFiles(dir: string, name: string, claim: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = join(dir, name);
  const files = await readdir(folder).catch((): string[] => []);
  const { ca, caKey, client, clientKey } = etcdTlsFiles(folder);
  const certificates = [ca, caKey, client, clientKey];
  const userData = files.filter((file) => /^user-data-\d+\.yaml$/.test(file)).map((file) => join(folder, file));
  if (!(await isOf(name, claim, ca, userData))) return [];
  const going = [join(folder, "known_hosts"), join(folder, "ssh_config"), ...userData, ...certificates].filter((file) =>
    files.includes(file.slice(folder.length + 1)),
  );
  await Promise.all(going.map((file) => rm(file, { force: true })));
  // only when it is empty now
  await rmdir(folder).catch(() => undefined);
  return going;
}

// --- internal ---

/** By the authority's fingerprint, or by the word that is unique to the cluster and stands in its user-data. */
async function isOf(
  name: string,
  claim: Readonly<Record<string, string>>,
  ca: string,
  userData: readonly string[],
): Promise<boolean> {
  const authority = await readFile(ca, "utf8").catch(() => undefined);
  if (authority !== undefined)
    return claim["aoc-etcd-ca"] !== undefined && fingerprintOf({ certificate: authority }) === claim["aoc-etcd-ca"];
  const id = claim["aoc-id"];
  if (id === undefined) return false;
  const texts = await Promise.all(userData.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.some((text) => text.includes(`${name}-${id}`));
}
