/** Files that are written whole or not at all, and what cannot be written is said: before anything is made where that can be. */
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { refuseUnwritable, replaceFile } from "../../../src/operations/files/replace-file.ts";

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
    message: `${join(dir, "f")} cannot be written: it is a folder.`,
  });
  expect(readdirSync(dir)).toEqual(["f"]);
  await expect(replaceFile(join(dir, "nowhere", "f"), "x", 0o600)).rejects.toMatchObject({ code: "FileNotWritten" });
});

test("a path in no folder is refused as bad usage, before anything is made", async () => {
  const dir = folder();
  await refuseUnwritable(join(dir, "f"), "--output");
  await expect(refuseUnwritable(join(dir, "nowhere", "f"), "--output")).rejects.toMatchObject({
    code: "FileNotWritten",
    exit: 2,
  });
  writeFileSync(join(dir, "file"), "");
  await expect(refuseUnwritable(join(dir, "file", "f"), "--output")).rejects.toMatchObject({ code: "FileNotWritten", exit: 2 });
  await expect(refuseUnwritable(dir, "--output")).rejects.toMatchObject({ code: "FileNotWritten", exit: 2 });
});

test("a link stays, and the file that it leads to is replaced", async () => {
  const dir = folder();
  mkdirSync(join(dir, "kept"));
  writeFileSync(join(dir, "kept", "f"), "before");
  symlinkSync(join("kept", "f"), join(dir, "link"));
  await replaceFile(join(dir, "link"), "after", 0o600);
  expect([lstatSync(join(dir, "link")).isSymbolicLink(), readFileSync(join(dir, "kept", "f"), "utf8")]).toEqual([true, "after"]);
  expect([readdirSync(dir), readdirSync(join(dir, "kept"))]).toEqual([["kept", "link"], ["f"]]);
});

test("a pipe is written to, and stays a pipe", async () => {
  const pipe = join(folder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  await refuseUnwritable(pipe, "--output");
  const [text] = await Promise.all([readFile(pipe, "utf8"), replaceFile(pipe, "after", 0o600)]);
  expect([text, lstatSync(pipe).isFIFO()]).toEqual(["after", true]);
});

test("a pipe that nobody reads is given up, and called that", async () => {
  const pipe = join(folder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(replaceFile(pipe, "after", 0o600, 2)).rejects.toMatchObject({
    code: "FileNotWritten",
    cause: expect.objectContaining({ message: "it is a pipe, and nobody reads it" }),
  });
});

test("a link to a device is written through", async () => {
  const link = join(folder(), "null");
  symlinkSync("/dev/null", link);
  await refuseUnwritable(link, "--output");
  await replaceFile(link, "after", 0o600);
  expect([lstatSync(link).isSymbolicLink(), statSync("/dev/null").isCharacterDevice()]).toEqual([true, true]);
});
