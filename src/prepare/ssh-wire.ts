/** The few types of SSH's wire format (RFC 4251 section 5) that keys are made of: uint32, string, mpint. Pure bytes. */

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive number from its big-endian bytes: no needless zeros in front, one where the sign bit would be set. */
export function mpint(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const plain = Buffer.from(first < 0 ? [] : bytes.subarray(first));
  return sshString((plain[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), plain]) : plain);
}

export { stringsIn as readStrings } from "../core/ssh-blob.ts";
