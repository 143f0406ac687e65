/**
 * ARM's token buckets, one for each kind of request and subscription, and the headers that tell what is left
 * (learn: azure-resource-manager/management/request-limits-and-throttling). Real ARM has a bucket for each region and
 * principal as well; there is one of both here.
 */
import type { SimCloud } from "./cloud.ts";
import { answer, type SimAnswer } from "./message.ts";

const KIND: Record<string, "writes" | "reads" | "deletes"> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

export interface Toll {
  /** Set when the request is refused. */
  readonly refusal: SimAnswer | undefined;
  readonly headers: Record<string, string>;
}

/** Takes a token for the request, or refuses it with 429 and Retry-After in whole seconds. */
export function takeToken(cloud: SimCloud, method: string, subscription: string): Toll {
  const kind = KIND[method] ?? "writes";
  const [capacity, refill] = cloud.limits[kind];
  const now = cloud.now();
  const name = `${subscription.toLowerCase()}/${kind}`;
  const bucket = (cloud.buckets[name] ??= { tokens: capacity, at: now });
  bucket.tokens = Math.min(capacity, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * refill);
  bucket.at = now;
  const headers = { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(Math.max(0, Math.floor(bucket.tokens - 1))) };
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return { refusal: undefined, headers };
  }
  const wait = Math.max(1, Math.ceil((1 - bucket.tokens) / refill));
  const message = `Number of '${kind}' requests for subscription '${subscription}' exceeded the limit. Please try again after '${wait}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`;
  return {
    headers,
    refusal: answer(429, { error: { code: "SubscriptionRequestsThrottled", message } }, { "retry-after": String(wait) }),
  };
}
