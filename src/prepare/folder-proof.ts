/**
 * Whether a folder that is called like the cluster is the cluster's: it may be somebody's project, with an ssh_config or a kubeconfig of its
 * own, which would be replaced and go with the cluster. Our mark says so; a version that made none, or a run that was killed, has left
 * files that only this tool writes. Reads only.
 */
import { X509Certificate } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { FOLDER_FILES, isFolderFile, isUserDataFile } from "./folder-files.ts";
import { textAt } from "./kept-file.ts";

/** What a folder's `cluster.json` holds before it is known which Azure the cluster is in. */
export const folderMark = (cluster: string): string => `${JSON.stringify({ cluster })}\n`;

/** The first file with a name of ours that is not ours; undefined where nothing speaks against the folder. */
export function foreignFileIn(folder: string, cluster: string): string | undefined {
  const files = filesIn(folder);
  const text = (file: string): string => textAt(join(folder, file)) ?? "";
  // the mark first: in the user-data of a thousand nodes nobody has to look
  const ordered = files.toSorted((a, b) => Number(b === FOLDER_FILES.owner) - Number(a === FOLDER_FILES.owner));
  if (ordered.some((file) => PROOF[rowOf(file)]?.(text(file), cluster) === true)) return undefined;
  return files.find((file) => {
    const found = text(file);
    return found.trim() !== "" && MAY_BE[rowOf(file)]?.(found, join(folder, file)) !== true;
  });
}

// --- internal ---

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => isFolderFile(file));
  } catch {
    return [];
  }
}

const USER_DATA = "user-data";
/** Where the values of an export (core/export/) hold the user-data by machine. */
const ARM_VALUES = ["parameters", "userData", "value"];
const TERRAFORM_VALUES = ["user_data"];
const rowOf = (file: string): string => (isUserDataFile(file) ? USER_DATA : file);

type Looks = Readonly<Partial<Record<string, (text: string, more: string) => boolean>>>;

/** Only this tool writes it so, for a cluster of that name. */
const PROOF: Looks = {
  [FOLDER_FILES.owner]: isMark,
  [FOLDER_FILES.etcdCa]: (text) => /^CN=.* etcd CA$/.test(subjectOf(text)),
  [FOLDER_FILES.sshConfig]: knowsHostsOf,
  [FOLDER_FILES.jumpConfig]: knowsHostsOf,
  [FOLDER_FILES.knownHosts]: (text, cluster) =>
    hostsIn(text).some((host) => host.startsWith(`${cluster}.`) || host.startsWith(`${cluster}-`)),
  // the comment of the host key that the node was given
  [USER_DATA]: (text, cluster) =>
    [...text.matchAll(/ssh-ed25519 [\w+/=]{40,} (\S+)/g)].some(([, to]) => to?.startsWith(`${cluster}-`)),
  [FOLDER_FILES.armValues]: (text, cluster) => areOf(cluster, machinesIn(text, ARM_VALUES)),
  [FOLDER_FILES.terraformValues]: (text, cluster) => areOf(cluster, machinesIn(text, TERRAFORM_VALUES)),
};

/** Nothing speaks against it: a killed run, or a version without the mark, may have left it alone. What follows from others is not there. */
const MAY_BE: Looks = {
  // never overwritten, and looked into by whoever uses it
  [FOLDER_FILES.etcdCaKey]: (text) => text.startsWith("-----BEGIN PRIVATE KEY-----"),
  [FOLDER_FILES.privateKeyPath]: (text) => /^(\/|[A-Za-z]:[\\/]|\\\\).*\n?$/.test(text),
  [FOLDER_FILES.knownHosts]: (text) => hostsIn(text).every((host) => /^[\d.]+$|:/.test(host)),
  [FOLDER_FILES.publicKey]: (text) => /^ssh-\S+ \S+[^\n]*\n?$/.test(text),
  [FOLDER_FILES.jump]: (text) => /^\S+\n?$/.test(text),
  // exported where every machine exists, and was made elsewhere
  [FOLDER_FILES.armValues]: (text) => machinesIn(text, ARM_VALUES)?.length === 0,
  [FOLDER_FILES.terraformValues]: (text) => machinesIn(text, TERRAFORM_VALUES)?.length === 0,
  // a copy of --custom-data: for the owner alone, as ours are
  [USER_DATA]: (_text, path) => platform() !== "win32" && (statSync(path).mode & 0o077) === 0,
};

/** Whether `cluster.json` is ours: the mark, or whose the folder is (operations/cluster/folder-owner.ts). */
function isMark(text: string, cluster: string): boolean {
  try {
    const mark = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    return (
      mark?.["cluster"] === cluster || [mark?.["subscription"], mark?.["resourceGroup"]].every((one) => typeof one === "string")
    );
  } catch {
    return false;
  }
}

const areOf = (cluster: string, machines: readonly string[] = []): boolean =>
  machines.length > 0 && machines.every((machine) => machine.startsWith(`${cluster}-`));

/** Undefined where anything else is in it. */
function machinesIn(text: string, path: readonly string[]): string[] | undefined {
  try {
    let found = JSON.parse(text) as Readonly<Record<string, unknown>>;
    for (const key of path) {
      const { $schema: _schema, contentVersion: _version, [key]: inner = {}, ...more } = found;
      if (Object.keys(more).length > 0) return undefined;
      found = inner as typeof found;
    }
    return Object.keys(found);
  } catch {
    return undefined;
  }
}

function subjectOf(certificate: string): string {
  try {
    return new X509Certificate(certificate).subject;
  } catch {
    return "";
  }
}

/** Host blocks that know the nodes' keys from this very folder, wherever that was then. */
function knowsHostsOf(text: string, cluster: string): boolean {
  return text
    .split("\n")
    .some(
      (line) =>
        /^\s*UserKnownHostsFile\s/.test(line) &&
        line.replaceAll(/[\\/]+/g, "/").includes(`/${cluster}/${FOLDER_FILES.knownHosts}`),
    );
}

/** Without their ports. */
const hostsIn = (knownHosts: string): string[] =>
  knownHosts
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => (line.split(" ")[0] ?? "").split(","))
    .map((host) => host.replace(/^\[([^\]]*)\](:\d+)?$/, "$1"));
