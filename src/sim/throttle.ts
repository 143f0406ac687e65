/**
 * ARM's limits: token buckets of the subscription for each kind of request, those of Compute and Network beside them, Network's count
 * within five minutes; and the headers that tell what is left (learn: azure-resource-manager/management/request-limits-and-throttling).
 * Real ARM has a bucket for each region and principal as well; there is one of both here.
 */
import type { SimCloud } from "./cloud.ts";
import { answer, type SimAnswer } from "./message.ts";

const KIND: Record<string, "writes" | "reads" | "deletes"> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

export interface Toll {
  /** Set when the request is refused. */
  readonly refusal: SimAnswer | undefined;
  readonly headers: Record<string, string>;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Takes a token of each limit for the request, or refuses it with 429 and Retry-After in whole seconds. */
export function takeToken(cloud: SimCloud, method: string, path: string): Toll {
  const kind = KIND[method] ?? "writes";
  const subscription = /^\/subscriptions\/([^/]+)/i.exec(path)?.[1] ?? "";
  const service = /.*\/providers\/Microsoft\.(Compute|Network)\//i.exec(path)?.[1]?.toLowerCase();
  const place = subscription.toLowerCase();
  const whole = dripping(cloud, `${place}/${kind}`, cloud.limits[kind]);
  const own =
    service === undefined || kind === "reads"
      ? undefined
      : dripping(cloud, `${place}/${service}/${kind}`, cloud.limits.serviceChanges);
  const counted =
    service !== "network" || kind === "reads"
      ? undefined
      : within(cloud, `${place}/network/changes`, cloud.limits.networkChanges);
  const headers = { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(Math.max(0, Math.floor(whole.bucket.tokens - 1))) };
  if (whole.wait > 0)
    return refused(
      headers,
      whole.wait,
      "SubscriptionRequestsThrottled",
      `Number of '${kind}' requests for subscription '${subscription}' exceeded the limit. Please try again after '${whole.wait}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
    );
  const wait = Math.max(own?.wait ?? 0, counted?.wait ?? 0);
  if (wait > 0)
    return refused(
      headers,
      wait,
      "TooManyRequests",
      "The request is being throttled as the limit has been reached for operation type.",
    );
  for (const one of [whole, own, counted]) if (one !== undefined) one.bucket.tokens -= 1;
  return { refusal: undefined, headers };
}

// --- internal ---

interface Look {
  readonly bucket: Bucket;
  /** Whole seconds until there is a token; 0: there is one. */
  readonly wait: number;
}

function dripping(cloud: SimCloud, name: string, [capacity, refill]: readonly [number, number]): Look {
  const now = cloud.now();
  const bucket = (cloud.buckets[name] ??= { tokens: capacity, at: now });
  bucket.tokens = Math.min(capacity, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * refill);
  bucket.at = now;
  return { bucket, wait: bucket.tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / refill)) };
}

function within(cloud: SimCloud, name: string, [count, seconds]: readonly [number, number]): Look {
  const now = cloud.now();
  const bucket = (cloud.buckets[name] ??= { tokens: count, at: now });
  if (now - bucket.at >= seconds * 1000) Object.assign(bucket, { tokens: count, at: now });
  return { bucket, wait: bucket.tokens >= 1 ? 0 : Math.max(1, Math.ceil((bucket.at + seconds * 1000 - now) / 1000)) };
}

const refused = (headers: Record<string, string>, wait: number, code: string, message: string): Toll => ({
  headers,
  refusal: answer(429, { error: { code, message } }, { "retry-after": String(wait) }),
});
