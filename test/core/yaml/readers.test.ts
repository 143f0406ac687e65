/**
 * YAML as the readers of a node read it. The verdicts are those of Flatcar's coreos-cloudinit (gopkg.in/yaml.v3) and of PyYAML 6, run on the
 * same texts; verdicts.test.ts asks PyYAML itself where there is one.
 */
import { getScalarValue, EVENT_ID, YAMLException } from "js-yaml";
import { describe, expect, test } from "vitest";
import { checkUserData } from "../../../src/core/user-data/check.ts";
import { parseConfig } from "../../../src/core/user-data/cloud-config.ts";
import { readEvents } from "../../../src/core/yaml/events.ts";
import { LIBYAML, PYYAML, type Reader } from "../../../src/core/yaml/reader.ts";

const takes = (text: string, reader: Reader): boolean => {
  try {
    return readEvents(text, reader).length > 0;
  } catch (error) {
    if (error instanceof YAMLException) return false;
    throw error;
  }
};

test.each<[what: string, text: string, libyaml: boolean, pyyaml: boolean]>([
  ["brackets that close at the key's column", "a: [\n  b,\n  c\n]\n", true, true],
  ["braces that do", "a: {\n  b: c\n}\n", true, true],
  ["what is in brackets at the key's column", "a:\n  b: [\nc, [d,\ne]]\n", true, true],
  ["a comment in such brackets", "a: [ # ]\n# ]\n]\n", true, true],
  ["a quote that closes in the first column", 'a:\n  - "b\n"\n', true, true],
  ["a single quote that does", "a:\n  - 'b\n'\n", true, true],
  ["a document's end in a quoted text", 'a: "b\n---\nc"\n', false, false],
  ["a tab after a value", "a: b\t\n", true, false],
  ["a tab after a colon", "a:\tb\n", true, false],
  ["a tab in a plain text", "a: cut -d'\t' -f1\n", true, false],
  ["a tab after |", "a: |\t\n  b\n", true, false],
  ["a tab in brackets", "a: [b,\tc]\n", true, false],
  ["a tab before a comment", "a: b\t# c\n", true, false],
  ["a tab as indentation of a plain text's second line", "a:\n  b\n\tc\n", false, false],
  ["a tab in quotes", 'a: "b\tc"\n', true, true],
  ["a tab in a comment", "a: b #\tc\n", true, true],
  ["a tab in a block", "a: |\n  b\tc\n  \td\n", true, true],
  ["a tab at the start of a block", "a: |\n  \tb\n  c\n", false, true],
  ["a tab in an empty line of a block", "a: |\n  b\n\t\n  c\n", false, false],
  ["? in brackets", "a: [b, http://x/?c=d]\n", false, false],
  ["? at the end of a text in braces", "a: {b: c?}\n", false, false],
  ["? outside brackets", "a: http://x/?c=d\n", true, true],
  ["? in brackets and quotes", 'a: ["http://x/?c=d"]\n', true, true],
  ["a colon before a bracket", "a: {b:[c]}\n", false, true],
  ["a control character in a comment", "a: b # \f\n", false, false],
  ["a colour in a comment", "# \u001b[0m\na: b\n", false, false],
  ["a delete in a comment", "# \u007f\na: b\n", false, false],
  ["a character that is none", "# \ufffe\na: b\n", false, false],
  ["an emoji", "# 😀\na: 😀\n", true, true],
  ["a next line (U+0085) in a block", "a: |\n  b\u0085c\n", false, false],
  ["a line separator (U+2028) in a comment", "# a\u2028b c\na: b\n", false, false],
  ["a paragraph separator (U+2029) in quotes", 'a: "b\u2029c"\n', true, true],
  ["a line separator and what is indented", "a: |\n  b\u2028  c\n", true, true],
  ["a slash after a backslash", 'a: "b\\/c"\n', false, true],
  ["half a pair of surrogates", 'a: "\\ud83d"\n', false, true],
  ["a dot in an anchor", "a: &b.c d\n", false, false],
  ["a tag without a name", "a: !! b\n", false, false],
  ["a key over two lines", "a: {b\n: c}\n", false, false],
  ["a key of 1025 characters", `${"a".repeat(1025)}: b\n`, false, false],
  ["a key of 1024 characters", `${"a".repeat(1024)}: b\n`, true, true],
  ["a line that is indented less than its block", "a: |\n    b\n  c\n", false, false],
  ["a blank line that is indented more than its block", "a: |\n     \n  b\n", false, false],
  ["a list at its key's column", "a:\n- b\nc: d\n", true, true],
  ["a second document", "a\n---\nb\n", true, true],
  ["an unknown directive", "%a\n---\nb\n", false, true],
])("%s", (_, text, libyaml, pyyaml) => {
  expect({ libyaml: takes(text, LIBYAML), pyyaml: takes(text, PYYAML) }).toEqual({ libyaml, pyyaml });
});

test.each([
  ["a: [\n  b\n]\n", ["a", "b"]],
  ['a:\n  - "b\n"\n', ["a", "b "]],
  ["a: |\n  b\u2028  c\n", ["a", "b\nc\n"]],
])("%j is read as it is written", (text, values) => {
  const said = readEvents(text, LIBYAML).flatMap((event) =>
    event.type === EVENT_ID.SCALAR ? [getScalarValue(text.replaceAll("\u2028", "\n"), event)] : [],
  );
  expect(said).toEqual(values);
});

test("a template may be written so, too", () => {
  expect(parseConfig("#cloud-config\npackages: [\n  a\n]\n", "x")).toEqual({ packages: ["a"] });
  expect(parseConfig("#cloud-config\nrunning: [a?b]\n", "x")).toEqual({ running: ["a?b"] });
  expect(() => parseConfig("a: b\n---\na: c\n", "x")).toThrow("only the first document");
  expect(() => parseConfig("a: b\n\tc: d\n", "x")).toThrow("x:2: a tab in the indentation");
});

describe("the line to change is named, with what to do", () => {
  const H = "#cloud-config\n";
  test.each<[string, string, RegExp]>([
    [
      "no blank after a colon",
      "hostname:coreos3\n\ncoreos:\n  update: {}\n",
      /^2: a blank is missing after the colon of hostname:$/,
    ],
    ["the same further down", "a: b\nhostname:coreos3\nc: d\n", /^3: a blank is missing after the colon of hostname:$/],
    ["a line that is no key", "a: b\nc d\ne: f\n", /^3: this line is no key/],
    ["a colon in a value", "a: b: c\n", /^2: a colon with a blank after it in a value: put the value in quotes/],
    ["%", "a: %H\n", /^2: a value cannot begin with %: put it in quotes/],
    ["a backquote", "a: `b`\n", /^2: a value cannot begin with `: put it in quotes/],
    ["@", "a: @b\n", /^2: a value cannot begin with @: put it in quotes/],
    ["a comma", "a: ,b\n", /^2: a value cannot begin with ,: put it in quotes/],
    ["*", "a: *.example.com\n", /^2: an alias \(\*\).* goes in quotes/],
    ["more after a quote", "a: 'b' c\n", /^2: this cannot follow .* whole value in quotes/],
    ["an apostrophe in single quotes", "a: 'it's'\n", /^2: the ' before this ends the text in quotes: .* written ''$/],
    ["a quote in double quotes", 'a: "b"c"\n', /^2: the " before this ends the text in quotes: .* written \\"$/],
    ["a list in its key's line", "a: - b\n", /^2: a list cannot begin in the line of its key/],
    ["a block's line in the first column", "a:\n  - b: |\n      c\nd!\n\n  - e: f\n", /^5: the text above ends here.* 6 blanks/],
    ["a block's line that is indented less", "a: |\n    b\n  c\n", /^4: the text above ends here.* 4 blanks/],
    ["a tab in a blank line of a block", "a: |\n  b\n\t\n  c\n", /^4: a tab in the indentation/],
    [
      "an entry that is indented more",
      "a: b\n  c: d\n",
      /^3: wrong indentation: this line is indented deeper than the key of line 2/,
    ],
    [
      "a key that is indented less",
      "a:\n    b: c\n  d: e\n",
      /^4: wrong indentation: this line begins with 2 blanks, and .*\(line 2\) with 0 blanks/,
    ],
    ["a key at its entry's dash", "a:\n  - b: c\n  d: e\n", /^4: wrong .* 2 blanks, and .*\(line 3\) with 4 blanks$/],
    ["a key between its entry's dash and keys", "a:\n- b: c\n d: e\n", /^4: wrong .* 1 blank, and .*\(line 3\) with 2 blanks$/],
    ["a dash left of its list", "a:\n  - b\n - c\n", /^4: wrong .* 1 blank, and .*\(line 3\) with 2 blanks$/],
    ["a dash right of its list", "a:\n- b: c\n - d\n", /^4: wrong .* 1 blank, and .*\(line 2\) with 0 blanks$/],
    ["an entry without a dash", "a:\n  - b\n  c: d\n", /^4: a dash with a blank is missing: .* line 3$/],
    ["a dash without a blank", "a:\n  - b: c\n    -d\n", /^4: a blank is missing after the dash$/],
    ["a dash among keys", "a: b\n- c\n", /^3: a dash among the keys of line 2/],
    ["a colon without a key", ": b\n", /^2: a key is missing before this colon$/],
    ["a bracket of nothing", "a: b\n]\n", /^3: this line belongs to nothing above it/],
    ["a no-break space in the indentation", "a: b\n\u00a0 c\n", /^3: U\+00A0 in the indentation looks like a blank/],
    ["a block in the column of its key", "a:\n  - b: |\n    c\n    d\n", /^4: the text of b: must be .* 5 blanks or more$/],
    ["one that begins with a #", "- b: >-\n  #!c\n  d\n", /^3: the text of b: must be .* 3 blanks or more$/],
    ["one that is not as deep as its sign says", "a: |3 # b\n  c\n", /^3: the text of a: must be .* 3 blanks or more$/],
    ["one of an entry", "a:\n  - |\n  b\n", /^4: the text of - must be .* 3 blanks or more$/],
    ["brackets without an end", "[".repeat(60_000), /^2: this is more than 100 lists and maps deep/],
    ["text after |", "a: | b\n", /^2: after \| the text begins in the next line/],
    ["an open bracket", "a:\n  - [b\n", /^3: the \[ of this line is never closed/],
    ["an open bracket, and a key", "a: [b\nc: d\n", /^3: the \[ of line 2 is still open/],
    ["an open quote", 'a: "b\nc: d\n', /^2: the " of this line is never closed/],
    ["an escape", 'a: "\\d"\n', /^2: YAML has no \\d in double quotes: write \\\\d/],
    ["? in brackets", "a: [b?c]\n", /^2: a question mark in brackets: put the text in quotes/],
    ["a line separator", "a: |\n  b\u2028c\n", /^3: an invisible U\+2028 in this line/],
    ["a form feed", "# \f\na: b\n", /^2: a control character \(U\+000C\)/],
  ])("%s", (_, text, expected) => {
    const [found] = checkUserData(H + text, { platform: "ubuntu" });
    expect(`${found?.line}: ${found?.message}`).toMatch(expected);
  });

  test("a line that became a map", () => {
    const [found] = checkUserData(`${H}runcmd:\n  - echo "a: b"\n`, { platform: "ubuntu" });
    expect(found).toMatchObject({ line: 3, advice: expect.stringContaining("put the whole line in quotes") as string });
  });

  test("a tag that was meant as text", () => {
    const [found] = checkUserData(`${H}runcmd:\n  - !foo bar\n`, { platform: "ubuntu" });
    expect(found).toMatchObject({ line: 3, advice: 'In quotes it is text: "!foo bar".' });
  });

  test("a list of which all is commented out is no fault", () => {
    const found = checkUserData(`${H}write_files:\n#  - path: /a\n`);
    expect(found).toMatchObject([{ level: "warning", line: 2, advice: "Leave the key out." }]);
  });
});
