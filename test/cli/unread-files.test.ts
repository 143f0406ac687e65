/** A file that a flag names and that cannot be read is bad usage, and said in one way. */
import { describe, expect, test } from "vitest";
import { ownAzure } from "./world.ts";

describe.each([
  [".", "It is a folder: give a file."],
  ["no-such", "There is no such file."],
])("%s", (file, said) => {
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
