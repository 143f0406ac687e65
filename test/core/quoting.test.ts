/** Words as a shell and ssh's configuration read them. */
import { execFileSync } from "node:child_process";
import { sample, string } from "fast-check";
import { expect, test } from "vitest";
import { shellWord, sshConfigWord } from "../../src/core/quoting.ts";

test.each([
  ["abc", "abc"],
  ["/a/b.c_d-e:f@g%h+i=j,k", "/a/b.c_d-e:f@g%h+i=j,k"],
  ["a b", "'a b'"],
  ["(a)", "'(a)'"],
  ["it's", "'it'\\''s'"],
  ["$(rm)", "'$(rm)'"],
  ["", "''"],
  ["a~b", "a~b"],
  ["~/a", "'~/a'"],
  // zsh takes it for the path of a program
  ["=ls", "'=ls'"],
])("a shell takes %j literally as %s", (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});

test("a shell reads back what was quoted", () => {
  const words = sample(string({ unit: "grapheme-ascii" }), { numRuns: 200, seed: 9 });
  const read = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
  expect(read.split("\0").slice(0, -1)).toEqual(words);
});

test.each([
  ["/home/me/key", "/home/me/key"],
  ["/a b/100%", '"/a b/100%%"'],
  ['/a"b', '"/a\\"b"'],
  ["C:\\keys\\id", '"C:\\\\keys\\\\id"'],
])("ssh takes %j as %s", (path, word) => {
  expect(sshConfigWord(path)).toBe(word);
});
