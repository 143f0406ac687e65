/**
 * Host keys: the comparison that decides whether a machine is ours, and which algorithms to ask for so that it shows the
 * key that we know. It must never accept a key because none is known: that is the caller's choice, made aloud.
 */
import { createHash } from "node:crypto";
import type { ServerHostKeyAlgorithm } from "ssh2";

/**
 * "ssh-ed25519 AAAA..." from the raw key blob of RFC 4253 (its type is its first string); undefined for what has no type. The other side
 * has written it, and it will stand in files and on screens: a type is a word.
 */
export function keyLine(blob: Buffer): string | undefined {
  const type = blob.length < 4 ? "" : blob.toString("latin1", 4, 4 + blob.readUInt32BE(0));
  return /^[a-z0-9][a-z0-9@.-]{0,63}$/.test(type) ? `${type} ${blob.toString("base64")}` : undefined;
}

/** As `ssh-keygen -l` prints it: SHA256:... */
export const hostKeyFingerprint = (line: string): string =>
  `SHA256:${createHash("sha256")
    .update(Buffer.from(line.split(/\s+/)[1] ?? "", "base64"))
    .digest("base64")
    .replace(/=+$/, "")}`;

/** Same type and same bytes; comments do not count. */
export function sameKey(a: string, b: string): boolean {
  const [typeA, blobA] = a.trim().split(/\s+/);
  const [typeB, blobB] = b.trim().split(/\s+/);
  return typeA !== undefined && blobA !== undefined && typeA === typeB && blobA === blobB;
}

/** Ed25519 first, for this tool makes no other; RSA only with SHA-2 signatures (RFC 8332). */
const PREFERRED: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/**
 * The client's order decides which of its keys a server shows (RFC 4253, 7.1): the types that we know come first, or a
 * server with several keys would show one that we cannot compare.
 */
export function algorithmsFor(known: readonly string[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.map((line) => line.trim().split(/\s+/)[0] ?? ""));
  const isKnown = (algorithm: string): boolean => types.has(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
  return [...PREFERRED.filter(isKnown), ...PREFERRED.filter((algorithm) => !isKnown(algorithm))];
}
