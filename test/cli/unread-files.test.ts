/** A file that a flag names and that cannot be read or written is bad usage, and said in one way. */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { has } from "../programs.ts";
import { ownAzure } from "./world.ts";

describe.each([
  [".", "It is a folder: give a file."],
  ["no-such", "There is no such file."],
])("read %s", (file, said) => {
  test.each([
    "plan abc --ssh-cert",
    "plan abc --ssh-key",
    "plan abc --custom-data",
    "plan abc --config",
    "emulate --profile",
    "lint",
  ])("%s", async (argv) => {
    const { exit, stderr } = await ownAzure().run(`${argv} ${file}`);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/cannot read /)]);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/E[A-Z]{4,}:/);
  });
});

const PIPE: readonly (readonly [string, string])[] = [["pipe", "it is a pipe, and nobody reads it."]];

const UNWRITABLE: readonly (readonly [string, string])[] = [
  [".", "it is a folder."],
  ["no-such/f", "the folder does not exist."],
  ["file/f", "a part of its path is no folder."],
];

describe.each([...UNWRITABLE, ...(has("mkfifo") ? PIPE : [])])("write %s", (file, said) => {
  // the state file's pipe may find its reader later: it is written at the end
  const output = file === "pipe" ? [] : ["create abc --output"];
  test.each(["list --events", "create abc --timings", "emulate --requests", ...output])("%s", async (argv) => {
    const azure = ownAzure();
    writeFileSync(join(azure.dir, "file"), "");
    if (file === "pipe") execFileSync("mkfifo", [join(azure.dir, file)]);
    const { exit, stderr } = await azure.run(`${argv} ${file}`);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`cannot be written`)]);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/E[A-Z]{4,}:/);
    expect(azure.exchanges.filter(({ method }) => !/^(GET|HEAD)$/.test(method))).toEqual([]);
    // a pipe is opened when it is written to: who reads it would take a look for the end
    if (file !== "pipe") expect(existsSync(join(azure.dir, "abc"))).toBe(false);
  });
});
