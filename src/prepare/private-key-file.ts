/**
 * What can be learnt from a private key file without using it: which public key belongs to it. PEM (PKCS#1, PKCS#8, SEC1)
 * and OpenSSH's own format. The private part never leaves this module, not even in an error.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { privateKeyIn } from "../core/pem.ts";
import { openSshLine, openSshPublicKey } from "./ssh-public-key.ts";
import { readStrings } from "./ssh-wire.ts";

export type PrivateKeyFile =
  /** `publicKey` is an OpenSSH line without comment; undefined for kinds that Azure does not take (ECDSA, DSA). */
  | {
      readonly kind: "key";
      readonly publicKey: string | undefined;
      /** A passphrase protects it; its public half is in the clear. */
      readonly locked?: true;
    }
  /** A PEM key under a passphrase says nothing of its public part. */
  | { readonly kind: "encrypted" }
  | { readonly kind: "none" };

/** Never throws: a file that holds no private key, or a damaged one, is "none". */
export function inspectPrivateKey(text: string): PrivateKeyFile {
  const digest = createHash("sha256").update(text).digest("base64");
  const known = SEEN.get(digest) ?? inspect(text);
  if (SEEN.size < MOST_SEEN) SEEN.set(digest, known);
  return known;
}

/** What was learnt, by the digest of the file: a command meets the same key a few times, and to try one takes a signature. */
const SEEN = new Map<string, PrivateKeyFile>();
const MOST_SEEN = 100;

function inspect(text: string): PrivateKeyFile {
  const block = privateKeyIn(text);
  if (block === undefined) return { kind: "none" };
  const { label, pem, base64, encrypted } = block;
  if (label === "OPENSSH PRIVATE KEY") return inspectOpenSsh(Buffer.from(base64, "base64"));
  if (label === "ENCRYPTED PRIVATE KEY" || encrypted) return { kind: "encrypted" };
  try {
    const key = createPrivateKey(pem);
    return works(key) ? { kind: "key", publicKey: openSshPublicKey(createPublicKey(key), "") } : { kind: "none" };
  } catch {
    return { kind: "none" };
  }
}

/** Whether the private key in the file is that of the public one: known, not believed. */
export const isHalfOf = (file: PrivateKeyFile, publicKey: string): boolean =>
  file.kind === "key" && file.publicKey !== undefined && wordsOf(file.publicKey)[1] === wordsOf(publicKey)[1];

const wordsOf = (line: string): string[] => line.trim().split(/\s+/);

/** A damaged RSA key still parses: only a signature shows that its private half fits the public one. */
function works(key: KeyObject): boolean {
  const digest = key.asymmetricKeyType?.startsWith("ed") ? null : "sha256";
  const text = Buffer.from("try");
  return verify(digest, text, createPublicKey(key), sign(digest, text, key));
}

/** PROTOCOL.key: after the magic word three strings (cipher, KDF, its options), a count, and the public blob in the clear. */
function inspectOpenSsh(bytes: Buffer): PrivateKeyFile {
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) return { kind: "none" };
  let at = magic.length;
  const string = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    return at > bytes.length ? undefined : bytes.subarray(start, at);
  };
  const [cipher, ...kdf] = [string(), string(), string()];
  if (cipher === undefined || kdf.includes(undefined)) return { kind: "none" };
  at += 4;
  const blob = string();
  const type = blob && readStrings(blob)?.[0]?.toString("latin1");
  if (blob === undefined || type === undefined) return { kind: "none" };
  const publicKey = /^ssh-(rsa|ed25519)$/.test(type) ? openSshLine(blob, "") : undefined;
  return { kind: "key", publicKey, ...(cipher.toString("latin1") === "none" ? {} : { locked: true }) };
}
