/** Whose a tag is, on resources of every kind: the tool's, the user's, others'. And which one a policy's refusal asks for. */
import { array, assert, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { policyAdvice } from "../../src/core/advice/policy.ts";
import { besideOthers } from "../../src/core/plan/beside.ts";
import { KINDS } from "../../src/core/plan/kinds.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import { type Tags, joinTexts, splitTexts } from "../../src/core/plan/tag-parts.ts";
import { ownTags } from "../../src/core/plan/tags.ts";
import { differInUserTags, retagged, withUserTags } from "../../src/core/plan/user-tags.ts";

const OWN = ownTags("abc", "0123abcd");
const had = withUserTags(OWN, ["CostCenter=1", "Owner=me"]);
const LIVE: Tags = { ...had, "aoc-fingerprint": "f", Theirs: "x", "hidden-link": "y", "Aoc-like": "z" };

/** A blob container has no tags; disks are in no plan. */
test.each(Object.keys(KINDS).filter((kind) => kind !== "blobContainer" && kind !== "disk"))(
  "what is sent of a %s keeps the tags of others, and of the user's those that are wanted",
  (kind) => {
    for (const [texts, users] of [
      [["CostCenter=1", "Owner=me"], { CostCenter: "1", Owner: "me" }],
      [["COSTCENTER=2", "New="], { COSTCENTER: "2", New: "" }],
      [["theirs=ours"], { theirs: "ours" }],
      [[], {}],
    ] as [string[], Tags][]) {
      const resource = { kind, id: "/x", label: "x", dependsOn: [], body: { tags: withUserTags(OWN, texts) } };
      const sent = besideOthers(resource as unknown as AnyResource, { tags: LIVE, model: {} }).body as { tags: Tags };
      const theirs = "theirs" in users ? { "hidden-link": "y" } : { Theirs: "x", "hidden-link": "y" };
      const { "aoc-tags": _, ...rest } = sent.tags;
      expect(rest).toEqual({ ...OWN, "Aoc-like": "z", ...theirs, ...users });
      expect(differInUserTags(sent.tags, LIVE)).toBe(texts[0] !== "CostCenter=1");
      expect(differInUserTags(resource.body.tags, sent.tags)).toBe(false);
    }
  },
);

test("of what is in no plan the tool's tags stay too, with what it adds", () => {
  expect(retagged(LIVE, { "aoc-node": "1" }, ["Owner=you"])).toEqual({
    ...OWN,
    "aoc-fingerprint": "f",
    "aoc-node": "1",
    "aoc-tags": "Owner;",
    Owner: "you",
    Theirs: "x",
    "hidden-link": "y",
    "Aoc-like": "z",
  });
});

test("a damaged list of names makes nobody's tag ours", () => {
  for (const text of ["Theirs", "%ZZ;", ";;", "managed-by;aoc-id;"])
    expect(retagged({ ...OWN, Theirs: "x", "aoc-tags": text }, {}, [])).toEqual({ ...OWN, Theirs: "x" });
});

/** Of all of Unicode, halves of pairs too; fast-check's own unit begins with a table of them that takes a second. */
const letter = integer({ min: 0, max: 0x10_ffff }).map((code) => String.fromCodePoint(code));

test("texts that are joined come apart as they were, in letters that every tag takes", () => {
  assert(
    property(array(string({ unit: letter, maxLength: 40 }), { maxLength: 10 }), (some) => {
      const texts = [...new Set(some.map((text) => text.toWellFormed()))];
      expect(joinTexts(texts)).toMatch(/^[\x21-\x7E]*$/);
      expect(splitTexts(joinTexts(texts))).toEqual(texts);
    }),
    { numRuns: 100, seed: 20_261_128 },
  );
});

describe("a policy's refusal names the tags that it asks for:", () => {
  const looked = (...paths: string[]): Record<string, unknown> => ({
    evaluationDetails: { evaluatedExpressions: paths.map((path) => ({ result: "True", path })) },
  });
  const parameters = (values: Record<string, unknown>): Record<string, unknown> => ({
    policyAssignmentDisplayName: "Tags",
    policyAssignmentParameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
  });
  test.each([
    [looked("type", "tags[CostCenter]"), "--tag CostCenter=VALUE`"],
    [looked("tags['Cost Center']"), '--tag "Cost Center=VALUE"`'],
    [looked("tags.env", "tags[Owner]", "tags[ENV]"), "--tag ENV=VALUE --tag Owner=VALUE`"],
    [parameters({ tagName: "CostCenter" }), "--tag CostCenter=VALUE`"],
    [parameters({ tagName: "CostCenter", tagValue: "4711" }), "--tag CostCenter=4711`"],
    [parameters({ requiredTags: ["a", "b"] }), "--tag a=VALUE --tag b=VALUE`"],
    [looked("tags[`reboot`]"), "--tag KEY=VALUE`"],
    [parameters({ tagName: "x; reboot" }), "--tag KEY=VALUE`"],
  ])("row %#", (info, said) => {
    const advice = policyAdvice(
      { code: "RequestDisallowedByPolicy", message: "no", info: [info] },
      { command: "azure-coreos-cluster abc --tag Mine=1" },
    );
    expect(advice).toContain(`\`azure-coreos-cluster abc --tag Mine=1 ${said}`);
  });
});
