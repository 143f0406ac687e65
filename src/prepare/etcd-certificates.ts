/**
 * The certificates that secure etcd: one authority a cluster, a certificate a node, and one for the operator. P-256 keys, which
 * are made in under a millisecond and keep user-data small. Writes no file: etcd-tls.ts keeps what must be kept.
 */
import { createPrivateKey, createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { NodeTls } from "../core/node-config.ts";
import { makeCertificate, selfSigned } from "./certificate.ts";

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

const generate = promisify(generateKeyPair);
/** Nothing renews a node's certificate: it must outlive the machine. */
const DAYS = 3650;

/** A new certificate authority for the cluster of that name. */
export const createEtcdCa = async (cluster: string, now: number): Promise<EtcdCa> => certifyCa(await newKey(), cluster, now);

/** A key and a certificate signed by the authority; it ends no later than the authority's own. */
export const issueEtcdCertificate = async (ca: EtcdCa, options: EtcdCertificateOptions): Promise<NodeTls> =>
  signCertificate(ca, await newKey(), options);

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

/** PEM of a new P-256 key, PKCS#8. */
export async function newKey(): Promise<string> {
  const { privateKey } = await generate("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The authority's own certificate, for a key that is there. */
export async function certifyCa(key: string, cluster: string, now: number): Promise<EtcdCa> {
  const subject = [{ name: "CN", value: `${cluster.slice(0, 56)} etcd CA` }] as const;
  return { key, certificate: await selfSigned({ key, subject, days: DAYS, now, purpose: { usage: "authority" } }) };
}

/** A certificate for a key that is there. */
export async function signCertificate(ca: EtcdCa, key: string, options: EtcdCertificateOptions): Promise<NodeTls> {
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
