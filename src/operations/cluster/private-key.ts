/**
 * Where the private half of a cluster's SSH key is on this machine. Found by comparing public halves, in this order: `--ssh-key`, what
 * create found and noted in the cluster's folder, ssh-cert.key, and the keys that ssh itself keeps in ~/.ssh. Nothing is ever made, and
 * the key itself is neither copied nor handed on: its path is.
 */
import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { PRIVATE, textAt } from "../../prepare/kept-file.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import { notesOn } from "../../prepare/key-form.ts";
import { keyTextAt } from "../../prepare/key-text.ts";
import { inspectPrivateKey, isHalfOf } from "../../prepare/private-key-file.ts";
import { publicHalfOf, readGivenKey } from "../../prepare/ssh-given-key.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { sameSshKey, sshFingerprint } from "../../prepare/ssh-public-key.ts";
import { keysOfSsh, sshFolder } from "../files/own-path.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

/** The key with the file of its private half, where there is one. @throws ClusterError SshCertificateMissing, SshKeyDiffers: of `--ssh-key` */
export async function withPrivateKey(run: Run, cluster: string, key: SshKey): Promise<SshKey> {
  if (run.sshKey !== undefined) return withFile(key, await namedKey(run.sshKey, key.publicKey));
  const places = [notedPath(run, cluster), key.privateKeyFile, join(run.dir, "ssh-cert.key")];
  const known = places.filter((file) => file !== undefined);
  const found =
    (await firstThatFits(known, key.publicKey)) ?? (await firstThatFits(await ownKeys(run, key.publicKey), key.publicKey));
  // one under a passphrase may hide its public half: then it was believed where create found it
  return withFile(key, found ?? key.privateKeyFile ?? (await believed(places[0])));
}

/** Notes where the private half was found, so that every later command finds it there. What lies under its own name needs no note. */
export async function keepPrivateKeyPath(run: Run, cluster: string, key: SshKey): Promise<void> {
  const privateKeyFile = lastingFileOf(key);
  if (privateKeyFile === undefined || privateKeyFile === join(run.dir, "ssh-cert.key")) return;
  await replaceFile(join(await clusterFolder(run.dir, cluster), FOLDER_FILES.privateKeyPath), `${privateKeyFile}\n`, PRIVATE);
}

/** Where others find the private half later, such as ssh: nothing of a pipe (`--ssh-key <(...)`), which is read by then. */
export const lastingFileOf = ({ privateKeyFile }: SshKey): string | undefined =>
  privateKeyFile !== undefined && statSync(privateKeyFile, { throwIfNoEntry: false })?.isFIFO() === true
    ? undefined
    : privateKeyFile;

// --- internal ---

/** What is said of a missing private half is no longer true once it is found. */
async function withFile(key: SshKey, file: string | undefined): Promise<SshKey> {
  if (file === undefined || file === key.privateKeyFile) return key;
  return {
    ...key,
    privateKeyFile: file,
    files: [...key.files, file],
    notes: [...(key.privateKeyFile === undefined ? [] : key.notes), ...(await notesOn(file))],
  };
}

/** The one that was named; undefined for a public key, whose private half only an agent has. */
async function namedKey(file: string, clusterKey: string): Promise<string | undefined> {
  const { publicKey, privateKeyFile } = await readGivenKey(file, "--ssh-key");
  if (sameSshKey(publicKey, clusterKey)) return privateKeyFile;
  throw new ClusterError(
    "SshKeyDiffers",
    `The cluster's SSH key is ${sshFingerprint(clusterKey)}, but --ssh-key ${file} is ${sshFingerprint(publicKey)}.`,
    {
      advice: "Give the key that the cluster was made with, or leave --ssh-key out to have it looked for.",
      exit: EXIT.preflight,
    },
  );
}

function notedPath(run: Run, cluster: string): string | undefined {
  const text = textAt(join(run.dir, cluster, FOLDER_FILES.privateKeyPath)) ?? "";
  return text.trim() === "" ? undefined : text.trim();
}

/** Without a passphrase before those with one. */
async function firstThatFits(files: readonly string[], publicKey: string): Promise<string | undefined> {
  let locked: string | undefined;
  for (const file of new Set(files)) {
    const text = await keyTextAt(file);
    const inside = inspectPrivateKey(text);
    if (isHalfOf(inside, publicKey)) {
      if (inside.kind === "key" && inside.locked !== true) return file;
      locked ??= file;
    } else if (inside.kind === "encrypted") {
      const beside = await publicHalfOf(file, text).catch(() => undefined);
      if (beside !== undefined && sameSshKey(beside, publicKey)) locked ??= file;
    }
  }
  return locked;
}

async function believed(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await keyTextAt(file);
  return inspectPrivateKey(text).kind === "encrypted" && (await publicHalfOf(file, text).catch(() => "other")) === undefined
    ? file
    : undefined;
}

/** Those under the names that ssh tries by itself, and those whose .pub is the cluster's. */
async function ownKeys(run: Run, publicKey: string): Promise<string[]> {
  const folder = sshFolder(run.outside.env);
  if (folder === undefined) return [];
  const names = await readdir(folder).catch((): string[] => []);
  const [, wanted = ""] = publicKey.split(/\s+/);
  const ours = names.filter((name) => name.endsWith(".pub") && (textAt(join(folder, name)) ?? "").includes(wanted));
  return [...keysOfSsh(run.outside.env), ...ours.map((name) => join(folder, name.slice(0, -4)))];
}
