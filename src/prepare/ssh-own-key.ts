/**
 * The tool's own SSH key in the working directory, under the names of the original: ssh-cert.key, .pem, .cer and .pub. The key
 * is made first and everything else follows from what is then in the files, so that neither a crash between two files nor a
 * second process leaves files that do not belong together. What is there is used and completed, never overwritten.
 */
import { defined } from "../core/defined.ts";
import { type KeyObject, createPrivateKey, generateKeyPair, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { ClusterError } from "../core/errors.ts";
import { unusedBeside } from "./beside.ts";
import { selfSigned, thumbprint, toDer, toPem } from "./certificate.ts";
import { refuseAnothersKey } from "./cluster-folder.ts";
import { looksLikeDer, readDer } from "./der-file.ts";
import { keepAndRead, PRIVATE, PUBLIC, readKept } from "./kept-file.ts";
import { notesOn } from "./key-form.ts";
import { textOf } from "./key-text.ts";
import { inspectPrivateKey } from "./private-key-file.ts";
import { derKind, foreignKind, parsePublicKeyFile, type ForeignKind } from "./ssh-file-kinds.ts";
import type { SshKey } from "./ssh-key.ts";
import { openSshLine, parseOpenSshPublicKey, sameSshKey, usableSshPublicKey } from "./ssh-public-key.ts";
import type { Subject } from "./subject.ts";
import { privateKeyIn } from "../core/pem.ts";
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

/**
 * The key that is there, its missing files made; undefined when not one of the four files exists.
 * @param options refuseAnothers: nothing else says whose it is, so that what another user has put there is refused
 */
export async function findOwnKey(place: Place, options: ReadOptions = {}): Promise<SshKey | undefined> {
  const found = await readAll(place.dir, options);
  return Object.values(found).every((bytes) => bytes === undefined) ? undefined : complete(place, found, false);
}

/** Whether `makeOwnKey` would refuse what another user has put there; for who makes nothing. */
export const refuseAnothersOwnKey = async ({ dir }: Pick<Place, "dir">): Promise<void> =>
  void (await readAll(dir, { refuseAnothers: true }));

/** A new key in memory alone, for who knows early that one will be made: it takes a moment, of another processor. None where one is there. */
export async function beginOwnKey({ dir, subject }: Pick<Place, "dir" | "subject">): Promise<KeyObject | undefined> {
  const found = await readAll(dir);
  return Object.values(found).every((bytes) => bytes === undefined) ? newKey((await subject()).bits) : undefined;
}

/** The key that is there, or a new one. */
export async function makeOwnKey(place: Place): Promise<SshKey> {
  const found = await findOwnKey(place, { refuseAnothers: true });
  if (found !== undefined) return found;
  const privateKey = (await place.begun) ?? (await newKey((await place.subject()).bits));
  // PKCS#1: the form that every ssh and the Go programs of the original's time (deisctl, fleetctl) read.
  const pem = privateKey.export({ type: "pkcs1", format: "pem" });
  const { made } = await keepAndRead(pathsIn(place.dir).key, pem, PRIVATE);
  return complete(place, await readAll(place.dir, { refuseAnothers: true }), made);
}

const newKey = async (modulusLength: number): Promise<KeyObject> => (await generate("rsa", { modulusLength })).privateKey;

interface ReadOptions {
  readonly refuseAnothers?: boolean;
}

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
async function readAll(dir: string, { refuseAnothers = false }: ReadOptions = {}): Promise<Found> {
  const paths = pathsIn(dir);
  const read = async (path: string): Promise<Buffer | undefined> => {
    const bytes = await readKept(path);
    if (refuseAnothers && bytes !== undefined)
      refuseAnothersKey(
        path,
        `, or a key with --ssh-cert: your own, or this one (--ssh-cert ${shellWord(path)}) if its owner is to log in`,
      );
    return bytes;
  };
  const pub = await read(paths.pub);
  const cer = await read(paths.cer);
  const pem = await read(paths.pem);
  return { pub, cer, pem, key: await read(paths.key) };
}

async function complete(place: Place, found: Found, made: boolean): Promise<SshKey> {
  const paths = pathsIn(place.dir);
  const notes: string[] = [];
  const fromKey = await publicOfKey(paths.key, found, notes);
  // before anything is made of them, and again, for another process may have been first
  agree(paths, found, fromKey);
  const whole = await withMissing(place, found, fromKey);
  const { line, der } = agree(paths, whole, fromKey);
  if (found.key === undefined)
    notes.push(`${paths.key} is missing: name the private key with --ssh-key FILE, or log in with an agent that has it.`);
  return {
    publicKey: line ?? "",
    ...(found.key === undefined ? {} : { privateKeyFile: paths.key }),
    ...(der === undefined ? {} : { thumbprint: thumbprint(der) }),
    made,
    files: [...(found.key === undefined ? [] : [paths.key]), ...(der === undefined ? [] : [paths.pem, paths.cer]), paths.pub],
    notes,
  };
}

/** The one key that all the files hold. @throws ClusterError for what cannot be read, and SshKeyMismatch */
function agree(paths: Record<keyof Found, string>, { pem, cer, pub }: Found, fromKey?: string): { line?: string; der?: Buffer } {
  const held: { path: string; line: string }[] = fromKey === undefined ? [] : [{ path: paths.key, line: fromKey }];
  const certificates = [
    ...(pem === undefined ? [] : [{ path: paths.pem, ...readCertificate(pem, paths.pem) }]),
    ...(cer === undefined ? [] : [{ path: paths.cer, ...readCertificate(cer, paths.cer) }]),
  ];
  const [first, second] = certificates;
  if (first !== undefined && second?.der.equals(first.der) === false) throw mismatch(second.path, first.path);
  if (first !== undefined) held.push(first);
  if (pub !== undefined) {
    const { blob, comment } = parsePublicKeyFile(pub.toString("utf8"), paths.pub);
    held.push({ path: paths.pub, line: openSshLine(blob, comment) });
  }
  const [known] = held;
  const other = held.find(({ line }) => known !== undefined && !sameSshKey(line, known.line));
  if (known !== undefined && other !== undefined) throw mismatch(known.path, other.path);
  const line = held.at(-1)?.line;
  return { ...defined({ line }), ...(first === undefined ? {} : { der: first.der }) };
}

/** What follows from the files that are there, made. */
async function withMissing(place: Place, found: Found, fromKey: string | undefined): Promise<Found> {
  const paths = pathsIn(place.dir);
  const keep = async (path: string, content: string | Buffer): Promise<Buffer> =>
    (await keepAndRead(path, content, PUBLIC)).bytes;
  const certificate = async (): Promise<string | undefined> =>
    found.cer === undefined ? await sign(place, found, fromKey !== undefined) : toPem(toDer(found.cer));
  const made = found.pem === undefined ? await certificate() : undefined;
  const pem = made === undefined ? found.pem : await keep(paths.pem, made);
  const cer = found.cer ?? (pem === undefined ? undefined : await keep(paths.cer, readCertificate(pem, paths.pem).der));
  const line = fromKey ?? (pem === undefined ? undefined : readCertificate(pem, paths.pem).line);
  const pub = found.pub ?? (line === undefined ? undefined : await keep(paths.pub, `${line}\n`));
  return { key: found.key, pem, cer, pub };
}

/** The public line of ssh-cert.key; undefined when there is no such file, or it is under a passphrase and must be believed. */
async function publicOfKey(path: string, found: Found, notes: string[]): Promise<string | undefined> {
  if (found.key === undefined) return undefined;
  notes.push(...(await notesOn(path)));
  const inside = inspectPrivateKey(textOf(found.key));
  if (inside.kind === "key" && inside.publicKey !== undefined) {
    const { type, blob } = parseOpenSshPublicKey(inside.publicKey, path);
    return `${type} ${blob.toString("base64")} ${COMMENT}`;
  }
  if (inside.kind === "encrypted" && (found.pem ?? found.cer ?? found.pub) !== undefined) return undefined;
  if (inside.kind === "encrypted")
    throw unreadable(
      `${path} holds no private key that can be used here.`,
      `It has a passphrase: write its public half first, ssh-keygen -y -f ${shellWord(path)} > ${unusedBeside(path, ".pub")}`,
    );
  if (inside.kind === "key")
    throw unreadable(`${path} is a private key of a kind that Azure does not take: neither RSA nor Ed25519.`, MOVE_AWAY);
  const kind = await kindOf(path, found.key);
  if (kind === undefined)
    throw unreadable(
      `${path} holds no private key that can be used here.`,
      `An RSA (2048 bits or more) or Ed25519 key is wanted. ${MOVE_AWAY}`,
    );
  throw unreadable(`${path} is ${kind.is}.`, `${MOVE_AWAY} Or go on with it by --ssh-cert. ${kind.advice}`);
}

const MOVE_AWAY = "Move the file away to have a new one made.";

/** What it is instead, where that is known. */
async function kindOf(path: string, bytes: Buffer): Promise<ForeignKind | undefined> {
  if (!looksLikeDer(bytes)) return foreignKind(path, bytes);
  const { kind } = await readDer(bytes);
  return kind === "certificate" || kind === "public key" || kind === "unknown"
    ? undefined
    : derKind(path, bytes, kind, "private");
}

/** A new certificate, for an RSA key. */
async function sign(place: Place, found: Found, haveKey: boolean): Promise<string | undefined> {
  const block = haveKey && found.key !== undefined ? privateKeyIn(textOf(found.key)) : undefined;
  // A key in OpenSSH's own format, or Ed25519, is used as it is: certificates are made for PEM RSA keys.
  if (block === undefined || block.label === "OPENSSH PRIVATE KEY" || createPrivateKey(block.pem).asymmetricKeyType !== "rsa")
    return undefined;
  return selfSigned({ key: block.pem, subject: (await place.subject()).attributes, days: DAYS, now: place.now });
}

function readCertificate(bytes: Buffer | string, path: string): { der: Buffer; line: string } {
  try {
    const der = toDer(bytes);
    return { der, line: usableSshPublicKey(new X509Certificate(der).publicKey, COMMENT, `The key in ${path}`) };
  } catch (cause) {
    if (cause instanceof ClusterError)
      throw new ClusterError(cause.code, cause.message, { advice: "Move it away: it is made again." });
    throw new ClusterError("SshCertificateUnreadable", `${path} is no certificate that can be read.`, {
      advice: "Move it away: it is made again from the key.",
      cause,
    });
  }
}

const unreadable = (message: string, advice: string): ClusterError => new ClusterError("SshKeyUnreadable", message, { advice });

const mismatch = (a: string, b: string): ClusterError =>
  new ClusterError("SshKeyMismatch", `${a} and ${b} do not belong together: they hold different keys or certificates.`, {
    advice: "Move the one away that is not yours to keep; it is made again from the other.",
  });
