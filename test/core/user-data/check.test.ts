/**
 * The first table are the verdicts of coreos-cloudinit itself, run with -validate in its versions of CoreOS 766, of the last
 * CoreOS, and of Flatcar 2026; Flatcar's counts. The second is what none of them notices, and a node then ignores.
 */
import { describe, expect, test } from "vitest";
import { checkUserData, MAX_BYTES } from "../../../src/core/user-data/check.ts";
import { formatFindings } from "../../../src/core/user-data/lint.ts";

const H = "#cloud-config\n";
const errors = (text: string, platform: "flatcar" | "coreos" = "flatcar"): string[] =>
  checkUserData(text, { platform })
    .filter(({ level }) => level === "error")
    .map(({ message }) => message);
const unit = (...units: string[]): string =>
  `${H}coreos:\n  units:\n${units.map((lines) => `    - ${lines.replaceAll("\n", "\n      ")}\n`).join("")}`;
const file = (lines: string): string => `${H}write_files:\n  - ${lines.replaceAll("\n", "\n    ")}\n`;

const ORIGINAL = (discovery: string): string => `${H}
coreos:
  etcd2:
    discovery: ${discovery}
    advertise_client_urls: http://$private_ipv4:2379
    data_dir: /var/lib/etcd2
  fleet:
    public_ip: $private_ipv4
    metadata: controlPlane=true
  update:
    reboot_strategy: "off"
  units:
    - name: etcd2.service
      command: start
    - name: fleet.service
      command: start
`;

describe("what a node's own validator says", () => {
  test.each<[string, string, string]>([
    ["the original merged file as written", ORIGINAL("#DISCOVERY_URL"), "discovery has no value"],
    ["the same with a real URL: etcd2 and fleet are gone", ORIGINAL("https://d.example/x"), "Flatcar has no etcd2"],
    ["no #cloud-config line", "coreos: {}\n", "first line must be #cloud-config"],
    ["a byte order mark", `\u{feff}${H}coreos: {}\n`, "byte order mark"],
    ["tab indent", `${H}coreos:\n\tunits: []\n`, "tab"],
    ["unclosed bracket", `${H}coreos: [\n`, ""],
    ["runcmd", `${H}runcmd: [a]\n`, 'unknown key "runcmd"'],
    ["contents", file("path: /a\ncontents: x"), 'unknown key "contents"'],
    ["discovry", `${H}coreos: {etcd2: {discovry: http://h/x}}\n`, 'unknown key "discovry"'],
    ["an extra key to hold an anchor", `${H}x-common: &a\n  content: b\ncoreos: {}\n`, 'unknown key "x-common"'],
    ["write_files under coreos", `${H}coreos:\n  write_files: []\n`, 'unknown key "write_files"'],
    ["write_files a map", `${H}write_files: {path: /a}\n`, "write_files must be a list"],
    ["ssh_authorized_keys a string", `${H}ssh_authorized_keys: ssh-rsa AAAA\n`, "ssh_authorized_keys must be a list"],
    ['enable: "true"', unit('name: docker.service\nenable: "true"'), "must be true or false"],
    ["command: begin", unit("name: docker.service\ncommand: begin"), 'cannot be "begin"'],
    ["command: enable", unit("name: docker.service\ncommand: enable"), 'cannot be "enable"'],
    ['permissions "0999"', file('path: /a\npermissions: "0999"'), 'cannot be "0999"'],
    ["permissions 0o644", file("path: /a\npermissions: 0o644"), 'cannot be "0o644"'],
    ["permissions rw-r--r--", file("path: /a\npermissions: rw-r--r--"), 'cannot be "rw-r--r--"'],
    ["a path under /usr", file("path: /usr/bin/x\ncontent: y"), "read-only /usr"],
    ["bad base64", file("path: /a\nencoding: base64\ncontent: a*b"), "it is no base64"],
    ["base64 without padding", file("path: /a\nencoding: b64\ncontent: YWI"), "it is no base64"],
    ["base64 that is no gzip", file("path: /a\nencoding: gzip+base64\ncontent: YWJj"), "it is no gzip"],
    ["unknown encoding", file("path: /a\nencoding: rot13\ncontent: x"), 'cannot be "rot13"'],
    ["content null", file("path: /a\ncontent:"), "content has no value"],
    ["public_ip null", `${H}coreos: {flannel: {public_ip: ~}}\n`, "public_ip has no value"],
    ["duplicate key", `${H}hostname: a\nhostname: b\n`, 'duplicate key "hostname"'],
    ["top level a list", `${H}- a\n`, "the file must be a map"],
    ["reboot_strategy: never", `${H}coreos: {update: {reboot_strategy: never}}\n`, 'cannot be "never"'],
    ["reboot_strategy: best-effort", `${H}coreos: {update: {reboot_strategy: best-effort}}\n`, 'cannot be "best-effort"'],
    ["JSON that is no Ignition", '{"a": 1}', "first line must be #cloud-config"],
  ])("refuses %s", (_what, text, message) => expect(errors(text).join("\n")).toContain(message));

  test.each<[string, string]>([
    ["a trailing blank after #cloud-config", "#cloud-config \nhostname: a\n"],
    ["CRLF", "#cloud-config\r\nhostname: a\r\nwrite_files:\r\n  - path: /a\r\n    content: |\r\n      b\r\n"],
    ["permissions 0644 as a number", file("path: /a\npermissions: 0644")],
    ["permissions 644 as a number", file("path: /a\npermissions: 644")],
    ['permissions "0644"', file('path: /a\npermissions: "0644"')],
    ["reboot_strategy: off, bare", `${H}coreos: {update: {reboot_strategy: off}}\n`],
    ["a script", "#!/bin/bash\necho {{x}}\n"],
    ["an empty file", ""],
    ["Ignition", '{"ignition": {"version": "3.3.0"}}'],
    ["gzip in base64", file("path: /a\nencoding: gzip+base64\ncontent: H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA=")],
    ["base64 in lines", file("path: /a\nencoding: base64\ncontent: |\n  YWJj\n  ZGVm")],
    [
      "an anchor and an alias",
      `${H}ssh_authorized_keys: []\nwrite_files:\n  - &a {path: /a, content: b}\n  - {<<: *a, path: /c}\n`,
    ],
    ["a document start after the header", `${H}---\nhostname: a\n`],
    [
      "a command in the place of the image's own",
      unit(
        "name: docker.service\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStart=\n      ExecStart=/a",
      ),
    ],
    [
      "one more command for a unit of the image that is of Type=oneshot",
      unit("name: coreos-metadata.service\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStart=/a"),
    ],
    [
      "another type with it",
      unit(
        "name: docker.service\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      Type=oneshot\n      ExecStart=/a",
      ),
    ],
    ["what fleet reads", unit("name: a.service\ncontent: |\n  [Service]\n  ExecStart=/a\n  [X-Fleet]\n  Restart=it's")],
    [
      "a whole command in one file and its reset in another",
      unit(
        "name: docker.service\ndrop_ins:\n  - name: 20-x.conf\n    content: |\n      [Service]\n      ExecStart=/a\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStart=",
      ),
    ],
  ])("takes %s", (_what, text) => expect(errors(text)).toEqual([]));
});

describe("what a node ignores, or breaks on later", () => {
  test.each<[string, string, string]>([
    ["a unit without a name", unit("command: start"), "without a name"],
    ["a unit name without a suffix", unit("name: docker\ncommand: start"), '"docker" is no unit name'],
    ["garbage as unit content", unit("name: a.service\ncontent: hello world"), "neither a [Section] nor a Key=value"],
    ["a setting before any section", unit("name: a.service\ncontent: |\n  ExecStart=/x"), "before any [Section]"],
    ["a section that systemd skips", unit("name: a.service\ncontent: |\n  [Servise]\n  ExecStart=/x"), "[Servise]"],
    ["a service that starts nothing", unit("name: a.service\ncontent: |\n  [Service]\n  Type=oneshot"), "without ExecStart="],
    [
      "a mount with the wrong name",
      unit("name: docker.mount\ncontent: |\n  [Mount]\n  What=/x\n  Where=/var/lib/docker"),
      "var-lib-docker.mount",
    ],
    ["start of etcd2 on Flatcar", unit("name: etcd2.service\ncommand: start"), "all later commands are skipped"],
    ["start of fleet on Flatcar", unit("name: fleet.service\ncommand: start"), "all later commands are skipped"],
    ["enabling etcd on Flatcar", unit("name: etcd.service\nenable: true"), "all later commands are skipped"],
    [
      "two contents for one unit",
      unit("name: a.target\ncontent: |\n  [Unit]\n  A=1", "name: a.target\ncontent: |\n  [Unit]\n  A=2"),
      "two contents",
    ],
    [
      "a drop-in without .conf",
      unit("name: docker.service\ndrop_ins:\n  - name: 10-x\n    content: |\n      [Unit]\n      A=b"),
      "systemd ignores the drop-in",
    ],
    [
      "a second ExecStart= for a unit of the image (coreos/bugs#1124)",
      unit(
        "name: docker.service\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStart=/usr/bin/dockerd --bip=10.1.0.1/24",
      ),
      "docker.service has an ExecStart= of its own, and is not loaded with two",
    ],
    [
      "a second ExecStart= in a drop-in for a unit of the file",
      unit(
        "name: a.service\ncontent: |\n  [Service]\n  ExecStart=/a\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStart=/b",
      ),
      "a.service: a service with several commands in ExecStart=",
    ],
    [
      "a quotation mark that is not closed in a drop-in",
      unit(
        "name: docker.service\ndrop_ins:\n  - name: 10-x.conf\n    content: |\n      [Service]\n      ExecStartPost=/bin/echo it's",
      ),
      "a quotation mark in ExecStartPost= is not closed",
    ],
    ["a drop-in without a content", unit("name: docker.service\ndrop_ins:\n  - name: 10-x.conf"), "without a name or a content"],
    ["a relative path", file("path: etc/x\ncontent: y"), "no absolute path"],
    ["a missing path", file("content: y"), "a file without a path"],
    ["a path that is a folder", file("path: /etc/\ncontent: y"), "no plain path"],
    ["one path twice", `${H}write_files: [{path: /a, content: b}, {path: /a, content: c}]\n`, "written twice"],
    ["a bad host name", `${H}hostname: my_node\n`, "no host name"],
    ["a host name that is too long", `${H}hostname: ${"a".repeat(65)}\n`, "no host name"],
    ["a bad SSH key", `${H}ssh_authorized_keys: [ssh-rsa oops]\n`, "data is damaged"],
    [
      "an SSH key of another type than it says",
      `${H}ssh_authorized_keys: [ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==]\n`,
      "data is damaged",
    ],
    ["no SSH key at all", `${H}users: [{name: a, ssh_authorized_keys: [hello]}]\n`, "no SSH public key"],
    ["a private key", `${H}ssh_authorized_keys: ["-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0"]\n`, "private key"],
    ["a user without a name", `${H}users: [{shell: /bin/sh}]\n`, "user without a name"],
    [
      "the address where URLs are asked for (coreos-vagrant#212)",
      `${H}coreos: {etcd2: {discovery: "https://discovery.etcd.io/new?size=3"}}\n`,
      "every node becomes a cluster of its own",
    ],
    ["etcd2.discovery that is no URL", `${H}coreos: {etcd2: {discovery: abc}}\n`, '"abc" is no discovery URL'],
    [
      "ETCD_DISCOVERY that is no URL",
      unit(
        'name: etcd-member.service\ndrop_ins:\n  - name: a.conf\n    content: |\n      [Service]\n      Environment="ETCD_DISCOVERY=abc" A=b',
      ),
      '"abc" is no discovery URL',
    ],
    ["a placeholder left over", `${H}hostname: "{{name}}"\n`, "{{name}} was not filled in"],
    ["a dashed key", `${H}coreos: {update: {reboot-strategy: "off"}}\n`, "reboot-strategy is ignored by Flatcar"],
    ["dashed drop-ins", unit("name: docker.service\ndrop-ins: []"), "drop-ins is ignored by Flatcar"],
    ["too many bytes", `${H}# ${"é".repeat(MAX_BYTES / 2)}\nhostname: a\n`, "Azure takes 65535"],
    ["a second document", `${H}hostname: a\n---\nhostname: b\n`, "only the first document is read"],
    ["an unknown alias", `${H}hostname: *a\n`, 'unknown anchor "a"'],
  ])("refuses %s", (_what, text, message) => expect(errors(text).join("\n")).toContain(message));

  test.each<[string, string, string]>([
    ["an unknown unit that is started", unit("name: my-thing.service\ncommand: start"), "may not exist"],
    ["a unit that is there twice", unit("name: docker.service", "name: docker.service"), "there twice"],
    ["enable: yes", unit("name: docker.service\nenable: yes"), "must be true or false"],
    ["$public_ipv4", file("path: /a\ncontent: x=$public_ipv4"), "the same on every node"],
    [
      "discovery.etcd.io",
      unit(
        "name: etcd-member.service\ndrop_ins:\n  - name: a.conf\n    content: |\n      [Service]\n      Environment=ETCD_DISCOVERY=https://discovery.etcd.io/abc",
      ),
      "no longer answers",
    ],
    ["etcd with no way to find the others", unit("name: etcd-member.service\ncommand: start"), "a cluster of its own"],
    ["an empty file", "", "the file is empty"],
    ["a field that create fills in", `${H}hostname: {1}\n`, "filled in by create"],
    [
      "a field in a unit that create fills in",
      unit(
        "name: etcd-member.service\ndrop_ins:\n  - name: a.conf\n    content: |\n      [Service]\n      Environment=ETCD_DISCOVERY={0}",
      ),
      "{0} is filled in by create",
    ],
  ])("warns of %s", (_what, text, message) => {
    expect(
      checkUserData(text)
        .map((finding) => `${finding.level}: ${finding.message}`)
        .join("\n"),
    ).toMatch(new RegExp(`^warning: .*${message.replaceAll(/[${}.]/g, "\\$&")}`));
  });

  test.each<[string, string]>([
    [
      "a unit that the file itself brings",
      unit("name: a.service\ncommand: start\ncontent: |\n  [Service]\n  ExecStart=/x \\\n    -y\n  ; no\n  # no"),
    ],
    [
      "a unit from write_files",
      `${unit("name: a.service\ncommand: start")}write_files: [{path: /etc/systemd/system/a.service, content: "[Service]\\nExecStart=/b"}]\n`,
    ],
    [
      "an instance of a template it brings",
      unit("name: a@.service\ncontent: |\n  [Service]\n  ExecStart=/x", "name: a@b.service\ncommand: start"),
    ],
    ["units of the image", unit("name: docker.service\ncommand: start\nenable: true")],
    ["a network file", unit("name: 00-eth0.network\ncontent: |\n  [Match]\n  Name=eth0\n  [Network]\n  DHCP=yes")],
    ["a section of fleet's", unit("name: a.service\ncontent: |\n  [Service]\n  ExecStart=/x\n  [X-Fleet]\n  Global=true")],
    ["Go templates", file("path: /a\ncontent: docker inspect -f '{{ .State.Running }}{{end}}'")],
    ["exactly as many bytes as Azure takes", `${H}#${"a".repeat(MAX_BYTES - H.length - 15)}\nhostname: abc`],
  ])("says nothing of %s", (_what, text) => expect(checkUserData(text)).toEqual([]));

  test("never shows a private key", () => {
    const text = `${H}ssh_authorized_keys: ["-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0"]\n`;
    expect(JSON.stringify(checkUserData(text))).not.toContain("c2VjcmV0");
  });
});

describe("on the platform coreos", () => {
  test("its systemd finds no program by its name, and takes what is no specifier for itself", () => {
    const started = (command: string): string => unit(`name: a.service\ncontent: "[Service]\\nExecStart=${command}\\n"`);
    expect(errors(started("docker ps"), "coreos")).toEqual([
      expect.stringContaining('begins with "docker", which is no absolute path'),
    ]);
    expect(errors(started("-'/bin/docker' ps"), "coreos")).toEqual([]);
    expect(errors(started("docker ps"))).toEqual([]);
    expect(errors(started("/bin/date +%F"), "coreos")).toEqual([]);
    expect(errors(started("/bin/date +%F"))).toEqual([expect.stringContaining("knows no %F in ExecStart=")]);
  });
  test.each<[string, string, string | undefined]>([
    ["Restart=on-failure of what runs once", "[Service]\nType=oneshot\nRestart=on-failure\nExecStart=/x", "Restart=on-failure"],
    ["Type=notify-reload", "[Service]\nType=notify-reload\nExecStart=/x", "Type=notify-reload"],
    [".include, which Flatcar's systemd does not know", ".include /usr/lib/systemd/system/docker.service", undefined],
  ])("its systemd has its own mind of %s", (_what, content, refused) => {
    const text = unit(`name: a.service\ncontent: ${JSON.stringify(content)}`);
    expect(errors(text, "coreos")).toEqual(refused === undefined ? [] : [expect.stringContaining(refused)]);
    expect(errors(text).length > 0).toBe(refused === undefined);
  });
  test.each<[string, string]>([
    ["etcd2 and fleet", ORIGINAL("https://d.example/x")],
    ["dashed keys", `${H}coreos: {update: {reboot-strategy: "off"}}\n`],
  ])("takes %s", (_what, text) => expect(errors(text, "coreos")).toEqual([]));
  test.each<[string, string, string]>([
    ["an empty discovery", ORIGINAL("#DISCOVERY_URL"), "discovery has no value"],
    ["a value that is not valid behind a dashed key", `${H}coreos: {update: {reboot-strategy: never}}\n`, 'cannot be "never"'],
  ])("refuses %s", (_what, text, message) => expect(errors(text, "coreos").join("\n")).toContain(message));
  test("warns of what the version of 2015 does not take", () => {
    expect(checkUserData("#cloud-config \nhostname: a\n", { platform: "coreos" })).toMatchObject([{ level: "warning", line: 1 }]);
    expect(checkUserData('{"ignition": {"version": "2.0.0"}}', { platform: "coreos" })).toMatchObject([
      { level: "warning", line: 1 },
    ]);
  });
});

test("lint prints a line a finding, in the order of the file, with the line within a block", () => {
  const text = `${H}coreos:
  units:
    - name: a.service
      content: |
        [Service]
        ExecStart=/x
        oops
    - name: docker
write_files:
  - path: x
    owner: "{{later}}"
`;
  expect(formatFindings("my.yaml", checkUserData(text)))
    .toBe(`my.yaml:8: error: a.service: "oops" is neither a [Section] nor a Key=value
my.yaml:9: error: "docker" is no unit name
    It must end in one of .service .socket .mount .automount .swap .path .timer .slice .scope .target .device .network .netdev .link.
my.yaml:11: error: "x" is no absolute path
my.yaml:12: error: {{later}} was not filled in
`);
  expect(formatFindings("my.yaml", [])).toBe("");
});

test("the message of a parser names the line", () => {
  expect(checkUserData(`${H}coreos:\n  units:\n\t- a\n`)).toMatchObject([{ level: "error", line: 4 }]);
});
