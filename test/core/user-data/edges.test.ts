/** Bytes and lines at the edges of user-data: marks, packings, decimals, and where a fault is. */
import { expect, test } from "vitest";
import { checkUserDataFile } from "../../../src/core/user-data/check.ts";
import { notIgnition } from "../../../src/core/user-data/check/ignition.ts";
import { PART } from "../../../src/core/user-data/check/finding.ts";
import { otherPacking } from "../../../src/core/user-data/check/packed.ts";
import { checkScript } from "../../../src/core/user-data/check/script.ts";
import { readText } from "../../../src/core/user-data/read-text.ts";

test.each([
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["zip", [0x50, 0x4b, 3, 4]],
])("%s is known by its first bytes, and by all of them", (name, magic) => {
  expect(otherPacking(Uint8Array.from([...magic, 1, 2]), PART)?.message).toContain(name);
  for (let at = 0; at < magic.length; at++) {
    const other = magic.map((byte, index) => (index === at ? byte ^ 1 : byte));
    expect(otherPacking(Uint8Array.from(other), PART), String(at)).toBeUndefined();
  }
});

test.each([
  ["UTF-32", [0xff, 0xfe, 0, 0]],
  ["UTF-32", [0, 0, 0xfe, 0xff]],
  ["UTF-16", [0xff, 0xfe, 0x23, 0]],
  ["UTF-16", [0xfe, 0xff, 0, 0x23]],
])("%s is named", (encoding, bytes) => {
  expect(JSON.stringify(readText(Uint8Array.from(bytes), PART))).toContain(encoding);
});

test.each([
  ['{"a": 1', 1],
  ["{\n\n x", 3],
  ["{\nx", 2],
  ["\n{\nx", 3],
])("JSON %j breaks in line %i", (text, line) => {
  expect(notIgnition(text)).toMatchObject({ line });
});

test("the first line that ends as Windows ends lines is named", () => {
  const [finding] = checkScript("#!/bin/bash\necho\necho\r\necho\r\n", {} as Parameters<typeof checkScript>[1]);
  expect(finding).toMatchObject({ level: "error", line: 3 });
  expect(checkScript("#!/bin/bash\necho\n", {} as Parameters<typeof checkScript>[1])).toEqual([]);
});

test.each(["0400", "0500", "0550", "0555", "0640", "0644", "0660", "0664"])(
  "a mode %s in decimal is taken for what it was meant to be",
  (mode) => {
    const decimal = Number.parseInt(mode, 8);
    const text = `#cloud-config\nwrite_files:\n  - path: /a\n    permissions: "${decimal}"\n    content: x\n`;
    expect(JSON.stringify(checkUserDataFile(Buffer.from(text)))).toContain(mode);
  },
);
