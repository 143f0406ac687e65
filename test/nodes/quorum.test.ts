import { array, assert, boolean, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { canAdd, canRemove, quorumOf, type QuorumMember } from "../../src/nodes/quorum.ts";

/** "aBc": three members; capitals are healthy; "-" is one that was added and has not started. */
const cluster = (text: string): { list: QuorumMember[]; healthy: Set<string> } => {
  const ids = text.split("").map((letter, index) => (letter === "-" ? `new${index}` : letter.toLowerCase()));
  return {
    list: ids.map((id, index) => ({ id, name: text[index] === "-" ? "" : id, learner: false })),
    healthy: new Set(ids.filter((_, index) => /[A-Z]/.test(text[index] ?? ""))),
  };
};

describe("quorum", () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
  ])("of %i members is %i", (members, quorum) => {
    expect(quorumOf(members)).toBe(quorum);
  });

  test.each([
    ["ABC", "a", true],
    ["ABc", "c", true],
    ["ABc", "a", false],
    ["Abc", "b", false],
    ["ABCDE", "a", true],
    ["ABCde", "d", true],
    ["ABCde", "a", false],
    ["A", "a", false],
    ["AB", "a", true],
    ["Ab", "b", false],
    ["ABC", "x", true],
    ["ABC-", "new3", true],
  ])("of %s, removing %s is allowed: %s", (text, id, allowed) => {
    const { list, healthy } = cluster(text);
    expect(canRemove(list, healthy, id).allowed).toBe(allowed);
  });

  test.each([
    ["A", true],
    ["AB", true],
    ["ABC", true],
    ["ABc", false],
    ["ABCd", true],
    ["ABC-", false],
    ["a", false],
  ])("of %s, adding one is allowed: %s", (text, allowed) => {
    const { list, healthy } = cluster(text);
    expect(canAdd(list, healthy).allowed).toBe(allowed);
  });

  test("a learner counts for nothing", () => {
    const { list, healthy } = cluster("ABC");
    expect(canRemove([...list, { id: "l", name: "l", learner: true }], healthy, "a").allowed).toBe(true);
  });

  test("whatever is allowed to go, those who stay have a quorum", () => {
    assert(
      property(array(boolean(), { minLength: 1, maxLength: 7 }), nat(6), (alive, which) => {
        const text = alive.map((up, index) => (up ? "ABCDEFG" : "abcdefg")[index]).join("");
        const { list, healthy } = cluster(text);
        const id = list[which % list.length]?.id ?? "";
        const { allowed } = canRemove(list, healthy, id);
        const staying = list.filter((member) => member.id !== id);
        const left = staying.filter((member) => healthy.has(member.id)).length;
        const sound = staying.length > 0 && healthy.size >= quorumOf(list.length) && left >= quorumOf(staying.length);
        expect(allowed).toBe(sound);
      }),
    );
  });
});
