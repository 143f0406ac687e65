/** Files in gzip under write_files: a node writes what is inside, whatever it is. The verdicts are those of coreos-cloudinit and of cc_write_files. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkUserDataFile } from "../../../src/core/user-data/check.ts";

const gunzip = (packed: Uint8Array, limit: number): Uint8Array => gunzipSync(packed, { maxOutputLength: limit });
const said = (content: Uint8Array, platform: "flatcar" | "coreos" | "ubuntu" | "debian"): string[] =>
  checkUserDataFile(
    Buffer.from(
      `#cloud-config\nwrite_files:\n  - path: /opt/a\n    encoding: gzip+base64\n    content: ${Buffer.from(content).toString("base64")}\n`,
    ),
    { platform, gunzip },
  ).map(({ level, line, message }) => `${line} ${level}: ${message}`);

const packed = gzipSync("hello ".repeat(9));
const PLATFORMS = ["flatcar", "coreos", "ubuntu", "debian"] as const;

describe.each(PLATFORMS)("on %s", (platform) => {
  test.each([
    ["gzip in gzip, such as a .tar.gz", gzipSync(packed)],
    ["what unpacks to much", gzipSync(Buffer.alloc(9 * 1024 * 1024))],
  ])("%s is taken", (_, content) => expect(said(content, platform)).toEqual([]));
});

const REFUSED = "a node refuses the whole file";
const PART = "a node writes what it can unpack, without a word";
test.each([
  ["that is cut off", packed.subarray(0, 15), PART],
  ["with a wrong sum", Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]), PART],
  ["that is cut off in its header", packed.subarray(0, 9), REFUSED],
  ["of an unknown kind", Buffer.from(packed).fill(7, 2, 3), REFUSED],
])("gzip %s", (_, content, then) => {
  expect(said(content, "flatcar")).toEqual([
    expect.stringMatching(new RegExp(`^5 error: .* as gzip\\+base64: the gzip is damaged: [^;]+; ${then}$`)),
  ]);
  expect(said(content, "ubuntu")).toEqual([
    expect.stringMatching(/^5 error: .* as gzip\+base64: the gzip is damaged: [^;]+; .* neither this file nor those after it$/),
  ]);
});
