/**
 * Whether an image wants a BIOS (Hyper-V generation V1) or UEFI (V2) machine. Nothing in a VHD says so, and Azure asks:
 * "hyperVGeneration" must be given for an image from a blob. The partition table gives a guess and the reason for it;
 * it must stay a guess that a flag can overrule. Pure.
 */
export interface GenerationGuess {
  generation: "V1" | "V2";
  /** One sentence fragment for the user: why. */
  reason: string;
}

const SECTOR = 512;

/** EFI System Partition, C12A7328-F81F-11D2-BA4B-00A0C93EC93B, as it lies on disk (the first three fields little-endian). */
const EFI_SYSTEM_PARTITION = "28732ac11ff8d211ba4b00a0c93ec93b";

/** How much of the front of an image the guess reads: MBR, GPT header and the usual 128 entries of 128 bytes. */
export const PARTITION_TABLE_BYTES = 34 * SECTOR;

/**
 * Guesses the Hyper-V generation from the first `PARTITION_TABLE_BYTES` of the disk (fewer are read as far as they go).
 * An EFI System Partition means V2, also when there is a BIOS boot partition beside it: Flatcar's images have both, and
 * Flatcar's own uploader says V2. Without one, UEFI firmware finds nothing to start, so V1.
 */
export function guessGeneration(head: Uint8Array): GenerationGuess {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < SECTOR || view.getUint16(510) !== 0x55aa)
    return { generation: "V1", reason: "no partition table was recognised" };
  // Four MBR entries of 16 bytes from 446 on; the type is the fifth byte. 0xEE protects a GPT, 0xEF is an EFI System Partition.
  const types = [450, 466, 482, 498].map((at) => head[at]);
  if (types.includes(0xef)) return { generation: "V2", reason: "its MBR has an EFI System Partition" };
  if (!types.includes(0xee)) return { generation: "V1", reason: "it has an MBR without an EFI System Partition" };
  if (gptPartitionTypes(head, view).includes(EFI_SYSTEM_PARTITION))
    return { generation: "V2", reason: "its GPT has an EFI System Partition" };
  return { generation: "V1", reason: "its GPT has no EFI System Partition" };
}

/** The type GUIDs, in hexadecimal as on disk, of the GPT entries inside `head`; none when the header is not a GPT's. */
function gptPartitionTypes(head: Uint8Array, view: DataView): string[] {
  const signature = "EFI PART";
  if (head.byteLength < 2 * SECTOR || String.fromCharCode(...head.subarray(SECTOR, SECTOR + 8)) !== signature) return [];
  // UEFI 2.10, 5.3.2: first entry's sector at offset 72 of the header, number of entries at 80, size of one at 84.
  const start = Number(view.getBigUint64(SECTOR + 72, true)) * SECTOR;
  const count = view.getUint32(SECTOR + 80, true);
  const size = view.getUint32(SECTOR + 84, true);
  const types: string[] = [];
  if (size < 128) return types;
  for (let entry = 0, at = start; entry < count && at + 16 <= head.byteLength; entry++, at += size)
    types.push([...head.subarray(at, at + 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  return types;
}
