/** The entry: from a world to an exit code. Errors are rendered here, once. */
import { ClusterError, EXIT } from "../core/errors.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { prose } from "../report/wrap.ts";
import { commandNamed } from "./commands.ts";
import { refuseReplacementCharacter } from "./flag-text.ts";
import { refuseForeignFlags } from "./foreign-flags.ts";
import { fullNames } from "./full-names.ts";
import type { Invocation } from "./invocation.ts";
import { parseArguments } from "./parse-arguments.ts";
import { printDocument } from "./print-document.ts";
import { SCREENS } from "./screens/table.ts";
import { VERSION } from "./version.ts";
import { sshFlags } from "./ssh-flags.ts";
import { withWaitingLine } from "./waiting-line.ts";
import { type RealWorld, UNREAD, UNREAD_EXIT, type World, realWorld } from "./world.ts";

export async function main(outer: World): Promise<number> {
  const given = withWaitingLine(await inCi(outer));
  let world = given;
  let typed: Invocation | undefined;
  try {
    for (const word of given.argv) refuseReplacementCharacter(word, "a word of this command");
    const { words: own, passed } = sshFlags(withoutReturns(given));
    const { words, short } = fullNames(refuseForeignFlags(own, passed));
    world = { ...given, argv: words };
    if (!words.includes("--quiet")) for (const { typed, name } of short) prose(world.stderr, `${typed} is short for ${name}.\n`);
    const invocation = await parseArguments(world, VERSION);
    if ("printed" in invocation) return invocation.printed;
    const stuck = Promise.withResolvers<never>();
    let whole = true;
    typed = { ...invocation, passed, giveUp: stuck.reject, unwritten: () => void (whole = false) };
    const command = commandNamed(invocation.command);
    if (command === undefined) return EXIT.usage;
    if (command.busy !== undefined && invocation.given.quiet !== true) world.waiting?.(`${command.busy} ...`);
    const screen = await SCREENS[command.name]();
    const exit = await Promise.race([screen(typed), stuck.promise]);
    return exit === EXIT.done && !whole ? EXIT.failed : exit;
  } catch (thrown) {
    if (thrown instanceof ClusterError && thrown.code === UNREAD) return UNREAD_EXIT;
    const [{ advised }, { adviceContext }, { withTypedFlags }] = await Promise.all([
      import("../core/advice/advice.ts"),
      import("./typed-command.ts"),
      import("./next-command.ts"),
    ]);
    const error = thrown instanceof ClusterError ? advised(thrown, typed === undefined ? {} : adviceContext(typed)) : thrown;
    const said = typed === undefined ? (text: string) => text : withTypedFlags(typed);
    const { renderError, errorDocument, exitCodeOf } = await import("../report/error.ts");
    const { abilities } = await import("../report/paint.ts");
    const own = world.argv.includes("--") ? world.argv.slice(0, world.argv.indexOf("--")) : world.argv;
    const document = errorDocument(error);
    const { code, message } = document;
    const advice = said(document.advice);
    if (typed?.given.json === true || own.includes("--json"))
      printDocument(world, { $schema: schemaUri("error"), error: { ...document, advice } });
    else prose(world.stderr, said(renderError(error, { color: abilities(world.env, world.stderr).color })));
    world.ci?.annotate("error", `azure-coreos-cluster: ${code}`, `${message}\n${advice}`.trim());
    return exitCodeOf(error);
  }
}

/** Each line of a script that was saved under Windows ends in one, and so does its last word: a flag that nobody knows. */
function withoutReturns({ argv, stderr }: World): readonly string[] {
  if (!argv.some((word) => word.endsWith("\r"))) return argv;
  if (!argv.includes("--quiet"))
    prose(
      stderr,
      "Words of this command end in a carriage return, as in a script that Windows saved: it is left out (dos2unix SCRIPT).\n",
    );
  // a carriage return alone stood after a blank at the line's end
  return argv.filter((word) => !/^\r+$/.test(word)).map((word) => word.replace(/\r+$/, ""));
}

/** Loaded where it is needed: everywhere else a start is worth more. */
async function inCi(world: World): Promise<World> {
  if (world.env["GITHUB_ACTIONS"] === undefined && world.env["TF_BUILD"] === undefined) return world;
  const ci = (await import("./ci.ts")).ciOf(world);
  return ci === undefined ? world : { ...world, ci, stderr: ci.stderr };
}

/**
 * What bin calls. The exit code is set rather than forced, so that what was written is flushed. A request that was given up and
 * does not end (a page of a list that hangs) keeps no process: once everything is written, a little later it ends all the same.
 */
export async function runProcess(): Promise<void> {
  const world = inFolder();
  if (world === undefined) return;
  process.exitCode = await main(world);
  world.endSoon();
}

/** None where the working directory was removed under the shell: nothing can be found or put there. */
function inFolder(): RealWorld | undefined {
  try {
    return realWorld();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== "uv_cwd") throw error;
    process.stderr.write("Error: the working directory is not there any more\n\nGo to one that is: cd\n");
    process.exitCode = EXIT.usage;
    return undefined;
  }
}
