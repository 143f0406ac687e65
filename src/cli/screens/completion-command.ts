/** completion: the script for a shell, from the tables of commands and flags. */
import { EXIT, usageError } from "../../core/errors.ts";
import { COMMANDS, type Command, flagsOf } from "../commands.ts";
import { SHELLS, completionScript } from "../completion/script.ts";
import type { CompletedCommand, CompletedValue } from "../completion/spec.ts";
import { packagedFiles } from "../../operations/files/packaged-files.ts";
import { ACTIONS } from "../platform-actions.ts";
import type { Invocation } from "../invocation.ts";

export async function completion({ world, args }: Invocation): Promise<number> {
  const shell = SHELLS.find((one) => one === args[0]?.toLowerCase());
  if (shell === undefined) throw usageError(`there is no completion for "${args[0] ?? ""}"`, `Give one of ${SHELLS.join(", ")}.`);
  const schemas = [...(await packagedFiles("schema")).keys()].map((file) => file.replace(/\.json$/, ""));
  const words = { ...WORDS, schema: { values: schemas } };
  const commands = COMMANDS.map((command) => completed(command, words));
  world.stdout.write(completionScript(shell, { commands: [...commands, helpOf(commands)] }));
  return EXIT.done;
}

// --- internal ---

/** What can be offered as a command's word, by the word's name in the table of commands, or the command's. */
const WORDS: Record<string, CompletedValue> = {
  name: { cached: "clusters" },
  node: { cached: "nodes" },
  nodes: { cached: "nodes" },
  file: { file: true },
  shell: { values: SHELLS },
  action: { values: ACTIONS },
};

const helpOf = (commands: readonly CompletedCommand[]): CompletedCommand => ({
  name: "help",
  description: "show the help of a command",
  words: [{ values: commands.map(({ name }) => name) }],
  flags: [],
});

const completed = (command: Command, words: Readonly<Record<string, CompletedValue>>): CompletedCommand => ({
  name: command.name,
  description: command.about,
  words: [...command.takes.matchAll(/[<[](\w+)/g)].map(([, word = ""]) => words[command.name] ?? words[word] ?? {}),
  more: command.takes.endsWith("...>") || command.takes.endsWith("...]"),
  flags: [
    ...flagsOf(command).map(([, { name, about, value, optional, file, values, offers }]) => ({
      name,
      description: about,
      ...(optional === undefined ? {} : { optional: true }),
      ...(value === undefined
        ? {}
        : offers !== undefined
          ? { cached: offers.cached, values: offers.usual, ...(file === true ? { file } : {}) }
          : values !== undefined
            ? { values }
            : file === true
              ? { file }
              : { value: true }),
    })),
    { name: "help", description: "show the help of this command" },
  ],
});
