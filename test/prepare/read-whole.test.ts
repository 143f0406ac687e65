/** A file that has no end is not read to it. */
import { expect, test } from "vitest";
import { readWhole } from "../../src/prepare/read-whole.ts";

test("a file without an end is refused, and one that is read is whole", async () => {
  await expect(readWhole("/dev/zero")).rejects.toThrow("it has more than 64 MiB");
  expect((await readWhole(import.meta.filename)).toString()).toContain("A file that has no end");
  await expect(readWhole("/dev")).rejects.toMatchObject({ code: "EISDIR" });
  await expect(readWhole("/nowhere/f")).rejects.toMatchObject({ code: "ENOENT" });
});
