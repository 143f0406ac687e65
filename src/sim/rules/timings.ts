/**
 * How Azure answers and how long it takes, by family of resources. Codes, headers and Retry-After were read off recordings of
 * real traffic (SPEC.md, "Answers and times"); the seconds are medians from there where a client's own poll step did not
 * hide them, else from public logs, else guesses, and SPEC.md says which.
 */
import type { Timing } from "../kind.ts";

/** A new network, security group and the like: 201, not usable at once. */
export const networkCreate = (seconds: readonly [number, number], retry: number, poll: number): Timing => ({
  status: 201,
  state: "Updating",
  seconds,
  header: "async",
  retry,
  poll,
});

/** A new interface or balancer is usable at once; the operation header comes along all the same. */
export const networkAtOnce: Timing = { status: 201, header: "async" };

export const networkUpdate = (seconds: readonly [number, number], retry = 10): Timing => ({
  status: 200,
  state: "Updating",
  seconds,
  header: "async",
  retry,
  poll: retry,
});

export const networkRemove: Timing = { status: 202, state: "Deleting", seconds: [5, 10], header: "both", retry: 10, poll: 10 };
