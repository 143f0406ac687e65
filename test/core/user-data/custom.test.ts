import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { customUserData, filledNotes } from "../../../src/core/user-data/custom.ts";

const url = "https://d.example/0123";
const values = { name: "c-coreos-1", discoveryUrl: url };
const H = "#cloud-config\n";
const unit = (...settings: string[]): string =>
  `coreos:\n  units:\n    - name: a.service\n      content: |\n        [Service]\n${settings.map((one) => `        ${one}\n`).join("")}`;

describe("an old file", () => {
  test.each([
    ["{0}", `discovery: {0}\n`, `discovery: ${url}\n`],
    ["{1}", `hostname: {1}\n`, `hostname: c-coreos-1\n`],
    ["in quotes", `a: "{0}"\nb: '{1}'\n`, `a: "${url}"\nb: 'c-coreos-1'\n`],
    ["in lists, more than once", `a: [{0}, {1}]\nb:\n  - {1}\n`, `a: [${url}, c-coreos-1]\nb:\n  - c-coreos-1\n`],
    ["with a comment after it", `discovery: {0} # the URL {0}\n`, `discovery: ${url} # the URL {0}\n`],
    ["#DISCOVERY_URL", `    discovery: #DISCOVERY_URL\n    x: 1 # a\n`, `    discovery: ${url}\n    x: 1 # a\n`],
    ["#DISCOVERY_URL and CRLF", `discovery: # DISCOVERY_URL\r\nx: 1\r\n`, `discovery: ${url}\r\nx: 1\r\n`],
    ["an anchor", `a: &u {0}\nb: *u\n`, `a: &u ${url}\nb: *u\n`],
    [
      "what a unit's settings take",
      unit('Environment=ETCD_DISCOVERY={0} "ETCD_NAME={1}"', "ExecStart=/bin/etcd --discovery {0} --name={1} -discovery={0}"),
      unit(
        `Environment=ETCD_DISCOVERY=${url} "ETCD_NAME=c-coreos-1"`,
        `ExecStart=/bin/etcd --discovery ${url} --name=c-coreos-1 -discovery=${url}`,
      ),
    ],
  ])("%s", (_what, text, expected) => expect(customUserData(H + text, values)).toBe(H + expected));

  test("says what it fills in, line by line", () => {
    const text = `${H}hostname: {1}\ncoreos:\n  etcd2:\n    discovery: #DISCOVERY_URL\n`;
    expect(filledNotes(text).map(({ line, message }) => `${line}: ${message}`)).toEqual([
      "2: {1} becomes the machine's name",
      "5: #DISCOVERY_URL becomes the cluster's discovery URL",
    ]);
  });

  test.each(["discovery: {0}", "    discovery: #DISCOVERY_URL"])("without a URL is refused: %s", (line) => {
    expect(() => customUserData(H + line, { name: "n" })).toThrow("there is no URL");
  });
  test("that wants no URL needs none", () => expect(customUserData(`${H}hostname: {1}`, { name: "n" })).toBe(`${H}hostname: n`));
});

describe("comes through byte for byte", () => {
  test.each([
    [
      "a quantifier in a script",
      `${H}write_files:\n  - path: /a\n    content: |\n      [[ $ID =~ ^[A-Z]{1}[0-9]{0}$ ]] || exit 1\n`,
    ],
    [
      "a script that formats text",
      `${H}write_files:\n  - path: /a\n    content: |\n      print("--discovery {0}".format(u))\n      ETCD_NAME={1}\n`,
    ],
    ["another template language", `${H}write_files:\n  - path: /a\n    content: '{"legendFormat": "{{instance}}"}'\n`],
    ["a unit's own braces", H + unit("ExecStart=/bin/awk '{0}' {1}", "ExecStart=/bin/x --filter {0} --name {1}{0}")],
    ["a part of a value", `${H}a: http://{0}\nb: x {1}\n`],
    ["a place in a text of a text", `${H}a: |\n  discovery: {0}\n  discovery: #DISCOVERY_URL\n`],
    ["what is no YAML", `${H}a: [\nb: {0}\n`],
    ["doubled braces", `${H}a: {{ .State }} {{0}}\n`],
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
    expect(filledNotes(text)).toEqual([]);
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
