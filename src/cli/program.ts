/** The command line as commander knows it: a program made of the tables of commands and of flags. It reads words, and nothing of the world. */
import { Command as Commander, Option } from "commander";
import { usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import type { FlagKey } from "../core/spec/flags.ts";
import { wrap } from "../report/wrap.ts";
import { COMMANDS, type Command, commandNamed, flagsOf } from "./commands.ts";
import { parsed, together } from "./flag-text.ts";
import { aboutFlag, belowFlags } from "./help-text.ts";
import type { World } from "./world.ts";

export interface ChosenCommand {
  readonly command: Command;
  readonly args: string[];
  readonly options: Record<string, unknown>;
}

interface Surroundings {
  /** Where help goes. */
  readonly out: Pick<World, "stdout" | "stderr">;
  readonly version: string;
}

/**
 * @param words the command first
 * @param rest what stands after `--`
 * @returns undefined where nothing was chosen
 * @throws CommanderError for what is refused, and where help or version was printed; ClusterError Usage
 */
export function chosenBy(
  words: readonly string[],
  rest: readonly string[],
  surroundings: Surroundings,
): ChosenCommand | undefined {
  let chosen: ChosenCommand | undefined;
  programOf(surroundings, words, (command, args, options) => (chosen = { command, args, options })).parse(words, {
    from: "user",
  });
  if (chosen === undefined) return undefined;
  const { command, options }: ChosenCommand = chosen;
  if (rest.length > 0 && command.rest === undefined) throw usageError(`${command.name} takes nothing after --`);
  if (options["simulate"] === true && options["armEndpoint"] !== undefined)
    throw usageError("--simulate and --arm-endpoint name two different Azures", "Leave one of them out.");
  return chosen;
}

// --- internal ---

function programOf(
  { out, version }: Surroundings,
  words: readonly string[],
  chosen: (command: Command, args: string[], options: Record<string, unknown>) => void,
): Commander {
  const program = new Commander("azure-coreos-cluster")
    .description(
      "Makes a running cluster of Linux machines on Azure with one command:\n\n  azure-coreos-cluster mycluster --num-nodes 3 --deis\n\nA first word that is no command is the name of a cluster to create.",
    )
    .version(version, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => out.stdout.columns,
      getErrHelpWidth: () => out.stderr.columns,
    })
    // beside the longest term a terminal of 80 leaves 38, and of 60 less: still text in lines, and no line as long as it comes
    .configureHelp({ subcommandTerm: termOf, minWidthToWrap: 15 })
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", () => wrap(AFTER_ALL, out.stdout.columns));
  for (const command of COMMANDS) {
    const sub = program.command(`${command.name} ${command.takes}`.trim());
    if (command.rest !== undefined) sub.usage(`[options] ${command.takes} ${command.rest}`);
    sub.addHelpText("after", () => wrap(belowFlags(command), out.stdout.columns));
    sub.description(command.about).exitOverride().allowExcessArguments(false).showSuggestionAfterError(true);
    // nobody asks for those of the others: to make all twenty commands' would be half of a start
    if (words.includes(command.name))
      for (const [key, flag] of flagsOf(command)) sub.addOption(optionOf(key, flag, command, words));
    sub.action((...all: unknown[]) => {
      const positional = all
        .slice(0, -2)
        .flat()
        .filter((one): one is string => typeof one === "string");
      chosen(command, positional, sub.opts());
    });
  }
  return program;
}

/** A command in the list of all. */
const termOf = (command: Commander): string =>
  `${command.name()} ${(commandNamed(command.name())?.scopes.length ?? 0) > 0 ? "[options] " : ""}${commandNamed(command.name())?.takes ?? "[command]"}`.trim();

const AFTER_ALL =
  "\n`azure-coreos-cluster create --help` shows the flags of create. To try it without an Azure account: --simulate.\n";

function optionOf(key: FlagKey, flag: Flag<unknown>, command: Command, words: readonly string[]): Option {
  const value = flag.value === undefined ? "" : flag.optional === undefined ? ` <${flag.value}>` : ` [${flag.value}]`;
  const option = new Option(`--${flag.name}${value}`, aboutFlag(flag, command));
  // commander reads --no-x as the opposite of --x: here it is a switch of its own
  option.negate = false;
  option.attributeName = () => key;
  option.helpGroup(`${flag.section}:`);
  // a switch has a value only where it is turned off: else commander took the next word for it
  if (flag.value === undefined && words.includes(`--${flag.name}=false`)) option.optional = true;
  if (flag.value !== undefined || option.optional)
    option.argParser((text: string, before: unknown) => {
      const value = parsed(flag, text, `--${flag.name}`);
      return flag.many === true && Array.isArray(before) ? together(flag, [before, value], `--${flag.name}`) : value;
    });
  return option;
}
