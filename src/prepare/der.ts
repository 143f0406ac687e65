/**
 * Writing ASN.1 in DER with node-forge, in the words of X.509 and with bytes instead of node-forge's binary strings. The only
 * module that touches node-forge; it is loaded when a certificate is made (it costs 90 ms, which `--help` must not pay).
 */
import type forge from "node-forge";

export type Der = forge.asn1.Asn1;
export type StringType = "printable" | "utf8" | "ia5" | "numeric";

export interface DerWriter {
  sequence(items: readonly Der[]): Der;
  /** In the order that DER demands of a SET OF: by their bytes. */
  set(items: readonly Der[]): Der;
  /** Content bytes, big-endian; minimal, as the caller gives them. */
  integer(bytes: Uint8Array): Der;
  oid(id: string): Der;
  yes(): Der;
  none(): Der;
  octets(bytes: Uint8Array): Der;
  /** `unused` bits at the end do not count. */
  bits(bytes: Uint8Array, unused?: number): Der;
  text(type: StringType, value: string): Der;
  /** RFC 5280 4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050 on. */
  time(date: Date): Der;
  /** Context-specific: around other values (EXPLICIT), or in place of a value's own tag (IMPLICIT). */
  tagged(tag: number, content: readonly Der[] | Uint8Array): Der;
  parse(bytes: Uint8Array): Der;
  bytes(der: Der): Buffer;
}

export async function loadDer(): Promise<DerWriter> {
  const { asn1 } = (await import("node-forge")).default;
  const { Class, Type } = asn1;
  const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const whole = (type: forge.asn1.Type, items: readonly Der[]): Der => asn1.create(Class.UNIVERSAL, type, true, [...items]);
  const plain = (type: forge.asn1.Type, content: string): Der => asn1.create(Class.UNIVERSAL, type, false, content);
  const bytesOf = (der: Der): Buffer => Buffer.from(asn1.toDer(der).getBytes(), "latin1");
  const numeric = 18 as unknown as forge.asn1.Type;
  const strings = { printable: Type.PRINTABLESTRING, utf8: Type.UTF8, ia5: Type.IA5STRING, numeric };
  return {
    sequence: (items) => whole(Type.SEQUENCE, items),
    set: (items) =>
      whole(
        Type.SET,
        items.toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b))),
      ),
    integer: (bytes) => plain(Type.INTEGER, binary(bytes)),
    oid: (id) => plain(Type.OID, asn1.oidToDer(id).getBytes()),
    yes: () => plain(Type.BOOLEAN, "\u00ff"),
    none: () => plain(Type.NULL, ""),
    octets: (bytes) => plain(Type.OCTETSTRING, binary(bytes)),
    bits: (bytes, unused = 0) => plain(Type.BITSTRING, String.fromCharCode(unused) + binary(bytes)),
    text: (type, value) => plain(strings[type], binary(Buffer.from(value, "utf8"))),
    time: (date) =>
      date.getUTCFullYear() < 2050
        ? plain(Type.UTCTIME, asn1.dateToUtcTime(date))
        : plain(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date)),
    tagged: (tag, content) => {
      // The typings know the universal tags only; any number is a tag.
      const type = tag as unknown as forge.asn1.Type;
      return content instanceof Uint8Array
        ? asn1.create(Class.CONTEXT_SPECIFIC, type, false, binary(content))
        : asn1.create(Class.CONTEXT_SPECIFIC, type, true, [...content]);
    },
    parse: (bytes) => asn1.fromDer(binary(bytes)),
    bytes: bytesOf,
  };
}

/** Field `index` of a SEQUENCE. */
export function fieldOf(der: Der, index: number): Der {
  const field = Array.isArray(der.value) ? der.value[index] : undefined;
  if (field === undefined) throw new Error(`ASN.1 value without field ${index}`);
  return field;
}
