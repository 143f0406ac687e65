/**
 * A watch over every run of the tests, for what Azure does without a word. No PUT of a load balancer leaves out a pool that an interface
 * is in: Azure answers 200 and lets go of the interface, its node is then no longer served and has no way out. And no write of what has
 * an etag goes without a condition: without one it takes away what another run wrote a moment before.
 */
import type { Simulation } from "../../src/sim/simulation.ts";

/** `onUntied` hears what the tool was about to do; what a test does by hand is its own. */
export function tied(simulation: Simulation, onUntied: (what: string) => void): Simulation {
  return {
    ...simulation,
    handle(request) {
      if (!/^(PUT|PATCH)$/.test(request.method) || !isTheTools(request.headers)) return simulation.handle(request);
      const path = new URL(request.url).pathname.toLowerCase();
      if (request.method === "PUT" && /\/loadbalancers\/[^/]+$/.test(path))
        for (const cut of cutOff(simulation, path, JSON.parse(request.body ?? "{}"))) onUntied(cut);
      if (HAS_ETAG.test(path) && !isConditional(request.headers)) onUntied(`a ${request.method} of ${path} without a condition`);
      return simulation.handle(request);
    },
  };
}

// --- internal ---

const HAS_ETAG =
  /\/(virtualmachines|networkinterfaces|loadbalancers|virtualnetworks|natgateways|networksecuritygroups|publicipaddresses)\/[^/]+$/;

/** As loopbackSignIn signs it; what a test sends by hand is another one's. */
const isTheTools = (headers: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(headers).some(([name, value]) => /^authorization$/i.test(name) && value === "Bearer loopback");

/** "Only as I read it", or "only where nothing is"; not "whatever it is". */
const isConditional = (headers: Readonly<Record<string, string>>): boolean =>
  Object.entries(headers).some(
    ([name, value]) => /^if-(none-)?match$/i.test(name) && (value === "*") === /none/i.test(name) && value !== "",
  );

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
