/**
 * Reads an image file once: is it a fixed VHD, which parts of it hold data, and what is its identity. The identity is the
 * content's (a hash over what is not zero and where it lies), not the modification time's: a copied or touched file is still
 * the same image, an edited one never is, on any machine. Zeros cost a comparison and no hash, so that a sparse
 * image of 30 GiB with 1 GiB of data takes seconds; a footer's UUID alone would not do, as it survives an edit.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { ClusterError } from "../../core/errors.ts";
import { FOOTER_BYTES, imageFile, readVhdFooter, type VhdFooter } from "./footer.ts";
import { PARTITION_TABLE_BYTES } from "./generation.ts";
import { bytesOf, type Span, type Write } from "./pages.ts";

/** The file is read in windows of 4 MiB, which is also the most that one Put Page takes: no write crosses their borders. */
export const WINDOW_BYTES = 4 * 1024 ** 2;
const PAGE = 512;
/** Zeros between data are sent along when they are fewer than this: a request costs more than 64 KiB of body. */
const SMALL_GAP = 64 * 1024;

export interface VhdSurvey {
  file: string;
  /** Bytes of the file, footer and all: the size of the page blob. */
  size: number;
  footer: VhdFooter;
  /** SHA-256 of the content, 64 hexadecimal digits: equal for equal files, whatever their names and times. */
  identity: string;
  /** What is not zero, in order of the offset. */
  writes: readonly Write[];
  /** Bytes that have to be in the blob; the rest is zeros, which a new page blob has by itself. */
  dataBytes: number;
}

/**
 * Surveys `file`. Throws the ClusterErrors of `readVhdFooter`, ImageFileNotFound, or the signal's reason. `onRead` is told how many
 * bytes have been looked at, for a progress line: the whole file is read once.
 */
export async function surveyVhd(
  file: string,
  options: {
    signal?: AbortSignal;
    onRead?: (bytes: number, total: number) => void;
    /** What an advised command may write. */
    beside?: (file: string, ending: string) => string;
  } = {},
): Promise<VhdSurvey> {
  const handle = await openImage(file);
  try {
    const { size } = await handle.stat();
    const head = await readAt(handle, { offset: 0, length: Math.min(size, PARTITION_TABLE_BYTES) });
    const tail = await readAt(handle, { offset: Math.max(0, size - FOOTER_BYTES), length: Math.min(size, FOOTER_BYTES) });
    const footer = readVhdFooter(
      { head: Uint8Array.from(head), tail: Uint8Array.from(tail), size },
      imageFile(file, options.beside),
    );
    const whole = createHash("sha256").update(`vhd ${size}\n`);
    const writes: Write[] = [];
    const buffer = Buffer.allocUnsafe(WINDOW_BYTES);
    for (let offset = 0; offset < size; offset += WINDOW_BYTES) {
      options.signal?.throwIfAborted();
      const bytes = await readAt(handle, { offset, length: Math.min(WINDOW_BYTES, size - offset) }, buffer);
      for (const span of dataSpans(bytes, offset)) {
        const sha256 = sha256Of(bytes.subarray(span.offset - offset, span.offset - offset + span.length));
        whole.update(`${span.offset} ${span.length} ${sha256}\n`);
        writes.push({ ...span, sha256 });
      }
      options.onRead?.(offset + bytes.byteLength, size);
    }
    return { file, size, footer, identity: whole.digest("hex"), writes, dataBytes: bytesOf(writes) };
  } finally {
    await handle.close();
  }
}

/** The name of the blob: the file's and 16 digits of the identity, so that another image under the same name is another blob. */
export function vhdBlobName({ file, identity }: Pick<VhdSurvey, "file" | "identity">): string {
  const stem = basename(file)
    .replace(/\.vhd$/i, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, 100);
  return `${stem}-${identity.slice(0, 16)}.vhd`;
}

export const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** The parts of `bytes` that are not zero, in pages of 512; `base` is where they lie in the file. */
export function dataSpans(bytes: Buffer, base: number): Span[] {
  const spans: Span[] = [];
  if (isZero(bytes)) return spans;
  for (let at = 0; at < bytes.byteLength; at += PAGE) {
    const page = bytes.subarray(at, at + PAGE);
    if (page[0] === 0 && isZero(page)) continue;
    const last = spans.at(-1);
    if (last !== undefined && base + at - (last.offset + last.length) < SMALL_GAP)
      last.length = base + at + page.byteLength - last.offset;
    else spans.push({ offset: base + at, length: page.byteLength });
  }
  return spans;
}

const ZEROS = Buffer.alloc(WINDOW_BYTES);
const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.byteLength));

/** Reads exactly `span`; a file that has become shorter is an error. With `into`, the bytes are valid until its next use. */
export async function readAt(handle: FileHandle, span: Span, into = Buffer.allocUnsafe(span.length)): Promise<Buffer> {
  for (let got = 0; got < span.length;) {
    const { bytesRead } = await handle.read(into, got, span.length - got, span.offset + got);
    if (bytesRead === 0) throw new ClusterError("ImageFileChanged", "The image file became shorter while it was read.");
    got += bytesRead;
  }
  return into.subarray(0, span.length);
}

/** Opens a file for reading; what is missing, forbidden or a folder is the user's to put right. */
export async function openImage(file: string): Promise<FileHandle> {
  const refuse = (why: string, cause?: unknown): ClusterError =>
    new ClusterError("ImageFileNotFound", `The image file ${file} ${why}.`, { advice: "Check --coreos-image.", cause });
  try {
    // asked before it is opened: a pipe without a writer would be waited for
    if ((await stat(file)).isFile()) return await open(file, "r");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw refuse(code === "ENOENT" ? "is not there" : `cannot be read (${code ?? "unknown reason"})`, cause);
  }
  throw refuse("is no file");
}
