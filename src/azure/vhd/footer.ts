/**
 * What Azure takes as an image: a fixed VHD, that is the raw disk and 512 bytes of footer behind it. Reads the footer and
 * says of everything else what it is and which command makes a fixed VHD of it, before a single byte is uploaded. Pure: the
 * caller reads the two ends of the file or the blob.
 */
import { ClusterError } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { guessGeneration, type GenerationGuess } from "./generation.ts";

export const FOOTER_BYTES = 512;
const MIB = 1024 ** 2;

/** "up to 1,023 GB", from Azure's page on preparing an image; a larger one is refused by the service, hours later. */
const MAX_VIRTUAL_BYTES = 1023 * 1024 ** 3;

/** The two ends of a file or blob: enough to know a fixed VHD. */
export interface VhdEnds {
  /** From the start: `PARTITION_TABLE_BYTES`, or all there is if less. */
  head: Uint8Array;
  /** The last `FOOTER_BYTES`, or all there is if less. */
  tail: Uint8Array;
  /** Size of the whole, in bytes. */
  size: number;
}

export interface VhdFooter {
  /** Size of the disk that a machine sees, in bytes; the file is 512 larger. */
  virtualSize: number;
  /** The footer's UUID, 32 hexadecimal digits. */
  uniqueId: string;
  /** Four letters of the program that made it, such as `qem2` or `win `. */
  creator: string;
  generation: GenerationGuess;
}

/** The image in messages, and in commands: words for a shell. */
export interface NamedImage {
  readonly name: string;
  readonly file: string;
  /** What such a command may write: the file's name with that ending in the place of its own, and nothing that is there. */
  readonly made: (ending: string) => string;
  /** What comes before a command: where there is no file yet, how there is one. */
  readonly first: string;
}

/** Of an image that lies on this machine. @param beside a word for a shell: the file with another ending, and nothing that is there */
export const imageFile = (file: string, beside = besideUnseen): NamedImage => ({
  name: file,
  file: shellWord(file),
  made: (ending) => beside(file.replace(/\.(bz2|gz|xz|zst|zip)$/i, ""), ending),
  first: "",
});

const besideUnseen = (file: string, ending: string): string => shellWord(`${file.replace(/\.[^./\\]+$/, "")}-azure${ending}`);

/** Of a blob: commands read what is downloaded. */
export const imageBlob = (url: string): NamedImage => ({
  name: url,
  file: "FILE",
  made: (ending) => `FILE-azure${ending}`,
  first: "Download it as FILE. ",
});

const convert = ({ first, file, made }: NamedImage, format: string): string =>
  `${first}Convert it: qemu-img convert -f ${format} -O vpc -o subformat=fixed,force_size ${file} ${made(".vhd")}`;

/** Programs that unpack ask before they write over a file, or know the packing by the file's ending: neither matters to these. */
const unpack = ({ first, file, made }: NamedImage, program: string): string =>
  `${first}Unpack it: ${program} < ${file} > ${made(".vhd")}`;

/** What a file begins with, what it is then, and what to do. A dynamic VHD begins with a copy of its own footer. */
const STRANGERS: readonly { starts: string; is: string; advice: (image: NamedImage) => string }[] = [
  { starts: "vhdxfile", is: "a VHDX", advice: (image) => convert(image, "vhdx") },
  { starts: "conectix", is: "a dynamic or differencing VHD", advice: (image) => convert(image, "vpc") },
  { starts: "QFI\xfb", is: "a qcow2 image", advice: (image) => convert(image, "qcow2") },
  { starts: "KDMV", is: "a VMDK", advice: (image) => convert(image, "vmdk") },
  { starts: "# Disk Desc", is: "a VMDK's description", advice: (image) => convert(image, "vmdk") },
  { starts: "<<< ", is: "a VirtualBox disk (VDI)", advice: (image) => convert(image, "vdi") },
  { starts: "BZh", is: "compressed with bzip2", advice: (image) => unpack(image, "bunzip2 -c") },
  { starts: "\x1f\x8b", is: "compressed with gzip", advice: (image) => unpack(image, "gunzip -c") },
  { starts: "\xfd7zXZ\0", is: "compressed with xz", advice: (image) => unpack(image, "unxz -c") },
  { starts: "\x28\xb5\x2f\xfd", is: "compressed with zstd", advice: (image) => unpack(image, "unzstd -c") },
  {
    starts: "PK\x03\x04",
    is: "a zip archive",
    advice: ({ first, file, made }) => `${first}Unpack it: unzip -d ${made("-unpacked")} ${file}`,
  },
];

/**
 * Reads the footer of a fixed VHD. Layout: Virtual Hard Disk Image Format Specification 1.0, "Hard Disk Footer Format", all
 * numbers big-endian. Throws a ClusterError with a code of its own for each of: NotAVhd (another format, compressed, raw),
 * VhdNotFixed, VhdDamaged (checksum, truncated or lengthened), VhdNotAligned, VhdTooLarge. `image` is only for the messages.
 */
export function readVhdFooter(ends: VhdEnds, image: NamedImage): VhdFooter {
  const { head, tail, size } = ends;
  const { name } = image;
  if (tail.byteLength < FOOTER_BYTES || text(tail, 0, 8) !== "conectix") throw stranger(ends, image);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const checksum = view.getUint32(64);
  if (checksum !== footerChecksum(tail))
    throw damaged(`${name} has a VHD footer whose checksum is wrong`, "The file is damaged: fetch or convert it again.");
  const type = view.getUint32(60);
  if (type !== 2) {
    const word = type === 3 ? "a dynamic" : type === 4 ? "a differencing" : `a type ${type}`;
    throw new ClusterError("VhdNotFixed", `${name} is ${word} VHD; Azure takes fixed ones only.`, {
      advice: convert(image, "vpc"),
    });
  }
  const virtualSize = Number(view.getBigUint64(48));
  if (size !== virtualSize + FOOTER_BYTES)
    throw damaged(
      `${name} has ${size} bytes, but its footer speaks of a disk of ${virtualSize} bytes and ${FOOTER_BYTES} of footer`,
      "The file is incomplete, or was changed after it was made: fetch or convert it again.",
    );
  if (virtualSize === 0 || virtualSize % MIB !== 0) {
    const wanted = Math.max(1, Math.ceil(virtualSize / MIB)) * MIB;
    const raw = image.made(".raw");
    throw new ClusterError("VhdNotAligned", `${name} is a disk of ${virtualSize} bytes; Azure wants a multiple of 1 MiB.`, {
      advice:
        `${image.first}Enlarge it: qemu-img convert -f vpc -O raw ${image.file} ${raw}; qemu-img resize -f raw ${raw} ${wanted}; ` +
        `qemu-img convert -f raw -O vpc -o subformat=fixed,force_size ${raw} ${image.made(".vhd")}`,
    });
  }
  if (virtualSize > MAX_VIRTUAL_BYTES)
    throw new ClusterError("VhdTooLarge", `${name} is a disk of ${Math.ceil(virtualSize / 1024 ** 3)} GiB; Azure takes 1,023.`, {
      advice: "Shrink the file systems and the disk inside it, then convert it again.",
    });
  return { virtualSize, uniqueId: hex(tail.subarray(68, 84)), creator: text(tail, 28, 4), generation: guessGeneration(head) };
}

/** "One's complement of the sum of all the bytes in the footer without the checksum field." */
export function footerChecksum(footer: Uint8Array): number {
  let sum = 0;
  footer.forEach((byte, at) => (sum += at >= 64 && at < 68 ? 0 : byte));
  return ~sum >>> 0;
}

function stranger({ head, size }: VhdEnds, image: NamedImage): ClusterError {
  const { name } = image;
  const known = STRANGERS.find(({ starts }) => text(head, 0, starts.length) === starts);
  if (known !== undefined) {
    const code = known.starts === "conectix" ? "VhdNotFixed" : "NotAVhd";
    return new ClusterError(code, `${name} is ${known.is}; Azure takes fixed VHDs only.`, { advice: known.advice(image) });
  }
  if (/\.iso$/i.test(name))
    return new ClusterError("NotAVhd", `${name} is an ISO image, from which machines in Azure do not boot.`, {
      advice: `Take the publisher's disk image for Azure (or a raw or qcow2 one, and give that: it is said how it is converted).`,
    });
  if (size < FOOTER_BYTES) return new ClusterError("NotAVhd", `${name} has ${size} bytes only and cannot be a VHD.`);
  if (size % FOOTER_BYTES !== 0)
    return damaged(
      `${name} has no VHD footer, and ${size} bytes are no whole number of sectors`,
      "It is incomplete: fetch it again and compare its checksum with the publisher's.",
    );
  return new ClusterError("NotAVhd", `${name} has no VHD footer: it is a raw disk, or its end is missing.`, {
    advice: `If it was a VHD, fetch it again; if it is a raw disk: ${convert(image, "raw")}`,
  });
}

const damaged = (message: string, advice: string): ClusterError => new ClusterError("VhdDamaged", `${message}.`, { advice });

const text = (bytes: Uint8Array, at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
