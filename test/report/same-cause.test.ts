/** Many nodes in one trouble are one message. */
import { expect, test } from "vitest";
import { sameCauses, namesOf } from "../../src/report/same-cause.ts";

const name = (index: number): string => `abc-coreos-${index}`;
const trouble = (index: number) => ({
  name: name(index),
  state: "ssh",
  reason: `${name(index)}: etcd closed the connection`,
  advice: "Wait.",
});

test("what differs by the node's own name alone is the same; another cause stays by itself", () => {
  const other = { name: name(9), state: "failed" };
  expect(sameCauses([trouble(1), other, trouble(2)])).toEqual([
    { names: [name(1), name(2)], cause: "ssh: etcd closed the connection", more: ["Wait."] },
    { names: [name(9)], cause: "failed", more: [] },
  ]);
});

test("where a node is, is no cause: its address and port are its own", () => {
  const cut = (index: number) => ({
    name: name(index),
    state: "no-login",
    reason: `${name(index)} (10.0.0.${index} port 22) cuts the connection`,
  });
  expect(sameCauses([cut(4), cut(5)])).toEqual([{ names: [name(4), name(5)], cause: "no-login: cuts the connection", more: [] }]);
});

test("of many the first and the last are named, with their number", () => {
  expect(namesOf([name(1), name(2)])).toBe("abc-coreos-1, abc-coreos-2");
  expect(namesOf(Array.from({ length: 40 }, (_, index) => name(index)))).toBe("40 nodes (abc-coreos-0 ... abc-coreos-39)");
});
