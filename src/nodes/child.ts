/**
 * A program that has our terminal until it ends. A signal that is sent to us (by `timeout`, by CI) reaches nobody else: it is ended with us,
 * or it would go on, and we with it. It must not be killed in a way that leaves the terminal as the program has made it.
 */
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

/** @returns its exit code, as a shell says it: 128 and the signal's number for one that a signal ended. @throws what it could not be started for; the signal's reason */
export function endOf(child: ChildProcess, signal?: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      // its output may be held open by programs of its own
      child.once("exit", () => reject(signal?.reason as Error));
      child.kill("SIGTERM");
    };
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("close", (code, killed) => {
      signal?.removeEventListener("abort", end);
      if (signal?.aborted === true) reject(signal.reason as Error);
      else resolve(code ?? 128 + (killed === null ? 127 : constants.signals[killed]));
    });
  });
}
