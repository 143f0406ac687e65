import { copyFileSync, mkdtempSync, openSync, closeSync, rmSync, utimesSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { missingPages, type Span, type Write } from "../../../src/azure/vhd/pages.ts";
import { dataSpans, surveyVhd, vhdBlobName } from "../../../src/azure/vhd/survey.ts";
import { makeVhd, MIB, noise } from "./vhd-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vhd-survey-"));
afterAll(() => rmSync(folder, { recursive: true }));

const disk = (name: string): string =>
  makeVhd(join(folder, name), 9, [
    { at: 0, bytes: noise(1000) },
    { at: 5 * MIB, bytes: noise(MIB) },
  ]);

describe("the survey of an image file", () => {
  it("finds what is not zero, in whole pages inside windows of 4 MiB", async () => {
    const vhd = await surveyVhd(disk("a.vhd"));
    expect(vhd.writes.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 1024],
      [5 * MIB, MIB],
      [9 * MIB, 512],
    ]);
    expect(vhd).toMatchObject({ size: 9 * MIB + 512, dataBytes: 1024 + MIB + 512 });
  });

  it("gives a copy with another name and time the same identity, and another name of a blob", async () => {
    const one = await surveyVhd(disk("b.vhd"));
    copyFileSync(one.file, join(folder, "my copy.VHD"));
    utimesSync(join(folder, "my copy.VHD"), 1, 1);
    const two = await surveyVhd(join(folder, "my copy.VHD"));
    expect(two.identity).toBe(one.identity);
    expect(vhdBlobName(one)).toBe(`b-${one.identity.slice(0, 16)}.vhd`);
    expect(vhdBlobName(two)).toBe(`my-copy-${one.identity.slice(0, 16)}.vhd`);
  });

  it("gives one changed byte another identity, though size and footer are the same", async () => {
    const before = await surveyVhd(disk("c.vhd"));
    const handle = openSync(before.file, "r+");
    writeSync(handle, Buffer.from([9]), 0, 1, 3 * MIB + 5);
    closeSync(handle);
    const after = await surveyVhd(before.file);
    expect(after.identity).not.toBe(before.identity);
    expect(after.footer).toEqual(before.footer);
  });

  it("refuses what is missing or no file, and stops when told to", async () => {
    await expect(surveyVhd(join(folder, "none.vhd"))).rejects.toThrow(/is not there/);
    await expect(surveyVhd(folder)).rejects.toThrow(/is no file|cannot be read/);
    await expect(surveyVhd(disk("d.vhd"), { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});

const at = (...spans: [number, number][]): Span[] => spans.map(([offset, length]) => ({ offset, length }));

describe("runs of pages with data", () => {
  const bytes = (...pages: number[]): Buffer => {
    const all = Buffer.alloc(MIB);
    for (const page of pages) all[page * 512 + 511] = 1;
    return all;
  };
  it.each<[string, Buffer, Span[]]>([
    ["none", bytes(), at()],
    ["one", bytes(3), at([1536, 512])],
    ["neighbours", bytes(3, 4), at([1536, 1024])],
    ["a small gap is filled", bytes(0, 127), at([0, 64 * 1024])],
    ["a gap of 64 KiB is not", bytes(0, 129), at([0, 512], [66048, 512])],
    ["the last page", bytes(2047), at([MIB - 512, 512])],
  ])("%s", (_name, given, spans) => {
    expect(dataSpans(given, 8 * MIB)).toEqual(spans.map(({ offset, length }) => ({ offset: offset + 8 * MIB, length })));
  });
});

describe("what is missing in a blob", () => {
  const writes = (...spans: [number, number][]): Write[] => at(...spans).map((span) => ({ ...span, sha256: "" }));
  it.each<[string, Write[], Span[], Write[]]>([
    ["everything of an empty one", writes([0, 512], [2048, 512]), at(), writes([0, 512], [2048, 512])],
    ["nothing of a full one", writes([0, 512], [2048, 512]), at([0, 4096]), writes()],
    ["nothing where the ranges fit exactly", writes([0, 512], [2048, 512]), at([0, 512], [2048, 512]), writes()],
    ["a write of which a part is there", writes([0, 1024]), at([0, 512]), writes([0, 1024])],
    ["a write of which the end is there", writes([0, 1024]), at([512, 4096]), writes([0, 1024])],
    ["the second of two", writes([0, 512], [8192, 512]), at([0, 512], [4096, 512]), writes([8192, 512])],
    ["the first of two", writes([0, 512], [8192, 512]), at([8192, 1024]), writes([0, 512])],
  ])("is %s", (_name, wanted, ranges, left) => {
    expect(missingPages(wanted, ranges)).toEqual(left);
  });
});
