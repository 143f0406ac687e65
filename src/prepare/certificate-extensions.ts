/**
 * The X.509 extensions of the certificates made here: what a certificate may be used for, and for which names and addresses.
 * Written by hand, because node-forge fills them in for RSA keys alone.
 */
import { isIPv4 } from "node:net";
import { ClusterError } from "../core/errors.ts";
import type { Der, DerWriter } from "./der.ts";

export type Purpose =
  /** A key of a person or a program: SSH, sign-in. */
  | { readonly usage: "identity" }
  /** Signs other certificates, and nothing else. */
  | { readonly usage: "authority" }
  /** One end of a TLS connection, or both. */
  | {
      readonly usage: "tls";
      readonly server: boolean;
      readonly client: boolean;
      readonly addresses: readonly string[];
      readonly dnsNames: readonly string[];
    };

/** KeyUsage, RFC 5280 4.2.1.3: the byte, and how many bits at its end do not count. */
const KEY_USAGE = {
  identity: [0b1010_0000, 5], // digitalSignature, keyEncipherment
  authority: [0b0000_0110, 1], // keyCertSign, cRLSign
  tls: [0b1000_0000, 7], // digitalSignature
} as const;

/** The `Extensions` sequence. Key identifiers are of the certificate's own key and of the signing one. */
export function extensionsOf(der: DerWriter, purpose: Purpose, ownKeyId: Buffer, signingKeyId: Buffer): Der {
  const extension = (id: string, critical: boolean, value: Der): Der =>
    der.sequence([der.oid(id), ...(critical ? [der.yes()] : []), der.octets(der.bytes(value))]);
  const [usage, unused] = KEY_USAGE[purpose.usage];
  const common = [
    // basicConstraints; the default FALSE is left out, as DER wants it.
    extension("2.5.29.19", true, der.sequence(purpose.usage === "authority" ? [der.yes()] : [])),
    extension("2.5.29.15", true, der.bits(Buffer.of(usage), unused)),
    extension("2.5.29.14", false, der.octets(ownKeyId)),
    extension("2.5.29.35", false, der.sequence([der.tagged(0, signingKeyId)])),
  ];
  if (purpose.usage !== "tls") return der.sequence(common);

  const usages = [...(purpose.server ? ["1.3.6.1.5.5.7.3.1"] : []), ...(purpose.client ? ["1.3.6.1.5.5.7.3.2"] : [])];
  const names = [
    ...purpose.dnsNames.map((name) => der.tagged(2, Buffer.from(name, "ascii"))),
    ...purpose.addresses.map((address) => der.tagged(7, ipv4(address))),
  ];
  return der.sequence([
    ...common,
    extension("2.5.29.37", false, der.sequence(usages.map((id) => der.oid(id)))),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", false, der.sequence(names))]),
  ]);
}

/** Four bytes: the tool gives its nodes IPv4 addresses only. */
function ipv4(address: string): Buffer {
  if (!isIPv4(address)) throw new ClusterError("CertificateAddress", `"${address}" is no IPv4 address.`, { source: "bug" });
  return Buffer.from(address.split(".").map(Number));
}
