/**
 * One uploader at a time: a lease on the blob, renewed while the work goes on. A lease and not an ETag condition, since an ETag
 * changes with every page and several pages are written at once. It is a finite one, so that a killed process locks nobody out
 * for longer than half a minute.
 */
import { defined } from "../../core/defined.ts";
import type { PageBlobClient } from "@azure/storage-blob";
import type { Clock } from "../../core/clock.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { blobError, blobErrorCode } from "./blob-error.ts";

const LEASE_SECONDS = 30;
const RENEW_MS = 8_000;
const ASK_AGAIN_MS = 2_000;
/** Longer than a lease lasts: one that is still held then is being renewed, so its owner lives. */
const TRIES = LEASE_SECONDS / (ASK_AGAIN_MS / 1000) + 3;

export interface HeldLease {
  id: string;
  /** Aborts, with a ClusterError as its reason, when the lease was lost: nothing may be written any more. */
  lost: AbortSignal;
  /** Ends it, so that the next one need not wait; never throws. */
  release(): Promise<void>;
}

/**
 * Takes the lease of `blob`, waiting out one that a killed process may have left. `onWait` is called once if there is one. Throws
 * a ClusterError UploadInProgress (exit 7) when somebody keeps it.
 */
export async function holdLease(
  blob: PageBlobClient,
  { clock, signal, onWait }: { clock: Clock; signal?: AbortSignal; onWait?: () => void },
): Promise<HeldLease> {
  const lease = blob.getBlobLeaseClient();
  const abort = defined({ abortSignal: signal });
  for (let tries = 1; ; tries++) {
    try {
      await lease.acquireLease(LEASE_SECONDS, abort);
      break;
    } catch (error) {
      if (blobErrorCode(error) !== "LeaseAlreadyPresent") throw blobError(error, `Locking ${blob.name}`, signal);
      if (tries >= TRIES)
        throw new ClusterError("UploadInProgress", `Another process is uploading ${blob.name}, or has locked it.`, {
          exit: EXIT.conflict,
          advice:
            "Let it finish, then run this command again: it takes the blob as it is. A lock left by hand: az storage blob lease break.",
        });
      if (tries === 1) onWait?.();
      await clock.sleep(ASK_AGAIN_MS, signal);
    }
  }
  const lost = new AbortController();
  const over = new AbortController();
  const keep = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(RENEW_MS, over.signal);
      await lease.renewLease({ abortSignal: over.signal });
    }
  };
  const kept = keep().catch((error: unknown) => {
    if (!over.signal.aborted) lost.abort(leaseLost(blob.name, blobErrorCode(error)));
  });
  return {
    id: lease.leaseId,
    lost: lost.signal,
    release: async () => {
      over.abort();
      await kept;
      await lease.releaseLease().catch(() => undefined);
    },
  };
}

/** What to say when a request with the lease was refused, or it could not be renewed. */
export const leaseLost = (name: string, code: string): ClusterError =>
  new ClusterError("UploadLeaseLost", `The lock on ${name} was lost while it was uploaded (${code}).`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "Run the same command again: it goes on where this one stopped.",
  });
