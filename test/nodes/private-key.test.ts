/** A private key in the form that ssh2 reads, and the words for one that it cannot read; never with the key in them. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { credentialOf, usableIdentity } from "../../src/nodes/identity.ts";
import { forSsh } from "../../src/nodes/private-key.ts";
import { jumpingClock } from "./etcd-script.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ed = generateKeyPairSync("ed25519").privateKey;
const secret = { cipher: "aes-256-cbc", passphrase: "x" } as const;
const openSsh = (cipher: string): string => {
  const name = Buffer.from(cipher);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), Buffer.from([0, 0, 0, name.length]), name, Buffer.alloc(20)]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
};

test.each([
  ["the old form of RSA", rsa.export({ type: "pkcs1", format: "pem" }).toString()],
  ["the old form of EC", ec.export({ type: "sec1", format: "pem" }).toString()],
  ["OpenSSH's own", openSsh("none")],
])("%s stays as it is", (_, text) => {
  expect(forSsh(text)).toBe(text);
});

test.each([
  ["RSA", rsa, "BEGIN RSA PRIVATE KEY"],
  ["EC", ec, "BEGIN EC PRIVATE KEY"],
])("OpenSSL's own form of %s is turned into the old one", (_, key, label) => {
  const text = forSsh(key.export({ type: "pkcs8", format: "pem" }).toString());
  expect(text).toContain(label);
  expect(createPrivateKey(text).equals(key)).toBe(true);
});

test.each([
  ["SshKeyEncrypted", "OpenSSL's form", rsa.export({ type: "pkcs8", format: "pem", ...secret }).toString()],
  ["SshKeyEncrypted", "the old form", rsa.export({ type: "pkcs1", format: "pem", ...secret }).toString()],
  ["SshKeyEncrypted", "OpenSSH's", openSsh("aes256-ctr")],
  ["SshKeyUnreadable", "Ed25519 in OpenSSL's form", ed.export({ type: "pkcs8", format: "pem" }).toString()],
  ["SshKeyUnreadable", "a damaged one", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
  ["SshKeyUnreadable", "a public key", "ssh-ed25519 AAAA"],
  ["SshKeyUnreadable", "a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
])("%s: %s; nobody's fault but the user's, and who has no agent cannot log in with it", async (code, _, text) => {
  expect(() => forSsh(text)).toThrow(expect.objectContaining({ code, source: "user" }));
  const identity = { publicKey: "ssh-rsa AAAA", privateKey: text };
  expect(() => credentialOf(identity)).toThrow(expect.objectContaining({ code }));
  const usable = await usableIdentity(identity, { clock: jumpingClock() });
  expect(usable).toMatchObject({ identity: { publicKey: "ssh-rsa AAAA" }, lacking: { code } });
  expect(usable.identity).not.toHaveProperty("privateKey");
  const agent = { ...identity, agent: "/nowhere/agent" };
  expect(credentialOf(agent)).toEqual({ agent: "/nowhere/agent", publicKey: "ssh-rsa AAAA" });
  expect((await usableIdentity(agent, { clock: jumpingClock() })).lacking).toMatchObject({ code });
});

test("an OpenSSH key that is cut off is left to ssh2", () => {
  const text = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  expect(forSsh(text)).toBe(text);
});

test("a key that can be used is used, and no agent beside it; without either it is said what is missing", async () => {
  const privateKey = rsa.export({ type: "pkcs1", format: "pem" }).toString();
  const options = { clock: jumpingClock() };
  expect(await usableIdentity({ publicKey: "p", privateKey, agent: "/nowhere" }, options)).toEqual({
    identity: { publicKey: "p", privateKey },
  });
  expect(credentialOf({ publicKey: "p", privateKey, agent: "/nowhere" })).toEqual({ privateKey });
  for (const agent of [undefined, "", "/nowhere/agent"]) {
    const offered = { publicKey: "p", ...(agent === undefined ? {} : { agent }) };
    expect(await usableIdentity(offered, options)).toMatchObject({
      identity: { publicKey: "p" },
      lacking: { code: "PrivateKeyMissing", exit: 1 },
    });
    if (agent !== "/nowhere/agent")
      expect(() => credentialOf(offered)).toThrow(expect.objectContaining({ code: "PrivateKeyMissing" }));
  }
  const stopped = AbortSignal.abort(new Error("interrupted"));
  await expect(usableIdentity({ publicKey: "p", agent: "/nowhere/agent" }, { ...options, signal: stopped })).rejects.toThrow(
    "interrupted",
  );
});
