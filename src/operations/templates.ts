/** The templates that come with the tool: beside the bundle, beside the sources, or inside the one file that needs no Node. */
import { readFile, readdir } from "node:fs/promises";
import { getAsset, isSea } from "node:sea";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { ClusterError } from "../core/errors.ts";

/** File name to text. A folder `templates` in the working directory is not read: nothing is picked up by accident. */
export async function templateFolder(): Promise<Map<string, string>> {
  if (isSea()) return new Map(JSON.parse(getAsset("templates", "utf8")) as [string, string][]);
  for (const up of ["../templates", "../../templates"]) {
    const folder = fileURLToPath(new URL(up, import.meta.url));
    const files = await readdir(folder).catch(() => undefined);
    if (files === undefined) continue;
    const texts = await Promise.all(
      files
        .filter((file) => file.endsWith(".yaml"))
        .map(async (file) => [file, await readFile(join(folder, file), "utf8")] as const),
    );
    return new Map(texts);
  }
  throw new ClusterError("TemplatesMissing", "the templates that come with the tool are not there", {
    source: "bug",
    advice: "Install it again.",
  });
}
