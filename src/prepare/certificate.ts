/**
 * X.509 certificates: made here for SSH, for sign-in and for etcd. node:crypto holds the keys and signs, so that RSA and P-256
 * take the same road and signing takes milliseconds; the ASN.1 is written through der.ts. Reads and writes no file.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import { extensionsOf, type Purpose } from "./certificate-extensions.ts";
import { fieldOf, loadDer, type Der, type DerWriter } from "./der.ts";
import { encodingOf, type SubjectAttribute } from "./subject.ts";

export interface CertificateRequest {
  readonly subject: readonly SubjectAttribute[];
  readonly publicKey: KeyObject;
  /** PEM of the certificate that signs; absent: self-signed with `signingKey`. */
  readonly issuer?: string;
  readonly signingKey: KeyObject;
  readonly purpose: Purpose;
  readonly days: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A machine whose clock is somewhat behind must not call a new certificate "not yet valid". */
const BACKDATED_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A self-signed certificate, PEM with LF line ends. `key` is the PEM of an RSA or P-256 private key. */
export async function selfSigned(options: {
  key: string;
  subject: readonly SubjectAttribute[];
  days: number;
  now: number;
  purpose?: Purpose;
}): Promise<string> {
  const { subject, days, now, purpose = { usage: "identity" } } = options;
  const signingKey = createPrivateKey(options.key);
  return makeCertificate({ subject, publicKey: createPublicKey(signingKey), signingKey, purpose, days, now });
}

/** Signs a certificate with SHA-256; never valid for longer than its issuer. PEM with LF line ends. */
export async function makeCertificate(request: CertificateRequest): Promise<string> {
  const der = await loadDer();
  const issuer = request.issuer === undefined ? undefined : new X509Certificate(request.issuer);
  const own = spki(request.publicKey);
  const ownId = keyIdentifier(request.publicKey, own);
  const subject = nameOf(der, request.subject);
  const algorithm = algorithmOf(der, request.signingKey);
  const { from, until } = validity(request, issuer);
  const toBeSigned = der.sequence([
    der.tagged(0, [der.integer(Buffer.of(2))]), // version 3
    der.integer(serialNumber()),
    algorithm,
    issuer === undefined ? subject : subjectInside(der, issuer),
    der.sequence([der.time(from), der.time(until)]),
    subject,
    der.parse(own),
    der.tagged(3, [extensionsOf(der, request.purpose, ownId, issuer === undefined ? ownId : keyIdentifier(issuer.publicKey))]),
  ]);
  const signature = sign("sha256", der.bytes(toBeSigned), request.signingKey);
  return toPem(der.bytes(der.sequence([toBeSigned, algorithm, der.bits(signature)])));
}

/** PEM of a DER certificate: 64 columns, LF (node-forge's own has CRLF). */
export function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

/** The DER bytes of a certificate given as PEM or DER: what a `.cer` holds. */
export const toDer = (certificate: string | Uint8Array): Buffer => new X509Certificate(certificate).raw;

/** SHA-1 of the DER bytes, upper-case hex without colons: the thumbprint that Azure shows. */
export const thumbprint = (certificate: string | Uint8Array): string =>
  createHash("sha1").update(toDer(certificate)).digest("hex").toUpperCase();

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** RFC 5280 4.2.1.2 (1): SHA-1 of the public key's bits, which are the PKCS#1 form of RSA, and the 65-byte point of P-256. */
function keyIdentifier(key: KeyObject, whole = spki(key)): Buffer {
  const bits = key.asymmetricKeyType === "rsa" ? key.export({ type: "pkcs1", format: "der" }) : whole.subarray(-65);
  return createHash("sha1").update(bits).digest();
}

/** 16 random bytes, positive and without a zero byte in front: Go refuses an INTEGER that is not minimal. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function validity(request: CertificateRequest, issuer: X509Certificate | undefined): { from: Date; until: Date } {
  const wanted = request.now + request.days * DAY_MS;
  const most = issuer === undefined ? wanted : Date.parse(issuer.validTo);
  return { from: new Date(request.now - BACKDATED_MS), until: new Date(Math.min(wanted, most)) };
}

/** sha256WithRSAEncryption has NULL parameters (RFC 4055), ecdsa-with-SHA256 has none (RFC 5758). */
const algorithmOf = (der: DerWriter, key: KeyObject): Der =>
  key.asymmetricKeyType === "rsa"
    ? der.sequence([der.oid("1.2.840.113549.1.1.11"), der.none()])
    : der.sequence([der.oid("1.2.840.10045.4.3.2")]);

function nameOf(der: DerWriter, attributes: readonly SubjectAttribute[]): Der {
  const parts: Der[][] = [];
  for (const attribute of attributes) {
    const { oid, type } = encodingOf(attribute);
    const one = der.sequence([der.oid(oid), der.text(type, attribute.value)]);
    if (attribute.joined === true) parts.at(-1)?.push(one);
    else parts.push([one]);
  }
  return der.sequence(parts.map((part) => der.set(part)));
}

/** An issuer's name must be byte for byte the subject of its certificate: field 5 of tbsCertificate, which is field 0. */
const subjectInside = (der: DerWriter, issuer: X509Certificate): Der => fieldOf(fieldOf(der.parse(issuer.raw), 0), 5);
