/** A private key in the form that ssh2 reads, and the words for one that it cannot read; never with the key in them. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { pemTexts } from "../../src/core/pem.ts";
import { credentialOf, usableIdentity } from "../../src/nodes/identity.ts";
import { forSsh } from "../../src/nodes/private-key.ts";
import { hostKeyOf } from "../../src/prepare/host-keys.ts";
import { inspectPrivateKey } from "../../src/prepare/private-key-file.ts";
import { jumpingClock } from "./etcd-script.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ed = generateKeyPairSync("ed25519").privateKey;
/** In lines of 64, where ssh-keygen writes 70. */
const openSshKey = pemTexts(hostKeyOf(ed, "").privateKey)
  .map(({ pem }) => pem)
  .join("");
const secret = { cipher: "aes-256-cbc", passphrase: "x" } as const;
const openSsh = (cipher: string): string => {
  const name = Buffer.from(cipher);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), Buffer.from([0, 0, 0, name.length]), name, Buffer.alloc(20)]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
};

test.each([
  ["the old form of RSA", rsa.export({ type: "pkcs1", format: "pem" }).toString()],
  ["the old form of EC", ec.export({ type: "sec1", format: "pem" }).toString()],
  ["OpenSSH's own", openSshKey],
])("%s stays as it is", async (_, text) => {
  expect(await forSsh(text)).toBe(text);
});

/** What people make of a key file: ssh itself takes some of it, ssh2 none. */
const WRAPPINGS: readonly (readonly [what: string, wrap: (pem: string) => string])[] = [
  ["with its certificate after it", (pem) => `${pem}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n`],
  ["with a certificate before it", (pem) => `-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n${pem}`],
  ["with openssl's words before it", (pem) => `Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n${pem}`],
  ["with its public half after it", (pem) => `${pem}ssh-rsa AAAA me@here\n`],
  ["with blanks at line ends", (pem) => pem.replaceAll("\n", " \t\n")],
  ["with the line ends of Windows", (pem) => pem.replaceAll("\n", "\r\n")],
  ["with an empty line first", (pem) => `\n${pem}`],
  ["with a byte order mark", (pem) => `\uFEFF${pem}`],
  ["without its last line end", (pem) => pem.trim()],
  ["indented", (pem) => pem.replaceAll(/^/gm, "    ")],
  ["in one line", (pem) => pem.replaceAll("\n", " ")],
  ["in one line without a blank", (pem) => pem.replaceAll("\n", "")],
  ["with \\n written out, in quotes", (pem) => JSON.stringify(pem)],
  ["in base64", (pem) => btoa(pem)],
  ["in base64, in lines", (pem) => btoa(pem).replaceAll(/.{76}/g, "$&\r\n")],
];

test.each(WRAPPINGS)("a key %s is read as the block alone", async (_, wrap) => {
  for (const pem of [rsa.export({ type: "pkcs1", format: "pem" }).toString(), openSshKey]) {
    const read = await forSsh(wrap(pem));
    expect(read).toBe(pem);
    expect(ssh2.utils.parseKey(read)).not.toBeInstanceOf(Error);
    expect(inspectPrivateKey(wrap(pem))).toEqual(inspectPrivateKey(pem));
  }
  const pkcs8 = rsa.export({ type: "pkcs8", format: "pem" }).toString();
  expect(await forSsh(wrap(pkcs8))).toBe(rsa.export({ type: "pkcs1", format: "pem" }).toString());
});

test.each([
  ["RSA", rsa, "BEGIN RSA PRIVATE KEY"],
  ["EC", ec, "BEGIN EC PRIVATE KEY"],
])("OpenSSL's own form of %s is turned into the old one", async (_, key, label) => {
  const text = await forSsh(key.export({ type: "pkcs8", format: "pem" }).toString());
  expect(text).toContain(label);
  expect(createPrivateKey(text).equals(key)).toBe(true);
});

test.each([
  ["SshKeyEncrypted", "OpenSSL's form", rsa.export({ type: "pkcs8", format: "pem", ...secret }).toString()],
  ["SshKeyEncrypted", "the old form", rsa.export({ type: "pkcs1", format: "pem", ...secret }).toString()],
  ["SshKeyEncrypted", "OpenSSH's", openSsh("aes256-ctr")],
  ["SshKeyUnreadable", "Ed25519 in OpenSSL's form", ed.export({ type: "pkcs8", format: "pem" }).toString()],
  ["SshKeyUnreadable", "a damaged one", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
  ["SshKeyUnreadable", "one that is cut off", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"],
  ["SshKeyUnreadable", "an OpenSSH key with nothing in it", openSsh("none")],
  ["SshKeyUnreadable", "a damaged one of RSA", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"],
  ["SshKeyUnreadable", "a public key", "ssh-ed25519 AAAA"],
  ["SshKeyUnreadable", "a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
])("%s: %s; nobody's fault but the user's, and who has no agent cannot log in with it", async (code, _, text) => {
  await expect(forSsh(text)).rejects.toMatchObject({ code, source: "user" });
  const identity = { publicKey: "ssh-rsa AAAA", privateKey: text };
  await expect(credentialOf(identity)).rejects.toMatchObject({ code });
  const usable = await usableIdentity(identity, { clock: jumpingClock() });
  expect(usable).toMatchObject({ identity: { publicKey: "ssh-rsa AAAA" }, lacking: { code } });
  expect(usable.identity).not.toHaveProperty("privateKey");
  const agent = { ...identity, agent: "/nowhere/agent" };
  expect(await credentialOf(agent)).toEqual({ agent: "/nowhere/agent", publicKey: "ssh-rsa AAAA" });
  expect((await usableIdentity(agent, { clock: jumpingClock() })).lacking).toMatchObject({ code });
});

test("a key that can be used is used, and no agent beside it; without either it is said what is missing", async () => {
  const privateKey = rsa.export({ type: "pkcs1", format: "pem" }).toString();
  const options = { clock: jumpingClock() };
  expect(await usableIdentity({ publicKey: "p", privateKey, agent: "/nowhere" }, options)).toEqual({
    identity: { publicKey: "p", privateKey },
  });
  expect(await credentialOf({ publicKey: "p", privateKey, agent: "/nowhere" })).toEqual({ privateKey });
  for (const agent of [undefined, "", "/nowhere/agent"]) {
    const offered = { publicKey: "p", ...(agent === undefined ? {} : { agent }) };
    expect(await usableIdentity(offered, options)).toMatchObject({
      identity: { publicKey: "p" },
      lacking: { code: "PrivateKeyMissing", exit: 1 },
    });
    if (agent !== "/nowhere/agent") await expect(credentialOf(offered)).rejects.toMatchObject({ code: "PrivateKeyMissing" });
  }
  const stopped = AbortSignal.abort(new Error("interrupted"));
  await expect(usableIdentity({ publicKey: "p", agent: "/nowhere/agent" }, { ...options, signal: stopped })).rejects.toThrow(
    "interrupted",
  );
});
