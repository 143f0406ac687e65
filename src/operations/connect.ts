/** The way to Azure: which one, which subscription, who signs in, and the SDK's clients. Loaded lazily, for it is most of the program. */
import { defined } from "../core/defined.ts";
import type { ArmConnection } from "../azure/clients.ts";
import type { SignedIn } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import { FLAGS, type FlagValues } from "../core/spec/flags.ts";
import { needsNoSignIn } from "../core/loopback.ts";
import type { Emit } from "../engine/event.ts";
import { createSiblings } from "../engine/siblings.ts";
import { type Throttle, createThrottle } from "../engine/throttle.ts";
import type { RequestTools } from "../engine/tools.ts";
import { type AccountFacts, accountOf } from "./sign-in/account.ts";
import { knownSubscription, selectSubscription } from "./sign-in/azure-cli-profile.ts";
import type { Surroundings, Way } from "./run.ts";
import { type NamedCredential, signIn, untilEnd } from "./sign-in/sign-in.ts";
import { type Traffic, counted } from "./silence.ts";
import type { Fetch } from "./way-out/fetch.ts";
import { wayOut } from "./way-out/way-out.ts";

export interface Around {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly hard: AbortSignal;
  /** The first Ctrl-C. */
  readonly soft?: AbortSignal;
  /** Ends before the first write. */
  readonly loadRest?: () => Promise<void>;
  /** Told of every write, before it is sent. */
  readonly wrote?: () => void;
  readonly traffic: Traffic;
  readonly simulation?: Awaited<ReturnType<typeof import("./rehearsal/simulated.ts").startSimulation>>;
}

/** The subscription of a rehearsal, and of a loopback ARM when none is given. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** @throws ClusterError SubscriptionMissing, SignInIncomplete, Usage (a proxy), and what a certificate is refused with */
export async function connectAzure(outside: Surroundings, given: Partial<FlagValues>, around: Around): Promise<Way> {
  const target = await targetOf(outside, given, around);
  const { subscription, cloud, known, endpoint, handle, way } = target;
  const parts = await loadParts();
  const throttle = createThrottle(around.clock);
  const time = createTimeTold(around.clock);
  const { connection, credential } = await connectionTo(outside, given, around, {
    ...target,
    ...parts,
    hear: throttle.hear,
    hearTime: time.hear,
  });
  const clients = await parts.createClients({ ...connection, subscription });
  const lookups = parts.createLookups(clients);
  const tools: RequestTools = {
    provider: parts.createProvider(clients),
    clock: around.clock,
    throttle,
    random: () => new DataView(outside.random(4).buffer.slice(0)).getUint32(0) / 2 ** 32,
    emit: around.emit,
    signal: around.hard,
    stop: around.soft,
  };
  const facts: AccountFacts = {
    subscription,
    cloud,
    endpoint: given.armEndpoint,
    known,
    signedIn: async () => (credential === undefined ? nobody(around) : credential.signedIn()),
    expected: expected(given),
    mayAsk: around.simulation === undefined && given.resourceGroup === undefined,
  };
  return {
    subscription,
    tools: { ...tools, siblings: createSiblings(tools) },
    lookups,
    aheadOfAzure: time.ahead,
    ...defined({ onlyIn: given.resourceGroup }),
    account: accountOf(facts, lookups, around),
    others: known.others.map((other) => ({
      ...other,
      lookups: async () => parts.createLookups(await parts.createClients({ ...connection, subscription: other.id })),
    })),
    credential,
    cloud,
    wayOut: handle === undefined ? way : { ...way, fetch: withinSimulation(handle, endpoint.url, way.fetch) },
  };
}

// --- internal ---

/** Which Azure is asked, for whom, and how it is reached; with `open` nobody signs in. */
async function targetOf(outside: Surroundings, given: Partial<FlagValues>, { simulation }: Around) {
  const { CLOUDS, endpointOf } = await import("../azure/clouds.ts");
  const handle = simulation?.handle ?? outside.azure;
  const open = handle !== undefined || needsNoSignIn(given.armEndpoint);
  const { subscription, cloud, known } = open
    ? {
        subscription: given.subscription ?? NOBODY,
        cloud: given.cloud ?? FLAGS.cloud.default,
        known: simulation === undefined ? knownSubscription(outside, given) : { others: [] },
      }
    : await selectSubscription(outside, given);
  const asked = endpointOf(CLOUDS[cloud], given.armEndpoint);
  const endpoint = handle === undefined ? asked : { url: asked.url };
  const way = wayOut(outside.env);
  // a variable that names no proxy is said at once, and by its name
  if (!open) way.agentOf(endpoint.url);
  return { handle, open, subscription, cloud, known, signsInAt: CLOUDS[cloud], endpoint, way };
}

/** How far this machine's clock is from Azure's, as its answers tell. They tell whole seconds, and come late. */
function createTimeTold(clock: Clock) {
  let ahead = 0;
  return {
    hear: (at: number): void => void (ahead = clock.now() - at),
    ahead: (): number => (Math.abs(ahead) < CLOCKS_AGREE_MS ? 0 : ahead),
  };
}

const CLOCKS_AGREE_MS = 60_000;

/** What the SDK comes with. */
async function loadParts() {
  const [{ createClients }, { createProvider }, { createLookups }, { httpClientOf }, { outwardClient }, { boundedClient }] =
    await Promise.all([
      import("../azure/clients.ts"),
      import("../azure/provider.ts"),
      import("../azure/lookups.ts"),
      import("../azure/pipeline.ts"),
      import("../azure/outward.ts"),
      import("../azure/bounded.ts"),
    ]);
  return { createClients, createProvider, createLookups, httpClientOf, outwardClient, boundedClient };
}

type Target = Awaited<ReturnType<typeof targetOf>>;
type Parts = Awaited<ReturnType<typeof loadParts>>;

/** The connection of every client, and who signs in on it. */
async function connectionTo(
  outside: Surroundings,
  given: Partial<FlagValues>,
  { clock, emit, hard, loadRest, wrote, traffic }: Around,
  to: Target & Parts & { readonly hear: Throttle["hear"]; readonly hearTime: (at: number) => void },
): Promise<{ connection: Omit<ArmConnection, "subscription">; credential: NamedCredential | undefined }> {
  traffic.through = to.way.through(to.endpoint.url).proxy;
  const outward = await to.outwardClient(to.way.agentOf);
  const credential = to.open
    ? undefined
    : await signIn(outside, given, { cloud: to.signsInAt, known: to.known, httpClient: outward, emit });
  const connection = {
    endpoint: to.endpoint,
    hear: to.hear,
    hearTime: to.hearTime,
    clock,
    ...defined({ loadRest, wrote }),
    ...(credential === undefined ? {} : { credential: untilEnd(credential, hard) }),
    httpClient: counted(to.handle === undefined ? to.boundedClient(outward) : await to.httpClientOf(to.handle), traffic),
  };
  return { connection, credential };
}

const nobody = ({ simulation }: Around): SignedIn => ({ kind: simulation === undefined ? "loopback" : "simulation" });

/** Before a token tells. */
const expected = ({ azureCert, clientId }: Partial<FlagValues>): SignedIn | undefined =>
  azureCert === undefined || clientId === undefined ? undefined : { kind: "service principal", name: clientId };

/** What the simulation itself names (a serial console's log) is asked of it; the rest of the world is the world's. */
const withinSimulation =
  (handle: NonNullable<Surroundings["azure"]>, own: string, outside: Fetch): Fetch =>
  async (url, init) => {
    if (new URL(url).origin !== new URL(own).origin) return outside(url, init);
    const { status, body } = await handle({ method: "GET", url, headers: {}, signal: init.signal });
    return new Response(body ?? "", { status });
  };
