/** ssh's own flags go to ssh, and nothing else does. */
import { expect, test } from "vitest";
import { sshFlags } from "../../src/cli/ssh-flags.ts";

test.each([
  ["ssh abc 0 -L 8080:localhost:80", "ssh abc 0", "-L 8080:localhost:80"],
  ["ssh abc -L8080:localhost:80 1", "ssh abc 1", "-L8080:localhost:80"],
  ["ssh abc 0 -NL 8080:localhost:80 -A", "ssh abc 0", "-NL 8080:localhost:80 -A"],
  ["ssh -D 1080 abc 0 -vv", "ssh abc 0", "-D 1080 -vv"],
  ["ssh abc 0 -o LogLevel=DEBUG -- -L x", "ssh abc 0 -- -L x", "-o LogLevel=DEBUG"],
  ["--dir x ssh abc -t -- sudo bash", "--dir x ssh abc -- sudo bash", "-t"],
  ["ssh abc 0 --verbose", "ssh abc 0 --verbose", ""],
  // where to, as whom and with what is this tool's
  ["ssh abc 0 -p 22", "ssh abc 0 -p 22", ""],
  ["ssh abc 0 -l root", "ssh abc 0 -l root", ""],
  ["ssh abc 0 -i key", "ssh abc 0 -i key", ""],
  ["run abc -N -- ls", "run abc -N -- ls", ""],
  ["create ssh -N", "create ssh -N", ""],
  ["ssh abc -L", "ssh abc", "-L"],
])("%s", (typed, words, passed) => {
  const split = (text: string): string[] => text.split(" ").filter(Boolean);
  expect(sshFlags(split(typed))).toEqual({ words: split(words), passed: split(passed) });
});
