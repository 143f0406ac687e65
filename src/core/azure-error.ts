/** An error that Azure answered, or a request that got no answer: with what the engine needs to decide about trying again. */
import { ClusterError, type ErrorOptions } from "./errors.ts";

export interface AzureErrorOptions extends ErrorOptions {
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** The error body's details, as ARM gave them. */
  readonly details?: unknown;
  /** What Retry-After asked for. */
  readonly retryAfterMs?: number;
  /** It came out of a long-running operation that failed (or was cancelled), not out of a refused request. */
  readonly operation?: boolean;
}

export class AzureError extends ClusterError {
  readonly status: number | undefined;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;
  readonly operation: boolean;

  constructor(code: string, message: string, options: AzureErrorOptions = {}) {
    super(code, message, { source: "azure", ...options });
    this.name = "AzureError";
    this.status = options.status;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    this.operation = options.operation ?? false;
  }
}
