import { expect, test } from "vitest";
import { table } from "../../src/report/table.ts";
import { cut, wrap } from "../../src/report/wrap.ts";

test.each([
  ["short", "short", "short"],
  ["broken between words", "one two three four five", "one two three four\nfive"],
  ["a word that is too long stays whole", "see https://example.com/a/long/path now", "see\nhttps://example.com/a/long/path\nnow"],
  ["indented, what follows a little more", "  one two three four five", "  one two three four\n    five"],
  ["under its second column", "  ab   one two three four", "  ab   one two three\n       four"],
  ["an item of a list", "  1. one two three four", "  1. one two three\n     four"],
  ["a command to copy stays one", "  az account set --subscription ID", "  az account set --subscription ID"],
  ["line ends stay, an empty line too", "a\n\nb\n", "a\n\nb\n"],
  ["colours take no room", "\u001B[1mone two three four\u001B[22m", "\u001B[1mone two three four\u001B[22m"],
])("%s", (_, text, wrapped) => expect(wrap(text, 20)).toBe(wrapped));

test("where there is no terminal nothing is broken", () => expect(wrap("a ".repeat(100), undefined)).toBe("a ".repeat(100)));

test("a line that is cut loses its colours rather than half of one", () =>
  expect([cut("\u001B[1mabc\u001B[22m", 3), cut("\u001B[1mabcd\u001B[22m", 3)]).toEqual(["\u001B[1mabc\u001B[22m", "ab…"]));

test("a table that is too wide leaves out the least important columns, one at a time", () => {
  const all = (columns: number | undefined): string =>
    table(["NAME", "AGE", "STATE"], [["one", "3 min", "up"]], { columns, drop: ["AGE", "STATE"] });
  expect(all(undefined)).toBe("NAME  AGE    STATE\none   3 min  up\n");
  expect(all(18)).toBe(all(undefined));
  expect(all(17)).toBe("NAME  STATE\none   up\n");
  expect(all(5)).toBe("NAME\none\n");
  expect(all(2), "the first column stays").toBe("NAME\none\n");
});
