/** A file that a flag names and that cannot be read or written is bad usage, and said in one way. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepSshConfig } from "../../src/operations/cluster/known-hosts.ts";
import type { Run } from "../../src/operations/run.ts";
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
  ["f".repeat(260), "its name is too long."],
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

describe.skipIf(!existsSync("/dev/full"))("a disk that is full when the machines are made", () => {
  const FULL = "--output=/dev/full --events=/dev/full --timings=/dev/full";
  const made = "create abc --num-nodes 1 --wait-for machines";

  test("is said, and the ssh config comes out all the same", async () => {
    const { exit, stdout, stderr } = await ownAzure().run(`${made} ${FULL}`);
    expect([exit, stdout]).toEqual([1, expect.stringContaining("Host abc-coreos-0\n")]);
    expect(stderr).toContain("/dev/full cannot be written: no space left.");
    expect(stderr).toContain("--events: /dev/full cannot be written: no space left.");
  });

  test.each(["--output", "--events", "--timings"])("%s: so is the document, one and whole, with --quiet too", async (flag) => {
    const { exit, document, stderr } = await ownAzure().json(`${made} --quiet ${flag}=/dev/full`);
    expect([exit, document.nodes.length]).toEqual([1, 1]);
    expect(stderr).toContain("no space left.");
  });

  test("what destroy has done is told as well", async () => {
    const azure = ownAzure();
    await azure.run(made);
    const { exit, document } = await azure.json<object>("destroy abc --yes --events=/dev/full");
    expect([exit, document]).toEqual([1, expect.objectContaining({ name: "abc" })]);
  });

  test("a file of the cluster's folder ends no create either", async () => {
    const { dir } = ownAzure();
    mkdirSync(join(dir, "abc"));
    symlinkSync("/dev/full", join(dir, "abc", "ssh_config"));
    const { unwritten } = await keepSshConfig({ dir } as Run, "abc", "Host abc");
    expect(unwritten?.message).toContain("ssh_config cannot be written: no space left.");
  });
});

test("a folder whose name is too long is called that, and shown", async () => {
  const { exit, stderr } = await ownAzure().run(`plan abc --simulate --dir ${"d".repeat(300)}`);
  expect([exit, stderr]).toEqual([
    2,
    expect.stringMatching(/--dir: d{60}\.\.\. cannot be used as a folder: its name is too long/),
  ]);
});
