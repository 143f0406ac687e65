/**
 * The command line, read with commander from the two tables. NAME comes first or last, as with the old script. Precedence: flag,
 * environment, configuration file (defaults come later).
 */
import { Command as Commander, CommanderError, Option } from "commander";
import { EXIT, usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { PRICES_URL } from "../core/price/variable.ts";
import { type FlagKey, type FlagValues, flagRows } from "../core/spec/flags.ts";
import { prose, wrap } from "../report/wrap.ts";
import { commandFirst, nameBehindDashes } from "./command-line.ts";
import { nearest } from "../core/nearest.ts";
import { COMMANDS, type Command, commandNamed, flagsOf } from "./commands.ts";
import { readConfig, valueInFile } from "./config-file.ts";
import { parsed, refuseReplacementCharacter, together } from "./flag-text.ts";
import { flagNamed, spelt } from "./full-names.ts";
import type { Invocation } from "./invocation.ts";
import type { World } from "./world.ts";

/** What is to be done, or what was printed instead (help, version). */
export async function parseArguments(world: World, version: string): Promise<Invocation | { readonly printed: number }> {
  const dashes = world.argv.indexOf("--");
  const rest = dashes < 0 ? [] : world.argv.slice(dashes + 1);
  const chosen = commandFirst(dashes < 0 ? world.argv : world.argv.slice(0, dashes), rest);
  let result: { command: Command; args: string[]; options: Record<string, unknown> } | undefined;
  const program = programOf(world, version, chosen, (command, args, options) => (result = { command, args, options }));
  try {
    await program.parseAsync(chosen, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help")
      return { printed: error.exitCode === 0 ? EXIT.done : EXIT.usage };
    if (error.code === "commander.missingArgument" && rest.length > 0)
      throw nameBehindDashes(world.argv.includes(chosen[0] ?? "") ? chosen : chosen.slice(1), rest);
    throw usageError(
      error.message.replace(/^error: /, ""),
      `${error.code === "commander.excessArguments" ? ofOneValue(chosen) : ""}\`azure-coreos-cluster ${commandNamed(chosen[0] ?? "") === undefined ? "" : `${chosen[0]} `}--help\` shows what is accepted.`,
    );
  }
  if (result === undefined) return { printed: EXIT.done };
  const { command, args, options } = result;
  if (rest.length > 0 && command.rest === undefined) throw usageError(`${command.name} takes nothing after --`);
  if (options["simulate"] === true && options["armEndpoint"] !== undefined)
    throw usageError("--simulate and --arm-endpoint name two different Azures", "Leave one of them out.");
  const all = await given(world, command, options);
  if (all.quiet !== true) sayMisspelt(world);
  return { world, command: command.name, args: nameFirst(command, args), rest, given: all };
}

// --- internal ---

/** A value with a blank in it that nobody put in quotes: `--location West US`, as a shell takes it apart. */
function ofOneValue(words: readonly string[]): string {
  const place = words.findIndex(
    (word, at) =>
      at >= 2 && [word, words[at - 1]].every((one) => one?.startsWith("-") === false) && words[at - 2]?.startsWith("--"),
  );
  const flag = flagNamed(spelt(words[place - 2] ?? ""));
  return place < 0 || flag?.value === undefined
    ? ""
    : `A value with a blank in it goes into quotes: --${flag.name} "${words[place - 1]} ${words[place]}". `;
}

/** Of a command that takes the cluster's name after another word. */
function nameFirst({ takes }: Command, args: readonly string[]): readonly string[] {
  const place = takes.split(" ").indexOf("<name>");
  return place <= 0 ? args : [args[place] ?? "", ...args.filter((_, one) => one !== place)];
}

function programOf(
  world: World,
  version: string,
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
      writeOut: (text) => world.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => world.stdout.columns,
      getErrHelpWidth: () => world.stderr.columns,
    })
    .configureHelp({ subcommandTerm: termOf })
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", () => wrap(AFTER_ALL, world.stdout.columns));
  for (const command of COMMANDS) {
    const sub = program.command(`${command.name} ${command.takes}`.trim());
    if (command.rest !== undefined) sub.usage(`[options] ${command.takes} ${command.rest}`);
    if (command.scopes.includes("create")) sub.addHelpText("after", () => wrap(AFTER_CREATE, world.stdout.columns));
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

const AFTER_CREATE = [
  "",
  "A flag beats the environment (AZURE_COREOS_CLUSTER_NUM_NODES and so on), which beats --config FILE.yaml, which beats what the cluster has kept, which beats the default. A switch that is on is turned off by --http=false. TIME is written as 90s, 30m, 2h, 7d or 1h30m.",
  "",
  "Exit codes: 0 done, 1 failed, 2 bad usage, 3 partly done, 4 sign-in or permission, 5 refused before anything was written, 6 out of time, 7 conflict, 130 interrupted.",
  "",
].join("\n");

function optionOf(key: FlagKey, flag: Flag<unknown>, command: Command, words: readonly string[]): Option {
  const value = flag.value === undefined ? "" : flag.optional === undefined ? ` <${flag.value}>` : ` [${flag.value}]`;
  const shown =
    flag.default === undefined || flag.default === false || isEmpty(flag.default) || flag.about.endsWith("]")
      ? ""
      : ` [${JSON.stringify(flag.default).replaceAll(/["[\]]/g, "")}]`;
  const about = command.takes.includes("<name>") ? flag.about : (flag.unnamed ?? flag.about);
  const option = new Option(`--${flag.name}${value}`, about + shown);
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

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Flag before environment before configuration file. */
async function given(world: World, command: Command, options: Record<string, unknown>): Promise<Partial<FlagValues>> {
  const values: Record<string, unknown> = {};
  for (const [key, flag] of flagsOf(command)) {
    const typed = options[key];
    const fromEnvironment = environmentOf(world, flag);
    if (typed !== undefined) values[key] = typed === true && flag.value !== undefined ? (flag.optional ?? "") : typed;
    else if (fromEnvironment !== undefined) values[key] = parsed(flag, fromEnvironment.text, fromEnvironment.name);
  }
  const config = values["config"];
  if (typeof config !== "string") return values;
  const file = await readConfig(world, config);
  for (const [key, flag] of flagsOf(command))
    if (values[key] === undefined && file[flag.name] !== undefined)
      values[key] = valueInFile(flag, file[flag.name], `${config}: ${flag.name}`);
  return values;
}

/** Our own variable before Azure's; two of ours for one flag are refused where they differ. */
function environmentOf(world: World, flag: Flag<unknown>): { name: string; text: string } | undefined {
  const isSet = (name: string | undefined): name is string => name !== undefined && (world.env[name] ?? "") !== "";
  const [name, other] = variablesOf(flag).filter(isSet);
  if (other !== undefined && world.env[name ?? ""] !== world.env[other])
    throw usageError(`${name} and ${other} are the same flag, and say different things`, "Unset one of them.");
  const found = [name, flag.env].find(isSet);
  if (found === undefined) return undefined;
  const text = world.env[found] ?? "";
  refuseReplacementCharacter(text, found);
  return { name: found, text };
}

const PREFIX = "AZURE_COREOS_CLUSTER_";

const variablesOf = (flag: Flag<unknown>): string[] =>
  [flag.name, ...(flag.also ?? [])].map((name) => `${PREFIX}${name.toUpperCase().replaceAll("-", "_")}`);

/** A misspelt variable would be without effect, and nobody would know. */
function sayMisspelt({ env, stderr }: World): void {
  const known = [...flagRows.flatMap(([, flag]) => variablesOf(flag)), PRICES_URL];
  const strange = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  if (strange.length === 0) return;
  const words = strange.map((name) => {
    const meant = nearest(name, known, Math.ceil((name.length - PREFIX.length) / 4));
    return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
  });
  prose(stderr, `No flag belongs to ${words.join(", ")}: without effect.\n`);
}
