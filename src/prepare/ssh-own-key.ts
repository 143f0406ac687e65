/**
 * The tool's own SSH key in the working directory, under the names of the original: ssh-cert.key, .pem, .cer and .pub. The key
 * is made first and everything else follows from what is then in the files, so that neither a crash between two files nor a
 * second process leaves files that do not belong together. What is there is used and completed, never overwritten.
 */
import { type KeyObject, createPrivateKey, generateKeyPair, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { ClusterError } from "../core/errors.ts";
import { selfSigned, thumbprint, toDer, toPem } from "./certificate.ts";
import { keepAndRead, PRIVATE, PUBLIC, readableByOthers, readKept } from "./kept-file.ts";
import { inspectPrivateKey } from "./private-key-file.ts";
import type { SshKey } from "./ssh-key.ts";
import { parseOpenSshPublicKey, sameSshKey, usableSshPublicKey } from "./ssh-public-key.ts";
import type { Subject } from "./subject.ts";
import { shellWord } from "../core/quoting.ts";

interface Place {
  readonly dir: string;
  /** Asked for only when a certificate has to be made. */
  readonly subject: () => Promise<Subject>;
  readonly now: number;
  /** One that was begun before it was needed. */
  readonly begun?: Promise<KeyObject | undefined> | undefined;
}

const generate = promisify(generateKeyPair);
const COMMENT = "azure-coreos-cluster";
/** Nothing checks the end of an SSH certificate: only its key goes to Azure. The original's 365 days only confused people. */
const DAYS = 3650;

/** The key that is there, its missing files made; undefined when not one of the four files exists. */
export async function findOwnKey(place: Place): Promise<SshKey | undefined> {
  const found = await readAll(place.dir);
  return Object.values(found).every((bytes) => bytes === undefined) ? undefined : complete(place, found, false);
}

/** A new key in memory alone, for who knows early that one will be made: it takes a moment, of another processor. None where one is there. */
export async function beginOwnKey({ dir, subject }: Pick<Place, "dir" | "subject">): Promise<KeyObject | undefined> {
  const found = await readAll(dir);
  return Object.values(found).every((bytes) => bytes === undefined) ? newKey((await subject()).bits) : undefined;
}

/** The key that is there, or a new one. */
export async function makeOwnKey(place: Place): Promise<SshKey> {
  const found = await findOwnKey(place);
  if (found !== undefined) return found;
  const privateKey = (await place.begun) ?? (await newKey((await place.subject()).bits));
  // PKCS#1: the form that every ssh and the Go programs of the original's time (deisctl, fleetctl) read.
  const pem = privateKey.export({ type: "pkcs1", format: "pem" });
  const { made } = await keepAndRead(pathsIn(place.dir).key, pem, PRIVATE);
  return complete(place, await readAll(place.dir), made);
}

const newKey = async (modulusLength: number): Promise<KeyObject> => (await generate("rsa", { modulusLength })).privateKey;

interface Found {
  key: Buffer | undefined;
  pem: Buffer | undefined;
  cer: Buffer | undefined;
  pub: Buffer | undefined;
}

const pathsIn = (dir: string): Record<keyof Found, string> => ({
  key: join(dir, "ssh-cert.key"),
  pem: join(dir, "ssh-cert.pem"),
  cer: join(dir, "ssh-cert.cer"),
  pub: join(dir, "ssh-cert.pub"),
});

/** Backwards in the order of making: who sees a later file then surely sees the earlier ones of another process. */
async function readAll(dir: string): Promise<Found> {
  const paths = pathsIn(dir);
  const pub = await readKept(paths.pub);
  const cer = await readKept(paths.cer);
  const pem = await readKept(paths.pem);
  return { pub, cer, pem, key: await readKept(paths.key) };
}

async function complete(place: Place, found: Found, made: boolean): Promise<SshKey> {
  const paths = pathsIn(place.dir);
  const notes: string[] = [];
  const fromKey = await publicOfKey(paths.key, found, notes);
  const certificate = await certificateOf(place, found, fromKey !== undefined);
  const der = certificate === undefined ? undefined : toDer(certificate);
  if (der !== undefined) {
    const bytes = found.cer ?? (await keepAndRead(paths.cer, der, PUBLIC)).bytes;
    if (!der.equals(readCertificate(bytes, paths.cer).der)) throw mismatch(paths.cer, paths.pem);
  }
  const fromCertificate = certificate === undefined ? undefined : readCertificate(certificate, paths.pem).line;
  if (fromKey !== undefined && fromCertificate !== undefined && !sameSshKey(fromKey, fromCertificate))
    throw mismatch(paths.key, paths.pem);

  const derived = fromKey ?? fromCertificate;
  const line =
    derived === undefined
      ? (found.pub?.toString("utf8") ?? "")
      : (found.pub ?? (await keepAndRead(paths.pub, `${derived}\n`, PUBLIC)).bytes).toString("utf8");
  parseOpenSshPublicKey(line, paths.pub);
  if (derived !== undefined && !sameSshKey(derived, line))
    throw mismatch(paths.pub, fromKey === undefined ? paths.pem : paths.key);
  if (found.key === undefined)
    notes.push(`${paths.key} is missing: name the private key with --ssh-key FILE, or log in with an agent that has it.`);
  return {
    publicKey: line.trim(),
    ...(found.key === undefined ? {} : { privateKeyFile: paths.key }),
    ...(der === undefined ? {} : { thumbprint: thumbprint(der) }),
    made,
    files: [...(found.key === undefined ? [] : [paths.key]), ...(der === undefined ? [] : [paths.pem, paths.cer]), paths.pub],
    notes,
  };
}

/** The public line of ssh-cert.key; undefined when there is no such file, or it is under a passphrase and must be believed. */
async function publicOfKey(path: string, found: Found, notes: string[]): Promise<string | undefined> {
  if (found.key === undefined) return undefined;
  const warning = await readableByOthers(path);
  if (warning !== undefined) notes.push(warning);
  const inside = inspectPrivateKey(found.key.toString("utf8"));
  if (inside.kind === "key" && inside.publicKey !== undefined) {
    const { type, blob } = parseOpenSshPublicKey(inside.publicKey, path);
    return `${type} ${blob.toString("base64")} ${COMMENT}`;
  }
  if (inside.kind === "encrypted" && (found.pem ?? found.cer ?? found.pub) !== undefined) return undefined;
  throw new ClusterError("SshKeyUnreadable", `${path} holds no private key that can be used here.`, {
    advice:
      inside.kind === "encrypted"
        ? `It has a passphrase: write its public half first, ssh-keygen -y -f ${shellWord(path)} > ${shellWord(path.replace(/key$/, "pub"))}`
        : "An RSA (2048 bits or more) or Ed25519 key is wanted. Move the file away to have a new one made.",
  });
}

/** PEM of the certificate: the one there, that of the .cer, or a new one for an RSA key. */
async function certificateOf(place: Place, found: Found, haveKey: boolean): Promise<string | undefined> {
  const paths = pathsIn(place.dir);
  if (found.pem !== undefined) return found.pem.toString("utf8");
  const made = found.cer === undefined ? await sign(place, found, haveKey) : toPem(readCertificate(found.cer, paths.cer).der);
  return made === undefined ? undefined : (await keepAndRead(paths.pem, made, PUBLIC)).bytes.toString("utf8");
}

async function sign(place: Place, found: Found, haveKey: boolean): Promise<string | undefined> {
  const text = haveKey ? found.key?.toString("utf8") : undefined;
  // A key in OpenSSH's own format, or Ed25519, is used as it is: certificates are made for PEM RSA keys.
  if (text === undefined || text.includes("OPENSSH PRIVATE KEY") || createPrivateKey(text).asymmetricKeyType !== "rsa")
    return undefined;
  return selfSigned({ key: text, subject: (await place.subject()).attributes, days: DAYS, now: place.now });
}

function readCertificate(bytes: Buffer | string, path: string): { der: Buffer; line: string } {
  try {
    const der = toDer(bytes);
    return { der, line: usableSshPublicKey(new X509Certificate(der).publicKey, COMMENT, `The key in ${path}`) };
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause;
    throw new ClusterError("SshCertificateUnreadable", `${path} is no certificate that can be read.`, {
      advice: "Move it away: it is made again from the key.",
      cause,
    });
  }
}

const mismatch = (a: string, b: string): ClusterError =>
  new ClusterError("SshKeyMismatch", `${a} and ${b} do not belong together: they hold different keys or certificates.`, {
    advice: "Move the one away that is not yours to keep; it is made again from the other.",
  });
