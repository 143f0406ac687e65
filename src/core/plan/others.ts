/**
 * What others have put into resources of ours: rules, pools, subnets by their names. A PUT replaces all of a resource, so what is
 * not sent is gone; what is not ours is sent back as it was read. Pure. Tags of others are in tags.ts.
 */
import type { Bodies, Kind } from "./resource.ts";
import { ENDPOINT_NAMES } from "./endpoints.ts";

/** Names of the parts that are ours, by kind and collection: those we write, or wrote with other flags. */
const OURS: { readonly [K in Kind]?: { readonly [C in keyof Bodies[K]]?: RegExp } } = {
  loadBalancer: {
    frontendIPConfigurations: /^cluster$/i,
    backendAddressPools: /^nodes$/i,
    probes: new RegExp(`^(${ENDPOINT_NAMES.join("|")})$`, "i"),
    loadBalancingRules: new RegExp(`^(${ENDPOINT_NAMES.join("|")})$`, "i"),
    inboundNatRules: /^ssh-\d+$/i,
    outboundRules: /^internet$/i,
  },
  securityGroup: { securityRules: new RegExp(`^allow-(ssh|${ENDPOINT_NAMES.join("|")})$`, "i") },
  network: { subnets: /^nodes$/i },
};

interface Part {
  readonly name?: string;
}

/** The body with the parts of others that are there. @param live the model that was read */
export function withForeignParts<B extends object>(kind: Kind, body: B, live: unknown): B {
  const ours = Object.entries<RegExp>(OURS[kind] ?? {});
  if (ours.length === 0 || typeof live !== "object" || live === null) return body;
  const kept = ours.map(([collection, names]): [string, Part[]] => {
    const there = (live as Record<string, Part[] | undefined>)[collection] ?? [];
    const own = (body as Record<string, Part[] | undefined>)[collection] ?? [];
    return [collection, [...own, ...there.filter(({ name = "" }) => !names.test(name))]];
  });
  return { ...body, ...Object.fromEntries(kept) };
}
