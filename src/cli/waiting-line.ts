/**
 * One line on a terminal that says at once what is being done, and is gone with the next thing that is printed: between the Enter and
 * the first answer of Azure a second passes, and nothing that says nothing is trusted.
 */
import { abilities } from "../report/paint.ts";
import { truncate } from "../core/words.ts";
import { type Output, type World, through } from "./world.ts";

/** The world whose streams take the line away before they write; the same world where no line can be drawn again. */
export function withWaitingLine(world: World): World {
  if (!abilities(world.env, world.stderr).animate) return world;
  let shown = false;
  let last: string | undefined;
  const clear = (): void => {
    if (shown) world.stderr.write("\r\u001B[K");
    shown = false;
  };
  const clearing = (output: Output): Output =>
    through(output, (text) => {
      clear();
      output.write(text);
    });
  return {
    ...world,
    stdout: clearing(world.stdout),
    stderr: clearing(world.stderr),
    ask: (question) => {
      clear();
      return world.ask(question);
    },
    askSecretly: (question) => {
      clear();
      return world.askSecretly(question);
    },
    waiting(text = last) {
      if (text === undefined) return;
      last = text;
      clear();
      world.stderr.write(truncate(text, (world.stderr.columns || UNTOLD) - 1));
      shown = true;
    },
  };
}

// --- internal ---

/** A terminal on a serial line, or in some containers, says that it has no columns at all. */
const UNTOLD = 80;
