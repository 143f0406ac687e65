/** The README: its generated tables are current, and what it names exists. Its prose has readers, not tests. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { EXIT } from "../src/core/errors.ts";
import { flagRows } from "../src/core/spec/flags.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

const check = (...file: string[]): void =>
  void execFileSync(process.execPath, [join(root, ".ci/readme.mjs"), "--check", ...file], { stdio: "pipe" });

test("the tables of commands and flags are what the code says", () => {
  expect(check).not.toThrow();
});

test("a table that is not current is found", () => {
  const dir = mkdtempSync(join(tmpdir(), "readme-"));
  try {
    const file = join(dir, "README.md");
    writeFileSync(file, readme.replace("| `--num-nodes N` | `3` |", "| `--num-nodes N` | `4` |"));
    expect(() => check(file)).toThrow(/not current/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each(COMMANDS.map(({ name }) => name))("the command %s is told", (name) => {
  expect(readme).toMatch(new RegExp(`\`${name}[ \`]`));
});

test("every flag is told, and no other is named", () => {
  const known = flagRows.flatMap(([, { name, also = [] }]) => [name, ...also]);
  const told = new Set([...readme.matchAll(/`(?:[^`\n]*\s)?--([a-z-]+)[^`\n]*`/g)].map(([, name]) => name));
  expect(known.filter((name) => !told.has(name))).toEqual([]);
  // flags of az, npm and etcdctl
  const foreign = new Set(["subscription", "name", "role", "scopes", "help", "version", "key", "cert", "cacert", "endpoints"]);
  expect([...told].filter((name) => name !== undefined && !known.includes(name) && !foreign.has(name))).toEqual([]);
});

test("every exit code has its word", () => {
  const told = /^0 done;.*interrupted\./m.exec(readme)?.[0] ?? "";
  expect(
    told
      .split("; ")
      .map((part) => Number(/^\d+/.exec(part)?.[0]))
      .concat(Number(/(\d+) interrupted/.exec(told)?.[1])),
  ).toEqual(expect.arrayContaining(Object.values(EXIT)));
});

test("files and folders that it names are there", () => {
  const pages = readme + readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const named = [...pages.matchAll(/(?:^|[`(])((?:src|test|templates|bench|bin|\.ci)\/[\w./-]*)/gm)].map(
    ([, path]) => path ?? "",
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
