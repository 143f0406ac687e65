/**
 * Waiting for what goes on without us: an abort ends the wait at once, with the signal's reason, and not what is waited for. How that
 * ends is of no interest then, and is heard all the same: nothing is rejected unseen.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
