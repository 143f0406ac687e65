/**
 * Completion scripts, written from the table of commands and flags, a file a shell beside this one. All decide alike: the first word
 * that is neither a flag nor a flag's value is the command, and where it is none, it is a cluster's name and the flags are those of
 * `create`. A pure function.
 */
import { ClusterError } from "../../core/errors.ts";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { powershell } from "./powershell.ts";
import type { CompletedCommand, Writer } from "./spec.ts";
import { zsh } from "./zsh.ts";

const SHELL_WRITERS = { bash, zsh, fish, powershell } satisfies Record<string, Writer>;

export type Shell = keyof typeof SHELL_WRITERS;
export const SHELLS = Object.keys(SHELL_WRITERS) as readonly Shell[];

export interface CompletionSpec {
  readonly commands: readonly CompletedCommand[];
  /** `azure-coreos-cluster` by default. */
  readonly program?: string;
}

/**
 * The script that makes `shell` complete the program, to be sourced: `eval "$(azure-coreos-cluster completion bash)"`. Throws a ClusterError
 * (a bug of ours) when a name or value has characters that a shell would read as its own.
 */
export function completionScript(shell: Shell, { commands, program = "azure-coreos-cluster" }: CompletionSpec): string {
  for (const word of [
    program,
    ...commands.flatMap(({ name, words = [], flags }) => [
      name,
      ...words.flatMap(({ values = [] }) => values),
      ...flags.flatMap((flag) => [flag.name, ...(flag.values ?? [])]),
    ]),
  ])
    if (!/^[\w.,:@%+/=-]+$/.test(word))
      throw new ClusterError("Completion", `"${word}" cannot be written into a completion script.`, { source: "bug" });
  return `${SHELL_WRITERS[shell](program, `_${program.replace(/\W/g, "_")}`, commands).join("\n")}\n`;
}
