/**
 * The command line, read from the two tables (program.ts). NAME comes first or last, as with the old script. Precedence: flag,
 * environment, configuration file (defaults come later).
 */
import { CommanderError } from "commander";
import { EXIT, usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { PRICES_URL } from "../core/price/variable.ts";
import { FLAGS, type FlagKey, type FlagValues, flagRows } from "../core/spec/flags.ts";
import { AUTHORITY_HOST, isStrangeAuthority } from "../core/spec/cloud.ts";
import { needsNoSignIn } from "../core/loopback.ts";
import { prose } from "../report/wrap.ts";
import { commandFirst, nameBehindDashes } from "./command-line.ts";
import { nearest } from "../core/nearest.ts";
import { type Command, commandNamed, flagsOf } from "./commands.ts";
import { readConfig, valueInFile } from "./config-file.ts";
import { parsed, refuseReplacementCharacter } from "./flag-text.ts";
import { flagNamed, spelt } from "./full-names.ts";
import type { Invocation } from "./invocation.ts";
import { type ChosenCommand, chosenBy } from "./program.ts";
import { howItIsUsed } from "./taken.ts";
import type { World } from "./world.ts";

/** What is to be done, or what was printed instead (help, version). */
export async function parseArguments(world: World, version: string): Promise<Invocation | { readonly printed: number }> {
  const dashes = world.argv.indexOf("--");
  const rest = dashes < 0 ? [] : world.argv.slice(dashes + 1);
  const chosen = commandFirst(dashes < 0 ? world.argv : world.argv.slice(0, dashes), rest);
  let result: ChosenCommand | undefined;
  try {
    result = chosenBy(chosen, rest, { out: world, version });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help")
      return { printed: error.exitCode === 0 ? EXIT.done : EXIT.usage };
    if (error.code === "commander.missingArgument" && rest.length > 0)
      throw nameBehindDashes(world.argv.includes(chosen[0] ?? "") ? chosen : chosen.slice(1), rest);
    throw usageError(
      error.message.replace(/^error: /, ""),
      `${error.code === "commander.excessArguments" ? ofOneValue(chosen) : ""}${howItIsUsed(commandNamed(chosen[0] ?? "")?.name)}`,
    );
  }
  if (result === undefined) return { printed: EXIT.done };
  const { command, args, options } = result;
  const all = await given(world, command, options);
  refuseStrangeAuthority(world, command, all.given);
  if (all.given.quiet !== true) sayMisspelt(world);
  return { world, command: command.name, args: nameFirst(command, args), rest, ...all };
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

/** Flag before environment before configuration file. */
async function given(
  world: World,
  command: Command,
  options: Record<string, unknown>,
): Promise<Pick<Invocation, "given" | "inFile">> {
  const values: Record<string, unknown> = {};
  const inFile = new Set<FlagKey>();
  for (const [key, flag] of flagsOf(command)) {
    const typed = options[key];
    const fromEnvironment = environmentOf(world, flag);
    if (typed !== undefined) values[key] = typed === true && flag.value !== undefined ? (flag.optional ?? "") : typed;
    else if (fromEnvironment !== undefined) values[key] = parsed(flag, fromEnvironment.text, fromEnvironment.name);
  }
  const config = values["config"];
  if (typeof config !== "string") return { given: values, inFile };
  const file = await readConfig(world, config);
  for (const [key, flag] of flagsOf(command))
    if (values[key] === undefined && file[flag.name] !== undefined) {
      values[key] = valueInFile(flag, file[flag.name], `${config}: ${flag.name}`);
      inFile.add(key);
    }
  return { given: values, inFile };
}

/** Our own variable before Azure's; two of ours for one flag are refused where they differ. */
function environmentOf(world: World, flag: Flag<unknown>): { name: string; text: string } | undefined {
  const isSet = (name: string | undefined): name is string => name !== undefined && (world.env[name] ?? "").trim() !== "";
  const [name, other] = variablesOf(flag).filter(isSet);
  if (other !== undefined && world.env[name ?? ""] !== world.env[other])
    throw usageError(`${name} and ${other} are the same flag, and say different things`, "Unset one of them.");
  const found = [name, flag.env].find(isSet);
  if (found === undefined) return undefined;
  const text = world.env[found] ?? "";
  refuseReplacementCharacter(text, found);
  if (found === AUTHORITY_HOST && isStrangeAuthority(text.trim())) return undefined;
  return { name: found, text };
}

/** An address of no cloud that is known matters where somebody signs in, and no cloud was given. */
function refuseStrangeAuthority({ env }: World, command: Command, { cloud, simulate, armEndpoint }: Partial<FlagValues>): void {
  const address = env[AUTHORITY_HOST]?.trim() ?? "";
  if (!isStrangeAuthority(address) || cloud !== undefined || simulate === true || needsNoSignIn(armEndpoint)) return;
  if (flagsOf(command).some(([key]) => key === "cloud")) parsed(FLAGS.cloud, address, AUTHORITY_HOST);
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
