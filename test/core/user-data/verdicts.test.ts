/**
 * Our verdicts held against those of the programs that read the file on a node, or their next of kin: systemd for units, libyaml (of
 * which coreos-cloudinit's parser is a port) for YAML, Debian's cloud-init for what both kinds of cloud-init have in common.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkUserDataFile } from "../../../src/core/user-data/check.ts";
import { parseTree } from "../../../src/core/user-data/check/tree.ts";
import { customUserData } from "../../../src/core/user-data/custom.ts";
import { PYYAML } from "../../../src/core/yaml/reader.ts";
import { everyThird } from "../../long.ts";
import { find, has } from "../../programs.ts";

const folder = mkdtempSync(join(tmpdir(), "verdicts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const H = "#cloud-config\n";
const refused = (data: string | Uint8Array, platform: "flatcar" | "ubuntu" = "flatcar"): boolean =>
  checkUserDataFile(typeof data === "string" ? Buffer.from(data) : data, { platform }).some(({ level }) => level === "error");
const unit = (name: string, content: string, more = ""): string =>
  `${H}coreos:\n  units:\n    - name: ${name}\n${more}      content: ${JSON.stringify(content)}\n`;
const writtenUnit = (name: string, content: string): string =>
  `${H}write_files:\n  - path: /etc/systemd/system/${name}\n    content: ${JSON.stringify(content)}\n`;
const service = (text: string): string => `[Service]\n${text}`;

const X = "ExecStart=/bin/true\n";
const echo = (words: string): string => `ExecStart=/bin/echo ${words}\n`;

/** What stands in [Service]: commands that go together or not, quotation marks, programs. */
const COMMANDS: readonly (readonly [what: string, text: string])[] = [
  ["two commands", X + X],
  ["two commands, of which the first is taken back", `${X}ExecStart=\n${X}`],
  ["a command that is taken back", `${X}ExecStart=\n`],
  ["two commands, one after the other", `Type=oneshot\n${X}${X}`],
  ["a type that is taken back", `Type=oneshot\nType=simple\n${X}${X}`],
  ["a type that is none", `Type=onshot\n${X}`],
  ["two commands in a line", echo("one ; /bin/echo two")],
  ["a semicolon of the program's own", echo("one; two")],
  ["one with a backslash", echo("one \\; two")],
  ["one in quotes", echo("'one ; two' ';'")],
  ["one at the end", echo("one ;")],
  ["two commands before, in a line", `ExecStartPre=/bin/true ; /bin/true\n${X}`],
  ["an apostrophe", echo("it's")],
  ["an apostrophe with a backslash", echo("it\\'s")],
  ["an apostrophe in quotation marks", echo('"it\'s"')],
  ["a quotation mark that is not closed", echo('"a')],
  ["one at the end of a word", echo('a"')],
  ["one in one that is closed", echo('"a\\"b"')],
  ["one in one that is not", echo('"a\\"b')],
  ["one where failing is no matter", `ExecStart=-/bin/echo "a\n`],
  ["one before the start", `ExecStartPre=/bin/echo "a\n${X}`],
  ["one at the stop, where failing is no matter", `ExecStop=-/bin/echo "a\n${X}`],
  ["one in the program", 'ExecStart="/bin/true a\n'],
  ["a program in quotation marks", "ExecStart='/bin/echo' a\n"],
  ["quotation marks within words", echo("'a'b\"c\"")],
  ["a shell's way of an apostrophe", echo("'a'\\''b'")],
  ["quotation marks over lines", "ExecStart=/bin/sh -c 'echo \\\n  \"a b\" \\\n  c'\n"],
  ["quotation marks over lines that do not go on", echo('"a\nb"')],
  ["a variable that is not closed", `Environment="A=b\n${X}`],
  ["variables", `Environment="A=b c" 'D=e'\n${X}`],
  ["something at the stop alone", "ExecStop=/bin/true\n"],
  ["something at the stop alone that remains", "Type=oneshot\nRemainAfterExit=yes\nExecStop=/bin/true\n"],
  ["one that is started for ever", `Type=oneshot\nRestart=always\n${X}`],
  ["one that is started until it is done", `Type=oneshot\nRestart=on-failure\n${X}`],
  ["a container's word", `Restart=unless-stopped\n${X}`],
  ["a bus without a name", `Type=dbus\n${X}`],
  ["a bus with one", `Type=dbus\nBusName=a.b\n${X}`],
  ["a program beside it", "ExecStart=./x\n"],
  ["a program below it", "ExecStart=a/x\n"],
  ["a program by a variable", "ExecStart=${HOME}/x\n"],
  ["a blank after the dash", "ExecStart=- /bin/true\n"],
  ["nothing but a dash", "ExecStart=-\n"],
  ["a program by its name", "ExecStart=true\n"],
  ["signs before it", "ExecStart=-+/bin/true\nExecReload=!/bin/true\nExecStopPost=@/bin/sh sh -c true\n"],
  ["signs before its quotation marks", "ExecStart=@\"/bin/sh\" sh -c true\nExecStartPre=-'/bin/true'\n"],
  ["signs within them", 'ExecStart="-/bin/true" a\n'],
  ["quotation marks around a part of it", 'ExecStart=""-/bin/"true"\n'],
  ["a program below it, in such", 'ExecStart=-"a/x"\n'],
  ["nothing in such", 'ExecStart=-"" a\n'],
  ["a date", echo("%F")],
  ["a date that is the program's own", echo("%%F %n")],
];

const OTHER_UNITS: [name: string, content: string][] = [
  ["a.timer", "[Timer]\nUnit=a.service\n"],
  ["a.timer", "[Timer]\nOnCalendar=daily\nOnCalendar=\n"],
  ["a.timer", "[Timer]\nOnUnitActiveSec=1h\n"],
  ["a.timer", "[Timer]\nOnTimezoneChange=yes\n"],
  ["a.timer", "[Timer]\nOnBootSec=5min\nOnCalendar=0 3 * * *\n"],
  ["a.timer", "[Timer]\nOnCalendar=Mon..Fri 03:00 Europe/Berlin\n"],
  ["a.timer", "[Timer]\nOnUnitActiveSec=5 mins\n"],
  ["a.timer", "[Timer]\nOnUnitActiveSec=5 minutes\nAccuracySec=1us\nRandomizedDelaySec=1h 30\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nRestartSec=5s # soon\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nRestartSec=100ms\nTimeoutStartSec=infinity\nTimeoutSec=0\n"],
  ["a.service", "[Unit]\nAfer=b.service\n[Service]\nExecStart=/bin/true\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nAfter=b.service\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nWantedBy=multi-user.target\n"],
  ["a.service", "[Unit]\nRestart=always\n[Service]\nExecStart=/bin/true\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nEnviroment=A=b\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nStartLimitBurst=5\nStartLimitInterval=10\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\nStartLimitIntervalSec=10\n"],
  ["a.path", "[Path]\nUnit=a.service\n"],
  ["a.path", "[Path]\nDirectoryNotEmpty=/x\n"],
  ["a.socket", "[Socket]\nAccept=yes\n"],
  ["a.mount", "[Mount]\nWhat=/dev/sdb\n"],
  ["a.mount", "[Mount]\nWhere=/a\n"],
  ["a.mount", "[Mount]\nWhat=/dev/sdb\nWhere=/b\n"],
  ["a.automount", "[Automount]\nWhere=/b\n"],
  ["a.automount", "[Automount]\nTimeoutIdleSec=1\n"],
  ["a.swap", "[Swap]\nWhat=/dev/sdb\n"],
  ["dev-sdb.swap", "[Swap]\nWhat=/dev/sdb\n"],
  ["a.target", "[Unit]\n"],
  ["a.target", "# nothing\n"],
  ["a.service", "# nothing\n"],
  ["a.service", "[Service]\nExecStart=/bin/true\n[X-Mine]\nfoo\n"],
];

describe.skipIf(!has("systemd-analyze"))("systemd-analyze says the same of", () => {
  const SERVICES: readonly (readonly [what: string, content: string])[] = [
    ["a service", service("ExecStart=/bin/true\n")],
    ["a continued line", service("ExecStart=/bin/true a \\\n  b\n")],
    ["a comment within one", service("ExecStart=/bin/true a \\\n# c\n; d\n  b\n")],
    ["a backslash before the end", service("ExecStart=/bin/true \\")],
    ["a blank after the backslash", service("ExecStart=/bin/true a \\ \n  b\n")],
    ["a tab after it", service("ExecStart=/bin/true a \\\t\n  b\n")],
    ["a blank after it, and what looks like a setting", service("ExecStart=/bin/true a \\ \n  -e FOO=bar\n")],
    ["two backslashes", service("ExecStart=/bin/true a\\\\\n  b\n")],
    ["three backslashes", service("ExecStart=/bin/true a\\\\\\\n  b\n")],
    ["an empty line within a continued one", service("ExecStart=/bin/true a \\\n\n  b\n")],
    ["CRLF", service("ExecStart=/bin/true\n").replaceAll("\n", "\r\n")],
    ["CRLF and a continued line", service("ExecStart=/bin/true a \\\n  b\n").replaceAll("\n", "\r\n")],
    ["a comment after a section", "[Service] # a\nExecStart=/bin/true\n"],
    ["a section in small letters", "[service]\nExecStart=/bin/true\n"],
    ["blanks around everything", "  [Service]\n  ExecStart = /bin/true\n"],
    ["a service that starts nothing", service("Type=oneshot\n")],
    ["braces", service("ExecStart=/bin/true [0-9]{1} {{.State}} {0}\n")],
    ["no section", "ExecStart=/bin/true\n"],
    ["no setting", "[Service]\n"],
    ...COMMANDS.map(([what, text]): [string, string] => [what, service(text)]),
    ["nothing to start, and an action", `[Unit]\nSuccessAction=reboot\n${service("Type=oneshot\n")}`],
  ];
  /** What is said of all of them, each under a name of its own: to start the program takes longest. */
  let said: string;
  const nameOf = (at: number): string => `of-case-${at}.service`;
  beforeAll(() => {
    said = verify(SERVICES.map(([, content], at) => [nameOf(at), content])).said;
  });
  test.each(SERVICES.map(([what, content], at) => [what, content, at] as const))("%s", (what, content, at) => {
    isTheSame(what, nameOf(at), content, said.includes(nameOf(at)));
  });

  test.each(everyThird<[string, string]>(OTHER_UNITS))("%s: %j", (name, content) => {
    const one = verify([[name, content]]);
    isTheSame(content, name, content, one.status !== 0 || one.said.includes(name));
  });

  function verify(units: readonly (readonly [name: string, content: string])[]): { status: number | null; said: string } {
    const paths = units.map(([name, content]) => {
      const path = join(mkdtempSync(join(folder, "unit-")), name);
      writeFileSync(path, content);
      return path;
    });
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
    return { status, said: stderr };
  }

  function isTheSame(what: string, name: string, content: string, verdict: boolean): void {
    expect([what, refused(unit(name, content))]).toEqual([what, verdict]);
    // and of the same file, whoever writes it
    for (const platform of ["flatcar", "ubuntu"] as const)
      expect([what, platform, refused(writtenUnit(name, content), platform)]).toEqual([what, platform, verdict]);
  }

  test.each<[string, string, string, boolean]>([
    ["[Install]", "a.service", `${service("ExecStart=/bin/true\n")}[Install]\nWantedBy=multi-user.target\n`, true],
    ["no [Install]", "a.service", service("ExecStart=/bin/true\n"), false],
    ["an empty [Install]", "a.service", `${service("ExecStart=/bin/true\n")}[Install]\n`, false],
    ["a template", "a@.service", `${service("ExecStart=/bin/true\n")}[Install]\nWantedBy=multi-user.target\n`, false],
    [
      "a template with a default",
      "a@.service",
      `${service("ExecStart=/bin/true\n")}[Install]\nWantedBy=multi-user.target\nDefaultInstance=b\n`,
      true,
    ],
  ])("enabling a unit with %s", (_what, name, content, enabled) => {
    const root = mkdtempSync(join(folder, "root-"));
    mkdirSync(join(root, "etc/systemd/system"), { recursive: true });
    writeFileSync(join(root, "etc/systemd/system", name), content);
    spawnSync("systemctl", [`--root=${root}`, "enable", name]);
    expect(existsSync(join(root, "etc/systemd/system/multi-user.target.wants"))).toBe(enabled);
    expect(refused(unit(name, content, "      enable: true\n"))).toBe(!enabled);
  });
});

/** Debian's own Python has libyaml, for cloud-init. */
function libyaml(
  texts: readonly (string | Uint8Array)[],
  loader: "CBaseLoader" | "BaseLoader" = "CBaseLoader",
): readonly unknown[] {
  const program = `
import base64, json, sys, yaml
def read(data):
    try:
        return {"value": yaml.load(base64.b64decode(data), Loader=yaml.${loader})}
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
print(json.dumps([read(data) for data in json.load(sys.stdin)]))
`;
  const input = JSON.stringify(texts.map((text) => Buffer.from(text).toString("base64")));
  const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", program], { encoding: "utf8", input });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as unknown[];
}

describe.skipIf(!has("cloud-init"))("libyaml", () => {
  const cases: readonly (readonly [string, string | Uint8Array])[] = [
    ["a plain file", `${H}hostname: a\n`],
    ["CRLF", `${H}hostname: a\n`.replaceAll("\n", "\r\n")],
    ["a document between marks", `${H}---\nhostname: a\n...\n`],
    ["text beyond ASCII", `${H}write_files:\n  - path: /a\n    content: "Grüße 😀"\n`],
    ["Windows-1252", Buffer.from(`${H}write_files:\n  - path: /a\n    content: "Gr\u00fc\u00dfe"\n`, "latin1")],
    ["a lone surrogate", Buffer.from([...Buffer.from(`${H}hostname: `), 0xed, 0xa0, 0x80, 10])],
    ["an overlong character", Buffer.from([...Buffer.from(`${H}hostname: `), 0xc0, 0x80, 10])],
    ["a zero byte", `${H}hostname: a\0b\n`],
    ["a control character", `${H}hostname: a\u0001b\n`],
    ["a delete character", `${H}hostname: a\u007fb\n`],
    ["a tab as indentation", `${H}coreos:\n\tunits: []\n`],
    ["a tab after a key", `${H}hostname:\ta\n`],
    ["a tab before a comment", `${H}hostname: a\t# b\n`],
    ["a line of nothing but a tab", `${H}hostname: a\n\t\nusers: []\n`],
    ["such a line at the top", `${H}\t\nhostname: a\n`],
    ["a comment after a tab", `${H}hostname: a\n\t# b\nusers: []\n`],
    ["a tab after a dash", `${H}users:\n  -\tname: a\n`],
    ["a tab after a dash and a blank", `${H}users:\n  - \tname: a\n`],
    ["a tab in a flow", `${H}hostname: a\nusers: [{name: a},\t{name: b}] # ]\n`],
    ["tabs in a block", `${H}write_files:\n  - path: /a\n    content: |\n      a\n      \tb\n      -\tc\n`],
    ["a tab as a block's indentation", `${H}write_files:\n  - path: /a\n    content: |\n      a\n\tb\n`],
    ["a tab in a quoted text", `${H}write_files:\n  - path: /a\n    content: "a\n      \t  b"\n`],
    ["a tab within a plain text", `${H}hostname: a # \t\ncoreos:\n  oem: {name: a}\nusers: [{name: b\t}]\n`],
    ["a tab at a line's end", `${H}hostname: a\t\n`],
    ["brackets that end at the key's column", `${H}users: [\n  {name: a}\n]\n`],
    ["a quote that does", `${H}users:\n  - gecos: "a\n"\n    name: b\n`],
    ["a form feed in a comment", `${H}# \f\nhostname: a\n`],
    ["a line separator in a comment", `${H}# a\u2028b c\nhostname: a\n`],
    ["a next line in a block", `${H}write_files:\n  - path: /a\n    content: |\n      a\u0085b\n`],
    ["an open bracket", `${H}coreos: [\n`],
    ["an open quote", `${H}hostname: "a\n`],
    ["an unknown anchor", `${H}hostname: *a\n`],
    ["a colon without a blank", `${H}hostname:a\ncoreos:\n  units: []\n`],
    ["a percent sign that begins a value", `${H}hostname: %a\n`],
    ["a bare place", `${H}hostname: {1}\n`],
    ["a script after the config", `${H}hostname: a\n#!/bin/bash\necho Hello > /tmp/x\n`],
    ["a bad escape", `${H}write_files:\n  - path: /a\n    content: "\\d"\n`],
    ["wrong indentation", `${H}write_files:\n  - path: /a\n   content: b\n`],
  ];
  test("refuses what we refuse", () => {
    const theirs = libyaml(cases.map(([, text]) => text)).map((value) => value === null);
    expect(cases.map(([what, text]) => [what, refused(text)])).toEqual(cases.map(([what], index) => [what, theirs[index]]));
  });

  test("and PyYAML, with which cloud-init reads, what we refuse for it", () => {
    const texts = cases.flatMap(([, text]) => (typeof text === "string" ? [text] : []));
    const theirs = libyaml(texts, "BaseLoader").map((value) => value === null);
    const ours = texts.map((text) => parseTree(text, PYYAML).problems.length > 0);
    expect(texts.map((text, index) => [text, ours[index]])).toEqual(texts.map((text, index) => [text, theirs[index]]));
  });

  test("reads a filled file as the one before, but for the places", () => {
    const content = 'x ~ ^[A-Z]{1}$ {0} "{{y}}"\n';
    const text = `${H}hostname: {1}\nusers:\n  - name: '{1}'\n    gecos: "{0}" # {0}\nwrite_files:\n  - path: /a\n    content: |\n      ${content}`;
    const [value] = libyaml([customUserData(text, { name: "n-0", discoveryUrl: "https://d.example/t" })]);
    expect(value).toEqual({
      value: {
        hostname: "n-0",
        users: [{ name: "n-0", gecos: "https://d.example/t" }],
        write_files: [{ path: "/a", content }],
      },
    });
  });
});

/** Debian's cloud-init, `cloud-init schema`: true for a file that it takes. Its program for one after the other in one Python: to start it takes longest. */
function cloudInitTakes(all: readonly (string | Uint8Array)[]): readonly boolean[] {
  const program = `
import json, runpy, sys
out, sys.stdout = sys.stdout, sys.stderr
def takes(path):
    sys.argv = [sys.argv[0], "schema", "-c", path]
    try:
        runpy.run_path(${JSON.stringify(find("cloud-init"))}, run_name="__main__")
    except SystemExit as end:
        return not end.code
    except Exception:
        return False
    return True
print(json.dumps([takes(path) for path in sys.argv[1:]]), file=out)
`;
  const paths = all.map((data) => {
    const path = join(mkdtempSync(join(folder, "ci-")), "user-data");
    writeFileSync(path, data);
    return path;
  });
  const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", program, ...paths], { encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as boolean[];
}

describe.skipIf(!has("cloud-init"))("Debian's cloud-init", () => {
  const file = (lines: string): string => `${H}write_files:\n  - path: /a\n${lines.replaceAll(/^/gm, "    ")}\n`;
  const hello = gzipSync("hello").toString("base64");
  const same: readonly (readonly [string, string | Uint8Array])[] = [
    ["gzip as !!binary", file(`encoding: gzip\ncontent: !!binary |\n  ${hello}`)],
    ["gzip and base64", file(`encoding: gz+b64\ncontent: ${hello}`)],
    ["a mode in quotes", file('permissions: "0644"\ncontent: x')],
    ["braces", file("content: '[0-9]{1} {{instance}} {0}'")],
    ["a document start", `${H}---\nhostname: a\n`],
    ["an encoding in capitals", file("encoding: B64\ncontent: aGk=")],
    ["a map for a list", `${H}write_files: {path: /a}\n`],
    ["keys as a text", `${H}ssh_authorized_keys: ssh-rsa AAAA\n`],
    ["a byte order mark", `\u{feff}${H}hostname: a\n`],
    ["UTF-16", Buffer.from(`\u{feff}${H}hostname: a\n`, "utf16le")],
    ["Windows-1252", Buffer.from(file("content: Gr\u00fc\u00dfe"), "latin1")],
    ["a Container Linux Config", "systemd:\n  units: []\n"],
    ["a header in the second line", `\n${H}hostname: a\n`],
  ];
  const different: readonly (readonly [string, string, { cloudInit: boolean; coreos: boolean }])[] = [
    ["an unknown key", `${H}no_such_key: 1\n`, { cloudInit: true, coreos: false }],
    ["a key of its own", `${H}runcmd: [ls]\n`, { cloudInit: true, coreos: false }],
    ["a mode as a number", file("permissions: 0644\ncontent: x"), { cloudInit: false, coreos: true }],
    ["text/plain", file("encoding: text/plain\ncontent: x"), { cloudInit: true, coreos: false }],
  ];
  let theirs: readonly boolean[] = [];
  beforeAll(() => {
    theirs = cloudInitTakes([...same, ...different].map(([, data]) => data));
  });

  test("takes what we take", () => {
    expect(same.map(([what, data]) => [what, !refused(data)])).toEqual(same.map(([what], index) => [what, theirs[index]]));
  });

  test.each(different.map((one, index) => [...one, same.length + index] as const))(
    "differs from coreos-cloudinit in %s",
    (_what, text, verdict, index) => {
      expect({ cloudInit: theirs[index], coreos: !refused(text) }).toEqual(verdict);
    },
  );
});
