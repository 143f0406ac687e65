/**
 * Names of the last answers, for completion: a folder a kind, a file a place, a line a word, which the shells read by themselves. No
 * secret is among them. Only for the owner, written whole or not at all; what cannot be written is left, for nobody waits for it.
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { FOLDER_FILES } from "../prepare/folder-files.ts";
import { replaceFile } from "../operations/files/replace-file.ts";
import { PRIVATE, textAt } from "../prepare/kept-file.ts";

/** Clusters are kept by subscription, nodes by cluster, the others as they were answered last. */
export type CachedKind = "clusters" | "nodes" | "locations" | "sizes" | "images";

/** Below the cache folder of the user: $XDG_CACHE_HOME or ~/.cache. */
export const CACHE = "azure-coreos-cluster/words";
/** What words are made of, as a bracket of patterns: nothing that a shell would read as its own. */
export const WORD_CHARACTERS = "A-Za-z0-9._:/-";
/** And what a line may be: a regular expression that all shells know. */
export const WORD = `^[A-Za-z0-9][${WORD_CHARACTERS}]*$`;

/** What the folder of a cluster holds that was made from here: its name is one, too. */
export const CLUSTER_FILE = FOLDER_FILES.sshConfig;

export interface WordCache {
  /** From the next `save` on these are the words of a place; with none it is gone. */
  keep(kind: CachedKind, place: string, words: Iterable<string>): void;
  add(kind: CachedKind, place: string, word: string): void;
  drop(kind: CachedKind, place: string, word: string): void;
  save(): Promise<void>;
}

export function wordCache(env: Readonly<Record<string, string | undefined>>): WordCache {
  const folder = cacheFolder(env);
  const changes = new Map<string, { kind: CachedKind; place: string; change: Change }>();
  const note = (kind: CachedKind, place: string, change: Change): void => {
    const at = `${kind}/${place}`;
    const before = changes.get(at)?.change;
    changes.set(at, { kind, place, change: before === undefined ? change : (words) => change(before(words)) });
  };
  return {
    keep: (kind, place, words) => note(kind, place, () => [...words]),
    add: (kind, place, word) => note(kind, place, (words) => [word, ...words.filter((one) => one !== word)]),
    drop: (kind, place, word) => note(kind, place, (words) => words.filter((one) => one !== word)),
    async save() {
      if (folder === undefined) return;
      await Promise.all([...changes.values()].map(({ kind, place, change }) => write(join(folder, kind), place, change)));
      changes.clear();
    },
  };
}

// --- internal ---

type Change = (words: readonly string[]) => readonly string[];

const MOST_WORDS = 2000;
const MOST_PLACES = 100;
const LONGEST = 200;
const PLACE = /^[A-Za-z0-9][A-Za-z0-9-]{0,89}$/;

function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env["XDG_CACHE_HOME"] ?? "";
  const home = env["HOME"] ?? env["USERPROFILE"] ?? "";
  // a relative one is to be taken for none: specifications.freedesktop.org/basedir-spec
  const base = isAbsolute(own) ? own : home === "" ? undefined : join(home, ".cache");
  return base === undefined ? undefined : join(base, CACHE);
}

async function write(folder: string, place: string, change: Change): Promise<void> {
  if (!PLACE.test(place)) return;
  const file = join(folder, place);
  try {
    const before = textAt(file) ?? "";
    const words = change(before.split("\n").filter(isWord)).filter(isWord).slice(0, MOST_WORDS);
    const text = words.map((word) => `${word}\n`).join("");
    if (text === before) return;
    if (text === "") return await rm(file, { force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await replaceFile(file, text, PRIVATE);
    await forgetOldest(folder);
  } catch {
    // a full disk or a folder of somebody else's: TAB offers less
  }
}

const pattern = new RegExp(WORD);
const isWord = (word: string): boolean => word.length <= LONGEST && pattern.test(word);

async function forgetOldest(folder: string): Promise<void> {
  const files = await readdir(folder);
  if (files.length <= MOST_PLACES) return;
  const aged = await Promise.all(files.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(MOST_PLACES);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
