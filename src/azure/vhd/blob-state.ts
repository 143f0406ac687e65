/**
 * What an image blob says of itself in its metadata: whose content it is to hold, and whether it holds all of it. Written when the blob
 * is made and when it is complete; read before anything is written to a blob, since what is not ours is never touched.
 */
import { defined } from "../../core/defined.ts";
import type { PageBlobClient } from "@azure/storage-blob";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { blobError, blobErrorStatus } from "./blob-error.ts";
import type { VhdSurvey } from "./survey.ts";

export type BlobState = "incomplete" | "complete";

/** Metadata names have to be C# identifiers, and as headers they have no case. */
const IDENTITY = "coreosclusterimage";
const STATE = "coreosclusterstate";

export const blobMetadata = (vhd: VhdSurvey, state: BlobState): Record<string, string> => ({
  [IDENTITY]: vhd.identity,
  [STATE]: state,
});

/** True for the metadata of an upload that was begun and not finished. */
export const isUnfinished = (metadata: Record<string, string> | undefined): boolean => metadata?.[STATE] === "incomplete";

/** The URL of a blob without its query, which may hold a signature. */
export const plainUrl = (blob: { url: string }): string => blob.url.replace(/\?.*$/s, "");

/**
 * The state of the blob that is to hold `vhd`, or undefined when there is none. Throws BlobNotOurs (exit 7) for a block blob, one
 * without our metadata, with another identity or another size.
 */
export async function readBlobState(blob: PageBlobClient, vhd: VhdSurvey, signal?: AbortSignal): Promise<BlobState | undefined> {
  const found = await blob.getProperties(defined({ abortSignal: signal })).catch((error: unknown) => {
    if (blobErrorStatus(error) === 404) return undefined;
    throw blobError(error, `Looking at ${plainUrl(blob)}`, signal);
  });
  if (found === undefined) return undefined;
  const why =
    found.blobType !== "PageBlob"
      ? `is a ${found.blobType ?? "blob of another type"}, not a page blob`
      : found.metadata?.[IDENTITY] === undefined
        ? "was not made by this tool"
        : found.metadata[IDENTITY] !== vhd.identity
          ? "holds another image"
          : found.contentLength !== vhd.size
            ? `has ${found.contentLength} bytes and not ${vhd.size}`
            : undefined;
  if (why === undefined) return found.metadata?.[STATE] === "complete" ? "complete" : "incomplete";
  throw new ClusterError("BlobNotOurs", `${plainUrl(blob)} is there and ${why}; it is left as it is.`, {
    exit: EXIT.conflict,
    advice: "Delete or rename that blob, rename the image file, or give another --blob-container-url.",
  });
}
