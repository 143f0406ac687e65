/**
 * An image that lies in Azure as a blob already: is it one that an image can be made of? Reads the properties and the two ends,
 * a few kilobytes, and never writes. Where the account is (its region) only management knows, so the caller brings it.
 */
import { defined } from "../../core/defined.ts";
import type { ContainerClient, PageBlobClient } from "@azure/storage-blob";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { blobError } from "./blob-error.ts";
import { isUnfinished, plainUrl } from "./blob-state.ts";
import { FOOTER_BYTES, imageBlob, readVhdFooter, type VhdFooter } from "./footer.ts";
import { PARTITION_TABLE_BYTES } from "./generation.ts";

export interface FoundVhd {
  /** Without any signature: the `blobUri` of an image. */
  url: string;
  size: number;
  footer: VhdFooter;
}

/**
 * Checks that `blobName` is a complete fixed VHD in a page blob. Throws ClusterErrors, exit 5: NotAPageBlob ("block blob fails"), UploadUnfinished
 * (an interrupted upload of this tool), those of `readVhdFooter`, BlobNotFound and storage's others.
 */
export async function inspectVhdBlob(container: ContainerClient, blobName: string, signal?: AbortSignal): Promise<FoundVhd> {
  const blob = container.getPageBlobClient(blobName);
  const url = plainUrl(blob);
  const abort = defined({ abortSignal: signal });
  try {
    const { blobType, contentLength: size = 0, metadata } = await blob.getProperties(abort);
    if (blobType !== "PageBlob")
      throw refuse(
        "NotAPageBlob",
        `${url} is a ${blobType ?? "blob of another type"}; Azure makes images of page blobs only.`,
        `Upload it again: az storage blob upload --type page, or give the file itself to --coreos-image.`,
      );
    if (isUnfinished(metadata))
      throw refuse(
        "UploadUnfinished",
        `${url} is an upload that was not finished.`,
        "Run the command that began it again, with the file itself.",
      );
    const head = await range(blob, 0, Math.min(size, PARTITION_TABLE_BYTES), signal);
    const tail = await range(blob, Math.max(0, size - FOOTER_BYTES), Math.min(size, FOOTER_BYTES), signal);
    return { url, size, footer: readVhdFooter({ head, tail, size }, imageBlob(url)) };
  } catch (error) {
    throw blobError(error, `Looking at ${url}`, signal);
  }
}

/** Azure's rule for an image from a blob: account, image and machines in one region. Both as Azure's names or as people write them. */
export function checkSameLocation(account: string, accountLocation: string, location: string): void {
  const plain = (name: string): string => name.toLowerCase().replaceAll(" ", "");
  if (plain(accountLocation) === plain(location)) return;
  throw refuse(
    "ImageInOtherLocation",
    `The storage account ${account} is in ${plain(accountLocation)}, the cluster in ${plain(location)}.`,
    `Give --location ${plain(accountLocation)}, or copy the VHD into an account in ${plain(location)}.`,
  );
}

async function range(blob: PageBlobClient, offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array();
  return blob.downloadToBuffer(offset, length, defined({ abortSignal: signal }));
}

const refuse = (code: string, message: string, advice: string): ClusterError =>
  new ClusterError(code, message, { advice, exit: EXIT.preflight });
