import { expect, test } from "vitest";
import { table } from "../../src/report/table.ts";

test("columns are as wide as they need, the last is not padded, control characters do not reach the terminal", () => {
  const rows = [
    ["a", "12", "x"],
    ["much longer", "1", ""],
    ["日本", "\u001B[31m7", "y"],
  ];
  expect(table(["NAME", "N", "STATE"], rows)).toBe(
    ["NAME         N   STATE", "a            12  x", "much longer  1", "日本         7   y", ""].join("\n"),
  );
});
