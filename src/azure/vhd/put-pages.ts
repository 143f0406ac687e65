/**
 * Writes one run of pages, checked in transit by its MD5 and by the lease. Adds what the SDK lacks: it retries errors, but has no time
 * limit of its own, so that a connection that died silently would hang for ever.
 */
import { createHash } from "node:crypto";
import type { PageBlobClient } from "@azure/storage-blob";
import type { Clock } from "../../core/clock.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { blobErrorCode } from "./blob-error.ts";
import type { Span } from "./pages.ts";

/** No byte moved for this long, the SDK's own retries included: the request hangs, and is sent anew. */
const IDLE_MS = 120_000;
const SENDS = 3;

/** Puts `body` at `span`, which is as long. Throws the SDK's error, NoAnswer, or the reason of `stop`. */
export async function putPages(
  blob: PageBlobClient,
  span: Span,
  body: Buffer,
  { clock, leaseId, stop }: { clock: Clock; leaseId: string; stop: AbortSignal },
): Promise<void> {
  const transactionalContentMD5 = createHash("md5").update(body).digest();
  for (let sends = 1; ; sends++) {
    try {
      await unlessIdle(clock, IDLE_MS, stop, (abortSignal, beat) =>
        blob.uploadPages(body, span.offset, span.length, {
          conditions: { leaseId },
          transactionalContentMD5,
          abortSignal,
          onProgress: beat,
        }),
      );
      return;
    } catch (error) {
      if (stop.aborted || blobErrorCode(error) !== "NoAnswer" || sends >= SENDS) throw error;
    }
  }
}

/**
 * Runs `run`, whose signal aborts with `signal` or when `beat` was not called for `idleMs`. Throws NoAnswer (exit 6) in the latter case,
 * else what `run` throws.
 */
async function unlessIdle<T>(
  clock: Clock,
  idleMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal, beat: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const over = new AbortController();
  let last = clock.now();
  const watch = async (): Promise<void> => {
    for (let rest = idleMs; rest > 0; rest = last + idleMs - clock.now()) await clock.sleep(rest, over.signal);
    const message = `The service gave no sign of life for ${idleMs / 1000} s.`;
    idle.abort(
      new ClusterError("NoAnswer", message, {
        source: "azure",
        exit: EXIT.timeout,
        advice: "Run the same command again: it goes on.",
      }),
    );
  };
  watch().catch(() => undefined);
  try {
    return await run(AbortSignal.any([signal, idle.signal]), () => {
      last = clock.now();
    });
  } catch (error) {
    throw idle.signal.aborted && !signal.aborted ? idle.signal.reason : error;
  } finally {
    over.abort();
  }
}
