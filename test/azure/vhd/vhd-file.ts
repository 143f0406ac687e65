/** Small VHDs for the tests: footers with any field changed, and sparse files with data where it is wanted. */
import { truncateSync, writeFileSync, openSync, writeSync, closeSync } from "node:fs";
import { footerChecksum } from "../../../src/azure/vhd/footer.ts";

export const MIB = 1024 ** 2;

/** A footer as qemu-img writes it; `checksum` is right unless given. */
export function footer({
  size = 2 * MIB,
  type = 2,
  checksum,
  cookie = "conectix",
}: { size?: number; type?: number; checksum?: number; cookie?: string } = {}): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(cookie, 0, "latin1");
  bytes.writeUInt32BE(2, 8);
  bytes.writeUInt32BE(0x10000, 12);
  bytes.writeBigUInt64BE(type === 2 ? 0xffffffffffffffffn : 512n, 16);
  bytes.write("qem2", 28, "latin1");
  bytes.writeBigUInt64BE(BigInt(size), 40);
  bytes.writeBigUInt64BE(BigInt(size), 48);
  bytes.writeUInt32BE(type, 60);
  bytes.fill(0xab, 68, 84);
  bytes.writeUInt32BE(checksum ?? footerChecksum(bytes), 64);
  return bytes;
}

/** Bytes that are nowhere zero; another seed, other bytes. */
export const noise = (length: number, seed = 1): Buffer =>
  Buffer.alloc(
    length,
    Uint8Array.from({ length: 1021 }, (_, at) => 1 + ((at * 7 + seed * 131) % 255)),
  );

/** Writes a fixed VHD of `mib` MiB to `file`, sparse, with `data` at its offsets. */
export function makeVhd(file: string, mib: number, data: readonly { at: number; bytes: Buffer }[]): string {
  writeFileSync(file, "");
  truncateSync(file, mib * MIB);
  const handle = openSync(file, "r+");
  for (const { at, bytes } of data) writeSync(handle, bytes, 0, bytes.byteLength, at);
  writeSync(handle, footer({ size: mib * MIB }), 0, 512, mib * MIB);
  closeSync(handle);
  return file;
}

/** The front of a disk with a protective MBR and a GPT with partitions of these types (GUID bytes in hexadecimal, as on disk). */
export function gpt(...types: string[]): Buffer {
  const head = mbr(0xee);
  head.write("EFI PART", 512, "latin1");
  head.writeBigUInt64LE(2n, 512 + 72);
  head.writeUInt32LE(128, 512 + 80);
  head.writeUInt32LE(128, 512 + 84);
  types.forEach((type, index) => Buffer.from(type, "hex").copy(head, 1024 + index * 128));
  return head;
}

/** The front of a disk with an MBR whose partitions have these types. */
export function mbr(...types: number[]): Buffer {
  const head = Buffer.alloc(34 * 512);
  head.writeUInt16BE(0x55aa, 510);
  types.forEach((type, index) => head.writeUInt8(type, 450 + index * 16));
  return head;
}
