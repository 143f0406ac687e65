/** Files that are written whole or not at all, and what cannot be written is said: before anything is made where that can be. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { refuseUnwritable, replaceFile } from "../../src/operations/replace-file.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-replace-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test("what is there is replaced in one step, with the mode that was asked for, and nothing is left beside it", async () => {
  const dir = folder();
  const file = join(dir, "f");
  writeFileSync(file, "before", { mode: 0o644 });
  await replaceFile(file, "after", 0o600);
  expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777, readdirSync(dir)]).toEqual(["after", 0o600, ["f"]]);
});

test("what cannot be written is a failure, and leaves nothing beside it", async () => {
  const dir = folder();
  mkdirSync(join(dir, "f"));
  await expect(replaceFile(join(dir, "f"), "x", 0o600)).rejects.toMatchObject({
    code: "FileNotWritten",
    exit: 1,
    message: `${join(dir, "f")} cannot be written`,
  });
  expect(readdirSync(dir)).toEqual(["f"]);
  await expect(replaceFile(join(dir, "nowhere", "f"), "x", 0o600)).rejects.toMatchObject({ code: "FileNotWritten" });
});

test("a path in no folder is refused as bad usage, before anything is made", async () => {
  const dir = folder();
  await refuseUnwritable(join(dir, "f"));
  await expect(refuseUnwritable(join(dir, "nowhere", "f"))).rejects.toMatchObject({ code: "FileNotWritten", exit: 2 });
});
