/**
 * DER told apart by what it is: a certificate, a public key, a PKCS#7 bundle of certificates; and what holds a private key, which
 * is named and not opened. Reads public parts only.
 */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { type Der, fieldOf, loadDer } from "./der.ts";

export type DerFile =
  | { readonly kind: "certificate"; readonly certificate: X509Certificate; readonly publicKey: KeyObject }
  | { readonly kind: "public key"; readonly publicKey: KeyObject }
  | { readonly kind: "private key" }
  | { readonly kind: "encrypted private key" }
  | { readonly kind: "pkcs12" }
  /** A bundle in which no certificate is the one that all others only stand behind. */
  | { readonly kind: "chain"; readonly count: number }
  | { readonly kind: "unknown" };

/** A SEQUENCE; a text may begin with its byte too, which is the digit 0. */
export const looksLikeDer = (bytes: Buffer): boolean =>
  bytes[0] === 0x30 && ((bytes[1] ?? 0) >= 0x80 || bytes[1] === bytes.length - 2);

export async function readDer(bytes: Buffer): Promise<DerFile> {
  const inside = bytes.subarray(headerLength(bytes));
  if (inside.subarray(0, 3).equals(PFX_VERSION)) return { kind: "pkcs12" };
  if (inside.subarray(0, SIGNED_DATA.length).equals(SIGNED_DATA)) return fromBundle(bytes);
  const certificate = attempt(() => new X509Certificate(firstElement(bytes)));
  if (certificate !== undefined) return { kind: "certificate", certificate, publicKey: certificate.publicKey };
  // first, for a public key can be read out of a private one
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const)
    if (attempt(() => createPrivateKey({ key: bytes, format: "der", type })) !== undefined) return { kind: "private key" };
  for (const type of ["spki", "pkcs1"] as const) {
    const publicKey = attempt(() => createPublicKey({ key: bytes, format: "der", type }));
    if (publicKey !== undefined) return { kind: "public key", publicKey };
  }
  return { kind: inside.includes(PBES) ? "encrypted private key" : "unknown" };
}

// --- internal ---

/** PFX begins with its version, 3 (RFC 7292). */
const PFX_VERSION = Buffer.of(2, 1, 3);
/** 1.2.840.113549.1.7.2 */
const SIGNED_DATA = Buffer.from("06092a864886f70d010702", "hex");
/** 1.2.840.113549.1.5 (PKCS#5): a PKCS#8 key under a passphrase names its scheme. */
const PBES = Buffer.from("2a864886f70d0105", "hex");

const lengthBytes = (bytes: Buffer): number => ((bytes[1] ?? 0) < 0x80 ? 0 : (bytes[1] ?? 0) & 0x7f);
const headerLength = (bytes: Buffer): number => 2 + lengthBytes(bytes);

/** Without what may follow: openssl's TRUSTED CERTIFICATE has its trust settings behind the certificate. */
function firstElement(bytes: Buffer): Buffer {
  const more = lengthBytes(bytes);
  if (more > 4) return bytes;
  const length = more === 0 ? (bytes[1] ?? 0) : bytes.readUIntBE(2, more);
  return bytes.subarray(0, headerLength(bytes) + length);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** ContentInfo { type, [0] SignedData { version, digests, content, [0] certificates, ... } } (RFC 2315). */
async function fromBundle(bytes: Buffer): Promise<DerFile> {
  const der = await loadDer();
  const certificates = attempt(() => {
    const signedData = fieldOf(fieldOf(der.parse(bytes), 1), 0);
    return (fieldOf(signedData, 3).value as Der[]).map((one) => new X509Certificate(der.bytes(one)));
  });
  if (certificates === undefined) return { kind: "unknown" };
  // the one that has issued none of the others
  const leaves = certificates.filter((one) => !certificates.some((other) => other !== one && other.checkIssued(one)));
  const [leaf] = leaves;
  if (leaf === undefined || leaves.length > 1) return { kind: "chain", count: certificates.length };
  return { kind: "certificate", certificate: leaf, publicKey: leaf.publicKey };
}
