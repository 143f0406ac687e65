/**
 * What of etcd's certificates lies in the cluster's folder: the authority, whose key lets the cluster grow, and the operator's
 * certificate. Made once and kept, keys 0600; there is never a second authority for a cluster.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { signCertificate, certifyCa, newKey, type EtcdCa } from "./etcd-certificates.ts";
import { FOLDER_FILES } from "./folder-files.ts";
import { keepAndRead, PRIVATE, PUBLIC, readKept } from "./kept-file.ts";

export { createEtcdCa, issueEtcdCertificate, issueNodeCertificate, type EtcdCa } from "./etcd-certificates.ts";

export interface EtcdTlsFiles {
  readonly ca: string;
  readonly caKey: string;
  readonly client: string;
  readonly clientKey: string;
}

/** Where the authority and the operator's certificate lie in the cluster's folder: what `etcdctl --cacert --cert --key` takes. */
export const etcdTlsFiles = (folder: string): EtcdTlsFiles => ({
  ca: join(folder, FOLDER_FILES.etcdCa),
  caKey: join(folder, FOLDER_FILES.etcdCaKey),
  client: join(folder, FOLDER_FILES.etcdClient),
  clientKey: join(folder, FOLDER_FILES.etcdClientKey),
});

/**
 * The authority in the cluster's folder, and the operator's certificate beside it: used when there, else made. For a cluster
 * that exists already (`exists`) no second authority is ever made: ClusterError `EtcdCaMissing` (exit 5) then names the file.
 */
export async function prepareEtcdTls(options: {
  folder: string;
  cluster: string;
  exists: boolean;
  now: number;
}): Promise<EtcdCa> {
  const { folder, cluster, exists, now } = options;
  const files = etcdTlsFiles(folder);
  // The certificate is made after the key, so it is looked for first: who sees it surely sees its key.
  const certificate = (await readKept(files.ca))?.toString("utf8");
  const key = (await readKept(files.caKey))?.toString("utf8");
  if (key === undefined && (exists || certificate !== undefined)) throw missing(files.caKey, cluster, exists);
  if (certificate === undefined && exists) throw missing(files.ca, cluster);
  const anew = exists ? AUTHORITY_THERE : ALL_AGAIN;
  if (key !== undefined && certificate === undefined) refuseUnreadable(key, files.caKey, anew);
  const kept = key ?? (await keepText(files.caKey, await newKey(), PRIVATE));
  const ca = {
    key: kept,
    certificate: certificate ?? (await keepText(files.ca, (await certifyCa(kept, cluster, now)).certificate, PUBLIC)),
  };
  checkPair(ca.key, files.caKey, ca.certificate, files.ca, anew);
  await keepOperatorCertificate(files, ca, now);
  return ca;
}

/** The authority in the folder, which is only looked at; undefined where it is not whole. @throws ClusterError EtcdTlsMismatch (exit 5) */
export async function keptEtcdCa(folder: string): Promise<EtcdCa | undefined> {
  const files = etcdTlsFiles(folder);
  const [certificate, key] = [await readKept(files.ca), await readKept(files.caKey)].map((bytes) => bytes?.toString("utf8"));
  if (key === undefined || certificate === undefined) return undefined;
  checkPair(key, files.caKey, certificate, files.ca, AUTHORITY_THERE);
  return { key, certificate };
}

/** What a cluster remembers of its authority: 32 hex digits of the certificate's SHA-256; none of what is no certificate. */
export function fingerprintOf({ certificate }: Pick<EtcdCa, "certificate">): string {
  try {
    return new X509Certificate(certificate).fingerprint256.replaceAll(":", "").slice(0, 32).toLowerCase();
  } catch {
    return "";
  }
}

/** Puts an authority that was found elsewhere into the folder. What is there must be the same. */
export async function adoptEtcdCa(folder: string, ca: EtcdCa): Promise<void> {
  const files = etcdTlsFiles(folder);
  const differs = async (path: string, text: string): Promise<boolean> =>
    ((await readKept(path))?.toString("utf8") ?? text) !== text;
  checkPair(ca.key, "What was found", ca.certificate, "the authority's certificate", AUTHORITY_THERE);
  // Looked at before, so that nothing is written beside another authority's files; and after, for who came in between.
  if (await differs(files.caKey, ca.key)) throw otherAuthority(files.caKey);
  if (await differs(files.ca, ca.certificate)) throw otherAuthority(files.ca);
  if ((await keepText(files.caKey, ca.key, PRIVATE)) !== ca.key) throw otherAuthority(files.caKey);
  if ((await keepText(files.ca, ca.certificate, PUBLIC)) !== ca.certificate) throw otherAuthority(files.ca);
}

async function keepOperatorCertificate(files: EtcdTlsFiles, ca: EtcdCa, now: number): Promise<void> {
  const before = (await readKept(files.client))?.toString("utf8");
  const there = (await readKept(files.clientKey))?.toString("utf8");
  if (there === undefined && before !== undefined)
    throw unusable("EtcdTlsMismatch", `${files.clientKey}, the key of ${files.client}, is missing.`, MADE_AGAIN);
  if (there !== undefined && before === undefined) refuseUnreadable(there, files.clientKey, MADE_AGAIN);
  const key = there ?? (await keepText(files.clientKey, await newKey(), PRIVATE));
  const made =
    before ??
    (await keepText(
      files.client,
      (await signCertificate(ca, key, { name: "operator", client: true, server: false, now })).certificate,
      PUBLIC,
    ));
  checkPair(key, files.clientKey, made, files.client, MADE_AGAIN);
  if (!new X509Certificate(made).verify(createPublicKey(ca.certificate))) throw notSignedBy(files.client, files.ca);
}

const keepText = async (path: string, text: string, mode: number): Promise<string> =>
  (await keepAndRead(path, text, mode)).bytes.toString("utf8");

/** A certificate is about to be made for it. What openssl says of a key is not for an error text. */
function refuseUnreadable(text: string, file: string, advice: string): void {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(text);
    if (asymmetricKeyType === "rsa" || asymmetricKeyDetails?.namedCurve === "prime256v1") return;
  } catch {
    // a kind that is not known is none
  }
  throw unusable("EtcdKeyUnreadable", `${file} holds no private key that can be used here.`, advice);
}

function checkPair(key: string, keyFile: string, certificate: string, certificateFile: string, advice: string): void {
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return;
  } catch {
    // Unreadable is as good as not belonging together.
  }
  throw unusable("EtcdTlsMismatch", `${keyFile} is not the key of ${certificateFile}.`, advice);
}

const MADE_AGAIN = "Move it and its .pem away: both are made again.";
const ALL_AGAIN = "Move the files etcd-* in that folder away: all are made again.";
const AUTHORITY_THERE =
  "Copy both from where the cluster was made; or move both away, and they are fetched from a member that can be logged in to.";

const unusable = (code: string, message: string, advice: string): ClusterError =>
  new ClusterError(code, message, { advice, exit: EXIT.preflight });

const otherAuthority = (file: string): ClusterError =>
  unusable(
    "EtcdTlsMismatch",
    `${file} is of another authority than the cluster's.`,
    "Move the files etcd-* in that folder away: they belong to another cluster.",
  );

const notSignedBy = (certificateFile: string, caFile: string): ClusterError =>
  unusable(
    "EtcdTlsMismatch",
    `${certificateFile} is not signed by ${caFile}.`,
    "Move it and its .key away: both are made again.",
  );

/** @param made it has members */
const missing = (file: string, cluster: string, made = true): ClusterError =>
  unusable(
    "EtcdCaMissing",
    `${file} is missing: new nodes of ${cluster} need a certificate of the authority it was made with.`,
    `Copy the cluster's folder from the machine where it was made.${made ? "" : ` Where it was never made, move the files etcd-* there away: all are made again.`}`,
  );
