/** Small pure pieces: members without a value, words that were mistyped, prints, texts of strangers, places, who becomes a member of etcd. */
import { expect, test } from "vitest";
import { defined } from "../../src/core/defined.ts";
import { canonical, bodyFingerprint } from "../../src/core/fingerprint.ts";
import { mostAlike, nearest, slips } from "../../src/core/nearest.ts";
import { sameLocation } from "../../src/core/region.ts";
import { spotNotes } from "../../src/core/plan/spot.ts";
import { newMembers } from "../../src/core/spec/members.ts";
import { jsonText, shown } from "../../src/core/shown.ts";

test("a member without a value is not there, and takes the place of nothing; null, false and 0 are values", () => {
  expect({ one: 1, two: 2, ...defined({ one: undefined, two: 0, three: null, four: false }) }).toStrictEqual({
    one: 1,
    two: 0,
    three: null,
    four: false,
  });
});

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

// each step a number of nodes, of members that --etcd-members wishes, or a member that is taken out; beside it how many there are then
test.each<[steps: string, members: number[]]>([
  ["1 2 3 5", [1, 1, 1, 3]],
  ["1 3 5 7", [1, 3, 5, 5]],
  ["2 3 4 5 6 7", [1, 1, 1, 1, 1, 1]],
  ["2 3 4 6 8", [1, 1, 1, 3, 5]],
  ["4 5 6 7", [3, 3, 3, 3]],
  ["4 5 7", [3, 3, 5]],
  ["2 9", [1, 5]],
  // what was asked for once stays
  ["K1 5 6 9", [1, 1, 1]],
  ["K3 3 5 7", [3, 3, 3]],
  ["K7 7 8", [7, 7]],
  ["3 K7 5 6 8 10", [3, 5, 5, 7, 7]],
  ["5 K3 7", [5, 5]],
  // taken out on purpose: the next growth makes it odd again, if that is no more than was asked for
  ["3 out 3", [3, 2, 3]],
  ["5 out 5 out out 4 5", [5, 4, 5, 4, 3, 3, 3]],
  ["5 out 6", [5, 4, 5]],
  ["K3 5 out 5 6", [3, 2, 3, 3]],
  ["5 K3 out 7", [5, 4, 4]],
])("a cluster of %s nodes has %j members", (steps, expected) => {
  const [known, members, counts]: [Set<number>, Set<number>, number[]] = [new Set(), new Set(), []];
  let wish: number | undefined;
  for (const step of steps.split(" ")) {
    if (step.startsWith("K")) {
      wish = Number(step.slice(1));
      continue;
    }
    if (step === "out") {
      const last = Math.max(...members);
      for (const all of [known, members]) all.delete(last);
    } else {
      const fresh: number[] = [];
      for (let node = 0; known.size + fresh.length < Number(step); node++) if (!known.has(node)) fresh.push(node);
      for (const node of newMembers({ etcdMembers: wish, numNodes: Number(step) }, members, { fresh, known })) members.add(node);
      for (const node of fresh) known.add(node);
    }
    counts.push(members.size);
  }
  expect(counts).toEqual(expected);
});

test("nodes that a cluster had are made anew as what they were; where etcd has no member left it begins with them", () => {
  const lost = { fresh: [2, 3, 4, 5], known: new Set([0, 1, 2, 3]) };
  expect(newMembers({ etcdMembers: undefined, numNodes: 6 }, new Set([0, 1, 2]), lost)).toEqual([4, 5]);
  expect(newMembers({ etcdMembers: 3, numNodes: 6 }, new Set([0, 1, 2]), lost)).toEqual([]);
  expect(newMembers({ etcdMembers: undefined, numNodes: 6 }, new Set(), lost)).toEqual([2, 3, 4]);
  expect(newMembers({ etcdMembers: 0, numNodes: 6 }, new Set(), lost)).toEqual([]);
});
