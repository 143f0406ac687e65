/**
 * What CI systems understand of a log: groups, annotations, step outputs, a summary. GitHub Actions and Azure Pipelines read such
 * commands out of every line that a step prints, whoever wrote it: what Azure, a node or a file says must therefore never look
 * like one, and goes through `stderr` here, which takes their beginning apart.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
import { closeSync, writeSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { openPipe } from "../operations/files/open-pipe.ts";
import { replaceFile } from "../operations/files/replace-file.ts";
import { scrub } from "../core/scrub.ts";
import { type Ci, type World, through } from "./world.ts";

/** Undefined outside of CI, and in systems that read nothing out of a log. */
export function ciOf({ env, stderr, random }: Pick<World, "env" | "stderr" | "random">): Ci | undefined {
  const dialect =
    env["GITHUB_ACTIONS"] === "true" ? githubActions(env, random) : isSet(env["TF_BUILD"]) ? azurePipelines(env) : undefined;
  if (dialect === undefined) return undefined;
  let open = false;
  const line = (text: string): void => stderr.write(`${text}\n`);
  return {
    stderr: through(stderr, (text) => stderr.write(typeof text === "string" ? tame(text) : text)),
    group(title) {
      if (!open) line(dialect.group(title));
      open = true;
    },
    endGroup() {
      if (open) line(dialect.endGroup);
      open = false;
    },
    annotate: (level, title, message) => line(dialect.annotation(level, title, scrub(message))),
    hand: (outputs, page) => dialect.hand(outputs, page, line),
  };
}

/** As the runners look for them: GitHub's at the beginning of a line, both systems' "##[" and "##vso[" anywhere. */
export const tame = (text: string): string => text.replaceAll(/##(?=\[|vso\[)/gi, "# #").replaceAll(/^([ \t]*):(?=:)/gm, "$1: ");

// --- internal ---

interface Dialect {
  group(title: string): string;
  readonly endGroup: string;
  annotation(level: string, title: string, message: string): string;
  hand(outputs: Readonly<Record<string, string>>, page: string, line: (text: string) => void): Promise<void>;
}

const isSet = (value: string | undefined): boolean => (value ?? "") !== "" && value?.toLowerCase() !== "false";

const percent =
  (characters: RegExp) =>
  (text: string): string =>
    text.replaceAll(characters, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

const githubData = percent(/[%\r\n]/g);
const githubProperty = percent(/[%\r\n:,]/g);

const githubActions = (env: World["env"], random: World["random"]): Dialect => ({
  group: (title) => `::group::${githubData(title)}`,
  endGroup: "::endgroup::",
  annotation: (level, title, message) => `::${level} title=${githubProperty(title)}::${githubData(message)}`,
  async hand(outputs, page) {
    // a value that ended its own text could set any other output
    const end = `end-${Buffer.from(random(16)).toString("hex")}`;
    const values = Object.entries(outputs).map(([name, value]) => `${name}<<${end}\n${value}\n${end}\n`);
    if (isSet(env["GITHUB_OUTPUT"])) await append(env["GITHUB_OUTPUT"]!, values.join(""));
    if (isSet(env["GITHUB_STEP_SUMMARY"])) await append(env["GITHUB_STEP_SUMMARY"]!, `${page}\n`);
  },
});

/** A pipe that nobody reads would hold up the process at its end. */
async function append(path: string, text: string): Promise<void> {
  const pipe = await openPipe(path, 0);
  if (pipe === undefined) return appendFile(path, text);
  try {
    writeSync(pipe, text);
  } finally {
    closeSync(pipe);
  }
}

const azureData = (text: string): string =>
  text
    .replaceAll("%", "%AZP25")
    .replaceAll(/[\r\n;\]]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

const azurePipelines = (env: World["env"]): Dialect => ({
  group: (title) => `##[group]${azureData(title)}`,
  endGroup: "##[endgroup]",
  annotation: (level, title, message) => `##vso[task.logissue type=${level}]${azureData(`${title}: ${message}`)}`,
  async hand(outputs, page, line) {
    for (const [name, value] of Object.entries(outputs))
      line(`##vso[task.setvariable variable=${azureData(name)};isOutput=true]${azureData(value)}`);
    const folder = env["AGENT_TEMPDIRECTORY"] ?? "";
    if (folder === "") return;
    const file = join(folder, `azure-coreos-cluster-${outputs["name"] ?? ""}.md`);
    await replaceFile(file, `${page}\n`, 0o644, 0);
    line(`##vso[task.uploadsummary]${azureData(file)}`);
  },
});
