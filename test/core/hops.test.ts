/** Jump hosts as they are written, and which keys a known_hosts of OpenSSH's has for them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hopText, hops, isTunnel, jump } from "../../src/core/spec/hops.ts";
import { keysInKnownHosts } from "../../src/nodes/known-hosts.ts";

/** What an editor takes in the file of --config. */
const inFile = new RegExp(jump.accepts?.pattern ?? "", "u");

test.each([
  ["me@bastion", ["me@bastion"]],
  ["me@Bastion.Example:2200, core@10.0.0.4", ["me@bastion.example:2200", "core@10.0.0.4"]],
  ["me@[2001:db8::1]:22", ["me@[2001:db8::1]"]],
  ["DOMAIN\\me@b,a.b@c:65535", ["DOMAIN\\me@b", "a.b@c:65535"]],
  ["none", []],
])("%s", (text, read) => {
  expect(hops(text).map(hopText)).toEqual(read);
  expect(text).toMatch(inFile);
});

test.each([
  "",
  "bastion",
  "@b",
  "me@",
  "me@b:0",
  "me@b:65536",
  "me@-oProxyCommand=x",
  "-l@b",
  "me@b c",
  "me@b,",
  "me@b\nx",
  "me@$(x)",
])("refused: %j", (text) => {
  expect(() => hops(text)).toThrow(/no jump host/);
  // how large a port may be an editor does not say
  if (!/:\d+$/.test(text)) expect(text).not.toMatch(inFile);
});

test("the end of a tunnel is on this machine", () => {
  expect(["me@127.0.0.1:2222", "me@localhost", "me@[::1]:1", "me@10.0.0.4"].map((text) => hops(text).map(isTunnel))).toEqual([
    [true],
    [true],
    [true],
    [false],
  ]);
});

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;

test.each([
  [`bastion ${KEY}`, true],
  [`[bastion]:22 ${KEY}`, false],
  [`other,BASTION ${KEY} comment`, true],
  [`bast* ${KEY}`, true],
  [`b?stion ${KEY}`, true],
  [`b?stio ${KEY}`, false],
  [`*,!bastion ${KEY}`, false],
  [`@revoked bastion ${KEY}`, false],
  [`@cert-authority bastion ${KEY}`, false],
  [`# bastion ${KEY}`, false],
])("of %s", (line, known) => expect(keysInKnownHosts(`${line}\n`, "bastion", 22)).toEqual(known ? [KEY] : []));

test("names that ssh-keygen has hashed", () => {
  const folder = mkdtempSync(join(tmpdir(), "hashed-"));
  try {
    const file = join(folder, "known_hosts");
    writeFileSync(file, `bastion ${KEY}\n[bastion]:2200 ${KEY.replace("AA", "BB")}\n`);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("bastion");
    expect([22, 2200, 2201].map((port) => keysInKnownHosts(text, "bastion", port).length)).toEqual([1, 1, 0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
