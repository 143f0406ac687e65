import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  keepAndRead,
  keepFile,
  PRIVATE,
  PUBLIC,
  readableByOthers,
  readKept,
  textAt,
  whyMissing,
} from "../../src/prepare/kept-file.ts";
import { clusterFolder } from "../../src/prepare/cluster-folder.ts";
import { filesIn, modeOf, newFolder } from "./folder.ts";

test("a private file has mode 0600 and leaves nothing beside it", async () => {
  const folder = newFolder();
  expect(await keepFile(join(folder, "key"), "secret", PRIVATE)).toBe(true);
  expect(modeOf(join(folder, "key"))).toBe("0600");
  expect(filesIn(folder)).toEqual(["key"]);
});

test("what is there is not overwritten, not even through a dangling link", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "key"), "old");
  symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
  expect(await keepFile(join(folder, "key"), "new", PRIVATE)).toBe(false);
  expect(await keepFile(join(folder, "link"), "new", PRIVATE)).toBe(false);
  expect(readFileSync(join(folder, "key"), "utf8")).toBe("old");
  expect(filesIn(folder)).toEqual(["key", "link"]);
});

test("a link that leads nowhere is called one: it was said to be removed, run after run", async () => {
  const folder = newFolder();
  const path = join(folder, "key");
  symlinkSync("/mnt/usb/key", path);
  const said = `${path} is a link to /mnt/usb/key, which is not there.`;
  await expect(keepAndRead(path, "new", PRIVATE)).rejects.toMatchObject({ code: "FileNotRead", message: said });
  expect(whyMissing(path)).toBe("It is a link to /mnt/usb/key, which is not there.");
  expect(whyMissing(join(folder, "none"))).toBe("There is no such file.");
});

test("of many at once exactly one makes the file, whole", async () => {
  const folder = newFolder();
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
  const made = await Promise.all(texts.map((text) => keepFile(join(folder, "key"), text, PUBLIC)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(readFileSync(join(folder, "key"), "utf8")).toBe(texts[made.indexOf(true)]);
  expect(filesIn(folder)).toEqual(["key"]);
});

test("a missing file is undefined, an unreadable one an error that names it", async () => {
  const folder = newFolder();
  mkdirSync(join(folder, "sub"));
  expect(await readKept(join(folder, "none"))).toBeUndefined();
  await expect(readKept(join(folder, "sub"))).rejects.toMatchObject({
    code: "FileNotRead",
    message: expect.stringContaining("it is a folder"),
    advice: expect.stringContaining("--dir"),
  });
  // one that a flag names lies where it lies
  await expect(readKept(join(folder, "sub"), "--ssh-cert")).rejects.toMatchObject({
    exit: 2,
    advice: "It is a folder: give a file.",
  });
  await expect(readKept("/dev/zero")).rejects.toMatchObject({
    code: "FileNotRead",
    message: expect.stringContaining("it has more than 64 MiB"),
  });
  expect(textAt("/dev/zero")).toBeUndefined();
  await expect(keepFile(join(folder, "none", "key"), "x", PRIVATE)).rejects.toMatchObject({
    code: "FileNotWritten",
    message: expect.stringContaining("the folder does not exist"),
    exit: 1,
  });
});

test("the cluster's folder is for its owner alone, and may be there", async () => {
  const folder = newFolder();
  expect(await clusterFolder(folder, "mycluster")).toBe(join(folder, "mycluster"));
  expect(await clusterFolder(folder, "mycluster")).toBe(join(folder, "mycluster"));
  expect(modeOf(join(folder, "mycluster"))).toBe("0700");
});

/** A folder that nobody can write to, root neither; nothing is ever made in it. */
const readOnly = ((): string | undefined => {
  try {
    const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
    return lines
      .map((line) => line.split(" "))
      .find(
        ([, path = "", , options = ""]) => /^ro(,|$)/.test(options) && statSync(path, { throwIfNoEntry: false })?.isDirectory(),
      )?.[1];
  } catch {
    return undefined;
  }
})();

test.skipIf(readOnly === undefined)("a folder that is read-only is not said to be missing", async () => {
  await expect(clusterFolder(readOnly ?? "", "rox")).rejects.toMatchObject({
    code: "FileNotWritten",
    message: expect.stringContaining("the file system is read-only"),
  });
});

test("a file in the place of the cluster's folder is said to be there", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "mycluster"), "");
  await expect(clusterFolder(folder, "mycluster")).rejects.toMatchObject({ message: expect.stringContaining("is in the way") });
});

test.each([
  [0o600, undefined],
  [0o400, undefined],
  [0o640, "0640"],
  [0o644, "0644"],
  [0o666, "0666"],
] as const)("a key file of mode %i: warning %s", async (mode, said) => {
  const file = join(newFolder(), "key");
  await keepFile(file, "x", mode);
  // The umask of whoever runs the tests takes the writing bits away.
  const warning = await readableByOthers(file);
  if (said === undefined) expect(warning).toBeUndefined();
  else expect(warning).toContain(`mode ${modeOf(file)}`);
});
