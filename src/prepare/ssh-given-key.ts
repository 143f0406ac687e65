/**
 * The file of `--ssh-cert`: a certificate or a public key in any of its forms, or a private key, of which the public half is taken.
 * Told apart by what is in it, not by its name; and the private key that lies beside it. Reads only.
 */
import { defined } from "../core/defined.ts";
import type { KeyObject } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { ClusterError } from "../core/errors.ts";
import { unused } from "./beside.ts";
import { thumbprint } from "./certificate.ts";
import { looksLikeDer, readDer } from "./der-file.ts";
import { notesOn, opensslReading, throughFilters } from "./key-form.ts";
import { readKept, whyMissing } from "./kept-file.ts";
import { bareBase64, keyTextAt, pemBlocks, textOf } from "./key-text.ts";
import { inspectPrivateKey, isHalfOf } from "./private-key-file.ts";
import { derKind, type ForeignKind, foreignKind, parsePublicKeyFile } from "./ssh-file-kinds.ts";
import type { SshKey } from "./ssh-key.ts";
import { MAKE_ONE, openSshLine, usableSshPublicKey } from "./ssh-public-key.ts";
import { readStrings } from "./ssh-wire.ts";
import { shellWord } from "../core/quoting.ts";

/** Throws ClusterError `SshCertificate...` and `SshKeyRefused`, with what to give instead. */
export async function readGivenKey(file: string, flag: "--ssh-cert" | "--ssh-key" = "--ssh-cert"): Promise<SshKey> {
  const bytes = await readKept(file, flag);
  if (bytes === undefined)
    throw new ClusterError("SshCertificateMissing", `${flag}: cannot read ${file}`, { advice: whyMissing(file) });
  const { publicKey, thumbprint } = await publicPart(file, bytes, flag === "--ssh-key" ? "private" : "public");
  const own = await privateKeyBeside(file, publicKey);
  return {
    publicKey,
    ...defined({ privateKeyFile: own.file, thumbprint }),
    made: false,
    files: own.file === undefined || own.file === file ? [file] : [file, own.file],
    notes: own.notes,
  };
}

/** The public half of a private key file: out of it, or of the .pub beside a key whose passphrase hides it. */
export async function publicHalfOf(file: string, text: string): Promise<string | undefined> {
  const inside = inspectPrivateKey(text);
  if (inside.kind === "key") return inside.publicKey;
  const beside = inside.kind === "encrypted" ? await readKept(`${file}.pub`).catch(() => undefined) : undefined;
  return beside === undefined ? undefined : (await publicPart(`${file}.pub`, beside)).publicKey;
}

// --- internal ---

interface PublicPart {
  /** One OpenSSH line. */
  readonly publicKey: string;
  /** Of a certificate. */
  readonly thumbprint?: string;
}

/** @param wanted the half that the file was given for: what it is refused with leads there */
async function publicPart(file: string, bytes: Buffer, wanted: "public" | "private" = "public"): Promise<PublicPart> {
  const text = textOf(bytes);
  const blocks = pemBlocks(text);
  const open = blocks.find(({ label }) => /^((X509 |TRUSTED )?CERTIFICATE|PKCS7|CMS|(RSA )?PUBLIC KEY)$/.test(label));
  const bare = bareBase64(text);
  const der = open?.der ?? [bytes, bare].find((one) => one !== undefined && looksLikeDer(one));
  const isPrivate = open === undefined && blocks.some(({ label }) => label.endsWith("PRIVATE KEY"));
  if (isPrivate) return fromPrivateKey(file, bytes);
  if (der !== undefined) return fromDer(file, bytes, der, wanted);
  const foreign = foreignKind(file, bytes);
  if (foreign !== undefined) throw refusedKind(file, foreign);
  const ssh2 = /^\s*---- BEGIN SSH2 PUBLIC KEY ----([\s\S]*?)---- END SSH2 PUBLIC KEY ----/.exec(text)?.[1];
  if (ssh2 !== undefined) return fromSsh2(file, ssh2);
  if (bare === undefined) return oneLine(text, file);
  // of the second word of a line, or of the whole line
  const blob = readStrings(bare) !== undefined;
  return oneLine(blob ? openSshLine(bare, commentFor(file)) : textOf(bare), file);
}

/** @param bytes the file, of which `der` may be a part, or what it decodes to */
async function fromDer(file: string, bytes: Buffer, der: Buffer, wanted: "public" | "private"): Promise<PublicPart> {
  const inside = await readDer(der);
  if (inside.kind !== "certificate" && inside.kind !== "public key")
    throw refusedKind(file, derKind(file, bytes, inside.kind, wanted));
  const publicKey = lineOf(file, inside.publicKey);
  return inside.kind === "certificate" ? { publicKey, thumbprint: thumbprint(inside.certificate.raw) } : { publicKey };
}

async function fromPrivateKey(file: string, bytes: Buffer): Promise<PublicPart> {
  const text = textOf(bytes);
  const publicKey = await publicHalfOf(file, text);
  if (publicKey !== undefined) return oneLine(`${publicKey.trim().split(" ").slice(0, 2).join(" ")} ${commentFor(file)}`, file);
  if (inspectPrivateKey(text).kind === "key")
    throw new ClusterError(
      "SshKeyRefused",
      `${file} is a private key of a kind that Azure does not take: neither RSA nor Ed25519.`,
      { advice: MAKE_ONE },
    );
  throw new ClusterError(
    "SshCertificatePrivate",
    `${file} is a private key whose public half cannot be read here (it is damaged, or under a passphrase).`,
    { advice: `Write its public half, and give that: ${publicHalfBy(file, bytes)} > ${unused(`${file}.pub`)}` },
  );
}

/** ssh-keygen reads it as it is, or openssl through what makes it readable. */
function publicHalfBy(file: string, bytes: Buffer): string {
  const openssl = "openssl pkey -pubout -in FILE";
  return throughFilters(openssl, bytes) === openssl
    ? `ssh-keygen -y -f ${shellWord(file)}`
    : opensslReading(openssl, file, bytes);
}

/** RFC 4716: headers ("Comment: ..."), where a backslash at the end of a line continues them, and the key in base64. */
function fromSsh2(file: string, inside: string): PublicPart {
  const lines = inside.replaceAll(/\\\r?\n/g, "").split(/[\r\n]+/);
  const comment = lines.map((line) => /^Comment:\s*"?(.*?)"?\s*$/i.exec(line)?.[1]).find((found) => found !== undefined);
  const blob = Buffer.from(lines.filter((line) => !line.includes(":")).join(""), "base64");
  return oneLine(openSshLine(blob, comment ?? commentFor(file)), file);
}

function oneLine(text: string, file: string): PublicPart {
  const { blob, comment } = parsePublicKeyFile(text, file);
  return { publicKey: openSshLine(blob, comment) };
}

const commentFor = (file: string): string => basename(file, extname(file)).replaceAll(/[^\w.@-]/g, "-");

const lineOf = (file: string, key: KeyObject): string => usableSshPublicKey(key, commentFor(file), `The key in ${file}`);

const refusedKind = (file: string, { is, advice }: ForeignKind): ClusterError =>
  new ClusterError(/private key/.test(is) ? "SshCertificatePrivate" : "SshCertificateUnreadable", `${file} is ${is}.`, {
    advice,
  });

/**
 * `x.cer` has `x.key`, as the original assumed; `id_ed25519.pub` has `id_ed25519`; a PEM may hold both, and a private key is its own.
 * One under a passphrase that hides what it is gets believed when no other fits.
 */
async function privateKeyBeside(file: string, publicKey: string): Promise<{ file?: string; notes: string[] }> {
  const stem = join(dirname(file), basename(file, extname(file)));
  const candidates = [...new Set([file, `${stem}.key`, ...(extname(file) === ".pub" ? [stem] : []), `${stem}.pem`])];
  const found = await Promise.all(
    candidates.map(async (candidate) => {
      const inside = inspectPrivateKey(await keyTextAt(candidate));
      const fits = isHalfOf(inside, publicKey);
      return { candidate, kind: inside.kind, fits };
    }),
  );
  const own = found.find(({ fits }) => fits) ?? found.find(({ kind }) => kind === "encrypted");
  const other = found.find(({ kind }) => kind === "key");
  if (own === undefined && other !== undefined)
    throw new ClusterError("SshKeyMismatch", `${other.candidate} is not the private key of ${file}.`, {
      advice: "Put the private key that belongs to it beside it under that name, or move the other one away.",
    });
  if (own !== undefined) return { file: own.candidate, notes: await notesOn(own.candidate) };
  return { notes: [`No private key was found beside ${file} (${candidates.slice(1).join(", ")}).`] };
}
