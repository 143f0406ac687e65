/**
 * create-azure-user-data: one cloud-config for all nodes, merged from the templates as the old script did, for people who want to edit it
 * before they give it to `--custom-data`. Without that flag create renders better ones by itself.
 */
import { link, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { checkUserData } from "../../core/user-data/check.ts";
import { formatFindings } from "../../core/user-data/lint.ts";
import { createAzureUserData } from "../../core/user-data/merge.ts";
import { prose } from "../../report/wrap.ts";
import { openFolder } from "../../operations/files/folder.ts";
import type { Invocation } from "../invocation.ts";
import { replaceFile } from "../../operations/files/replace-file.ts";
import { packagedFiles } from "../../operations/files/packaged-files.ts";
import { shellWord } from "../../core/quoting.ts";
import { textAt } from "../../prepare/kept-file.ts";

/** The script's own name for it. */
const FILE = "azure-user-data";

/**
 * Writes the file and prints its path. One that is there is replaced, as the old script did; people edit it, so that what differs is
 * kept beside it, and that is said.
 */
export async function createAzureUserDataCommand({ world, args, given }: Invocation): Promise<number> {
  const [url] = args;
  const templates = await packagedFiles("templates");
  const text = createAzureUserData(named(templates, "user-data.yaml"), named(templates, "data-disk.yaml"), url);
  const path = join(await openFolder(world, given.dir, { write: true }), FILE);
  const before = textAt(path);
  const kept = before === undefined || before === text ? undefined : await keepBeside(path);
  await replaceFile(path, text, 0o644);
  const shown = relative(world.cwd, path);
  const word = shellWord(shown);
  world.stdout.write(`${shown}\n`);
  if (given.quiet === true) return EXIT.done;
  const what =
    kept !== undefined
      ? `written; what was there is kept as ${relative(world.cwd, kept)}`
      : before === text
        ? "unchanged"
        : "written";
  const next =
    url === undefined
      ? `It has {0} where the discovery URL belongs: give one with\n  azure-coreos-cluster NAME --custom-data ${word} --discovery-service-url URL`
      : `Edit it as you like, check it with \`azure-coreos-cluster lint ${word}\`, and use it with\n  azure-coreos-cluster NAME --custom-data ${word}`;
  // without a URL the {0} is no finding: create fills it in
  prose(world.stderr, `${shown}: ${what}\n${url === undefined ? "" : formatFindings(shown, checkUserData(text))}${next}\n`);
  return EXIT.done;
}

// --- internal ---

/** Gives the file another name that is free, and returns it: what somebody wrote is never lost, run it as often as you like. */
async function keepBeside(path: string): Promise<string> {
  for (let nth = 1; ; nth++) {
    const other = `${path}.bak${nth === 1 ? "" : nth}`;
    try {
      // a link, unlike a rename, takes no other file's place; of a symbolic one the file behind it is what is replaced
      await link(await realpath(path), other);
      return other;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST")
        throw new ClusterError("FileNotKept", `${path} is there already, and cannot be kept as ${other}`, {
          advice: "Move it away, or give another folder with --dir.",
          exit: EXIT.failed,
          cause: error,
        });
    }
  }
}

function named(templates: ReadonlyMap<string, string>, name: string): string {
  const text = templates.get(name);
  if (text !== undefined) return text;
  throw new ClusterError("TemplatesMissing", `the template ${name} is not there`, {
    advice: "Install the tool again.",
    exit: EXIT.failed,
  });
}
