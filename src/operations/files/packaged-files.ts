/** The files that come with the tool: beside the bundle, beside the sources, or inside the one file that needs no Node. */
import { readFile, readdir } from "node:fs/promises";
import { getAsset, isSea } from "node:sea";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { ClusterError } from "../../core/errors.ts";

/** The folders, and how their files' names end. */
const FOLDERS = { templates: ".yaml", schema: ".json" } as const;

/** File name to text. A folder of that name in the working directory is not read: nothing is picked up by accident. */
export async function packagedFiles(name: keyof typeof FOLDERS): Promise<Map<string, string>> {
  if (isSea()) return new Map(JSON.parse(getAsset(name, "utf8")) as [string, string][]);
  for (const up of ["..", "../../.."]) {
    const folder = fileURLToPath(new URL(`${up}/${name}`, import.meta.url));
    const files = await readdir(folder).catch(() => undefined);
    if (files === undefined) continue;
    const texts = await Promise.all(
      files
        .filter((file) => file.endsWith(FOLDERS[name]))
        .sort()
        .map(async (file) => [file, await readFile(join(folder, file), "utf8")] as const),
    );
    return new Map(texts);
  }
  throw new ClusterError("FilesMissing", `the folder ${name} that comes with the tool is not there`, {
    source: "bug",
    advice: "Install it again; in a checkout `npm run build` makes what is generated.",
  });
}
