/** Small pure pieces: words that were mistyped, prints, texts of strangers, places. */
import { expect, test } from "vitest";
import { canonical, bodyFingerprint } from "../../src/core/fingerprint.ts";
import { mostAlike, nearest, slips } from "../../src/core/nearest.ts";
import { sameLocation } from "../../src/core/region.ts";
import { spotNotes } from "../../src/core/plan/spot.ts";
import { jsonText, shown } from "../../src/core/shown.ts";

test.each([
  ["", "", 0],
  ["", "abc", 3],
  ["abc", "", 3],
  ["abc", "abc", 0],
  ["abc", "abd", 1],
  ["abc", "ab", 1],
  ["abc", "abcd", 1],
  ["abc", "acb", 1],
  ["abc", "cab", 2],
  ["ab", "ba", 1],
  ["kitten", "sitting", 3],
  ["abcd", "badc", 2],
])("from %j to %j are %i slips", (a, b, count) => {
  expect(slips(a, b)).toBe(count);
  expect(slips(b, a)).toBe(count);
});

test("the nearest word is the first of the least slips, within what is allowed", () => {
  expect(nearest("destory", ["deploy", "destroy", "destra"], 2)).toBe("destroy");
  expect(nearest("ab", ["ac", "ad"], 1)).toBe("ac");
  expect(nearest("abcd", ["xyzt", "abxy"], 1)).toBeUndefined();
  expect(nearest("abcd", ["abxy"], 2)).toBe("abxy");
  expect(nearest("abcd", [], 9)).toBeUndefined();
});

test("the three names that a shortened word comes nearest to: those that begin alike, or hold it", () => {
  const known = ["eastus", "westus3", "northeurope", "westeurope", "westus"];
  expect(mostAlike("westu", known)).toEqual(["westus3", "westus", "westeurope"]);
  expect(mostAlike("europe", known)).toEqual(["northeurope", "westeurope", "eastus"]);
  expect(mostAlike("eastus-of-eden", known)[0]).toBe("eastus");
  expect(mostAlike("x", ["a", "b"])).toEqual(["a", "b"]);
});

test("equal values have equal prints, whatever the order of their members", () => {
  expect(canonical({ b: [1, undefined, null], a: { d: undefined, c: "x" } })).toBe('{"a":{"c":"x"},"b":[1,null,null]}');
  expect(canonical(undefined)).toBe("null");
  expect(bodyFingerprint({ a: 1, b: 2 })).toBe(bodyFingerprint({ b: 2, a: 1, c: undefined }));
  expect(new Set([{ a: 1 }, { a: 2 }, { b: 1 }, [1], "1", 1, null].map(bodyFingerprint)).size).toBe(7);
  // tags of clusters that live hold them: the function itself must not change
  expect([bodyFingerprint({}), bodyFingerprint({ name: "abc", list: [1, 2, 3] })]).toMatchInlineSnapshot(`
    [
      "1bc27f5a56d1e7",
      "049ff2c9998814",
    ]
  `);
});

test.each([
  ["West US", "westus", true],
  ["westus", "westus2", false],
  [undefined, "", true],
  [undefined, "westus", false],
])("%j and %j are one place: %j", (a, b, same) => {
  expect(sameLocation(a, b)).toBe(same);
});

test.each([
  ["plain\ttext\n", "plain\ttext\n"],
  ["\x1b]0;x\x07", "^[]0;x^G"],
  ["a\rb", "a^Mb"],
  ["\x7f", "^?"],
  ["\x00\x1f", "^@^_"],
  ["\x80\u202e\u200b\u2028", "<U+0080><U+202E><U+200B><U+2028>"],
  ["\u{e0041}", "<U+E0041>"],
])("%j is shown as %j", (text, seen) => {
  expect(shown(text)).toBe(seen);
  const json = jsonText({ text }, 2);
  expect(json).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(json)).toEqual({ text });
});

test.each<[string, "all" | "workers" | "none", string, readonly number[], RegExp | undefined]>([
  [
    "a new cluster of members alone",
    "workers",
    "nnn",
    [0, 1, 2],
    /makes no difference: .*--spot=all makes them spot machines too/,
  ],
  [
    "one that stands",
    "workers",
    "---",
    [0, 1, 2],
    /makes no difference yet: .* nodes are members\. With more nodes there are workers/,
  ],
  [
    "one that stands, all asked for",
    "all",
    "---",
    [0, 1, 2],
    /^No machine is a spot machine yet: --spot=all counts for .* made from now on/,
  ],
  ["one of workers that stand", "workers", "---", [0], /^No machine is a spot machine yet: --spot counts/],
  ["none asked for", "none", "---", [0], undefined],
  [
    "members beside spot machines",
    "workers",
    "-ss",
    [0],
    /^Spot machines: nodes 1-2\..*Not spot machines: node 0 \(etcd's members\)\.$/,
  ],
  ["a member from before", "all", "-ss", [0], /Not spot machines: node 0\.$/],
])("what is said of --spot: %s", (_, spot, machines, members, said) => {
  const nodes = machines.split("").map((one, index) => ({
    index,
    name: `m${index}`,
    address: "",
    userData: one === "n" ? "x" : "",
    ...(one === "s" ? { spot: true } : {}),
  }));
  const notes = spotNotes({ spot }, nodes, new Set(members)).join(" ");
  expect(notes).toMatch(said ?? /^$/);
});
