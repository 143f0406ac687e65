/**
 * What a cluster's folder tells of the random word that is part of its claim's name: the user-data that lies there has it in
 * etcd's token. A hint only, for what is asked for by that name must carry the cluster's tags.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { textAt } from "../../prepare/kept-file.ts";
import { isUserDataFile } from "../../prepare/folder-files.ts";

export async function localIds(dir: string, name: string): Promise<string[]> {
  const folder = join(dir, name);
  const files = await readdir(folder).catch((): string[] => []);
  const texts = files.filter((file) => isUserDataFile(file)).map((file) => textAt(join(folder, file)) ?? "");
  const token = new RegExp(`\\b${name}-([0-9a-f]{8})\\b`, "g");
  return [...new Set(texts.flatMap((text) => [...text.matchAll(token)].map(([, id = ""]) => id)))].slice(0, 5);
}
