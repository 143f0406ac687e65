/** Whether a line that corrects what was typed is taken when it is typed: what is refused is not there to be copied. */
import { CommanderError } from "commander";
import { ClusterError, usageError } from "../core/errors.ts";
import { commandNamed } from "./commands.ts";
import { flagNamed, fullNames, positionals, spelt } from "./full-names.ts";
import { actionNamed } from "./platform-actions.ts";
import { chosenBy } from "./program.ts";
import type { Output } from "./world.ts";

/**
 * @param line the words behind the program's name
 * @returns why the parser refuses it; undefined where it does not
 */
export function whyNotTaken(line: readonly string[]): ClusterError | undefined {
  try {
    const { words } = fullNames(withoutPlaceholders(line));
    const end = words.includes("--") ? words.indexOf("--") : words.length;
    const own = words.slice(0, end);
    const place = positionals(own)[0] ?? -1;
    const command = commandNamed(own[place] ?? "");
    const chosen = chosenBy(
      command === undefined ? ["create", ...own] : [command.name, ...own.filter((_, at) => at !== place)],
      words.slice(end + 1),
      SILENT,
    );
    const [action = "", name = ""] = chosen?.args ?? [];
    if (command?.name === "platform" && action !== "ACTION") actionNamed(action, name, chosen?.options ?? {});
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0
      ? undefined
      : usageError(
          error.message
            .replace(/^error: /, "")
            .replace(/\.$/, "")
            .replaceAll(/\s*\n\s*/g, " "),
        );
  }
}

/** A line of this tool with what its command cannot do without, as it is called in the help: "destroy" is "destroy NAME". */
export function completed(line: readonly string[]): string[] {
  const end = line.includes("--") ? line.indexOf("--") : line.length;
  const places = positionals(line.slice(0, end));
  const command = commandNamed(line[places[0] ?? -1] ?? "");
  const needed = command?.takes.split(" ").filter((token) => token.startsWith("<")) ?? ["<name>"];
  const missing = needed.slice(command === undefined ? places.length : places.length - 1);
  return line.toSpliced((places.at(-1) ?? -1) + 1, 0, ...missing.map((token) => token.replaceAll(/[^a-z]/g, "").toUpperCase()));
}

/** Of `--num-nodes`, where it is not one's business how many there are. */
export const ALL_OF_THEM = "ALL";

/** The advice of a refusal that has no line to give: how the command is used. */
export const howItIsUsed = (command: string | undefined): string =>
  `\`azure-coreos-cluster ${command === undefined ? "" : `${command} `}--help\` shows what is accepted.`;

// --- internal ---

const nowhere: Output = { write: () => undefined, isTTY: false, columns: 80, rows: 24 };
const SILENT = { out: { stdout: nowhere, stderr: nowhere }, version: "" };

/** What stands for a value that is to come is not held against the line: `--num-nodes N`. */
const withoutPlaceholders = (line: readonly string[]): string[] =>
  line.filter((word, at) => !isToCome(word, line[at + 1]) && !isToCome(line[at - 1], word));

const isToCome = (flag = "", value = ""): boolean =>
  flag.startsWith("--") && !flag.includes("=") && (value === flagNamed(spelt(flag))?.value || value === ALL_OF_THEM);
