/**
 * What people give as user-data, told apart by what it begins with. The verdicts are those of Flatcar's coreos-cloudinit (8df59e8),
 * run on the same inputs; those of Ignition and of Azure's agent were read in their sources.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkUserDataFile, MAX_BYTES } from "../../../src/core/user-data/check.ts";

const gunzip = (packed: Uint8Array, limit: number): Uint8Array => gunzipSync(packed, { maxOutputLength: limit });
const said = (data: string | Uint8Array, platform: "flatcar" | "coreos" = "flatcar"): string[] =>
  checkUserDataFile(typeof data === "string" ? Buffer.from(data) : data, { platform, gunzip, file: "my.yaml" }).map(
    ({ level, line, message, advice }) => `${line ?? ""} ${level}: ${message} | ${advice ?? ""}`,
  );

const H = "#cloud-config\n";
const GOOD = `${H}hostname: a\n`;
const latin = Buffer.from(`${H}write_files:\n  - path: /a\n    content: "Gr\u00fc\u00dfe"\n`, "latin1");
const mime = (...parts: string[]): string =>
  `Content-Type: multipart/mixed; boundary="=B="\nMIME-Version: 1.0\n\n${parts.map((part) => `--=B=\n${part}\n`).join("")}--=B=--\n`;
const part = (type: string, body: string, ...headers: string[]): string =>
  [`Content-Type: ${type}`, ...headers, "", body].join("\n");

describe("an error, with the command that mends it", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    [
      "multipart MIME after an empty line",
      `\n${mime(part("text/cloud-config", GOOD))}`,
      /^2 error: multipart MIME begins with its headers, in the first line \| Remove the empty lines before them/,
    ],
    [
      "another kind of it",
      mime(part("text/cloud-config", GOOD)).replace("mixed", "alternative"),
      /^1 error: a node takes no multipart\/alternative apart \| Write Content-Type: multipart\/mixed/,
    ],
    [
      "its parts alone",
      mime(part("text/cloud-config", GOOD)).replace(/^[^]*?\n\n/, ""),
      /^1 error: these are parts.*without the headers of the whole \| Put .*boundary="=B="/,
    ],
    [
      "no empty line after its headers",
      mime(part("text/cloud-config", GOOD)).replace("\n\n", "\n"),
      /^1 error: the headers of this multipart MIME cannot be read/,
    ],
    [
      "headers of a single part",
      `Content-Type: text/cloud-config\n\n${GOOD}`,
      /^3 error: the first line must be #cloud-config.*line 3 \| Remove what stands before it/,
    ],
    [
      "boundaries without dashes",
      mime(part("text/cloud-config", GOOD)).replaceAll("--=B=", "=B="),
      /^4 error: no line is the boundary --=B=: a node takes no part.* \| Write -- before =B= wherever/,
    ],
    ["Windows-1252", latin, /^4 error: this line is not UTF-8.*iconv -f WINDOWS-1252 -t UTF-8 my\.yaml >/],
    [
      "the same in a script, which Azure's agent cannot decode either",
      Buffer.from("#!/bin/bash\necho Gr\u00fc\u00dfe\n", "latin1"),
      /^2 error: this line is not UTF-8/,
    ],
    [
      "a surrogate in UTF-8",
      Buffer.from([...Buffer.from(H), 0x61, 0x3a, 0xed, 0xa0, 0x80, 10]),
      /^2 error: this line is not UTF-8/,
    ],
    [
      "UTF-16 of PowerShell",
      Buffer.from(`\u{feff}${GOOD}`, "utf16le"),
      /^1 error: the file is UTF-16.*iconv -f UTF-16 -t UTF-8 my\.yaml/,
    ],
    ["UTF-16, big end first", Buffer.from(`\u{feff}${GOOD}`, "utf16le").swap16(), /^1 error: the file is UTF-16/],
    ["UTF-16 without a mark", Buffer.from(GOOD, "utf16le"), /^1 error: the file is UTF-16LE/],
    ["UTF-8 with a byte order mark", `\u{feff}${GOOD}`, /^1 error: .*byte order mark.*sed -i '1s/],
    ["Ignition with one", '\u{feff}{"ignition":{"version":"3.4.0"}}', /^1 error: .*byte order mark/],
    ["a script with CRLF", "#!/bin/bash\r\necho hello\r\n", /^1 error: .*CRLF.*dos2unix my\.yaml/],
    ["a script with one CRLF, in its line", "#!/bin/bash\necho a\necho hello\r\n", /^3 error: .*CRLF/],
    ["lines that end in CR alone", GOOD.replaceAll("\n", "\r"), /^1 error: the lines end in CR alone.*tr '\\r' '\\n'/],
    ["a script with those", "#!/bin/bash\recho\r", /^1 error: the lines end in CR alone/],
    ["a control character", `${H}hostname: "a\u001b"\n`, /^2 error: a control character \(U\+001B\) in this line.*\\x1b/],
    [
      "packed content that is cut off",
      `${H}write_files:\n  - path: /a\n    encoding: gz+b64\n    content: ${gzipSync("hello").subarray(0, 15).toString("base64")}\n`,
      /^5 error: .*cannot be decoded as gz\+b64: the gzip is damaged/,
    ],
    ["a very long value", `${H}hostname: "${"a".repeat(1000)}"\n`, /^2 error: "a{80}\.\.\." is no host name/],
    ["a script for another program", "#!/usr/bin/python3\nprint(1)\n", /^1 error: a node runs every script with \/bin\/bash/],
    ["a script for one by env", "#!/usr/bin/env -S perl -w\n", /^1 error: a node runs every script with \/bin\/bash/],
    [
      "Butane",
      "variant: flatcar\nversion: 1.0.0\nstorage:\n  files: []\n",
      /^1 error: .*Butane.*butane --strict my\.yaml > my\.yaml\.json/,
    ],
    ["Butane of another system", "variant: fcos\nversion: 1.5.0\n", /^1 error: .*Butane/],
    [
      "a Container Linux Config",
      "systemd:\n  units: []\n",
      /^1 error: .*Container Linux Config.*ct -in-file my\.yaml.*butane --strict/,
    ],
    ["Butane under #cloud-config", `${H}variant: flatcar\n`, /^2 error: unknown key "variant".*butane --strict/],
    [
      "base64 of the whole file",
      Buffer.from(GOOD.repeat(9)).toString("base64").replaceAll(/.{76}/g, "$&\n"),
      /^1 error: the file is base64.*base64 -d my\.yaml/,
    ],
    ["base64 of gzip", gzipSync(GOOD).toString("base64"), /^1 error: the file is base64/],
    ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]), /^1 error: .*packed with xz.*xz -dc my\.yaml/],
    ["zip", Buffer.from("PK\u0003\u0004x"), /^1 error: .*packed with zip/],
    ["a kind that only cloud-init has", "#include\nhttps://example.com/x\n", /^1 error: #include is a format of cloud-init/],
    [
      "a template of cloud-init",
      "## template: jinja\n#cloud-config\n{}\n",
      /^1 error: ## template: jinja is a format of cloud-init/,
    ],
    ["a header that is not the first line", `\n${GOOD}`, /^2 error: the first line must be #cloud-config, .*it is line 2/],
    ["a document start before it", `---\n${GOOD}`, /^2 error: the first line must be #cloud-config/],
    ["an indented script", "  #!/bin/bash\n  echo\n", /^1 error: the first line must be #!.*blanks stand before it/],
    [
      "a header with a blank in it",
      "# cloud-config\nhostname: a\n",
      /^1 error: the first line must be #cloud-config \| It is "# cloud-config"/,
    ],
    ["YAML that calls itself 1.2", `${H}%YAML 1.2\n---\nhostname: a\n`, /^2 error: .*YAML 1\.1/],
    ["a no-break blank", `${H}coreos: {}\n\u00a0hostname: a\n`, /^3 error: unknown key ".hostname".*no-break/],
    ["a control character", `${H}hostname: a\u0001b\n`, /^\d error: /],
    ["JSON with a comment", '{"ignition": {"version": "3.3.0"}, // x\n}', /error: the file begins with \{ and is no JSON/],
    ["JSON that is no Ignition", '{"storage": {}}', /error: .*no ignition\.version/],
    ["an Ignition of the future", '{\n"ignition": {"version": "4.0.0"}}', /^2 error: no Flatcar knows Ignition 4\.0\.0.*3\.3\.0/],
  ])("%s", (_what, data, expected) => expect(said(data)).toEqual([expect.stringMatching(expected)]));
});

test.each<[string, string | Uint8Array]>([
  ["Ignition 1", '{"ignitionVersion":1}'],
  ["Ignition 2, which Flatcar translates", '{"ignition":{"version":"2.2.0"}}'],
  ["Ignition 3", ' {"ignition":{"version":"3.5.0"}}'],
  ["a script for sh", "#!/bin/sh\necho {0} {{x}}\n"],
  ["a script for bash by env", "#! /usr/bin/env bash\necho\n"],
  ["cloud-config and its end mark", `${H}---\nhostname: a\n...\n`],
  ["multipart MIME out of a mailbox", `From nobody Thu Jan  1 00:00:00 2015\n${mime(part("text/cloud-config", GOOD))}`],
  ["multipart MIME", mime(part("text/cloud-config", GOOD), part("text/x-shellscript", "#!/bin/bash\necho {1}"))],
  [
    "its headers in any order and case",
    mime(part("text/cloud-config", GOOD))
      .replace(/^(.*)\n(.*)\n/, "$2\n$1\n")
      .replace("Content", "content"),
  ],
  ["a part without the header that its type says", mime(part("text/cloud-config", "hostname: a\nusers: []"))],
  [
    "a part in base64",
    mime(part("text/cloud-config", Buffer.from(GOOD).toString("base64"), "Content-Transfer-Encoding: base64")),
  ],
  [
    "a part in quoted-printable",
    mime(part("text/cloud-config", "#cloud=\n-config\nhostname: =61", "Content-Transfer-Encoding: quoted-printable")),
  ],
  [
    "gzip in a part, which Azure's agent can decode",
    mime(part("application/gzip", gzipSync(GOOD).toString("base64"), "Content-Transfer-Encoding: base64")),
  ],
  ["a part by what it begins with", mime(part("text/plain", GOOD))],
])("says nothing of %s", (_what, data) => expect(said(data)).toEqual([]));

describe("gzip", () => {
  const good = gzipSync(GOOD);
  test("is taken, with what Azure's agent makes of it", () => {
    expect(said(good)).toEqual([expect.stringMatching(/^1 warning: .*WALinuxAgent#1559.*gunzip < my\.yaml > my\.yaml\.plain/)]);
    expect(said(good, "coreos")).toEqual([expect.stringMatching(/^1 warning: CoreOS unpacks gzip since November 2015/)]);
  });
  test.each<[string, Uint8Array, RegExp]>([
    ["what is inside is checked, with its lines", gzipSync(`${H}runcmd: []\n`), /^2 error: unknown key "runcmd"/],
    ["a script with CRLF inside", gzipSync("#!/bin/bash\r\n"), /^1 error: .*CRLF/],
    ["nor those in quotes", gzipSync(`${H}hostname: "{1}"\n`), /^2 error: create fills in nothing in gzip/],
    ["places are not filled in", gzipSync(`${H}hostname: {1}\n`), /^2 error: create fills in nothing in gzip/],
    ["gzip in gzip", gzipSync(good), /error: there is gzip in the gzip/],
    ["a damaged one", good.subarray(0, 20), /error: the gzip is damaged/],
    ["a bomb", gzipSync(Buffer.alloc(20 * 1024 * 1024)), /error: the gzip unpacks to more than 8388608 bytes/],
    ["Ignition", gzipSync('{"ignition":{"version":"3.3.0"}}'), /error: Ignition on Azure does not unpack gzip/],
  ])("%s", (_what, data, expected) => expect(said(data).join("\n")).toMatch(new RegExp(expected.source, "m")));
  test("is counted as it is sent", () => {
    const long = gzipSync(`${GOOD}${"# x\n".repeat(MAX_BYTES)}`);
    expect(said(long).join()).not.toContain("Azure takes");
    const noise = Buffer.from(Array.from({ length: MAX_BYTES }, (_, index) => (index * 7919 * index) % 251));
    expect(said(gzipSync(noise, { level: 0 })).join()).toContain(`Azure takes ${MAX_BYTES}`);
  });
});

describe("multipart MIME", () => {
  test.each<[string, string, RegExp]>([
    [
      "a part's own fault, in its line of the file",
      mime(part("text/cloud-config", `${H}runcmd: []`)),
      /^8 error: part 1 \(text\/cloud-config\): unknown key "runcmd"/,
    ],
    [
      "a script with CRLF",
      mime(part("text/x-shellscript", "#!/bin/bash\r\necho")),
      /^7 error: part 1 \(text\/x-shellscript\): .*CRLF/,
    ],
    [
      "a script that is none",
      mime(part("text/x-shellscript", "\n#!/bin/bash")),
      /does not begin with #!: a node refuses all parts/,
    ],
    ["a part of fewer bytes than coreos-cloudinit looks at", mime(part("text/cloud-config", "{}")), /coreos-cloudinit crashes/],
    [
      "a kind that a node ignores",
      mime(part("text/cloud-boothook", "#cloud-boothook\nx")),
      /#cloud-boothook is a format of cloud-init/,
    ],
    ["Ignition in a part", mime(part("text/plain", '{"ignition":{"version":"3.3.0"}}')), /a node ignores Ignition/],
    ["a part without a type", mime("X: y\n\na"), /has no Content-Type/],
    ["a part without headers", mime("\nhostname: a"), /has no Content-Type/],
    ["BASE64", mime(part("text/cloud-config", "YQ==", "Content-Transfer-Encoding: BASE64")), /only base64 in small letters/],
    ["a place", mime(part("text/cloud-config", `${H}hostname: {1}`)), /create fills in nothing in multipart MIME/],
    ["another boundary", mime(part("text/plain", GOOD)).replaceAll("--=B=", "--=C="), /no line is the boundary --=B=/],
    ["no end", mime(part("text/cloud-config", GOOD)).replace("--=B=--\n", ""), /at the end is missing/],
    ["no boundary", mime(part("text/plain", GOOD)).replace('; boundary="=B="', ""), /names no boundary/],
    [
      "multipart MIME in a part",
      mime(part('multipart/mixed; boundary="C"', `--C\n${part("text/cloud-config", GOOD)}\n--C--`)),
      /^7 error: part 1 \(multipart\/mixed\): a node takes nothing out of parts in a part \| Put them beside the others/,
    ],
  ])("refuses %s", (_what, text, expected) => expect(said(text).join("\n")).toMatch(expected));
  test("is unknown to CoreOS", () =>
    expect(said(mime(part("text/cloud-config", GOOD)), "coreos")).toEqual([
      expect.stringMatching(/^1 error: CoreOS does not know multipart/),
    ]));
});

describe("a node that knows other versions", () => {
  test.each<[string, string, "flatcar" | "coreos", RegExp]>([
    ["Ignition 3.6.0", '{"ignition":{"version":"3.6.0"}}', "flatcar", /warning: Ignition 3\.6\.0: Flatcar Stable knows 3\.5\.0/],
    ["Ignition 3 on CoreOS", '{"ignition":{"version":"3.3.0"}}', "coreos", /error: no CoreOS image knows Ignition 3\.3\.0/],
  ])("%s", (_what, text, platform, expected) => expect(said(text, platform)).toEqual([expect.stringMatching(expected)]));
});

describe("write_files and units", () => {
  const file = (lines: string): string => `${H}write_files:\n  - path: /a\n${lines.replaceAll(/^/gm, "    ")}\n`;
  const unit = (...units: string[]): string =>
    `${H}coreos:\n  units:\n${units.map((lines) => `    - ${lines.replaceAll("\n", "\n      ")}\n`).join("")}`;
  const hello = "H4sIAAAAAAAAA8tIzcnJ5wIAIDA6NgYAAAA=";
  test.each<[string, string, RegExp]>([
    [
      "gzip without !!binary",
      file(`encoding: gzip\ncontent: ${hello}`),
      /^4? ?\d* ?error: .*decoded as gzip: it is no gzip.*!!binary/,
    ],
    ["!!binary that is no gzip", file("encoding: gzip\ncontent: !!binary aGVsbG8K"), /error: .*it is no gzip/],
    ["!!binary that is no base64", file("content: !!binary a*b"), /error: what is tagged !!binary is no base64/],
    ["base64 twice said, once done", file("encoding: base64\ncontent: !!binary aGVsbG8K"), /error: .*it is no base64/],
    ["an encoding that only cloud-init has", file("encoding: text/plain\ncontent: x"), /error: .*cannot be "text\/plain"/],
    ["an encoding in capitals", file("encoding: B64\ncontent: aGk="), /error: .*cannot be "B64"/],
    [
      "a mode in decimal",
      file("permissions: 420\ncontent: x"),
      /warning: permissions 420 are octal digits.*0644 is 420.*Write "0644"/,
    ],
    [
      "a blank after the backslash",
      unit("name: a.service\ncontent: |\n  [Service]\n  ExecStart=/bin/echo a \\ \n    b"),
      /^7 error: a\.service: a blank after the backslash/,
    ],
    [
      "two backslashes, which are one",
      unit("name: a.service\ncontent: |\n  [Service]\n  ExecStart=/bin/echo a\\\\\n    b"),
      /^8 error: a\.service: "b" is neither/,
    ],
    [
      "enable without [Install]",
      unit("name: a.service\nenable: true\ncontent: |\n  [Service]\n  ExecStart=/x"),
      /error: a\.service has enable: true and no \[Install\].*never started/,
    ],
    [
      "the same of a unit that is started",
      unit("name: a.service\nenable: true\ncommand: start\ncontent: |\n  [Service]\n  ExecStart=/x"),
      /warning: a\.service has enable: true and no \[Install\]/,
    ],
    [
      "the same of a unit with a timer",
      unit(
        "name: a.service\nenable: true\ncontent: |\n  [Service]\n  ExecStart=/x",
        "name: a.timer\ncommand: start\ncontent: |\n  [Timer]\n  OnBootSec=1",
      ),
      /warning: a\.service has enable: true/,
    ],
    [
      "a template that is started",
      unit("name: a@.service\ncommand: start\ncontent: |\n  [Service]\n  ExecStart=/x"),
      /error: a@\.service is a template, and is told to start without an instance/,
    ],
    [
      "a template that is enabled",
      unit("name: a@.service\nenable: true\ncontent: |\n  [Service]\n  ExecStart=/x\n  [Install]\n  WantedBy=multi-user.target"),
      /error: a@\.service is a template, and is enabled/,
    ],
    [
      "a disk that is formatted at every boot",
      unit(
        "name: a.service\ncommand: start\ncontent: |\n  [Service]\n  Type=oneshot\n  ExecStart=/usr/sbin/mkfs.ext4 -F /dev/sdc",
      ),
      /warning: a\.service formats a disk.*every boot/,
    ],
    ["a bare placeholder of a template", `${H}hostname: {{name}}\n`, /^2 error: \{\{name\}\} was not filled in/],
    ["a user name in capitals", `${H}users: [{name: TEST}]\n`, /error: "TEST" is no user name/],
    ["a user name with a dot", `${H}users: [{name: jane.doe}]\n`, /warning: "jane\.doe": images before 2022/],
  ])("%s", (_what, text, expected) => expect(said(text)).toContainEqual(expect.stringMatching(expected)));
  test.each<[string, string]>([
    ["gzip as !!binary", file(`encoding: gzip\ncontent: !!binary |\n  ${hello}`)],
    ["!!binary alone", file("content: !!binary aGVsbG8K")],
    ["Grafana's braces", file(`content: '{"legendFormat": "{{instance}}"}'`)],
    ["a quantifier", file("content: '[0-9]{1}'")],
    ["a mode as people write it", file("permissions: 0755\ncontent: x")],
    [
      "a mount with a slash at its end",
      unit("name: data.mount\ncommand: start\ncontent: |\n  [Mount]\n  What=/dev/x\n  Where=/data/"),
    ],
    [
      "a template with a default instance",
      unit("name: a@.service\nenable: true\ncontent: |\n  [Service]\n  ExecStart=/x\n  [Install]\n  DefaultInstance=b"),
    ],
    [
      "[Install] in a drop-in",
      unit(
        "name: a.service\nenable: true\ncontent: |\n  [Service]\n  ExecStart=/x\ndrop_ins:\n  - name: a.conf\n    content: |\n      [Install]\n      WantedBy=multi-user.target",
      ),
    ],
  ])("says nothing of %s", (_what, text) => expect(said(text)).toEqual([]));
});

const CRLF = "#!/bin/bash\r\necho\r\n";
test.each([
  ["quotes, after its first line", `content: ${JSON.stringify("#!/bin/bash\necho\r\n")}`],
  ["base64", `encoding: b64\n    content: ${btoa(CRLF)}`],
  ["gzip in base64", `encoding: gz+b64\n    content: ${gzipSync(CRLF).toString("base64")}`],
  ["quotes", `content: ${JSON.stringify(CRLF)}`],
])("a script with CRLF under write_files, in %s, is warned of", (_, file) =>
  expect(said(`${H}write_files:\n  - path: /a.sh\n    ${file}\n`)).toEqual([
    expect.stringMatching(/^[45] warning: the lines of this script end in CRLF/),
  ]),
);

test("a key that is there for its anchors is none that is refused", () => {
  const file = `${H}x-unit: &unit\n  enable: true\nx-path: &path /a\nx-nothing: 1\nwrite_files:\n  - path: *path\n    content: a\n`;
  expect(said(file).map((line) => line.slice(0, 30))).toEqual(
    ['2 error: unknown key "x-unit": ', '4 warning: unknown key "x-path"', '5 error: unknown key "x-nothing'].map((line) =>
      line.slice(0, 30),
    ),
  );
});
