import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectPrivateKey } from "../../src/prepare/private-key-file.ts";
import {
  openSshLine,
  openSshPublicKey,
  parseOpenSshPublicKey,
  sameSshKey,
  sshFingerprint,
  sshThumbprint,
} from "../../src/prepare/ssh-public-key.ts";
import { mpint, readStrings, sshString, uint32 } from "../../src/prepare/ssh-wire.ts";
import { makeKey } from "../nodes/sshd.ts";
import { has } from "../programs.ts";
import { newFolder, runIn } from "./folder.ts";

const rsa = (bits: number): string =>
  openSshPublicKey(generateKeyPairSync("rsa", { modulusLength: bits }).publicKey, "me@here") ?? "";
const ed25519 = openSshPublicKey(generateKeyPairSync("ed25519").publicKey, "") ?? "";
const rsa2048 = rsa(2048);
const line = (...parts: (string | Uint8Array)[]): string =>
  `${String(parts[0])} ${Buffer.concat(parts.map(sshString)).toString("base64")}`;
/** As Azure stores the keys that it makes: 64 columns, CRLF. */
const wrapped = (key: string, end = "\r\n"): string => key.replaceAll(/[^ ]{64}/g, `$&${end}`) + end;
const bytes = (count: number): Buffer => Buffer.alloc(count, 0x41);

test.each([
  [rsa2048, "ssh-rsa", 2048, "me@here"],
  [`\n# a comment\n${rsa2048}\r\n`, "ssh-rsa", 2048, "me@here"],
  [rsa(3072), "ssh-rsa", 3072, "me@here"],
  [wrapped(rsa2048), "ssh-rsa", 2048, "me@here"],
  [wrapped(rsa2048, "\n"), "ssh-rsa", 2048, "me@here"],
  [wrapped(rsa2048, "\r"), "ssh-rsa", 2048, "me@here"],
  [rsa2048.replaceAll(" ", "\n"), "ssh-rsa", 2048, "me@here"],
  [wrapped(rsa2048.replace(" me@here", "\r\ngenerated-by-azure")), "ssh-rsa", 2048, "generated-by-azure"],
  [`${rsa2048}\n${rsa2048}\n`, "ssh-rsa", 2048, "me@here"],
  [`KEY="${rsa2048}"\n`, "ssh-rsa", 2048, "me@here"],
  [`export SSH_KEY='${rsa2048}'`, "ssh-rsa", 2048, "me@here"],
  [`ssh_key: ${rsa2048}`, "ssh-rsa", 2048, "me@here"],
  [`  - "${rsa2048}",`, "ssh-rsa", 2048, "me@here"],
  [rsa2048.replaceAll(" ", "\u00A0"), "ssh-rsa", 2048, "me@here"],
  [ed25519, "ssh-ed25519", 256, ""],
  [`${ed25519}  two  words `, "ssh-ed25519", 256, "two words"],
])("read: %.30s... is %s of %i bits", (text, type, bits, comment) => {
  expect(parseOpenSshPublicKey(text)).toMatchObject({ type, bits, comment });
});

test.each([
  ["a short RSA key", rsa(1024), "an RSA key of 1024 bits; Azure takes 2048 or more"],
  ["ECDSA", "ecdsa-sha2-nistp256 AAAA x", "a key of type ecdsa-sha2-nistp256, which Azure does not take"],
  ["a security key", "sk-ssh-ed25519@openssh.com AAAA", "which Azure does not take"],
  ["DSA", "ssh-dss AAAA", "DSA key"],
  ["nothing", "", "holds 0"],
  ["a key that is commented out", `# mine\n#${ed25519}\n`, "no key but one that is commented out"],
  ["a key behind another sign", `<key>${ed25519}`, "something in front of its key"],
  ["two keys", `${ed25519}\n${rsa2048}`, "it holds 2: ssh-ed25519, ssh-rsa me@here"],
  ["two keys, one wrapped", `${wrapped(rsa2048)}\n${ed25519}`, "it holds 2"],
  ["a way to sign as the type", rsa2048.replace("ssh-rsa", "rsa-sha2-512"), "names a way to sign"],
  [
    "options",
    `from="10.0.0.0/8",no-pty ${rsa2048}`,
    'options of an authorized_keys file in front of its key \\(from="10.0.0.0/8",no-pty\\)',
  ],
  ["an authority of certificates", `cert-authority ${ed25519}`, "options of an authorized_keys file"],
  ["a known host", `example.com,192.0.2.1 ${ed25519}`, "the key of a host"],
  ["a hashed known host", `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${ed25519}`, "the key of a host"],
  ["no blank", rsa2048.replace(" ", ""), "no blank between the type of its key \\(ssh-rsa\\) and the key itself"],
  ["a blank that nobody sees", ed25519.replace(" ", "\u200B"), "no blank between the type of its key"],
  ["prose", "hello world", "is no OpenSSH public key"],
  ["no base64", "ssh-rsa ???", "second word is no base64"],
  ["a cut line", rsa2048.slice(0, 100), "is damaged"],
  ["another type inside", line("ssh-ed25519", bytes(32)).replace("ssh-ed25519", "ssh-rsa"), "is damaged"],
  ["an Ed25519 key of 31 bytes", line("ssh-ed25519", bytes(31)), "is damaged"],
  ["an Ed25519 key and more", line("ssh-ed25519", bytes(32), "x"), "is damaged"],
  ["a negative modulus", line("ssh-rsa", Buffer.of(3), Buffer.alloc(256, 0xff)), "is damaged"],
])("refused: %s", (_, text, message) => {
  expect(() => parseOpenSshPublicKey(text, "id.pub")).toThrow(
    expect.objectContaining({ code: "SshKeyRefused", message: expect.stringMatching(message), advice: expect.any(String) }),
  );
});

test.each([
  [[], "00000000"],
  [[0, 0], "00000000"],
  [[0x7f], "000000017f"],
  [[0x80], "000000020080"],
  [[0, 0, 0x80, 1], "00000003008001"],
])("mpint of %j is %s", (value, hex) => {
  expect(mpint(Buffer.from(value)).toString("hex")).toBe(hex);
});

test.each([
  [Buffer.alloc(0), []],
  [sshString("ab"), ["ab"]],
  [Buffer.concat([sshString("a"), sshString("")]), ["a", ""]],
  [uint32(1), undefined],
  [Buffer.of(0, 0), undefined],
])("the strings of %j", (value, strings) => {
  expect(readStrings(value)?.map(String)).toEqual(strings);
});

test("equal keys are equal whatever their comments", () => {
  expect(sameSshKey(rsa2048, rsa2048.replace("me@here", "you"))).toBe(true);
  expect(sameSshKey(rsa2048, ed25519)).toBe(false);
});

test("of a comment a line has what is plain, and not without end: it is kept in tags", () => {
  const { blob } = parseOpenSshPublicKey(ed25519);
  expect(openSshLine(blob, "j\u00FCrgen@l\u00E4ptop \u{1F511}\u0007")).toBe(`${ed25519} j-rgen@l-ptop --`);
  expect(openSshLine(blob, "x".repeat(1000))).toBe(`${ed25519} ${"x".repeat(256)}`);
});

test("a key that Azure does not take has no OpenSSH line", () => {
  expect(openSshPublicKey(generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey, "")).toBeUndefined();
});

test.skipIf(!has("ssh-keygen")).each([
  ["rsa", "PEM"],
  ["rsa", "PKCS8"],
  ["rsa", undefined],
  ["ed25519", "PEM"],
] as const)(
  "ssh-keygen's %s key in form %s: same line, same hashes, and the private file names its public half",
  (type, form) => {
    const folder = newFolder();
    const run = runIn(folder);
    const made = makeKey(type, form);
    const publicLine = `${made.publicKey} a comment`;
    writeFileSync(join(folder, "key.pub"), `${publicLine}\n`);
    expect(run("ssh-keygen", "-l", "-E", "sha256", "-f", "key.pub").split(" ")[1]).toBe(sshFingerprint(publicLine));
    const sha1 = run("ssh-keygen", "-l", "-E", "sha1", "-f", "key.pub").split(" ")[1]?.replace("SHA1:", "") ?? "";
    expect(Buffer.from(sha1, "base64").toString("hex").toUpperCase()).toBe(sshThumbprint(publicLine));
    expect(inspectPrivateKey(made.privateKey)).toEqual({ kind: "key", publicKey: made.publicKey });
  },
);

test.skipIf(!has("ssh-keygen")).each([
  ["OpenSSH form: the public half is in the clear", "ed25519", "RFC4716", "key"],
  ["PEM", "rsa", "PEM", "encrypted"],
  ["PKCS#8", "rsa", "PKCS8", "encrypted"],
] as const)("a key under a passphrase, %s", (_, type, form, kind) => {
  const folder = newFolder();
  writeFileSync(join(folder, "key"), makeKey(type).privateKey, { mode: 0o600 });
  runIn(folder)("ssh-keygen", "-q", "-p", "-P", "", "-N", "passphrase", "-m", form, "-f", "key");
  expect(inspectPrivateKey(readFileSync(join(folder, "key"), "utf8")).kind).toBe(kind);
});

test.skipIf(!has("ssh-keygen"))("an ECDSA key is a private key, but not one for Azure", () => {
  const folder = newFolder();
  runIn(folder)("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "key");
  expect(inspectPrivateKey(readFileSync(join(folder, "key"), "utf8"))).toEqual({ kind: "key", publicKey: undefined });
});

test.each([
  "",
  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
  "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
  "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from("openssh-key-v1\0\0\0\0\x04none").toString("base64")}\n-----END OPENSSH PRIVATE KEY-----`,
])("no usable private key: %j", (text) => {
  expect(inspectPrivateKey(text)).toEqual({ kind: "none" });
});
