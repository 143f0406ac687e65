/**
 * OpenSSH public keys: reading a line and judging whether Azure takes it, writing one from a key of node:crypto, and the two
 * ways of naming a key by a hash. Pure; opens no file.
 */
import { createHash, type KeyObject } from "node:crypto";
import { ClusterError } from "../core/errors.ts";
import { keyPartsOf } from "../core/ssh-blob.ts";
import { mpint, readStrings, sshString } from "./ssh-wire.ts";

export interface OpenSshPublicKey {
  readonly type: "ssh-rsa" | "ssh-ed25519";
  readonly bits: number;
  /** The key in SSH's wire format (RFC 4253 section 6.6): equal blobs are equal keys. */
  readonly blob: Buffer;
  readonly comment: string;
}

export const MAKE_ONE = "Make one that Azure takes: ssh-keygen -t ed25519 (or -t rsa -b 3072), and give its .pub file.";

/**
 * The one key of an OpenSSH `.pub` file, or of a key as Azure stores it (those that it made are wrapped). Azure takes ssh-rsa from 2048
 * bits on and ssh-ed25519; others are refused here, with advice. `source` names the file in errors. Throws ClusterError `SshKeyRefused`.
 */
export function parseOpenSshPublicKey(text: string, source = "The SSH public key"): OpenSshPublicKey {
  const lines = linesOf(text);
  for (const { type, line } of lines) if (!isType(type)) throw refusedLine(line, source);
  const keys = [...new Map(lines.map((line) => [line.encoded, line])).values()];
  const [key] = keys;
  if (key === undefined && COMMENTED.test(text))
    throw refused(`${source} holds no key but one that is commented out.`, `If it is the one that is meant: ${ALONE}`);
  if (key === undefined) throw refused(`${source} must hold one key; it holds 0.`, MAKE_ONE);
  if (keys.length > 1)
    throw refused(
      `${source} must hold one key; it holds ${keys.length}: ${keys.map(({ type, comment }) => `${type} ${comment}`.trim()).join(", ")}.`,
      "A cluster has one SSH key. Of a file with several take the line of the one to log in with: sed -n 1p FILE > STEM.pub",
    );
  const { type, encoded, comment } = key;
  if (type !== "ssh-rsa" && type !== "ssh-ed25519") throw refusedType(type, source);
  if (!BASE64.test(encoded)) throw refused(`${source} is damaged: its second word is no base64.`, MAKE_ONE);
  const blob = Buffer.from(encoded, "base64");
  const bits = bitsOf(type, blob);
  if (bits === undefined)
    throw refused(`${source} is damaged: what it holds is no ${type} key.`, "Copy the whole line again from the .pub file.");
  if (type === "ssh-rsa" && bits < 2048)
    throw refused(`${source} is an RSA key of ${bits} bits; Azure takes 2048 or more.`, MAKE_ONE);
  return { type, bits, blob, comment };
}

/** The OpenSSH line of an RSA or Ed25519 key; undefined for other kinds, which Azure does not take. */
export function openSshPublicKey(key: KeyObject, comment: string): string | undefined {
  // others, such as RSA-PSS, have no such form, or throw
  if (key.asymmetricKeyType !== "rsa" && key.asymmetricKeyType !== "ed25519") return undefined;
  const jwk = key.export({ format: "jwk" });
  const bytes = (value: unknown): Buffer => Buffer.from(String(value), "base64url");
  if (key.asymmetricKeyType === "rsa")
    return openSshLine(Buffer.concat([sshString("ssh-rsa"), mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]), comment);
  return openSshLine(Buffer.concat([sshString("ssh-ed25519"), sshString(bytes(jwk.x))]), comment);
}

/** The same for a key that must be one that Azure takes. Throws ClusterError `SshKeyRefused` that names `source`. */
export function usableSshPublicKey(key: KeyObject, comment: string, source: string): string {
  const line = openSshPublicKey(key, comment);
  if (line === undefined) throw refusedType(key.asymmetricKeyType ?? "", source);
  parseOpenSshPublicKey(line, source);
  return line;
}

/** A line from a blob, whose first string is its type. It is kept in tags and written into files: of its comment what is plain. */
export function openSshLine(blob: Buffer, comment: string): string {
  const type = readStrings(blob)?.[0]?.toString("latin1") ?? "";
  const plain = comment.replaceAll(/[^\x20-\x7E]/gu, "-").slice(0, COMMENT_LIMIT);
  return `${type} ${blob.toString("base64")}${plain === "" ? "" : ` ${plain}`}`;
}

/**
 * What `--ssh-thumb` means for a key without a certificate, such as one stored in Azure as Microsoft.Compute/sshPublicKeys:
 * SHA-1 of the key's wire-format bytes, upper-case hex. A decision of this tool, as Azure names such keys by resource name
 * alone; `ssh-keygen -l -E sha1 -f FILE` shows the same hash in base64.
 */
export const sshThumbprint = (publicKey: string): string =>
  createHash("sha1").update(blobOf(publicKey)).digest("hex").toUpperCase();

/** `SHA256:...`, as ssh, ssh-keygen -l and Azure's portal show a key. */
export const sshFingerprint = (publicKey: string): string =>
  `SHA256:${createHash("sha256").update(blobOf(publicKey)).digest("base64").replace(/=+$/, "")}`;

/** True when two lines hold the same key, whatever their comments say. */
export const sameSshKey = (a: string, b: string): boolean => blobOf(a).equals(blobOf(b));

/** Of a line that was read before: a cluster's key may be of a type that another version of the tool knows, and is compared all the same. */
const blobOf = (line: string): Buffer => Buffer.from(line.split(" ")[1] ?? "", "base64");

function bitsOf(type: OpenSshPublicKey["type"], blob: Buffer): number | undefined {
  const [first, modulus] = keyPartsOf(type, blob) ?? [];
  if (first === undefined || type === "ssh-ed25519") return first && 256;
  return BigInt(`0x${modulus?.toString("hex")}`).toString(2).length;
}

interface KeyLine {
  readonly type: string;
  readonly encoded: string;
  readonly comment: string;
  readonly line: string;
}

const COMMENT_LIMIT = 256;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const TYPES = "ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-[\\w-]+|(?:webauthn-)?sk-[\\w@.-]+|rsa-sha2-(?:256|512)";
/** `export KEY=`, `ssh_key: `, `- `: before nothing but a key. */
const NAMED = new RegExp(`^(?:-\\s+|export\\s+)?(?:[A-Za-z_][\\w-]*\\s*[=:]\\s*)?(?=["']?(?:${TYPES})[ \\t]+AAAA)`);
const COMMENTED = new RegExp(`^\\s*#[#\\s]*(?:${TYPES})\\s+AAAA`, "m");
const ALONE = "grep -oE '(ssh-rsa|ssh-ed25519) AAAA.*' FILE > STEM.pub";
/** Nothing between them, or what nobody sees. */
const JOINED = /(?<![\w-])(ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)[\u200B\u2060\uFEFF]*AAAA/;
const isType = (word: string): boolean => new RegExp(`^(?:${TYPES})$`).test(word);

/** A key that is wrapped goes on until its wire format is whole; a word that then stands alone is of its comment. */
function linesOf(text: string): KeyLine[] {
  const found: KeyLine[] = [];
  for (const raw of text.split(/\r\n|\r|\n/)) {
    // with blanks that a word processor or a web page made, under a name and in quotes, as variables and configuration files have it
    const line = raw
      .replaceAll(/[\u00A0\u2007\u202F]/g, " ")
      .trim()
      .replace(NAMED, "")
      .replace(/^(["'])(.*)\1[,;]?$/, "$2")
      .trim();
    if (line === "" || line.startsWith("#")) continue;
    const [first = "", second = "", ...rest] = line.split(/[ \t]+/);
    const open = found.at(-1);
    const whole = open !== undefined && isWhole(open.encoded);
    if (open !== undefined && !whole && isType(open.type) && BASE64.test(first))
      found.splice(-1, 1, { ...open, encoded: open.encoded + first, comment: [second, ...rest].join(" ").trim() });
    else if (open !== undefined && whole && second === "" && !first.startsWith("AAAA"))
      found.splice(-1, 1, { ...open, comment: open.comment + first });
    else found.push({ type: first, encoded: second, comment: rest.join(" "), line });
  }
  return found;
}

/** Of an RSA key three strings make a whole, of any other at least two. */
function isWhole(encoded: string): boolean {
  const strings = readStrings(Buffer.from(encoded, "base64")) ?? [];
  return strings.length >= (strings[0]?.toString("latin1") === "ssh-rsa" ? 3 : 2);
}

/** What does not begin with the type of a key: options of an authorized_keys file, a host's line of a known_hosts file, prose. */
function refusedLine(line: string, source: string): ClusterError {
  const joined = JOINED.exec(line)?.[1];
  if (joined !== undefined)
    return refused(
      `${source} has no blank between the type of its key (${joined}) and the key itself.`,
      `Put one there: sed -E 's/(${joined})[^ A]*AAAA/\\1 AAAA/' FILE > STEM.pub`,
    );
  const key = new RegExp(`(?<![\\w-])(?:${TYPES})\\s+AAAA`).exec(line);
  if (key === null || key.index === 0) return refusedType(line.split(/\s/)[0] ?? "", source);
  const options =
    /^(cert-authority|command|environment|expiry-time|from|no-|permit|principals|restrict|tunnel|verify-required|touch-required|agent-|port-|pty|user-rc|x11-)/i;
  return options.test(line)
    ? refused(
        `${source} has options of an authorized_keys file in front of its key (${line.slice(0, key.index).trimEnd()}), which Azure does not put on a node.`,
        `If the key may log in without them, give it alone: ${ALONE}`,
      )
    : refused(
        `${source} has something in front of its key, as a known_hosts file has: that is the key of a host, and nobody logs in with it.`,
        `Give your own .pub file. If it is your key all the same: ${ALONE}`,
      );
}

function refusedType(type: string, source: string): ClusterError {
  if (type.startsWith("rsa-sha2-"))
    return refused(
      `${source} names a way to sign (${type}) where the type of the key stands.`,
      "The line of an RSA key begins with ssh-rsa.",
    );
  if (/^(ssh-dss|dsa)$/.test(type))
    return refused(`${source} is a DSA key, which neither Azure nor today's ssh takes.`, MAKE_ONE);
  if (/^(ecdsa-.*|.*sk-.*@.*|ec|(ssh-)?ed448|rsa-pss|x25519|dh|x448)$/.test(type))
    return refused(`${source} is a key of type ${type}, which Azure does not take.`, MAKE_ONE);
  return refused(`${source} is no OpenSSH public key (ssh-rsa or ssh-ed25519).`, MAKE_ONE);
}

const refused = (message: string, advice: string): ClusterError => new ClusterError("SshKeyRefused", message, { advice });
