/**
 * The certificates that secure etcd: one authority a cluster, a certificate a node, and one for the operator. P-256 keys, which
 * are made in under a millisecond and keep user-data small. The authority's key is what lets a cluster grow: it stays in the
 * cluster's folder, 0600, and goes to no node.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { ClusterError, EXIT } from "../core/errors.ts";
import type { NodeTls } from "../core/node-config.ts";
import { makeCertificate, selfSigned } from "./certificate.ts";
import { keepAndRead, PRIVATE, PUBLIC, readKept } from "./kept-file.ts";

/** PEM texts; `key` is PKCS#8. */
export interface EtcdCa {
  readonly certificate: string;
  readonly key: string;
}

export interface EtcdCertificateOptions {
  /** Common name: the machine's name, or "operator". */
  readonly name: string;
  /** IPv4 addresses and DNS names that a server answers to. */
  readonly addresses?: readonly string[];
  readonly dnsNames?: readonly string[];
  /** Extended key usages. etcd's members need both: they dial each other, and their own client port. */
  readonly client: boolean;
  readonly server: boolean;
  readonly days?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface EtcdTlsFiles {
  readonly ca: string;
  readonly caKey: string;
  readonly client: string;
  readonly clientKey: string;
}

const generate = promisify(generateKeyPair);
/** Nothing renews a node's certificate: it must outlive the machine. */
const DAYS = 3650;

/** A new certificate authority for the cluster of that name. */
export const createEtcdCa = async (cluster: string, now: number): Promise<EtcdCa> => certifyCa(await newKey(), cluster, now);

/** A key and a certificate signed by the authority; it ends no later than the authority's own. */
export const issueEtcdCertificate = async (ca: EtcdCa, options: EtcdCertificateOptions): Promise<NodeTls> =>
  certify(ca, await newKey(), options);

/** What a member of etcd at `address` needs: server and client, also for 127.0.0.1 and localhost. */
export const issueNodeCertificate = (ca: EtcdCa, node: { name: string; address: string; now: number }): Promise<NodeTls> =>
  issueEtcdCertificate(ca, {
    name: node.name,
    addresses: [...new Set([node.address, "127.0.0.1"])],
    dnsNames: [...new Set(["localhost", node.name])],
    client: true,
    server: true,
    now: node.now,
  });

/** Where the authority and the operator's certificate lie in the cluster's folder: what `etcdctl --cacert --cert --key` takes. */
export const etcdTlsFiles = (folder: string): EtcdTlsFiles => ({
  ca: join(folder, "etcd-ca.pem"),
  caKey: join(folder, "etcd-ca.key"),
  client: join(folder, "etcd-client.pem"),
  clientKey: join(folder, "etcd-client.key"),
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
  if (key === undefined && (exists || certificate !== undefined)) throw missing(files.caKey, cluster);
  if (certificate === undefined && exists) throw missing(files.ca, cluster);
  const kept = key ?? (await keepText(files.caKey, await newKey(), PRIVATE));
  const ca = {
    key: kept,
    certificate: certificate ?? (await keepText(files.ca, (await certifyCa(kept, cluster, now)).certificate, PUBLIC)),
  };
  checkPair(ca.key, files.caKey, ca.certificate, files.ca);
  await keepOperatorCertificate(files, ca, now);
  return ca;
}

/** Puts an authority that was found elsewhere into the folder. What is there must be the same. */
export async function adoptEtcdCa(folder: string, ca: EtcdCa): Promise<void> {
  const files = etcdTlsFiles(folder);
  checkPair(
    await keepText(files.caKey, ca.key, PRIVATE),
    files.caKey,
    await keepText(files.ca, ca.certificate, PUBLIC),
    files.ca,
  );
}

async function keepOperatorCertificate(files: EtcdTlsFiles, ca: EtcdCa, now: number): Promise<void> {
  const before = (await readKept(files.client))?.toString("utf8");
  const there = (await readKept(files.clientKey))?.toString("utf8");
  if (there === undefined && before !== undefined) throw mismatch(files.clientKey, files.client);
  const key = there ?? (await keepText(files.clientKey, await newKey(), PRIVATE));
  const made =
    before ??
    (await keepText(
      files.client,
      (await certify(ca, key, { name: "operator", client: true, server: false, now })).certificate,
      PUBLIC,
    ));
  checkPair(key, files.clientKey, made, files.client);
}

const keepText = async (path: string, text: string, mode: number): Promise<string> =>
  (await keepAndRead(path, text, mode)).bytes.toString("utf8");

async function newKey(): Promise<string> {
  const { privateKey } = await generate("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

async function certifyCa(key: string, cluster: string, now: number): Promise<EtcdCa> {
  const subject = [{ name: "CN", value: `${cluster} etcd CA`.slice(0, 64) }] as const;
  return { key, certificate: await selfSigned({ key, subject, days: DAYS, now, purpose: { usage: "authority" } }) };
}

async function certify(ca: EtcdCa, key: string, options: EtcdCertificateOptions): Promise<NodeTls> {
  const { name, client, server, addresses = [], dnsNames = [], days = DAYS, now } = options;
  const certificate = await makeCertificate({
    subject: [{ name: "CN", value: name.slice(0, 64) }],
    publicKey: createPublicKey(key),
    issuer: ca.certificate,
    signingKey: createPrivateKey(ca.key),
    purpose: { usage: "tls", server, client, addresses, dnsNames },
    days,
    now,
  });
  return { ca: ca.certificate, certificate, key };
}

function checkPair(key: string, keyFile: string, certificate: string, certificateFile: string): void {
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return;
  } catch {
    // Unreadable is as good as not belonging together; what openssl says of a key is not for an error text.
  }
  throw mismatch(keyFile, certificateFile);
}

const mismatch = (keyFile: string, certificateFile: string): ClusterError =>
  new ClusterError("EtcdTlsMismatch", `${keyFile} is not the key of ${certificateFile}.`, {
    advice: "Copy both from where the cluster was made.",
    exit: EXIT.preflight,
  });

const missing = (file: string, cluster: string): ClusterError =>
  new ClusterError(
    "EtcdCaMissing",
    `${file} is missing: new nodes of ${cluster} need a certificate of the authority it was made with.`,
    {
      advice: "Copy the cluster's folder from the machine where it was made.",
      exit: EXIT.preflight,
    },
  );
