/** The way to Azure: which one, which subscription, who signs in, and the SDK's clients. Loaded lazily, for it is most of the program. */
import type { SignedIn } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import { FLAGS, type FlagValues } from "../core/spec/flags.ts";
import { isLoopback } from "../core/spec/spec.ts";
import type { Emit } from "../engine/event.ts";
import { createSiblings } from "../engine/siblings.ts";
import { createThrottle } from "../engine/throttle.ts";
import type { RequestTools } from "../engine/tools.ts";
import { accountOf } from "./account.ts";
import { knownOf, selectSubscription } from "./azure-cli-profile.ts";
import type { Surroundings, Way } from "./run.ts";
import { signIn } from "./sign-in.ts";
import type { Fetch } from "./way-out/fetch.ts";
import { wayOut } from "./way-out/way-out.ts";

export interface Around {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly hard: AbortSignal;
  /** Ends before the first write. */
  readonly loadRest?: () => Promise<void>;
  readonly simulation?: Awaited<ReturnType<typeof import("./simulated.ts").startSimulation>>;
}

/** The subscription of a rehearsal, and of a loopback ARM when none is given. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** @throws ClusterError SubscriptionMissing, SignInIncomplete, Usage (a proxy), and what a certificate is refused with */
export async function connectAzure(outside: Surroundings, given: Partial<FlagValues>, around: Around): Promise<Way> {
  const { CLOUDS, endpointOf } = await import("../azure/clouds.ts");
  const handle = around.simulation?.handle ?? outside.azure;
  const open = handle !== undefined || (isLoopback(given.armEndpoint) && given.armEndpoint?.startsWith("http:") === true);
  const { subscription, cloud, known } = open
    ? {
        subscription: given.subscription ?? NOBODY,
        cloud: given.cloud ?? FLAGS.cloud.default,
        known: around.simulation === undefined ? await knownOf(outside.env, given) : { others: [] },
      }
    : await selectSubscription(outside.env, given);
  const asked = endpointOf(CLOUDS[cloud], given.armEndpoint);
  const endpoint = handle === undefined ? asked : { url: asked.url };
  const way = wayOut(outside.env);
  // a variable that names no proxy is said at once, and by its name
  if (!open) way.agentOf(endpoint.url);
  const [{ createClients }, { createProvider }, { createLookups }, { httpClientOf }, { outwardClient }, { boundedClient }] =
    await Promise.all([
      import("../azure/clients.ts"),
      import("../azure/provider.ts"),
      import("../azure/lookups.ts"),
      import("../azure/pipeline.ts"),
      import("../azure/outward.ts"),
      import("../azure/bounded.ts"),
    ]);
  const outward = await outwardClient(way.agentOf);
  const credential = open
    ? undefined
    : await signIn(outside, given, { cloud: CLOUDS[cloud], httpClient: outward, emit: around.emit });
  const throttle = createThrottle(around.clock);
  const connection = {
    endpoint,
    hear: throttle.hear,
    clock: around.clock,
    ...(around.loadRest === undefined ? {} : { loadRest: around.loadRest }),
    ...(credential === undefined ? {} : { credential }),
    httpClient: handle === undefined ? boundedClient(outward) : await httpClientOf(handle),
  };
  const clients = await createClients({ ...connection, subscription });
  const lookups = createLookups(clients);
  const tools: RequestTools = {
    provider: createProvider(clients),
    clock: around.clock,
    throttle,
    random: () => new DataView(outside.random(4).buffer.slice(0)).getUint32(0) / 2 ** 32,
    emit: around.emit,
    signal: around.hard,
  };
  return {
    subscription,
    tools: { ...tools, siblings: createSiblings(tools) },
    lookups,
    ...(given.resourceGroup === undefined ? {} : { onlyIn: given.resourceGroup }),
    account: accountOf(
      {
        subscription,
        cloud,
        endpoint: given.armEndpoint,
        known,
        signedIn: async () => (credential === undefined ? nobody(around) : credential.signedIn()),
        expected: expected(given),
        mayAsk: around.simulation === undefined && given.resourceGroup === undefined,
      },
      lookups,
      around,
    ),
    others: known.others.map((other) => ({
      ...other,
      lookups: async () => createLookups(await createClients({ ...connection, subscription: other.id })),
    })),
    credential,
    cloud,
    wayOut: handle === undefined ? way : { ...way, fetch: withinSimulation(handle, endpoint.url, way.fetch) },
  };
}

// --- internal ---

const nobody = ({ simulation }: Around): SignedIn => ({ kind: simulation === undefined ? "loopback" : "simulation" });

/** Before a token tells. */
const expected = ({ azureCert, clientId }: Partial<FlagValues>): SignedIn | undefined =>
  azureCert === undefined || clientId === undefined ? undefined : { kind: "service principal", name: clientId };

/** What the simulation itself names (a serial console's log) is asked of it; the rest of the world is the world's. */
const withinSimulation =
  (handle: NonNullable<Surroundings["azure"]>, own: string, outside: Fetch): Fetch =>
  async (url, init) => {
    if (new URL(url).origin !== new URL(own).origin) return outside(url, init);
    const { status, body } = await handle({ method: "GET", url, headers: {} });
    return new Response(body ?? "", { status });
  };
