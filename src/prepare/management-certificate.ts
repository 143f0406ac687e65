/**
 * `generate-mgmt-cert`: azure-cert.pem (key and certificate, as @azure/identity wants them, in one file) and azure-cert.cer, the
 * public half that is uploaded to the app registration. What is there is used, never overwritten.
 */
import { generateKeyPair } from "node:crypto";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { selfSigned, toDer } from "./certificate.ts";
import { refuseAnothersKey } from "./cluster-folder.ts";
import { keepAndRead, PRIVATE, PUBLIC, readKept } from "./kept-file.ts";
import { checkManagementCertificate, parseCertificate, refuseSignIn } from "./sign-in-certificate.ts";
import type { Subject } from "./subject.ts";

export { checkManagementCertificate } from "./sign-in-certificate.ts";

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

const generate = promisify(generateKeyPair);
/** As in the original's `openssl req -days 365`. */
const DAYS = 365;

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
  refuseAnothersKey(pemFile);
  const der = toDer(pem);
  const { bytes } = await keepAndRead(cerFile, der, PUBLIC);
  refuseAnothersKey(cerFile);
  if (parseCertificate(bytes)?.raw.equals(der) !== true)
    throw refuseSignIn(
      "AzureCertificateMismatch",
      `${cerFile} is not the certificate in ${pemFile}.`,
      `Move ${cerFile} away: it is made again from the .pem.`,
    );
  return { pemFile, cerFile, thumbprint: certificate.thumbprint, notAfter: certificate.notAfter, made, notes };
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
    throw refuseSignIn(
      "AzureCertificateNoKey",
      `${cerFile} is there, but ${pemFile} with its private key is not.`,
      `Copy ${basename(pemFile)} from where the .cer was made, or move the .cer away to make both anew and upload the new one.`,
    );
  const { privateKey } = await generate("rsa", { modulusLength: bits });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const certificate = await selfSigned({ key, subject: subject.attributes, days, now });
  return (await keepAndRead(pemFile, key + certificate, PRIVATE)).made;
}
