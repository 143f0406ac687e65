import { describe, expect, it } from "vitest";
import { ClusterError } from "../../../src/core/errors.ts";
import { imageBlob, imageFile, readVhdFooter, type VhdEnds } from "../../../src/azure/vhd/footer.ts";
import { guessGeneration } from "../../../src/azure/vhd/generation.ts";
import { footer, gpt, mbr, MIB } from "./vhd-file.ts";

const ESP = "28732ac11ff8d211ba4b00a0c93ec93b";
const BIOS_BOOT = "4861682149646f6e744e656564454649";
const LINUX = "af3dc60f838472478e793d69d8477de4";

const ends = (change: Partial<VhdEnds> = {}): VhdEnds => ({
  head: new Uint8Array(512),
  tail: footer(),
  size: 2 * MIB + 512,
  ...change,
});
const starting = (text: string, size = 3 * MIB): VhdEnds => ({
  head: Buffer.from(text.padEnd(512, "x"), "latin1"),
  tail: new Uint8Array(512),
  size,
});

const IMAGE = imageFile("disk.vhd");

const caught = (given: VhdEnds): ClusterError => {
  try {
    readVhdFooter(given, imageFile("my disk.vhd.xz"));
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("a fixed VHD", () => {
  it("tells the size of its disk, its id and who made it", () => {
    expect(readVhdFooter(ends(), IMAGE)).toEqual({
      virtualSize: 2 * MIB,
      uniqueId: "ab".repeat(16),
      creator: "qem2",
      generation: { generation: "V1", reason: "no partition table was recognised" },
    });
  });

  it("is read from a view into a larger buffer as well", () => {
    const around = Buffer.concat([Buffer.alloc(100, 1), footer(), Buffer.alloc(7, 1)]);
    expect(readVhdFooter(ends({ tail: around.subarray(100, 612) }), IMAGE).virtualSize).toBe(2 * MIB);
  });
});

describe("what Azure would not take is refused with the way out", () => {
  it.each<[string, VhdEnds, string, RegExp, RegExp]>([
    [
      "a dynamic VHD, by its footer",
      ends({ tail: footer({ type: 3 }) }),
      "VhdNotFixed",
      /a dynamic VHD/,
      /-f vpc -O vpc -o subformat=fixed,force_size 'my disk.vhd.xz' 'my disk-azure.vhd'$/,
    ],
    ["a differencing VHD", ends({ tail: footer({ type: 4 }) }), "VhdNotFixed", /differencing/, /qemu-img convert/],
    ["a dynamic VHD that lost its end", starting("conectix"), "VhdNotFixed", /dynamic/, /qemu-img convert -f vpc/],
    ["a VHDX", starting("vhdxfile"), "NotAVhd", /a VHDX/, /qemu-img convert -f vhdx/],
    ["a qcow2", starting("QFI\xfb"), "NotAVhd", /a qcow2/, /qemu-img convert -f qcow2/],
    ["a VMDK", starting("KDMV"), "NotAVhd", /a VMDK/, /qemu-img convert -f vmdk/],
    ["bzip2", starting("BZh91AY", 12_345), "NotAVhd", /bzip2/, /bunzip2 -c < 'my disk.vhd.xz' > 'my disk-azure.vhd'$/],
    ["gzip", starting("\x1f\x8b\x08", 12_345), "NotAVhd", /gzip/, /gunzip/],
    ["xz", starting("\xfd7zXZ\0", 12_345), "NotAVhd", /xz/, /unxz/],
    ["zstd", starting("\x28\xb5\x2f\xfd", 12_345), "NotAVhd", /zstd/, /unzstd/],
    ["zip", starting("PK\x03\x04", 12_345), "NotAVhd", /zip/, /unzip -d 'my disk-azure-unpacked' 'my disk.vhd.xz'$/],
    ["a raw disk", starting("\xeb\x63\x90"), "NotAVhd", /raw disk/, /qemu-img convert -f raw -O vpc/],
    [
      "a file cut inside a sector",
      starting("\xeb\x63\x90", 3 * MIB + 7),
      "VhdDamaged",
      /no whole number of sectors/,
      /fetch it again/,
    ],
    ["a file of nothing", { head: new Uint8Array(), tail: new Uint8Array(), size: 0 }, "NotAVhd", /0 bytes only/, /^$/],
    ["a wrong checksum", ends({ tail: footer({ checksum: 1 }) }), "VhdDamaged", /checksum is wrong/, /fetch or convert/],
    [
      "a middle that is missing",
      ends({ size: MIB + 512 }),
      "VhdDamaged",
      /1049088 bytes, but its footer speaks of a disk of 2097152/,
      /incomplete/,
    ],
    [
      "half a MiB",
      ends({ tail: footer({ size: 1.5 * MIB }), size: 1.5 * MIB + 512 }),
      "VhdNotAligned",
      /multiple of 1 MiB/,
      /resize -f raw 'my disk-azure.raw' 2097152; .* 'my disk-azure.raw' 'my disk-azure.vhd'$/,
    ],
    ["an empty disk", ends({ tail: footer({ size: 0 }), size: 512 }), "VhdNotAligned", /0 bytes/, /1048576/],
    [
      "2 TiB",
      ends({ tail: footer({ size: 2048 * 1024 ** 3 }), size: 2048 * 1024 ** 3 + 512 }),
      "VhdTooLarge",
      /2048 GiB/,
      /Shrink/,
    ],
  ])("%s", (_name, given, code, message, advice) => {
    const error = caught(given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("my disk.vhd.xz");
    expect(error.advice ?? "").toMatch(advice);
  });

  it("with what is to be downloaded first, where it is a blob", () => {
    expect(() => readVhdFooter(starting("QFI\xfb"), imageBlob("https://a/b.vhd"))).toThrow(
      expect.objectContaining({
        advice: expect.stringMatching(/^Download it as FILE\. Convert it: .* FILE FILE-azure\.vhd$/) as string,
      }) as Error,
    );
  });

  it("at any changed byte of the footer", () => {
    for (let at = 0; at < 512; at++) {
      const tail = footer();
      tail[at] = (tail[at] ?? 0) ^ 0x10;
      expect(() => readVhdFooter(ends({ tail }), IMAGE), `byte ${at}`).toThrow(ClusterError);
    }
  });
});

describe("the Hyper-V generation is guessed from the partition table", () => {
  it.each<[string, Uint8Array, "V1" | "V2"]>([
    ["Flatcar's: ESP and BIOS boot", gpt(ESP, BIOS_BOOT, LINUX), "V2"],
    ["ESP behind others", gpt(LINUX, LINUX, LINUX, ESP), "V2"],
    ["BIOS boot only", gpt(BIOS_BOOT, LINUX), "V1"],
    ["MBR with Linux", mbr(0x83), "V1"],
    ["MBR with an ESP", mbr(0x83, 0xef), "V2"],
    ["nothing", new Uint8Array(34 * 512), "V1"],
    ["too few bytes", new Uint8Array(10), "V1"],
    ["a GPT cut after its header", gpt(ESP).subarray(0, 1024), "V1"],
  ])("%s", (_name, head, generation) => {
    const guess = guessGeneration(head);
    expect(guess.generation).toBe(generation);
    expect(guess.reason).not.toBe("");
  });
});
