/**
 * The certificate that signs in to Azure: azure-cert.pem (key and certificate, as @azure/identity wants it, in one file) and
 * azure-cert.cer, the public half that is uploaded to the app registration. Makes them, and judges a file given by
 * `--azure-cert` before anything is sent. Never signs in.
 */
import { createPrivateKey, generateKeyPair, X509Certificate, type KeyObject } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { ClusterError, EXIT } from "../core/errors.ts";
import { selfSigned, thumbprint, toDer } from "./certificate.ts";
import { keepAndRead, PRIVATE, PUBLIC, readableByOthers, readKept } from "./kept-file.ts";
import type { Subject } from "./subject.ts";

export interface ManagementCertificate {
  /** Paths of the two files. */
  readonly pemFile: string;
  readonly cerFile: string;
  /** SHA-1, upper-case hex: what Azure's portal shows beside the uploaded certificate. */
  readonly thumbprint: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** False when azure-cert.pem was there. */
  readonly made: boolean;
  readonly notes: readonly string[];
}

export interface SignInCertificate {
  /** The file's text: a secret. */
  readonly pem: string;
  readonly thumbprint: string;
  readonly notAfter: number;
  /** "C=US, O=My Company, CN=www.test.com". */
  readonly subject: string;
  readonly notes: readonly string[];
}

const generate = promisify(generateKeyPair);
/** As in the original's `openssl req -days 365`. */
const DAYS = 365;
const SOON_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Makes azure-cert.pem (0600) and azure-cert.cer in `dir`, or uses what is there: a missing .cer is made from the .pem; a .cer
 * alone is an error, for its key is elsewhere. Throws ClusterError `AzureCertificate...`.
 */
export async function generateManagementCertificate(
  dir: string,
  options: { subject: Subject; bits?: number; days?: number; now: number },
): Promise<ManagementCertificate> {
  const pemFile = join(dir, "azure-cert.pem");
  const cerFile = join(dir, "azure-cert.cer");
  const cer = await readKept(cerFile);
  const made = (await readKept(pemFile)) === undefined && (await make(pemFile, cer !== undefined, cerFile, options));
  const { pem, notes, ...certificate } = await checkManagementCertificate(pemFile, options.now);
  const der = toDer(pem);
  const { bytes } = await keepAndRead(cerFile, der, PUBLIC);
  if (!sameCertificate(bytes, der))
    throw refuse(
      "AzureCertificateMismatch",
      `${cerFile} is not the certificate in ${pemFile}.`,
      `Move ${cerFile} away: it is made again from the .pem.`,
    );
  return { pemFile, cerFile, thumbprint: certificate.thumbprint, notAfter: certificate.notAfter, made, notes };
}

/**
 * Judges the file of `--azure-cert`: an RSA key and its certificate in PEM, either order, PKCS#1 or PKCS#8, as the 2015 recipe
 * wrote it. The first certificate counts, as @azure/identity takes its thumbprint alone. `now` in milliseconds since 1970.
 * Throws ClusterError with exit 4 (sign-in); no error text holds anything of the key.
 */
export async function checkManagementCertificate(file: string, now: number): Promise<SignInCertificate> {
  const bytes = await readKept(file);
  if (bytes === undefined)
    throw refuse(
      "AzureCertificateMissing",
      `${file} does not exist.`,
      "Make one with `azure-coreos-cluster generate-mgmt-cert`, or check the path.",
    );
  const pem = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const certificate = firstCertificate(file, pem, bytes);
  const key = privateKey(file, pem);
  if (!certificate.checkPrivateKey(key))
    throw refuse(
      "AzureCertificateMismatch",
      `The private key in ${file} does not belong to its certificate.`,
      "Put the key first and its own certificate after it; where there is a chain, the leaf comes first.",
    );
  const notAfter = Date.parse(certificate.validTo);
  checkDates(file, Date.parse(certificate.validFrom), notAfter, now);
  const warning = await readableByOthers(file);
  const ending =
    notAfter - now < SOON_MS ? `${file} expires on ${day(notAfter)}: make a new one and upload it before that.` : undefined;
  return {
    pem,
    thumbprint: thumbprint(certificate.raw),
    notAfter,
    subject: certificate.subject.replaceAll("\n", ", "),
    notes: [warning, ending].filter((note) => note !== undefined),
  };
}

async function make(
  pemFile: string,
  haveCer: boolean,
  cerFile: string,
  { subject, bits = subject.bits, days = DAYS, now }: { subject: Subject; bits?: number; days?: number; now: number },
): Promise<boolean> {
  // Another process may have written both between the two looks at the folder.
  if (haveCer && (await readKept(pemFile)) !== undefined) return false;
  if (haveCer)
    throw refuse(
      "AzureCertificateNoKey",
      `${cerFile} is there, but ${pemFile} with its private key is not.`,
      `Copy ${basename(pemFile)} from where the .cer was made, or move the .cer away to make both anew and upload the new one.`,
    );
  const { privateKey } = await generate("rsa", { modulusLength: bits });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const certificate = await selfSigned({ key, subject: subject.attributes, days, now });
  return (await keepAndRead(pemFile, key + certificate, PRIVATE)).made;
}

function firstCertificate(file: string, pem: string, bytes: Buffer): X509Certificate {
  const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem)?.[0];
  const certificate = parse(block ?? bytes);
  if (block !== undefined && certificate !== undefined) return certificate;
  // A DER certificate parses, but holds the public half alone.
  if (certificate !== undefined) throw withoutKey(file);
  if (pem.includes("PRIVATE KEY-----"))
    throw refuse(
      "AzureCertificateMissing",
      `${file} holds a private key, but no certificate that can be read.`,
      "Append the certificate to it: cat azure-cert.key azure-cert.crt > azure-cert.pem",
    );
  throw refuse(
    "AzureCertificateUnreadable",
    `${file} is no PEM file with a private key and a certificate.`,
    "Of a .pfx, make one: openssl pkcs12 -in FILE.pfx -nodes -out azure-cert.pem",
  );
}

function privateKey(file: string, pem: string): KeyObject {
  const block = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(pem)?.[0];
  if (block === undefined) throw withoutKey(file);
  if (/BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(block))
    throw refuse(
      "AzureCertificateEncrypted",
      `The private key in ${file} has a passphrase.`,
      `Write a copy without it: (umask 077; openssl pkey -in ${file}; openssl x509 -in ${file}) > azure-cert.pem`,
    );
  const key = ((): KeyObject => {
    try {
      return createPrivateKey(block);
    } catch {
      // The cause is left out on purpose: it is about a secret, and says nothing that helps.
      throw refuse(
        "AzureCertificateUnreadable",
        `The private key in ${file} cannot be read.`,
        "Check it with: openssl pkey -noout -check -in FILE",
      );
    }
  })();
  if (key.asymmetricKeyType === "rsa") return key;
  throw refuse(
    "AzureCertificateKind",
    `The private key in ${file} is of type ${key.asymmetricKeyType}; signing in to Azure needs RSA.`,
    "Make one with `azure-coreos-cluster generate-mgmt-cert`, and upload its .cer.",
  );
}

function checkDates(file: string, from: number, until: number, now: number): void {
  const validity = `it is valid from ${day(from)} to ${day(until)}, and today is ${day(now)}`;
  const again = `Move it away, run \`azure-coreos-cluster generate-mgmt-cert\` and upload the new .cer to the app registration.`;
  if (now > until) throw refuse("AzureCertificateExpired", `The certificate in ${file} has expired: ${validity}.`, again);
  if (now < from)
    throw refuse(
      "AzureCertificateNotYetValid",
      `The certificate in ${file} is not yet valid: ${validity}.`,
      "Check this machine's clock.",
    );
}

function withoutKey(file: string): ClusterError {
  const stem = join(dirname(file), basename(file, extname(file)));
  const pem = extname(file) === ".pem" ? "the file it was made with" : `${stem}.pem`;
  return refuse(
    "AzureCertificateNoKey",
    `${file} holds a certificate only: signing in needs its private key too.`,
    `Give the PEM file with both, usually ${pem}; the .cer is what is uploaded to Azure.`,
  );
}

function parse(certificate: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

const sameCertificate = (bytes: Buffer, der: Buffer): boolean => parse(bytes)?.raw.equals(der) === true;
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const refuse = (code: string, message: string, advice: string): ClusterError =>
  new ClusterError(code, message, { advice, exit: EXIT.signIn });
