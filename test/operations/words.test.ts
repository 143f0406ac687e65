/** What operations make of people's words and of others' things, without a cloud. */
import { expect, test } from "vitest";
import { buildSpec } from "../../src/core/spec/spec.ts";
import { machineTags, refuseTaken } from "../../src/operations/cluster/let-go.ts";
import { nodeNamed } from "../../src/operations/cluster/node-name.ts";

const { spec } = buildSpec("abc", { vmNamePrefix: "web" });

test.each([
  ["2", 2],
  ["0", 0],
  ["999", 999],
  ["abc-web-2", 2],
  ["ABC-web-12", 12],
  ["web-2", 2],
])("%s is node %i", (word, index) => {
  expect(nodeNamed(spec, word)).toBe(index);
});

test.each(["", "1000", "-1", "abc", "abc-web", "abc-coreos-2", "2x", "web-02"])(
  "%j is no node, and it is said how they are named",
  (word) => {
    expect(() => nodeNamed(spec, word)).toThrow(
      expect.objectContaining({
        code: "Usage",
        exit: 2,
        message: `"${word}" is no node of abc`,
        advice: "Give a number such as 2, or a machine's name such as abc-web-2.",
      }),
    );
  },
);

test("what others have on a machine is named, with how to keep it; nothing of the kind is no trouble", () => {
  refuseTaken([]);
  const machine = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/abc-web-0";
  const taken = { kind: "disk" as const, id: "/theirs", goesAlong: true, path: "p", machine, command: "az keep it" };
  expect(() => refuseTaken([taken])).toThrow(
    expect.objectContaining({
      code: "TakesAlong",
      exit: 5,
      source: "azure",
      message: "Azure would delete what is somebody else's with the machines:\n  /theirs, on abc-web-0",
      advice: expect.stringContaining("`az keep it`"),
    }),
  );
});

test.each([
  [{ "aoc-cluster": "abc", "aoc-id": "0123abcd", "aoc-node": "3", owner: "x" }, "3"],
  [{ "aoc-cluster": "abc", "aoc-id": "0123abcd", "aoc-node": "3333" }, undefined],
  [{ "aoc-cluster": "abc", "aoc-id": "0123abcd", "aoc-node": "x" }, undefined],
  [{ "aoc-cluster": "abc", "aoc-id": "0123abcd" }, undefined],
])("a machine's disks carry its cluster's tags, and its number: %j", (tags, number) => {
  expect(machineTags({ tags })).toEqual({
    "managed-by": "azure-coreos-cluster",
    "aoc-cluster": "abc",
    "aoc-id": "0123abcd",
    ...(number === undefined ? {} : { "aoc-node": number }),
  });
});
