/** Words as a shell and ssh's configuration read them. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

test("names, ids and files in commands to copy are quoted, wherever they are written", () => {
  const src = fileURLToPath(new URL("../../src", import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => /^(?!sim).*\.ts$/.test(file));
  const bare =
    /\b(az|azure-coreos-cluster|openssl|ssh-keygen) [^`\n]*(-{1,2}(resource-group|ids|scope|nsg-name|lb-name|target-resource-id|custom-data|azure-cert|in|out|f) |(az group \w+|lint) (--name )?)\$\{(?!shellWord\(|word\b|group\b|forbidding\.map|NODE_TLS_FILES)/;
  const unquoted = files.flatMap((file) =>
    readFileSync(join(src, file), "utf8")
      .split("\n")
      .flatMap((line, at) => (bare.test(line) ? [`${file}:${at + 1}`] : [])),
  );
  expect(unquoted).toEqual([]);
});

test.each([
  ["/home/me/key", "/home/me/key"],
  ["/a b/100%", '"/a b/100%%"'],
  ['/a"b', '"/a\\"b"'],
  ["C:\\keys\\id", '"C:\\\\keys\\\\id"'],
])("ssh takes %j as %s", (path, word) => {
  expect(sshConfigWord(path)).toBe(word);
});
