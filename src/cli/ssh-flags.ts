/**
 * ssh's own flags at `ssh NAME NODE -L 8080:localhost:80 -A`: they go to ssh as they are. Those that say where to log in, as whom and
 * with what are not among them: that is what this tool knows.
 */
import { positionals } from "./full-names.ts";

export interface SshFlags {
  /** The command line without them. */
  readonly words: readonly string[];
  readonly passed: readonly string[];
}

/** Whatever the command is; only `ssh` has any. What stands after `--` is the node's. */
export function sshFlags(typed: readonly string[]): SshFlags {
  const end = typed.includes("--") ? typed.indexOf("--") : typed.length;
  const own = typed.slice(0, end);
  const command = positionals(own)[0] ?? -1;
  if (own[command] !== "ssh") return { words: typed, passed: [] };
  const words: string[] = own.slice(0, command + 1);
  const passed: string[] = [];
  for (let place = command + 1; place < own.length; place++) {
    const word = own[place] ?? "";
    const found = FLAG.exec(word);
    if (found === null) {
      words.push(word);
      continue;
    }
    passed.push(word);
    const next = own[place + 1];
    // a letter that takes a value and is the word's last takes the next word
    if (found[1] === undefined || next === undefined) continue;
    passed.push(next);
    place += 1;
  }
  return { words: [...words, ...typed.slice(end)], passed };
}

// --- internal ---

/** Switches, together or alone; then perhaps one that takes a value, in the same word or as the next. */
const FLAG = /^-(?=[a-zA-Z46])[46AaCfgKkNnqsTtvXxYy]*(?:[LRDWo]$()|[LRDWo].+)?$/;
