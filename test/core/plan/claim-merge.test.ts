/** What several runs change of one claim, whatever the order in which they read and write. */
import { assert, array, constantFrom, integer, property, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { mergeClaimTags, withNodes } from "../../../src/core/plan/claim-change.ts";
import { withKeptFlags } from "../../../src/core/plan/kept-flags.ts";
import { taggedNodes } from "../../../src/core/plan/read-tags.ts";
import type { Tags } from "../../../src/core/plan/tags.ts";
import { compact, tagAFlag } from "../../kept-tags.ts";

const claim = (nodes: readonly number[], members: readonly number[] = nodes, more: Tags = {}): Tags =>
  compact({
    ...withNodes({ "managed-by": "azure-coreos-cluster", "aoc-num-nodes": String(nodes.length), ...more }, nodes),
    ...(members.length === 0 ? {} : { "aoc-members": members.map((node) => `${node}=10.0.0.${4 + node}`).join(",") }),
  });

const later = (nodes: readonly number[]): Tags =>
  withKeptFlags(
    claim(nodes),
    new Map([
      ["num-nodes", [String(nodes.length)]],
      ["from-2031", ["x"]],
    ]),
  );

const MARKS = { "aoc-stopped": "t", "aoc-replacing": "0=2", "aoc-replacement": "r", "aoc-k3s": "0 d" };

const CASES: readonly (readonly [what: string, base: Tags, mine: Tags, fresh: Tags, merged: Tags])[] = [
  ["two removals", claim([0, 1, 2, 3]), claim([0, 2, 3]), claim([0, 1, 2]), claim([0, 2])],
  ["a growth beside a removal", claim([0, 1, 2]), claim([0, 1, 2, 3, 4]), claim([0, 2]), claim([0, 2, 3, 4])],
  ["a removal beside a growth", claim([0, 1, 2]), claim([0, 2]), claim([0, 1, 2, 3, 4]), claim([0, 2, 3, 4])],
  ["two growths", claim([0]), claim([0, 1, 2]), claim([0, 1, 2, 3, 4]), claim([0, 1, 2, 3, 4])],
  ["the same removal", claim([0, 1]), claim([0]), claim([0]), claim([0])],
  ["a member that is no node", claim([0, 2], [0, 1, 2]), claim([0, 2], [0, 1, 2]), claim([0, 2], [0, 1, 2]), claim([0, 2])],
  [
    "a flag that this run changes",
    claim([0], [0], { "aoc-ssh-from": "*" }),
    claim([0], [0], { "aoc-ssh-from": "10.0.0.0/8" }),
    claim([0, 1], [0], { "aoc-ssh-from": "*" }),
    claim([0, 1], [0], { "aoc-ssh-from": "10.0.0.0/8" }),
  ],
  [
    "a flag that the other changed",
    claim([0], [0], { "aoc-vm-size": "A" }),
    claim([0, 1], [0], { "aoc-vm-size": "A" }),
    claim([0], [0], { "aoc-vm-size": "B" }),
    claim([0, 1], [0], { "aoc-vm-size": "B" }),
  ],
  [
    "a flag that this run takes back",
    claim([0], [0], { "aoc-pip": "true" }),
    claim([0], [0]),
    claim([0], [0], { "aoc-pip": "true" }),
    claim([0], [0]),
  ],
  ["a flag that only a later version knows", later([0]), claim([0, 1]), later([0]), later([0, 1])],
  [
    "marks that were there, of other commands",
    claim([0], [0], MARKS),
    claim([0]),
    claim([0], [0], MARKS),
    claim([0], [0], MARKS),
  ],
  ["marks that came meanwhile", claim([0]), claim([0]), claim([0], [0], MARKS), claim([0], [0], MARKS)],
  [
    "a node that is removed while it is replaced",
    claim([0, 1], [0]),
    claim([0], [0]),
    claim([0, 1], [0], { "aoc-replacing": "0=2,1=2", "aoc-replacement": "2-3-0123456789abcd-1" }),
    claim([0], [0], { "aoc-replacing": "0=2" }),
  ],
  ["marks that went meanwhile", claim([0], [0], MARKS), claim([0], [0], MARKS), claim([0]), claim([0])],
  [
    "tags of others, and what is computed",
    claim([0]),
    claim([0]),
    { ...claim([0]), CostCenter: "1", "aoc-fingerprint": "f" },
    claim([0]),
  ],
];
test.each(CASES)("%s", (_, base, mine, fresh, merged) => expect(mergeClaimTags(base, mine, fresh)).toEqual(merged));

test("an address that another run gave a member stays", () => {
  const fresh = { ...claim([0, 1], [0]), "aoc-members": "0=10.0.0.4,1=10.0.0.99" };
  expect(mergeClaimTags(claim([0]), claim([0, 1]), fresh)["aoc-members"]).toBe("0=10.0.0.4,1=10.0.0.99");
});

test("nodes of any number are read back, in tags that Azure takes", () => {
  assert(
    property(uniqueArray(integer({ min: 0, max: 999 }), { maxLength: 1000 }), (nodes) => {
      const tags = withNodes({}, nodes);
      expect([...(taggedNodes(tags) ?? [])].sort((a, b) => a - b)).toEqual([...nodes].sort((a, b) => a - b));
      for (const value of Object.values(tags)) expect(value.length).toBeLessThanOrEqual(256);
    }),
    { numRuns: 200, seed: 20_261_128 },
  );
});

test.each(["x", "0-", "-3", "5-2", "3-3", "0,x,2", "0,,2", "01", "0-99999999999", "1000"])(
  "what is no list of nodes is refused: %j",
  (text) => expect(() => taggedNodes({ "aoc-nodes": text })).toThrow("aoc-nodes"),
);

/** A run reads, changes its own nodes, and writes on the condition that nobody else has written since; else it reads again. */
test("runs that read and write in any order lose nothing of each other", () => {
  const change = property(
    array(uniqueArray(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 }),
    array(constantFrom("add", "drop"), { minLength: 4, maxLength: 4 }),
    array(integer({ min: 0, max: 3 }), { maxLength: 30 }),
    (nodes, kinds, order) => {
      // each run has nodes of its own: those that exist, to take out, or new ones, to put in
      const own = nodes.map((list, run) => list.map((node) => run * 10 + node));
      const there = own.flatMap((list, run) => (kinds[run] === "drop" ? list : []));
      const base = claim([...there, 99], []);
      let [stored, version] = [base, 0];
      const runs = own.map((list, run) => ({
        mine: claim(kinds[run] === "add" ? [...there, 99, ...list] : [...there, 99].filter((node) => !list.includes(node)), []),
        read: undefined as { tags: Tags; version: number } | undefined,
        done: false,
      }));
      for (const turn of [...order, ...Array.from({ length: 40 }, (_, i) => i)]) {
        const run = runs[turn % runs.length];
        if (run === undefined || run.done) continue;
        if (run.read === undefined || run.read.version !== version) run.read = { tags: stored, version };
        else {
          stored = mergeClaimTags(base, run.mine, run.read.tags);
          version += 1;
          run.done = true;
        }
      }
      const wanted = [99, ...own.flatMap((list, run) => (kinds[run] === "add" ? list : []))].sort((a, b) => a - b);
      expect([...(taggedNodes(stored) ?? [])].sort((a, b) => a - b)).toEqual(wanted);
      expect(tagAFlag(stored)["aoc-num-nodes"]).toBe(String(wanted.length));
    },
  );
  assert(change, { numRuns: 300, seed: 20_261_128 });
});
