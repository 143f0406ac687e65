/**
 * A watch over every run of the tests: no PUT of a load balancer leaves out a pool that an interface is in. Azure answers 200
 * and lets go of the interface without a word: its node is then no longer served and has no way out, and nothing says so.
 */
import { BY_HAND } from "./azure-hand.ts";
import type { Simulation } from "../../src/sim/simulation.ts";

/** `onUntied` hears what the tool was about to cut off; what a test does by hand is its own. */
export function tied(simulation: Simulation, onUntied: (what: string) => void): Simulation {
  return {
    ...simulation,
    handle(request) {
      const path = new URL(request.url).pathname.toLowerCase();
      if (request.method === "PUT" && /\/loadbalancers\/[^/]+$/.test(path) && request.headers?.["authorization"] !== BY_HAND)
        for (const cut of cutOff(simulation, path, JSON.parse(request.body ?? "{}"))) onUntied(cut);
      return simulation.handle(request);
    },
  };
}

// --- internal ---

interface Balancer {
  readonly properties?: { readonly backendAddressPools?: readonly { readonly id?: string; readonly name: string }[] };
}

function cutOff(simulation: Simulation, path: string, body: Balancer): string[] {
  const { entries } = simulation.save();
  const before = entries.find((entry) => entry.key === path)?.resource as Balancer | undefined;
  const sent = new Set((body.properties?.backendAddressPools ?? []).map((pool) => pool.name.toLowerCase()));
  const left = (before?.properties?.backendAddressPools ?? []).filter((pool) => !sent.has(pool.name.toLowerCase()));
  return left.flatMap((pool) =>
    entries
      .filter(({ type, resource }) => type.endsWith("/networkInterfaces") && JSON.stringify(resource).includes(`"${pool.id}"`))
      .map(({ name }) => `a PUT of the load balancer leaves out the pool ${pool.name}, and ${name} is in it`),
  );
}
