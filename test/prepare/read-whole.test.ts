import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readWhole } from "../../src/prepare/read-whole.ts";

function pipe(): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-pipe-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  execFileSync("mkfifo", [join(dir, "pipe")]);
  return join(dir, "pipe");
}

test("A file that has no end is given up; any other is read whole", async () => {
  await expect(readWhole("/dev/zero")).rejects.toThrow("it has more than 64 MiB");
  expect((await readWhole(import.meta.filename)).toString()).toContain("A file that has no end");
  await expect(readWhole("/dev")).rejects.toMatchObject({ code: "EISDIR" });
  await expect(readWhole("/nowhere/f")).rejects.toMatchObject({ code: "ENOENT" });
});

test("a pipe that nobody writes to is given up, and called that", async () => {
  await expect(readWhole(pipe(), 2)).rejects.toThrow("it is a pipe, and nobody writes to it");
});

test("a pipe whose writer comes late, and takes its time, is read whole; asked for again, it holds the same", async () => {
  const path = pipe();
  const read = readWhole(path);
  const writer = await open(path, "w");
  await writer.write("one\n");
  // more than a pipe holds
  await writer.write("x".repeat(200_000));
  await writer.close();
  expect((await read).length).toBe(200_004);
  expect((await readWhole(path, 0)).length).toBe(200_004);
});

test("who asks at the same time gets the same", async () => {
  const path = pipe();
  const both = [readWhole(path), readWhole(path)];
  const writer = await open(path, "w");
  await writer.write("one");
  await writer.close();
  expect((await Promise.all(both)).map(String)).toEqual(["one", "one"]);
});

test("a writer that has written nothing yet is waited for beyond that", async () => {
  const path = pipe();
  const both = await open(path, "r+");
  const read = readWhole(path, 0);
  const file = `${path}.file`;
  writeFileSync(file, "beside");
  expect((await readWhole(file)).toString()).toBe("beside");
  await both.write("late");
  await both.close();
  expect((await read).toString()).toBe("late");
});
