/**
 * The folder `NAME/` of one cluster: private keys, and what decides whom we talk to (known_hosts). As ssh with its own folder, it is not
 * used when somebody else may have a say in it: as a link, in another's hands, or writable by others; nor are our files in it.
 */
import { type Stats, lstatSync } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { platform } from "node:os";
import { getuid } from "node:process";
import { dirname, join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import { FOLDER_FILES, isFolderFile } from "./folder-files.ts";
import { folderMark, foreignFileIn } from "./folder-proof.ts";
import { PUBLIC, fileError, keepFile } from "./kept-file.ts";

/** Its path; made with mode 0700 when missing, and marked as the cluster's. @throws ClusterError FileNotWritten, FolderUnsafe */
export async function clusterFolder(dir: string, cluster: string): Promise<string> {
  const folder = join(dir, cluster);
  try {
    await makeFolder(folder, 0o700);
  } catch (error) {
    throw fileError("FileNotWritten", `The folder ${folder} cannot be made`, error);
  }
  await refuseUnsafeFolder(dir, cluster);
  refuseForeignFolder(folder, cluster);
  // where it cannot be marked, what lies there says whose it is
  await keepFile(join(folder, FOLDER_FILES.owner), folderMark(cluster), PUBLIC).catch(() => undefined);
  return folder;
}

/**
 * A folder, with those above it. Folder by folder: Node's own recursive mkdir calls a place that is read-only one that is not there, and
 * never ends where a file system says "not found" to it, as /proc does.
 */
export async function makeFolder(dir: string, mode?: number): Promise<void> {
  const isFolder = async (): Promise<boolean> =>
    stat(dir).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isFolder()) return;
  if (dirname(dir) !== dir) await makeFolder(dirname(dir));
  await mkdir(dir, { mode }).catch(async (error: NodeJS.ErrnoException) => {
    // another run may make it at the same moment
    if (error.code !== "EEXIST" || !(await isFolder())) throw error;
  });
}

/** For whoever only reads: what is not there is safe. @throws ClusterError FolderUnsafe */
export async function refuseUnsafeFolder(dir: string, cluster: string): Promise<void> {
  const folder = join(dir, cluster);
  const found = lookAt(folder);
  // a file of that name is no folder of ours: who writes there says so
  if (found === undefined || (!found.isDirectory() && !found.isSymbolicLink())) return;
  refuse(folder, found);
  const names = (await readdir(folder).catch((): string[] => [])).filter(
    (name) => isFolderFile(name) || /\.(key|pem|pub)$/.test(name),
  );
  for (const name of names) {
    const file = lookAt(join(folder, name));
    if (file === undefined) continue;
    refuse(join(folder, name), file);
    // a folder cannot be replaced by a file, and a pipe would be waited for
    if (!file.isFile()) refuseAs(join(folder, name), NO_FILE);
  }
}

/** For whoever will write there: before anything is made. @throws ClusterError FolderUnsafe */
export function refuseFileInTheWay(dir: string, cluster: string): void {
  const folder = join(dir, cluster);
  const found = lookAt(folder);
  if (found !== undefined && !found.isDirectory() && !found.isSymbolicLink()) refuseAs(folder, IN_THE_WAY);
  refuseForeignFolder(folder, cluster);
}

function refuseForeignFolder(folder: string, cluster: string): void {
  const file = foreignFileIn(folder, cluster);
  if (file !== undefined) refuseAs(join(folder, file), NOT_OURS);
}

/**
 * For a key beside the folder that was read and is about to be believed: whoever put it there may log in with it, or sign in. A link is its
 * maker's word. Looked at afterwards, for in a folder that all may write to somebody may have been quicker. To take it over would take it
 * away from its owner. @throws ClusterError FolderUnsafe
 */
export function refuseAnothersKey(path: string, instead = ""): void {
  const found = lookAt(path);
  if (found === undefined || isAnotherUsers(found)) refuseAs(path, [ANOTHERS[0], `Give another folder with --dir${instead}.`]);
}

/** Root may use everything, and what is root's is nobody else's: files of the user's in a container, and of sudo's, are theirs. */
export const isAnotherUsers = ({ uid }: Pick<Stats, "uid">, who = me()): boolean => UNIX && who !== 0 && uid !== who && uid !== 0;

/** At once: of a thousand nodes' files each would be a trip to another thread and back. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function refuse(path: string, found: Stats): void {
  const reason = WHY.find(([, is]) => is(found));
  if (reason !== undefined) refuseAs(path, [reason[0], reason[2]]);
}

const IN_THE_WAY = [
  "it is no folder, and the cluster's own belongs there",
  "Move it away, or give another folder with --dir. Nothing was written.",
] as const;

const NOT_OURS = [
  "it is not this tool's, and one of that name belongs there",
  "Give another folder with --dir, or move it away: PATH",
] as const;

const NO_FILE = ["it is no file, and one of this tool's belongs there", "Move it away: PATH"] as const;

function refuseAs(path: string, [why, advice]: readonly [why: string, advice: string]): never {
  throw new ClusterError("FolderUnsafe", `${path} is not used: ${why}`, {
    exit: EXIT.preflight,
    advice: advice.replaceAll("PATH", () => shellWord(path)),
  });
}

/** Windows has neither modes nor numbers of users: Node makes them up. */
const UNIX = platform() !== "win32";
const me = (): number => getuid?.() ?? 0;

type Why = readonly [why: string, is: (found: Stats) => boolean, advice: string];

const ANOTHERS: Why = [
  "it belongs to somebody else",
  (found) => isAnotherUsers(found),
  "Give another folder with --dir. If you trust what is in it: sudo chown -R $(id -u) PATH",
];

const WHY: readonly Why[] = [
  [
    "it is a link, and leads where others may decide",
    (found) => found.isSymbolicLink(),
    "Put the folder or file itself there (cp -rL), or give the folder it leads to with --dir.",
  ],
  ANOTHERS,
  ["others may write to it", ({ mode }) => UNIX && (mode & 0o022) !== 0, "If you trust what is in it: chmod go-w PATH"],
];
