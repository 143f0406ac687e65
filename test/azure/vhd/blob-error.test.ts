/** What storage says, in the tool's words; and which generation a disk's partition table wants. */
import { describe, expect, test } from "vitest";
import { blobError, blobErrorCode } from "../../../src/azure/vhd/blob-error.ts";
import { PARTITION_TABLE_BYTES, guessGeneration } from "../../../src/azure/vhd/generation.ts";
import { ClusterError } from "../../../src/core/errors.ts";

const rest = (more: object, message = "no\nRequestId:1"): Error =>
  Object.assign(new Error(message), { name: "RestError", ...more });

test.each([
  [{ details: { errorCode: "BlobNotFound" }, code: "Other" }, "BlobNotFound"],
  [{ details: { errorCode: "" }, code: "ENOTFOUND" }, "ENOTFOUND"],
  [{ details: {}, statusCode: 404 }, "404"],
  [{ code: 7 }, "Unknown"],
  [undefined, "Unknown"],
  [null, "Unknown"],
])("the code of %j is %s", (error, code) => {
  expect(blobErrorCode(error)).toBe(code);
});

describe("an error of storage", () => {
  test.each([
    ["AuthorizationPermissionMismatch", 4, /Storage Blob Data Contributor/],
    ["KeyBasedAuthenticationNotPermitted", 4, /takes no account keys/],
    ["AuthorizationFailure", 4, /firewall/],
    ["AuthenticationFailed", 4, /SAS expired/],
    ["NoAuthenticationInformation", 4, /Sign in/],
    ["ContainerBeingDeleted", 7, /half a minute/],
    ["ContainerNotFound", 1, /Make the container/],
    ["Odd", 1, /Run the same command again/],
  ])("%s ends with exit code %i", (code, exit, advice) => {
    const error = blobError(rest({ code, statusCode: 403 }), "writing");
    expect(error).toMatchObject({
      code,
      exit,
      source: "azure",
      message: "writing failed (403): no",
      advice: expect.stringMatching(advice),
    });
    expect(error.cause).toBeUndefined();
  });

  test("says its code where it says nothing, and never a signature", () => {
    expect(blobError(rest({ code: "Odd" }, ""), "reading").message).toBe("reading failed: Odd");
    expect(blobError(rest({ code: "Odd" }, "at https://x/y?a=1&sig=secret%3D&b"), "reading").message).toBe(
      "reading failed: at https://x/y?a=1&sig=REDACTED&b",
    );
  });

  test("what is not storage's stays what it is; an interrupt comes before all", () => {
    const ours = new ClusterError("X", "x");
    const named = Object.assign(new ClusterError("Y", "y"), { name: "RestError" });
    const other = new TypeError("z");
    for (const error of [ours, named, other]) expect(blobError(error, "w")).toBe(error);
    const reason = new Error("interrupted");
    expect(blobError(rest({ code: "Odd" }), "w", AbortSignal.abort(reason))).toBe(reason);
    expect(blobError(rest({ code: "Odd" }), "w", new AbortController().signal)).toMatchObject({ code: "Odd" });
  });
});

const EFI = "28732ac11ff8d211ba4b00a0c93ec93b";

function disk({
  mbr = [],
  gpt,
  signed = true,
  header = "EFI PART",
  start = 2,
  count = 4,
  size = 128,
}: {
  mbr?: number[];
  gpt?: string[];
  signed?: boolean;
  header?: string;
  start?: number;
  count?: number;
  size?: number;
} = {}): Uint8Array {
  const bytes = Buffer.alloc(PARTITION_TABLE_BYTES);
  if (signed) bytes.writeUInt16BE(0x55aa, 510);
  for (const [at, type] of mbr.entries()) bytes[450 + 16 * at] = type;
  if (gpt === undefined) return bytes;
  bytes.write(header, 512, "latin1");
  bytes.writeBigUInt64LE(BigInt(start), 512 + 72);
  bytes.writeUInt32LE(count, 512 + 80);
  bytes.writeUInt32LE(size, 512 + 84);
  for (const [at, type] of gpt.entries()) Buffer.from(type, "hex").copy(bytes, start * 512 + at * Math.max(size, 128));
  return bytes;
}

test.each<[string, Uint8Array, "V1" | "V2", RegExp]>([
  ["nothing", new Uint8Array(0), "V1", /no partition table/],
  ["less than a sector", disk({ mbr: [0xef] }).subarray(0, 511), "V1", /no partition table/],
  ["no signature", disk({ mbr: [0xef], signed: false }), "V1", /no partition table/],
  ["one sector alone", disk({ mbr: [0xef] }).subarray(0, 512), "V2", /MBR has an EFI/],
  ["the last entry of the MBR", disk({ mbr: [0x83, 0x83, 0x83, 0xef] }), "V2", /MBR has an EFI/],
  ["an MBR without", disk({ mbr: [0x83] }), "V1", /MBR without/],
  [
    "a GPT with, in its last entry",
    disk({ mbr: [0xee], gpt: ["00", "11".repeat(16), "22".repeat(16), EFI] }),
    "V2",
    /GPT has an EFI/,
  ],
  ["a GPT without", disk({ mbr: [0xee], gpt: ["11".repeat(16)] }), "V1", /GPT has no EFI/],
  ["one beyond its entries", disk({ mbr: [0xee], gpt: ["11".repeat(16), EFI], count: 1 }), "V1", /GPT has no EFI/],
  ["larger entries", disk({ mbr: [0xee], gpt: ["11".repeat(16), EFI], size: 256 }), "V2", /GPT has an EFI/],
  ["entries elsewhere", disk({ mbr: [0xee], gpt: [EFI], start: 5 }), "V2", /GPT has an EFI/],
  ["entries that are none", disk({ mbr: [0xee], gpt: [EFI], size: 64 }), "V1", /GPT has no EFI/],
  ["a header that is none", disk({ mbr: [0xee], gpt: [EFI], header: "EFI PARX" }), "V1", /GPT has no EFI/],
  ["a GPT that is cut off before its header ends", disk({ mbr: [0xee], gpt: [EFI] }).subarray(0, 1023), "V1", /GPT has no EFI/],
  [
    "a GPT that is cut off in its entries",
    disk({ mbr: [0xee], gpt: ["00", EFI] }).subarray(0, 1024 + 128 + 15),
    "V1",
    /GPT has no EFI/,
  ],
])("a disk with %s is of generation %s", (_, head, generation, reason) => {
  expect(guessGeneration(head)).toMatchObject({ generation, reason: expect.stringMatching(reason) });
});
