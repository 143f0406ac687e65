/**
 * What answers tell of ARM's request limits, in headers: how many are left to the subscription or the tenant
 * (`x-ms-ratelimit-remaining-subscription-writes`), and by a service's own policies (`x-ms-ratelimit-remaining-resource:
 * Microsoft.Compute/PutVM3Min;239,...`). It draws no conclusions: engine/limits.ts does.
 */
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import type { Remaining, RequestClass } from "../engine/limits.ts";

export type Hear = (ask: { readonly kind: RequestClass; readonly id: string }, remaining: Remaining) => void;

export const limitsHeard = (hear: Hear): PipelinePolicy => ({
  name: "limitsHeard",
  async sendRequest(request, next) {
    const response = await next(request);
    const remaining = remainingIn(response.headers);
    if (remaining.size > 0) hear({ kind: CLASS[request.method] ?? "write", id: pathOf(request.url) }, remaining);
    return response;
  },
});

/** By name: "subscription-writes", "Microsoft.Compute/PutVM3Min". What is no count is nobody's. */
export function remainingIn(headers: Iterable<readonly [string, string]>): Map<string, number> {
  const found = new Map<string, number>();
  const note = (name: string, count: string | undefined): void => {
    if (count !== undefined && /^\d{1,9}$/.test(count.trim())) found.set(name, Number(count));
  };
  for (const [header, value] of headers) {
    const [, name] = /^x-ms-ratelimit-remaining-(subscription-(?:reads|writes|deletes)|resource)$/i.exec(header) ?? [];
    if (name === undefined) continue;
    if (name.toLowerCase() !== "resource") note(name.toLowerCase(), value);
    else
      for (const policy of value.split(",", MOST_POLICIES)) {
        const [of = "", count] = policy.split(";");
        if (/^\s*Microsoft\.\w+\/\w+\s*$/i.test(of)) note(of.trim(), count);
      }
  }
  return found;
}

// --- internal ---

const MOST_POLICIES = 10;

const CLASS: Readonly<Record<string, RequestClass>> = { GET: "read", HEAD: "read", DELETE: "delete" };

const pathOf = (url: string): string => url.split("?", 1)[0] ?? "";
