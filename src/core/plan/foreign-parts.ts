/**
 * What others put into our resources: a pool of theirs in the cluster's load balancer, a rule in its security group, a subnet in
 * its network. A PUT replaces the whole, and Azure lets go of a pool's interfaces without a word when the pool is left out: so
 * what is there and is not ours goes along. Parts have no tags; ours are those of the plan, and those that only we name so.
 */
import type { AnyResource, Kind } from "./resource.ts";

/** The collections by kind, each with the names of ours that a plan may have no more. */
const COLLECTIONS: Partial<Record<Kind, Readonly<Record<string, RegExp>>>> = {
  loadBalancer: {
    frontendIPConfigurations: /^cluster$/,
    backendAddressPools: /^nodes$/,
    probes: /^(web|https|builder)$/,
    loadBalancingRules: /^(web|https|builder)$/,
    // of a node that was removed
    inboundNatRules: /^ssh-\d+$/,
    // of the time before the NAT gateway
    outboundRules: /^internet$/,
  },
  securityGroup: { securityRules: /^allow-(ssh|web|https|builder)$/ },
  network: { subnets: /^nodes$/ },
};

/** The resource as it is to be sent, with what others have in the `live` one. */
export function withForeignParts<R extends AnyResource>(resource: R, live: unknown): R {
  const body: Record<string, unknown> = { ...resource.body };
  for (const [collection, ours] of Object.entries(COLLECTIONS[resource.kind] ?? {})) {
    const planned = named(body[collection]);
    const names = new Set(planned.map(({ name }) => name.toLowerCase()));
    const foreign = named((live as Record<string, unknown> | undefined)?.[collection]).filter(
      ({ name }) => !names.has(name.toLowerCase()) && !ours.test(name),
    );
    if (foreign.length > 0) body[collection] = [...planned, ...foreign];
  }
  return { ...resource, body };
}

// --- internal ---

const named = (parts: unknown): { readonly name: string }[] =>
  Array.isArray(parts)
    ? parts.filter((part): part is { name: string } => typeof (part as { name?: unknown }).name === "string")
    : [];
