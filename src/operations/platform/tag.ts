/**
 * On the claim: that the cluster's nodes are, or are to be, a platform's, and of which domain. Written before the first node joins, taken away
 * when the last has left: whoever adds nodes, or takes some out, knows by it that k3s has to hear of them.
 */
import { PLATFORM } from "../../core/plan/tags.ts";
import { DOMAIN } from "../../core/spec/platform.ts";
import { retag } from "../../engine/retag.ts";
import { toTheEnd } from "../../engine/tools.ts";
import type { Claim } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { withoutTags } from "../../core/plan/tag-parts.ts";

/** The first server's index and the domain; undefined for a cluster that is no platform. */
export function platformIn(tags: Readonly<Record<string, string>> | undefined): { first: number; domain: string } | undefined {
  const [, first, domain = ""] = /^(\d{1,3}) (\S+)$/.exec(tags?.[PLATFORM] ?? "") ?? [];
  return first === undefined || !DOMAIN.test(domain) ? undefined : { first: Number(first), domain };
}

export const markPlatform = (run: Run, claim: Claim, first: number, domain: string): Promise<void> =>
  retag(claim, (now) => ({ ...now, [PLATFORM]: `${first} ${domain}` }), run.tools);

export const unmarkPlatform = (run: Run, claim: Claim): Promise<void> =>
  retag(claim, (now) => withoutTags(now, [PLATFORM]), toTheEnd(run.tools));
