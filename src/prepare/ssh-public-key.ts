/**
 * OpenSSH public keys: reading a line and judging whether Azure takes it, writing one from a key of node:crypto, and the two
 * ways of naming a key by a hash. Pure; opens no file.
 */
import { createHash, type KeyObject } from "node:crypto";
import { ClusterError } from "../core/errors.ts";
import { mpint, readStrings, sshString } from "./ssh-wire.ts";

export interface OpenSshPublicKey {
  readonly type: "ssh-rsa" | "ssh-ed25519";
  readonly bits: number;
  /** The key in SSH's wire format (RFC 4253 section 6.6): equal blobs are equal keys. */
  readonly blob: Buffer;
  readonly comment: string;
}

const MAKE_ONE = "Make one that Azure takes: ssh-keygen -t ed25519 (or -t rsa -b 3072), and give its .pub file.";

/**
 * One line of an OpenSSH `.pub` file. Azure takes ssh-rsa from 2048 bits on and ssh-ed25519; others are refused here, with
 * advice. `source` names the file in errors. Throws ClusterError `SshKeyRefused`.
 */
export function parseOpenSshPublicKey(line: string, source = "The SSH public key"): OpenSshPublicKey {
  const lines = line.split(/\r?\n/).filter((text) => text.trim() !== "" && !text.startsWith("#"));
  const [type = "", encoded = "", ...comment] = (lines[0] ?? "").trim().split(/[ \t]+/);
  if (lines.length !== 1)
    throw refused(`${source} must hold one key; it holds ${lines.length}.`, "Give a file with the one key to log in with.");
  if (type !== "ssh-rsa" && type !== "ssh-ed25519") throw refusedType(type, source);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw refused(`${source} is damaged: its second word is no base64.`, MAKE_ONE);
  const blob = Buffer.from(encoded, "base64");
  const bits = bitsOf(type, readStrings(blob));
  if (bits === undefined)
    throw refused(`${source} is damaged: what it holds is no ${type} key.`, "Copy the whole line again from the .pub file.");
  if (type === "ssh-rsa" && bits < 2048)
    throw refused(`${source} is an RSA key of ${bits} bits; Azure takes 2048 or more.`, MAKE_ONE);
  return { type, bits, blob, comment: comment.join(" ") };
}

/** The OpenSSH line of an RSA or Ed25519 key; undefined for other kinds, which Azure does not take. */
export function openSshPublicKey(key: KeyObject, comment: string): string | undefined {
  const jwk = key.export({ format: "jwk" });
  const bytes = (value: unknown): Buffer => Buffer.from(String(value), "base64url");
  if (key.asymmetricKeyType === "rsa")
    return openSshLine(Buffer.concat([sshString("ssh-rsa"), mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]), comment);
  if (key.asymmetricKeyType === "ed25519")
    return openSshLine(Buffer.concat([sshString("ssh-ed25519"), sshString(bytes(jwk.x))]), comment);
  return undefined;
}

/** The same for a key that must be one that Azure takes. Throws ClusterError `SshKeyRefused` that names `source`. */
export function usableSshPublicKey(key: KeyObject, comment: string, source: string): string {
  const line = openSshPublicKey(key, comment);
  if (line === undefined) throw refusedType(key.asymmetricKeyType ?? "", source);
  parseOpenSshPublicKey(line, source);
  return line;
}

/** A line from a blob, whose first string is its type. */
export function openSshLine(blob: Buffer, comment: string): string {
  const type = readStrings(blob)?.[0]?.toString("latin1") ?? "";
  return `${type} ${blob.toString("base64")}${comment === "" ? "" : ` ${comment}`}`;
}

/**
 * What `--ssh-thumb` means for a key without a certificate, such as one stored in Azure as Microsoft.Compute/sshPublicKeys:
 * SHA-1 of the key's wire-format bytes, upper-case hex. A decision of this tool, as Azure names such keys by resource name
 * alone; `ssh-keygen -l -E sha1 -f FILE` shows the same hash in base64.
 */
export const sshThumbprint = (publicKey: string): string =>
  createHash("sha1").update(parseOpenSshPublicKey(publicKey).blob).digest("hex").toUpperCase();

/** `SHA256:...`, as ssh, ssh-keygen -l and Azure's portal show a key. */
export const sshFingerprint = (publicKey: string): string =>
  `SHA256:${createHash("sha256").update(parseOpenSshPublicKey(publicKey).blob).digest("base64").replace(/=+$/, "")}`;

/** True when two lines hold the same key, whatever their comments say. */
export const sameSshKey = (a: string, b: string): boolean => parseOpenSshPublicKey(a).blob.equals(parseOpenSshPublicKey(b).blob);

function bitsOf(type: OpenSshPublicKey["type"], parts: Buffer[] | undefined): number | undefined {
  const [name, first, second] = parts ?? [];
  if (name?.toString("latin1") !== type || first === undefined) return undefined;
  if (type === "ssh-ed25519") return parts?.length === 2 && first.length === 32 ? 256 : undefined;
  if (parts?.length !== 3 || second === undefined || second.length === 0 || (second[0] ?? 0) >= 0x80) return undefined;
  return BigInt(`0x${second.toString("hex")}`).toString(2).length;
}

function refusedType(type: string, source: string): ClusterError {
  if (type === "----")
    return refused(`${source} is in the SSH2 format of RFC 4716.`, "Convert it: ssh-keygen -i -f FILE > FILE.pub");
  if (/^(ssh-dss|dsa)$/.test(type))
    return refused(`${source} is a DSA key, which neither Azure nor today's ssh takes.`, MAKE_ONE);
  if (/^(ecdsa-.*|sk-.*|ec|ed448|rsa-pss|x25519)$/.test(type))
    return refused(`${source} is a key of type ${type}, which Azure does not take.`, MAKE_ONE);
  return refused(`${source} is no OpenSSH public key (ssh-rsa or ssh-ed25519).`, MAKE_ONE);
}

const refused = (message: string, advice: string): ClusterError => new ClusterError("SshKeyRefused", message, { advice });
