/**
 * The file of `--azure-cert`, judged before anything is sent: what would be refused at sign-in, with an error of few words, is
 * refused here with the way out. Reads only, and never signs in; what it says of a key is its kind, nothing more.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { unusedBeside } from "./beside.ts";
import { thumbprint } from "./certificate.ts";
import { looksLikeDer, readDer } from "./der-file.ts";
import { readableByOthers, readKept, whyMissing } from "./kept-file.ts";
import { opensslReading } from "./key-form.ts";
import { bareBase64, isUtf16, type PemBlock, pemBlocks, textOf } from "./key-text.ts";
import { foreignKind } from "./ssh-file-kinds.ts";

export interface SignInCertificate {
  /** The file's text: a secret. */
  readonly pem: string;
  readonly thumbprint: string;
  readonly notAfter: number;
  /** "C=US, O=My Company, CN=www.test.com". */
  readonly subject: string;
  readonly notes: readonly string[];
}

const SOON_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Judges the file of `--azure-cert`: an RSA key and its certificate in PEM, either order, PKCS#1 or PKCS#8, as the 2015 recipe
 * wrote it. The first certificate counts, as @azure/identity takes its thumbprint alone. `now` in milliseconds since 1970; `named` by
 * what the file is named.
 * Throws ClusterError with exit 4 (sign-in), or 2 for a file that is not there or cannot be read; no error text holds anything of the key.
 */
export async function checkManagementCertificate(file: string, now: number, named = "--azure-cert"): Promise<SignInCertificate> {
  const bytes = await readKept(file, named);
  if (bytes === undefined)
    throw new ClusterError("AzureCertificateMissing", `${named}: cannot read ${file}`, {
      exit: EXIT.usage,
      advice: `${whyMissing(file)} \`azure-coreos-cluster generate-mgmt-cert\` makes one.`,
    });
  const text = textOf(bytes);
  await refuseOtherKind(file, text, bytes);
  const blocks = pemBlocks(text);
  const certificate = firstCertificate(file, text, bytes, blocks);
  const key = privateKey(file, bytes, blocks);
  if (!certificate.checkPrivateKey(key))
    throw refuseSignIn(
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
    // the blocks alone, for the SDK takes no other wrapping
    pem: blocks
      .filter(({ label }) => /^CERTIFICATE$|PRIVATE KEY$/.test(label))
      .map(({ pem }) => pem)
      .join(""),
    thumbprint: thumbprint(certificate.raw),
    notAfter,
    subject: certificate.subject.replaceAll("\n", ", "),
    notes: [warning, ending].filter((note) => note !== undefined),
  };
}

/** What people have instead: each with what makes a PEM file of it, or why nothing does. */
async function refuseOtherKind(file: string, text: string, bytes: Buffer): Promise<void> {
  if (/<PublishData[\s>]/.test(text))
    throw refuseSignIn(
      "AzureCertificatePublishSettings",
      `${file} is a .publishsettings file: its certificate signed in to classic Azure, which is gone, and signs in to nothing today.`,
      "Sign in with `az login`, or make a service principal with a certificate: `azure-coreos-cluster generate-mgmt-cert` says how.",
    );
  const der = looksLikeDer(bytes) ? bytes : bareBase64(text);
  const kind = der === undefined || !looksLikeDer(der) ? undefined : (await readDer(der)).kind;
  if (kind === "pkcs12")
    throw refuseSignIn(
      "AzureCertificatePkcs12",
      `${file} is a PKCS#12 file (.pfx, .p12), and a PEM file is wanted.`,
      `Make one, and give that: (umask 077; ${opensslReading("openssl pkcs12 -in FILE", file, bytes)} -noenc -out ${unusedBeside(file, ".pem")}), with -legacy for one of old Windows`,
    );
  if (kind === "private key" || kind === "encrypted private key")
    throw refuseSignIn(
      "AzureCertificateMissing",
      `${file} holds a private key in DER, but no certificate.`,
      `Put both into one PEM file, and give that: (umask 077; { ${opensslReading("openssl pkey -inform DER -in FILE", file, bytes)}; cat CERTIFICATE.pem; } > ${unusedBeside(file, ".pem")})`,
    );
  const blocks = pemBlocks(text);
  if (blocks.some(({ label }) => /^(PKCS7|CMS)$/.test(label)) || der?.subarray(0, 40).includes(SIGNED_DATA) === true)
    throw refuseSignIn(
      "AzureCertificateNoKey",
      `${file} is a PKCS#7 file (.p7b), which holds certificates and no private key.`,
      `Put the key first and its own certificate after it: (umask 077; { cat KEY.pem; ${opensslReading(`openssl pkcs7 -print_certs${blocks.length === 0 ? " -inform DER" : ""} -in FILE`, file, bytes)}; } > ${unusedBeside(file, ".pem")})`,
    );
  if (/^PuTTY-User-Key-File-|^(ssh-|ecdsa-|sk-)\S+ AAAA|BEGIN OPENSSH PRIVATE KEY|BEGIN SSH2/m.test(text))
    throw refuseSignIn(
      "AzureCertificateKind",
      `${file} is a key for SSH; signing in to Azure needs a certificate and its key.`,
      "Make one with `azure-coreos-cluster generate-mgmt-cert`, and upload its .cer. A key for SSH is what `create` takes with --ssh-cert.",
    );
}

function firstCertificate(file: string, text: string, bytes: Buffer, blocks: readonly PemBlock[]): X509Certificate {
  const block = blocks.find(({ label }) => label === "CERTIFICATE");
  const certificate = parseCertificate(block?.pem ?? bareBase64(text) ?? bytes);
  if (block !== undefined && certificate !== undefined) return certificate;
  // A DER certificate parses, but holds the public half alone.
  if (certificate !== undefined) throw withoutKey(file);
  if (text.includes("PRIVATE KEY-----") || blocks.some(isPrivate))
    throw refuseSignIn(
      "AzureCertificateMissing",
      `${file} holds a private key, but no certificate that can be read.`,
      `Put both into one file, and give that: (umask 077; { ${opensslReading("openssl pkey -in FILE", file, bytes)}; cat CERTIFICATE.pem; } > ${unusedBeside(file, ".pem")})`,
    );
  const kind = foreignKind(file, bytes)?.is ?? (isUtf16(bytes) ? "a text in UTF-16, and not of PEM" : undefined);
  throw refuseSignIn(
    "AzureCertificateUnreadable",
    kind === undefined
      ? `${file} is no PEM file with a private key and a certificate.`
      : `${file} is ${kind}: a PEM file with a private key and a certificate is wanted.`,
    `Of a .pfx, make one: (umask 077; openssl pkcs12 -in FILE.pfx -noenc -out ${unusedBeside(file, ".pem")})`,
  );
}

function privateKey(file: string, bytes: Buffer, blocks: readonly PemBlock[]): KeyObject {
  const block = blocks.find(isPrivate);
  if (block === undefined) throw withoutKey(file);
  if (block.encrypted || block.label.startsWith("ENCRYPTED"))
    throw refuseSignIn(
      "AzureCertificateEncrypted",
      `The private key in ${file} has a passphrase.`,
      `Write a copy without it: (umask 077; { ${opensslReading("openssl pkey -in FILE; openssl x509 -in FILE", file, bytes)}; } > ${unusedBeside(file, "-plain.pem")})`,
    );
  const key = ((): KeyObject => {
    try {
      return createPrivateKey(block.pem);
    } catch {
      // The cause is left out on purpose: it is about a secret, and says nothing that helps.
      throw refuseSignIn(
        "AzureCertificateUnreadable",
        `The private key in ${file} cannot be read.`,
        `Check it with: ${opensslReading("openssl pkey -noout -check -in FILE", file, bytes)}`,
      );
    }
  })();
  if (key.asymmetricKeyType === "rsa") return key;
  throw refuseSignIn(
    "AzureCertificateKind",
    `The private key in ${file} is of type ${key.asymmetricKeyType}; signing in to Azure needs RSA.`,
    "Make one with `azure-coreos-cluster generate-mgmt-cert`, and upload its .cer.",
  );
}

function checkDates(file: string, from: number, until: number, now: number): void {
  const validity = `it is valid from ${day(from)} to ${day(until)}, and today is ${day(now)}`;
  const again = "Move it away, run `azure-coreos-cluster generate-mgmt-cert` and upload the new .cer to the app registration.";
  if (now > until) throw refuseSignIn("AzureCertificateExpired", `The certificate in ${file} has expired: ${validity}.`, again);
  if (now < from)
    throw refuseSignIn(
      "AzureCertificateNotYetValid",
      `The certificate in ${file} is not yet valid: ${validity}.`,
      "Check this machine's clock.",
    );
}

function withoutKey(file: string): ClusterError {
  const pem = extname(file) === ".pem" ? "the file it was made with" : `${stemOf(file)}.pem`;
  return refuseSignIn(
    "AzureCertificateNoKey",
    `${file} holds a certificate only: signing in needs its private key too.`,
    `Give the PEM file with both, usually ${pem}; the .cer is what is uploaded to Azure.`,
  );
}

const isPrivate = ({ label }: PemBlock): boolean => label.endsWith("PRIVATE KEY");

/** 1.2.840.113549.1.7.2 (PKCS#7): certificates, and signatures. */
const SIGNED_DATA = Buffer.from("06092a864886f70d010702", "hex");

/** PEM or DER; undefined when it is no certificate. */
export function parseCertificate(certificate: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

const stemOf = (file: string): string => join(dirname(file), basename(file, extname(file)));
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Errors of this kind end with exit code 4: sign-in. */
export const refuseSignIn = (code: string, message: string, advice: string): ClusterError =>
  new ClusterError(code, message, { advice, exit: EXIT.signIn });
