/**
 * Uploads a surveyed VHD as a page blob: only pages that hold data, several at a time, and so that it can be stopped anywhere. The
 * blob itself is the record: its metadata say whose content it is and whether it is complete, its page ranges what is there. Each
 * write is hashed again before it is sent, so a blob never holds pages of any content but the one it is named for. A blob that
 * is somebody else's is never written to.
 */
import { defined } from "../../core/defined.ts";
import type { FileHandle } from "node:fs/promises";
import type { ContainerClient, PageBlobClient } from "@azure/storage-blob";
import type { Clock } from "../../core/clock.ts";
import { ClusterError } from "../../core/errors.ts";
import { blobError, blobErrorCode } from "./blob-error.ts";
import { blobMetadata, plainUrl, readBlobState } from "./blob-state.ts";
import { type HeldLease, holdLease, leaseLost } from "./lease.ts";
import { bytesOf, missingPages, presentRanges, type Write } from "./pages.ts";
import { putPages } from "./put-pages.ts";
import { openImage, readAt, sha256Of, vhdBlobName, type VhdSurvey, WINDOW_BYTES } from "./survey.ts";

/** Bytes; `done` = in place (written now or before, or zero) out of `total`; `skipped` = the part of it that was not sent. */
export interface UploadProgress {
  done: number;
  total: number;
  skipped: number;
}

export interface VhdUpload {
  vhd: VhdSurvey;
  container: ContainerClient;
  clock: Clock;
  /** `vhdBlobName(vhd)` by default. */
  blobName?: string;
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Called once when another upload of the same blob has to be waited for. */
  onWait?: () => void;
  /** Requests at a time, 8 by default; each holds 4 MiB. */
  concurrency?: number;
}

export interface UploadedVhd {
  /** Of the blob, without any signature: the `blobUri` of an image. */
  url: string;
  uploadedBytes: number;
  /** Zero, or there already. With `uploadedBytes`, the size of the blob. */
  skippedBytes: number;
}

/**
 * Brings the blob to hold exactly the file. Does nothing when it does already; goes on where an interrupted upload stopped. Throws
 * ClusterErrors: BlobNotOurs, UploadInProgress and UploadLeaseLost (exit 7), ImageFileChanged, storage's own codes; or the
 * signal's reason, after releasing the lock.
 */
export async function uploadVhd(upload: VhdUpload): Promise<UploadedVhd> {
  const { vhd, container, signal } = upload;
  const blob = container.getPageBlobClient(upload.blobName ?? vhdBlobName(vhd));
  const url = plainUrl(blob);
  const inPlace = (): UploadedVhd => {
    upload.onProgress?.({ done: vhd.size, total: vhd.size, skipped: vhd.size });
    return { url, uploadedBytes: 0, skippedBytes: vhd.size };
  };
  const state = await readBlobState(blob, vhd, signal);
  if (state === "complete") return inPlace();
  if (state === undefined) await make(blob, vhd, signal);
  const lease = await holdLease(blob, upload);
  try {
    // Whoever made it or held the lease before may be somebody else, or may just have finished.
    if ((await readBlobState(blob, vhd, signal)) === "complete") return inPlace();
    const uploadedBytes = await writeMissing(blob, upload, lease);
    await blob.setMetadata(blobMetadata(vhd, "complete"), {
      conditions: { leaseId: lease.id },
      ...defined({ abortSignal: signal }),
    });
    return { url, uploadedBytes, skippedBytes: vhd.size - uploadedBytes };
  } catch (error) {
    if (signal?.aborted !== true && lease.lost.aborted) throw lease.lost.reason;
    if (blobErrorCode(error).startsWith("Lease")) throw leaseLost(blob.name, blobErrorCode(error));
    throw blobError(error, `Uploading to ${url}`, signal);
  } finally {
    await lease.release();
  }
}

/** Makes the blob, all zeros, unless somebody else just did. */
async function make(blob: PageBlobClient, vhd: VhdSurvey, signal: AbortSignal | undefined): Promise<void> {
  try {
    await blob.create(vhd.size, {
      metadata: blobMetadata(vhd, "incomplete"),
      conditions: { ifNoneMatch: "*" },
      blobHTTPHeaders: { blobContentType: "application/octet-stream" },
      ...defined({ abortSignal: signal }),
    });
  } catch (error) {
    if (!["BlobAlreadyExists", "ConditionNotMet", "LeaseIdMissing"].includes(blobErrorCode(error)))
      throw blobError(error, `Making ${plainUrl(blob)}`, signal);
  }
}

/** Writes what the file has and the blob has not; the number of bytes sent. */
async function writeMissing(
  blob: PageBlobClient,
  { vhd, clock, signal, onProgress, concurrency = 8 }: VhdUpload,
  lease: HeldLease,
): Promise<number> {
  const todo = missingPages(vhd.writes, await presentRanges(blob, signal));
  const skipped = vhd.size - bytesOf(todo);
  let sent = 0;
  onProgress?.({ done: skipped, total: vhd.size, skipped });
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, lease.lost, ...(signal === undefined ? [] : [signal])]);
  const handle = await openImage(vhd.file);
  const queue = todo.values();
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(WINDOW_BYTES);
    for (const write of queue) {
      stop.throwIfAborted();
      const bytes = await readUnchanged(handle, write, buffer, vhd.file);
      await putPages(blob, write, bytes, { clock, leaseId: lease.id, stop });
      sent += write.length;
      onProgress?.({ done: skipped + sent, total: vhd.size, skipped });
    }
  };
  try {
    // The first failure stops the others, and all have ended before the lock goes.
    const workers = Array.from({ length: Math.max(1, Math.min(concurrency, todo.length)) }, () =>
      work().catch((error: unknown) => failed.abort(error)),
    );
    await Promise.all(workers);
    stop.throwIfAborted();
  } finally {
    await handle.close();
  }
  if (missingPages(vhd.writes, await presentRanges(blob, signal)).length > 0)
    throw new ClusterError("UploadIncomplete", `${blob.name} lacks pages that were written to it.`, {
      source: "azure",
      advice: "Run the same command again: it writes what is missing.",
    });
  return sent;
}

async function readUnchanged(handle: FileHandle, write: Write, buffer: Buffer<ArrayBuffer>, file: string): Promise<Buffer> {
  const bytes = await readAt(handle, write, buffer);
  if (sha256Of(bytes) === write.sha256) return bytes;
  throw new ClusterError("ImageFileChanged", `${file} was changed while it was uploaded.`, {
    advice: "Run the same command again when nothing writes to it any more; the new content becomes a blob of its own.",
  });
}
