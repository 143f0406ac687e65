import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { customUserData, needsDiscoveryUrl } from "../../../src/core/user-data/custom.ts";

const url = "https://d.example/0123";
const values = { name: "c-coreos-1", discoveryUrl: url };
const H = "#cloud-config\n";

describe("an old file", () => {
  test.each([
    ["{0}", `discovery: {0}\n`, `discovery: ${url}\n`],
    ["{1}", `hostname: {1}\n`, `hostname: c-coreos-1\n`],
    ["both, more than once", `a: {0} {1} {0}\n`, `a: ${url} c-coreos-1 ${url}\n`],
    ["doubled braces, as str.format undoes them", `a: {0} {{ .State }} $\{{1}}\n`, `a: ${url} { .State } $\{1}\n`],
    ["a field in doubled braces", `a: {{{0}}}\n`, `a: {${url}}\n`],
    ["a lone brace, which str.format refuses: only the fields", `a: {0} $\{X} {{y}}\n`, `a: ${url} $\{X} {{y}}\n`],
    ["#DISCOVERY_URL", `    discovery: #DISCOVERY_URL\n    x: 1 # a\n`, `    discovery: ${url}\n    x: 1 # a\n`],
    ["#DISCOVERY_URL and CRLF", `discovery: # DISCOVERY_URL\r\nx: 1\r\n`, `discovery: ${url}\r\nx: 1\r\n`],
  ])("%s", (_what, text, expected) => expect(customUserData(H + text, values)).toBe(H + expected));

  test.each(["discovery: {0}", "    discovery: #DISCOVERY_URL"])("without a URL is refused: %s", (line) => {
    expect(needsDiscoveryUrl(H + line)).toBe(true);
    expect(() => customUserData(H + line, { name: "n" })).toThrow("there is no URL");
  });
  test("that wants no URL needs none", () => expect(customUserData(`${H}hostname: {1}`, { name: "n" })).toBe(`${H}hostname: n`));
});

describe("comes through byte for byte", () => {
  test.each([
    ["shell", `${H}a: $\{1} $\{0} $\{VAR:-{}} awk '{print $1}'`],
    ["JSON", `${H}content: '{"a": {"b": [1, {}]}}'`],
    ["Go templates, doubled braces without fields", `${H}a: docker inspect -f '{{ .State.Running }}' {{0}} {{1}}`],
    ["other fields of str.format", `${H}a: {} {2} {name} {0!r}`],
    ["a lone opening brace", `${H}a: {`],
    ["another comment", `${H}discovery: https://x/1 #DISCOVERY_URL\n# discovery: #DISCOVERY_URL`],
    ["a script", "#!/bin/bash\necho {0} {1}\n"],
    ["Ignition", '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/{0}"}]}}'],
    ["nothing", ""],
    ["CRLF and no end of line", `${H}a: 1\r\nb: 2`],
  ])("%s", (_what, text) => {
    expect(customUserData(text, values)).toBe(text);
    expect(customUserData(text, { name: "n" })).toBe(text);
    expect(needsDiscoveryUrl(text)).toBe(false);
  });
  test("any cloud-config without the marks", () => {
    const pieces = fc.array(fc.constantFrom("{", "}", "{{", "$", "${", "0", "1 ", "a: ", "\n", "#", "é", "\r\n"), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = H + parts.join("");
        fc.pre(!/\{[01]\}/.test(text));
        expect(customUserData(text, values)).toBe(text);
      }),
      { seed: 6 },
    );
  });
  test("a file as large as Azure takes", () => {
    const text = H + "a: {{x}} $y\n".repeat(5400);
    expect(customUserData(text, values)).toBe(text);
  });
});
