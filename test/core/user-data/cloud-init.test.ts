/**
 * User-data of the systems with cloud-init, by Debian's own cloud-init: every rendered file is taken without a word, and what our check says of
 * a person's file is what cloud-init says. One process of it for all files: it takes most of a second to start.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { checkUserDataFile, MAX_BYTES } from "../../../src/core/user-data/check.ts";
import { unitsAsFiles } from "../../../src/core/user-data/unit-files.ts";
import { has } from "../../programs.ts";
import { modes, render } from "./modes.ts";

const folder = mkdtempSync(join(tmpdir(), "cloud-init-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `cloud-init schema` says of each, and whether it takes it. */
function byCloudInit(texts: readonly string[]): { taken: boolean; said: string }[] {
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const script = `
import contextlib, io, json, sys
from cloudinit.config import schema
answers = []
for path in sys.argv[1:]:
    said, taken = io.StringIO(), True
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            schema.handle_schema_args("schema", schema.get_parser().parse_args(["-c", path]))
        except SystemExit as end:
            taken = not end.code
        except ValueError:
            taken = False
    answers.append({"taken": taken, "said": said.getvalue()})
print(json.dumps(answers))`;
  const answer = execFileSync("/usr/bin/python3", ["-c", script, ...files], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(answer) as { taken: boolean; said: string }[];
}

/** A script, and another part. */
const mail = (type: string, body: string): string =>
  `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--x\nContent-Type: ${type}\n\n${body}--x--\n`;
const H = "#cloud-config\n";
const KEY = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
const findings = (text: string): string[] =>
  checkUserDataFile(Buffer.from(text), { platform: "ubuntu", file: "my.yaml", gunzip: (packed) => gunzipSync(packed) }).map(
    ({ level, line, message, advice }) => `${line ?? ""} ${level}: ${message} | ${advice ?? ""}`,
  );

const file = (content: string): string => `write_files:\n  - path: /a\n    content: ${content}\n`;

/** A file, and what is said of it; nothing of those that are taken. */
const FILES: readonly (readonly [what: string, text: string, said?: RegExp])[] = [
  ["packages and commands", `${H}packages: [curl, [git, "1.0"]]\nruncmd:\n  - [ls, -l]\n  - echo a\n`],
  ["a file and its mode", `${H}write_files:\n  - path: /a\n    permissions: "0644"\n    content: x\n    defer: true\n`],
  ["users", `${H}users:\n  - default\n  - name: me\n    sudo: ALL=(ALL) NOPASSWD:ALL\n    ssh_authorized_keys: [${KEY}]\n`],
  [
    "a disk",
    `${H}fs_setup:\n  - device: /dev/disk/azure/scsi1/lun0\n    filesystem: ext4\n    overwrite: false\nmounts:\n  - [/dev/sdc, /data]\n`,
  ],
  ["yes for true", `${H}package_update: yes\n`],
  ["a host key", `${H}ssh_keys:\n  ed25519_private: a\n  ed25519_public: b\n`],
  ["a list for a text", `${H}hostname: [a]\n`, /^2 error: hostname must be text/],
  ["a text for a list", `${H}write_files: /a\n`, /^2 error: write_files must be a list/],
  [
    "a mode as a decimal number",
    `${H}write_files:\n  - path: /a\n    permissions: 644\n`,
    /^4 error: write_files\[0\]\.permissions must be text \| Write it in quotes: "644"/,
  ],
  ["yes among the words of a key", `${H}manage_etc_hosts: yes\n`],
  ["a truth that is none of the words", `${H}manage_etc_hosts: "yes"\n`, /^2 error: manage_etc_hosts cannot be "yes"/],
  ["two documents", `${H}hostname: a\n---\nhostname: b\n`, /^4 error: cloud-init takes one document/],
  [
    "an encoding that is none",
    `${H}write_files:\n  - path: /a\n    encoding: utf8\n`,
    /^4 error: .*cannot be "utf8" \| Valid: gz, /,
  ],
  ["a file without a path", `${H}write_files:\n  - content: a\n`, /^3 error: write_files\[0\] has no path/],
  [
    "a key that a file does not have",
    `${H}write_files:\n  - path: /a\n    mode: "0644"\n`,
    /^4 error: unknown key "mode".* \| Known here: path, content/,
  ],
  ["a command that is a map", `${H}runcmd:\n  - {a: b}\n`, /^3 error: runcmd\[0\] must be a list or text or left empty/],
  ["a command with a number", `${H}runcmd:\n  - [sleep, 5]\n`, /^3 warning: runcmd\[0\]\[1\] is a number.*quotes: "5"/],
  ["a command that is a number", `${H}runcmd: [5]\n`, /^2 error: runcmd\[0\] must be a list or text/],
  ["a mode that Python makes 420 of", `${H}bootcmd:\n  - [chmod, 0644, /a]\n`, /^3 error: bootcmd\[0\]\[1\] must be text/],
  ["a truth in a command", `${H}bootcmd:\n  - [a, yes]\n`, /^3 warning: bootcmd\[0\]\[1\] is no text.*makes "True" of it/],
  ["a truth as a number", `${H}package_update: 1\n`, /^2 warning: package_update is a number/],
  ["no, in quotes", `${H}package_update: "no"\n`, /^2 warning: package_update is text.*without quotes: false/],
  [
    "no in quotes, where any text is yes",
    `${H}users: [default, {name: me, system: "false", ssh_authorized_keys: [${KEY}]}]\n`,
    /^2 error: users\[1\].* true or false \|.*any text is true to cloud-init here/,
  ],
  ["a text that is no truth", `${H}package_update: maybe\n`, /^2 error: package_update must be true or false/],
  ["no commands", `${H}runcmd: []\n`, /^2 error: runcmd must have at least 1, and has none/],
  ...[
    "1:30",
    "-12:30:45",
    "1:30.5",
    "2020-01-01",
    "2020-1-1 10:00:00",
    "2020-01-01T10:00:00Z",
    "90",
    "1_000",
    "0x1F",
    "1.",
    ".5",
    "1.0e+3",
  ].map((content) => ["a content that YAML 1.1 reads as no text", `${H}${file(content)}`, /^4 error: .*must be text/] as const),
  ...[".inf", "+.INF", ".nan", "~", "on", '!!int "90"', '! "90"', '!!timestamp "2020-01-01"', '!!null ""'].map(
    (content) => ["one that is no text either", `${H}${file(content)}`, /^4 error: .*must be text/] as const,
  ),
  ...["2020-13-45", "2021-02-29", "0b_", "=", "<<", "!foo x"].map(
    (content) => ["one that it cannot read", `${H}${file(content)}`, /^4 error: .*reads nothing of the file/] as const,
  ),
  ...["1:60", "01:30", "2020-1-1", "+.5", "-.NAN", "1e3", "08", "0o7", "0x", "y", "_1", "!!str 90", "!!binary YQ=="].map(
    (content) => ["one that looks like a number, and is text", `${H}${file(content)}`] as const,
  ),
  ["a name that is a date", `${H}fqdn: 2020-01-01\n`, /^2 error: fqdn must be text/],
  ["a truth in quotes", `${H}package_update: "true"\n`, /^2 warning: package_update is text.*without quotes: true/],
];

describe.skipIf(!has("cloud-init"))("Debian's cloud-init", () => {
  const rendered = Object.entries(modes).filter(([, { platform }]) => platform === "ubuntu" || platform === "debian");
  const answers = byCloudInit([...rendered.map(([, node]) => render(node)), ...FILES.map(([, text]) => text)]);

  test.each(rendered.map(([name], index) => [name, answers[index]] as const))("takes %s without a word", (_name, answer) => {
    expect(answer).toEqual({ taken: true, said: expect.stringMatching(/^\s*Valid [^\n]*\n?$/) as string });
  });

  test("takes what we take, and nothing else", () => {
    const theirs = FILES.map(([what], index) => [what, answers[rendered.length + index]?.taken]);
    expect(FILES.map(([what, text]) => [what, findings(text).length === 0])).toEqual(theirs);
  });
});

test.each(FILES.map(([what, text, said]) => ({ what, text, said })))("$what", ({ text, said }) =>
  expect(findings(text)).toEqual(said === undefined ? [] : [expect.stringMatching(said)]),
);

test.each<[string, string, RegExp]>([
  [
    "an unknown key, with the one that was meant",
    `${H}package: [a]\n`,
    /^2 error: unknown key "package".* \| Did you mean packages\?/,
  ],
  ["coreos-cloudinit's own part", `${H}coreos:\n  units: []\n`, /^2 error: unknown key "coreos".*write units as write_files/],
  [
    "a kind of host key that ended with cloud-init 25",
    `${H}ssh_keys:\n  dsa_private: a\n`,
    /^3 error: unknown key "dsa_private"/,
  ],
  ["what is on its way out", `${H}apt_update: true\n`, /^2 warning: apt_update is on its way out.*Use package_update instead/],
  ["YAML that is none", `${H}packages: [\n`, /^\d error: /],
  ["Ignition", '{"ignition": {"version": "3.3.0"}}', /^1 error: the file is Ignition, which cloud-init does not know/],
  ["Ignition with a comma too many", '{"ignition": {"version": "3.3.0"},}', /^1 error: the file is Ignition, which/],
  ["a script whose program is not found", "#!/bin/sh\r\necho\r\n", /^1 error: .*CRLF.*no program.*dos2unix my\.yaml/],
  [
    "a script with CRLF after its first line",
    "#!/bin/bash\necho a\necho b\r\n",
    /^3 error: .*CRLF.*last word.*sed -i.* my\.yaml/,
  ],
  ["a script of one line for old Macs", "#!/bin/sh\recho\r", /^1 error: .*CR alone/],
  ...["#!/bin/sh\necho\r\n", "#!/usr/bin/perl\r\n", "#!/bin/sh\recho\r"].flatMap((script) =>
    [
      `content: ${JSON.stringify(script)}`,
      `encoding: b64\n    content: ${btoa(script)}`,
      `encoding: gz+b64\n    content: ${gzipSync(script).toString("base64")}`,
    ].map((how): [string, string, RegExp] => [
      `CRLF under write_files: ${how}`,
      `${H}write_files:\n  - path: /a\n    ${how}\n`,
      /^[45] warning: the lines (of this script )?end in CR/,
    ]),
  ),
  ["nothing that begins as it should", "packages: [a]\n", /^1 error: the first line must be #cloud-config/],
  ["a list", `${H}- a\n`, /^2 error: the file must be a map/],
  [
    "a mode that is a number, and the right one",
    `${H}write_files:\n  - path: /a\n    permissions: 0644\n`,
    /^4 warning: write_files\[0\]\.permissions is a number.*Write it in quotes: "0644"/,
  ],
  [
    "a content that is cut off",
    `${H}write_files:\n  - path: /a\n    encoding: b64\n    content: aGVsbG8\n`,
    /^5 error: .*as b64: it is no base64; cloud-init writes neither this file nor those after it/,
  ],
  [
    "a content that is not packed",
    `${H}write_files:\n  - path: /a\n    encoding: gz+b64\n    content: aGVsbG8=\n`,
    /^5 error: .*as gz\+b64: it is no gzip/,
  ],
  ["a key that holds what others take over", `${H}x-names: &names [a]\npackages: *names\n`, /^2 warning: unknown key "x-names"/],
  ["a job of Upstart", "#upstart-job\nstart on x\n", /^1 error: #upstart-job is a format of older versions of cloud-init/],
  [
    "a config in a mail",
    mail("text/cloud-config", "hostname: a\nbad-key: b\n"),
    /^12 error: part 2 \(text\/cloud-config\): unknown key "bad-key"/,
  ],
  ["a mail without parts", `MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n${H}`, /^1 warning: .*not looked into/],
  [
    "a mail whose boundary is no line",
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n',
    /^1 error: no line is the boundary --x: a node takes no part out of the file \| $/,
  ],
  [
    "boundaries without dashes before them",
    mail("text/cloud-config", "hostname: a\n").replaceAll("--x", "x"),
    /^4 error: no line is the boundary --x.* \| Write -- before x wherever it is a line, and -- after/,
  ],
  [
    "a mail after an empty line",
    `\n${mail("text/cloud-config", H)}`,
    /^2 error: multipart MIME begins with its headers.*\| Remove the empty/,
  ],
  ["a mail that names no boundary", "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--x\n", /^1 error: .*names no boundary/],
  [
    "another kind of multipart",
    mail("text/cloud-config", "bad-key: b\n").replace("mixed", "alternative"),
    /^11 error: part 2 .*unknown key "bad-key"/,
  ],
  [
    "no empty line after headers",
    mail("text/cloud-config", `${H}bad-key: b\n`).replace('"x"\n\n', '"x"\n').replace("config\n\n", "config\n"),
    /^10 error: part 2 .*unknown key "bad-key"/,
  ],
  ...["text/x-yaml", "text/yaml", "application/x-yaml", "text/upstart-job"].map((type): [string, string, RegExp] => [
    `a part of a type that it does not know, ${type}`,
    mail(type, H),
    /^11 warning: part 2 .*does nothing with this part \| Say its own type, such as Content-Type: text\/cloud-config/,
  ]),
  [
    "a mail that does not say that it is one",
    mail("text/cloud-config", "hostname: a\n").replace("MIME-Version: 1.0\n", ""),
    /^1 error: it does not say MIME-Version.* \| Add a first line: MIME-Version: 1\.0/,
  ],
  ...["text/plain", "text/x-not-multipart", "text/x-shellscript"].map(
    (type) =>
      [
        "a part that is told apart by its first line",
        mail(type, `${H}bad-key: b\n`),
        /^12 error: part 2 .*unknown key "bad-key"/,
      ] as [string, string, RegExp],
  ),
  [
    "a part without a type",
    mail("x/y", `${H}bad-key: b\n`).replace("Content-Type: x/y\n", ""),
    /^11 error: part 2 \(text\/plain\): unknown key "bad-key"/,
  ],
  [
    "a mail out of a mailbox",
    `From nobody Sat Jan  6 10:00:00 2024\nX-A: b\n${mail("text/cloud-config", "bad-key: b\n")}`,
    /^13 error: part 2 .*unknown key "bad-key"/,
  ],
  ["a part that nothing is done with", mail("text/plain", "hello\n"), /^11 warning: part 2 .*does nothing with this part/],
  [
    "a part whose type nobody looks behind",
    mail("application/octet-stream", H),
    /^11 warning: part 2 .*does nothing with this part \| Say its own type/,
  ],
  [
    "users without the one whom we are",
    `${H}users:\n  - {name: bob, ssh_authorized_keys: [${KEY}]}\n`,
    /^3 error: users has no default.*- default/,
  ],
  ["our user without a key", `${H}users: [{name: core}]\n`, /^2 error: users has no default/],
  ["nobody", `${H}users: []\n`, /^2 error: users has no default/],
  [
    "another in our user's place",
    `${H}user: bob\n`,
    /^2 error: user puts bob in the place of core.*in its place users: \[default, /,
  ],
  ["another, as a map", `${H}user: {name: bob}\n`, /^2 error: user puts bob in the place of core/],
  [
    "Azure's keys left out",
    `${H}allow_public_ssh_keys: false\n`,
    /^2 error: allow_public_ssh_keys is false: no machine has core/,
  ],
  [
    "Azure's keys left out, and others given",
    `${H}allow_public_ssh_keys: no\nssh_authorized_keys: [${KEY}]\n`,
    /^2 warning: core has the keys that are given here/,
  ],
  [
    "a list of modules without those that let anybody in",
    `${H}cloud_init_modules: [bootcmd, [users-groups, always]]\n`,
    /^2 error: cloud_init_modules leaves out ssh: no machine has core/,
  ],
  ...["1000:1000", "0", "root.root", "None:0"].map((owner): [string, string, RegExp] => [
    "an owner that is no name",
    `${H}write_files:\n  - {path: /a, defer: true, owner: "${owner}"}\n`,
    /^3 error: write_files\[0\].owner: "\S+" is no name of a user or group: cloud-init stops at this file/,
  ]),
  ...["core:core", "core", "root:docker", "bob", ":app"].map((owner): [string, string, RegExp] => [
    "a file of somebody who is made later",
    `${H}groups: [docker, app: [root]]\nusers: [default, {name: bob}]\nwrite_files:\n  - {path: /a, owner: "${owner}"}\n`,
    /^5 error: write_files\[0\].owner: \w+ is made after this file is written.* \| Write defer: true/,
  ]),
  [
    "a file of whom a package makes",
    `${H}write_files:\n  - {path: /a, owner: "nginx:nginx"}\n`,
    /^3 warning: write_files\[0\].owner: nginx may not be there.*defer: true/,
  ],
  [
    "our user with keys of its own",
    `${H}users: [{name: core, ssh_authorized_keys: [${KEY}]}]\n`,
    /^2 warning: core has the keys/,
  ],
  [
    "a file that is written twice",
    `${H}write_files:\n  - {path: /a, content: a}\n  - {path: /a, content: b}\n`,
    /^4 error: \/a is written twice: the last one counts/,
  ],
  ["Butane", "variant: flatcar\nversion: 1.0.0\n", /^1 error: the file is a Butane config, which cloud-init does not know/],
  ["JSON", "{}", /^1 error: the first line must be #cloud-config \| Scripts begin with #!\.$/],
  ["an empty file", "", /^1 warning: the file is empty/],
  ["blanks", " \n", /^1 warning: the file is empty/],
  ["a first line alone", "#cloud-config", /^1 warning: the file holds nothing/],
  ["nothing after it", `${H}---\n~\n`, /^1 warning: the file holds nothing/],
  ["a script after an empty line", "\n#!/bin/sh\n", /^2 error: the first line must be #!/],
])("refused or warned of: %s", (_what, text, said) => expect(findings(text)).toEqual([expect.stringMatching(said)]));

test.each([
  ["a script for another program", "#!/usr/bin/python3\nprint(1)\n"],
  ["CRLF after the first line, to Python", "#!/usr/bin/env python3\nprint()\r\n"],
  ["what is fetched", "#include\nhttps://example.com/x\n"],
  ["a template", "## template: jinja\n#cloud-config\n{}\n"],
  ["capitals in the first line, and blanks before it", "\n #Cloud-Config\nhostname: a\n"],
  [
    "a partition by its number, as in its examples",
    `${H}fs_setup:\n  - {device: ephemeral0, partition: 1}\n  - {device: a, partition: "2"}\n`,
  ],
  ["a device that is not mounted", `${H}mounts:\n  - [swap, null]\n  - [ephemeral0, ~]\n`],
  ["our user among others", `${H}users: [default, bob]\n`],
  ["a file that goes on", `${H}write_files:\n  - {path: /a, content: a}\n  - {path: /a, content: b, append: true}\n`],
  ["our user by its name", `${H}user: core\nusers: []\n`],
  ["what only looks like a mail", `${H}# MIME-Version: 1.0\nhostname: a\n`],
  ["base64 in lines", `${H}write_files:\n  - path: /a\n    encoding: b64\n    content: |\n      aGVs\n      bG8=\n`],
  ["a part of a mail that a handler of its own reads", mail("text/jinja2", "## template: jinja\n#cloud-config\n")],
  ["a part that is unpacked first", mail("application/gzip", "a\n")],
  ["a part that another part reads", mail("text/x-whatever", "bad-key: b\n").replace("x-shellscript", "part-handler")],
  ["an owner that the image has", `${H}write_files:\n  - {path: /a, owner: "root:www-data"}\n  - {path: /b, owner: "-1:None"}\n`],
  [
    "an owner that a command makes before",
    `${H}bootcmd:\n  - [sh, -c, "id a || useradd a"]\nwrite_files:\n  - {path: /a, owner: a}\n`,
  ],
  ["a file that waits for its owner", `${H}write_files:\n  - {path: /a, owner: "core:docker", defer: true}\n`],
  ["Azure's keys, as ever", `${H}allow_public_ssh_keys: true\ncloud_init_modules: [write_files, users_groups, ssh]\n`],
  ["a template in a mail", mail("text/cloud-config", "## template: jinja\n#cloud-config\nbad-key: b\n")],
])("%s is cloud-init's own to read", (_what, text) => expect(findings(text)).toEqual([]));

test.each<[string, RegExp]>([
  ["{default_user: {name: bob}}", /error: system_info.default_user puts bob in the place of core/],
  ["{default_user: ~}", /error: system_info.default_user is empty: no machine has core/],
])("system_info: %s goes before what Azure says", (value, said) => {
  const [first, ...more] = findings(`${H}system_info: ${value}\n`).toSorted();
  expect([first, more]).toEqual([
    expect.stringMatching(said),
    [expect.stringContaining("warning: system_info is on its way out")],
  ]);
});

test.each(["0", '"no"', '""', "~"])("allow_public_ssh_keys: %s is false, too", (no) =>
  expect(findings(`${H}allow_public_ssh_keys: ${no}\n`)).toContainEqual(expect.stringContaining("is false: no machine has core")),
);

test.each(["{default_user: {groups: [a]}}", "{default_user: {name: core}}"])("system_info: %s leaves our user", (value) =>
  expect(findings(`${H}system_info: ${value}\n`)).toEqual([expect.stringContaining("on its way out")]),
);

test("Azure's limit is the same", () =>
  expect(findings(`${H}hostname: a # ${"x".repeat(MAX_BYTES)}\n`)).toEqual([
    expect.stringContaining(`Azure takes ${MAX_BYTES}`),
  ]));

test("a config without units is left as it is", () => expect(unitsAsFiles({ hostname: "a" })).toEqual({ hostname: "a" }));
