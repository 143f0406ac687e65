/** completion: the script for a shell, from the tables of commands and flags. */
import { EXIT, usageError } from "../../core/errors.ts";
import { COMMANDS, type Command, flagsOf } from "../commands.ts";
import { type CompletedCommand, type CompletedValue, type Shell, completionScript } from "../completion.ts";
import { ACTIONS } from "../platform-actions.ts";
import type { Invocation } from "../invocation.ts";

export function completion({ world, args }: Invocation): Promise<number> {
  const shell = SHELLS.find((one) => one === args[0]?.toLowerCase());
  if (shell === undefined) throw usageError(`there is no completion for "${args[0] ?? ""}"`, `Give one of ${SHELLS.join(", ")}.`);
  world.stdout.write(completionScript(shell, { commands: COMMANDS.map(completed) }));
  return Promise.resolve(EXIT.done);
}

// --- internal ---

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

/** What can be offered as a command's positional word. */
const WORDS: Record<string, CompletedValue> = {
  lint: { file: true },
  completion: { values: SHELLS },
  platform: { values: ACTIONS },
};

const completed = (command: Command): CompletedCommand => ({
  name: command.name,
  description: command.about,
  ...WORDS[command.name],
  flags: [
    ...flagsOf(command).map(([, { name, about, value, optional, file, values }]) => ({
      name,
      description: about,
      // a value that may be left out may also be another word: nothing is offered there
      ...(value === undefined || optional !== undefined
        ? {}
        : values !== undefined
          ? { values }
          : file === true
            ? { file }
            : { value: true }),
    })),
    { name: "help", description: "show the help of this command" },
  ],
});
