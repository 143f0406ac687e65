import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { selfSigned, toDer } from "../../src/prepare/certificate.ts";
import { openSshPublicKey } from "../../src/prepare/ssh-public-key.ts";
import { findOwnKey } from "../../src/prepare/ssh-own-key.ts";
import { DEFAULT_SUBJECT } from "../../src/prepare/subject.ts";
import { filesIn, newFolder } from "./folder.ts";

const now = Date.UTC(2026, 10, 22);
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ed = generateKeyPairSync("ed25519").publicKey;
const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const signed = (key: KeyObject): Promise<string> =>
  selfSigned({ key: pem(key), subject: DEFAULT_SUBJECT.attributes, days: 1, now });

function folderOf(files: Record<string, string | Buffer>): string {
  const dir = newFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
  return dir;
}
const find = (dir: string) => findOwnKey({ dir, now, subject: () => Promise.resolve(DEFAULT_SUBJECT) });

test.each<[string, string | Buffer, string, string]>([
  [
    "a .ppk",
    "PuTTY-User-Key-File-3: ssh-rsa\n",
    "is a PuTTY private key (.ppk)",
    "puttygen DIR/ssh-cert.key -O private-openssh -o DIR/ssh-cert-2.key",
  ],
  [
    "DER",
    rsa.export({ type: "pkcs8", format: "der" }),
    "is a private key in DER",
    "-inform DER -in DIR/ssh-cert.key -out DIR/ssh-cert-2.key",
  ],
  ["an elliptic key", pem(ec), "neither RSA nor Ed25519", "Move the file away"],
  ["bytes like DER", Buffer.of(0x30, 0x82, 1, 2), "holds no private key", "An RSA (2048 bits or more) or Ed25519 key is wanted"],
  ["prose", "hello", "holds no private key", "An RSA (2048 bits or more) or Ed25519 key is wanted"],
])("an ssh-cert.key that is %s is called that", async (_, content, message, advice) => {
  const dir = folderOf({ "ssh-cert.key": content });
  await expect(find(dir)).rejects.toMatchObject({
    code: "SshKeyUnreadable",
    message: expect.stringContaining(message),
    advice: expect.stringContaining(advice.replaceAll("DIR", dir)),
  });
});

test.each<[string, () => Promise<Record<string, string | Buffer>>, string, string]>([
  [
    "a certificate for an elliptic key",
    async () => ({ "ssh-cert.pem": await signed(ec) }),
    "ssh-cert.pem is a key of type ec",
    "Move it away",
  ],
  ["such a .cer", async () => ({ "ssh-cert.cer": toDer(await signed(ec)) }), "ssh-cert.cer is a key of type ec", "Move it away"],
  [
    "the .cer of another key",
    async () => ({ "ssh-cert.cer": toDer(await signed(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)) }),
    "ssh-cert.key and DIR/ssh-cert.cer do not belong together",
    "Move the one away",
  ],
  [
    "the .pub of another key",
    async () => ({ "ssh-cert.pub": `${openSshPublicKey(ed, "x") ?? ""}\n` }),
    "ssh-cert.key and DIR/ssh-cert.pub do not belong together",
    "Move the one away",
  ],
  [
    "a .pub with two keys",
    async () => ({
      "ssh-cert.pub": `${openSshPublicKey(ed, "x") ?? ""}\n${openSshPublicKey(generateKeyPairSync("ed25519").publicKey, "y") ?? ""}\n`,
    }),
    "must hold one key",
    "sed -n 1p DIR/ssh-cert.pub > DIR/ssh-cert-2.pub",
  ],
  [
    "two certificates",
    async () => ({ "ssh-cert.pem": await signed(rsa), "ssh-cert.cer": toDer(await signed(rsa)) }),
    "ssh-cert.cer and DIR/ssh-cert.pem do not belong together",
    "Move the one away",
  ],
])("an RSA key beside %s: the file that is wrong is named, and none is made of it", async (_, beside, message, advice) => {
  const dir = folderOf({ "ssh-cert.key": pem(rsa), ...(await beside()) });
  const before = filesIn(dir).map((name) => [name, readFileSync(join(dir, name), "latin1")]);
  await expect(find(dir)).rejects.toMatchObject({
    message: expect.stringContaining(message.replaceAll("DIR", dir)),
    advice: expect.stringContaining(advice.replaceAll("DIR", dir)),
  });
  expect(filesIn(dir).map((name) => [name, readFileSync(join(dir, name), "latin1")])).toEqual(before);
});

test("a .pub with a comment line or a wrapped key gives one plain line all the same: it goes into tags", async () => {
  const line = openSshPublicKey(rsa, "j\u00FCrgen") ?? "";
  const dir = folderOf({ "ssh-cert.key": pem(rsa), "ssh-cert.pub": `# mine\n${line.replaceAll(/[^ ]{64}/g, "$&\r\n")}\n` });
  expect((await find(dir))?.publicKey).toBe(openSshPublicKey(rsa, "j-rgen"));
});
