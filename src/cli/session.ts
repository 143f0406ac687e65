/**
 * One run's way to Azure: where it is, who signs in, the provider over it, time, interrupts, reports. The only place where
 * the simulation takes the network's place. Longer than most files: opening, reporting and closing are one life, read together.
 */
import { resolve } from "node:path";
import type { TokenCredential } from "@azure/identity";
import type { Lookups } from "../azure/lookups.ts";
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { FLAGS, type FlagValues } from "../core/flags.ts";
import { isLoopback } from "../core/spec.ts";
import type { Emit } from "../engine/event.ts";
import { createSiblings } from "../engine/siblings.ts";
import { createThrottle } from "../engine/throttle.ts";
import type { RequestTools, Tools } from "../engine/tools.ts";
import { duration } from "../report/words.ts";
import { type Report, chooseReport, joined } from "../report/report.ts";
import { jsonLines } from "../report/json-lines.ts";
import { abilities } from "../report/paint.ts";
import { prose } from "../report/wrap.ts";
import { withDeadline } from "./deadline-clock.ts";
import { openFolder } from "./folder.ts";
import type { Invocation } from "./invocation.ts";
import { nextCommand } from "./next-command.ts";
import type { Event } from "../engine/event.ts";
import type { World } from "./world.ts";

export interface Session {
  readonly world: World;
  readonly subscription: string;
  readonly simulated: boolean;
  /** Folder of keys and cluster folders. */
  readonly dir: string;
  readonly clock: Clock;
  readonly startedAt: number;
  /** Milliseconds since 1970: what is not there by then is given up. */
  readonly deadline: number;
  readonly tools: Tools;
  readonly lookups: Lookups;
  /** Who signs in, for what is not Resource Manager (a storage account's blobs); absent where nobody does. */
  readonly credential: TokenCredential | undefined;
  /** Aborted by the first Ctrl-C: nothing new is started. */
  readonly stop: AbortSignal;
  readonly emit: Emit;
  /** Everything that happened, for charts and documents. */
  readonly events: readonly Event[];
  /** Starts the reports; until then events are only kept. `doing` is said of what is in work: "being made". */
  report(nodes: number, other?: Report, doing?: string): void;
  /** The same without its deadline, for what must be done when the time is up; a second Ctrl-C ends it. */
  overtime(): Promise<Session>;
  /** Ends the progress, so that what is said next stands below it. */
  endReport(): void;
  /** What to type next: `next("destroy mycluster")`, with the flags that lead to the same Azure. */
  next(words: string): string;
  /** A sentence on stderr, outside of the progress. */
  say(text: string): void;
  close(): Promise<void>;
}

/** Nodes are waited for until the deadline; so much longer the run may take to say why they did not come. */
const graceOf = (timeoutMs: number): number => Math.min(45_000, Math.max(5000, timeoutMs / 10));

/** The subscription of a rehearsal, and of a loopback ARM when none is given. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

export type SessionFlags = Partial<FlagValues>;

export interface SessionOptions {
  /** It only looks: a rehearsal stays as it was, in its time too. */
  readonly looks?: boolean;
}

export async function openSession(invocation: Invocation, { looks = false }: SessionOptions = {}): Promise<Session> {
  const { world, given } = invocation;
  const dir = await openFolder(invocation, { write: given.simulate === true && !looks });
  if (given.fault !== undefined && given.simulate !== true)
    throw new ClusterError("Usage", "--fault goes with --simulate", { exit: EXIT.usage });
  const simulation =
    given.simulate === true ? await (await import("./simulated.ts")).startSimulation(world, dir, given) : undefined;
  const hard = new AbortController();
  const late = new AbortController();
  const soft = new AbortController();
  const plainClock = simulation?.clock ?? world.clock;
  const startedAt = plainClock.now();
  const deadline = startedAt + (given.timeout ?? FLAGS.timeout.default);
  const clock = withDeadline(plainClock, deadline + graceOf(deadline - startedAt), () => {
    hard.abort(
      new ClusterError("Timeout", `not done within ${duration(deadline - startedAt)} (--timeout)`, {
        source: "azure",
        exit: EXIT.timeout,
        advice: "Nothing is lost: run the same command again and it goes on from here. Give it longer with --timeout 1h.",
      }),
    );
    return hard.signal.reason as Error;
  });

  const reports: Report[] = given.events === undefined ? [] : [jsonLines(resolve(world.cwd, given.events))];
  const events: Event[] = [];
  let report: Report = joined(reports);
  let shown = false;
  const emit: Emit = (event) => {
    const stamped = { at: clock.now(), ...event };
    events.push(stamped);
    report.event(stamped);
    // before the progress is shown, a wait must not look like a hang
    if (!shown && event.kind === "retrying" && given.quiet !== true)
      prose(
        world.stderr,
        `Azure: ${event.message ?? event.code ?? "busy"}; asking again in ${Math.ceil((event.delayMs ?? 0) / 1000)} s\n`,
      );
  };
  const show = abilities(world.env, world.stderr);
  const stopListening = world.onInterrupt(() => {
    if (soft.signal.aborted) {
      hard.abort(interrupted(invocation));
      late.abort(interrupted(invocation));
      return;
    }
    soft.abort(interrupted(invocation));
    emit({
      kind: "note",
      id: "interrupt",
      label: "interrupted",
      message: "Stopping: what runs is let finish. Ctrl-C again stops now; running the same command later continues.",
    });
  });

  try {
    const around = { emit, ...(simulation === undefined ? {} : { simulation }) };
    const { subscription, tools, lookups, credential } = await connect(invocation, { ...around, clock, hard: hard.signal });
    const session: Session = {
      world,
      subscription,
      simulated: simulation !== undefined || world.rehearsal === true,
      dir,
      clock,
      startedAt,
      deadline,
      tools,
      lookups,
      credential,
      stop: soft.signal,
      emit,
      events,
      next: nextCommand(invocation),
      report(nodes, other, doing) {
        if (shown) return;
        shown = true;
        const mode = given.quiet === true ? "quiet" : given.verbose === true ? "verbose" : "auto";
        const screen = chooseReport({
          stderr: world.stderr,
          mode,
          clock,
          color: show.color,
          animate: show.animate,
          nodes,
          ...(doing === undefined ? {} : { doing }),
        });
        report = joined([...reports, ...(other === undefined ? [] : [other]), screen]);
        // what was noticed while there was no screen yet
        for (const event of events) if (event.kind === "note") screen.event(event);
      },
      endReport() {
        report.end();
      },
      say(text) {
        if (given.quiet !== true) prose(world.stderr, text.endsWith("\n") ? text : `${text}\n`);
      },
      async close() {
        stopListening();
        report.end();
        if (!looks) await simulation?.save();
      },
      overtime: async () => ({
        ...session,
        clock: plainClock,
        ...(await connect(invocation, { ...around, clock: plainClock, hard: late.signal })),
      }),
    };
    return session;
  } catch (error) {
    stopListening();
    throw error;
  }
}

/** gc and list work on no cluster that has a name here. */
const interrupted = (invocation: Invocation): ClusterError =>
  new ClusterError("Interrupted", "interrupted", {
    exit: EXIT.interrupted,
    advice:
      invocation.args[0] === undefined
        ? "What was done stays. Run the same command again to continue."
        : `What was made stays. Run the same command again to continue, or \`${nextCommand(invocation)(`destroy ${invocation.args[0]}`)}\` to remove it.`,
  });

// --- internal ---

interface Around {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly hard: AbortSignal;
  readonly simulation?: Awaited<ReturnType<typeof import("./simulated.ts").startSimulation>>;
}

async function connect(
  { world, given }: Invocation,
  around: Around,
): Promise<Pick<Session, "subscription" | "tools" | "lookups" | "credential">> {
  const { CLOUDS, endpointOf } = await import("../azure/clouds.ts");
  const cloud = CLOUDS[given.cloud ?? FLAGS.cloud.default];
  const handle = around.simulation?.handle ?? world.azure;
  const open = handle !== undefined || (isLoopback(given.armEndpoint) && given.armEndpoint?.startsWith("http:") === true);
  const asked = endpointOf(cloud, given.armEndpoint);
  const endpoint = handle === undefined ? asked : { url: asked.url };
  const subscription = given.subscription ?? (open ? NOBODY : await chosenSubscription(world));
  const credential = open ? undefined : await signIn(world, given, cloud, around.emit);
  const [{ createClients }, { createProvider }, { createLookups }, { httpClientOf }] = await Promise.all([
    import("../azure/clients.ts"),
    import("../azure/provider.ts"),
    import("../azure/lookups.ts"),
    import("../azure/pipeline.ts"),
  ]);
  const clients = await createClients({
    subscription,
    endpoint,
    clock: around.clock,
    proxied: ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].some(
      (name) => (world.env[name] ?? "") !== "",
    ),
    ...(credential === undefined ? {} : { credential }),
    ...(handle === undefined ? {} : { httpClient: await httpClientOf(handle) }),
  });
  const tools: RequestTools = {
    provider: createProvider(clients),
    clock: around.clock,
    throttle: createThrottle(around.clock),
    random: () => new DataView(world.random(4).buffer.slice(0)).getUint32(0) / 2 ** 32,
    emit: around.emit,
    signal: around.hard,
  };
  return { subscription, tools: { ...tools, siblings: createSiblings(tools) }, lookups: createLookups(clients), credential };
}

async function chosenSubscription(world: World): Promise<string> {
  const { selectedSubscription } = await import("../azure/selected-subscription.ts");
  const selected = await selectedSubscription(world.env);
  if (selected !== undefined) return selected;
  throw new ClusterError("SubscriptionMissing", "which Azure subscription?", {
    exit: EXIT.usage,
    advice:
      "Give --subscription ID, set AZURE_SUBSCRIPTION_ID, or sign in with `az login` and choose one with `az account set`. " +
      "To try the tool without an account, add --simulate.",
  });
}

async function signIn(world: World, given: SessionFlags, cloud: import("../azure/clouds.ts").Cloud, emit: Emit) {
  const { createCredential } = await import("../azure/credentials.ts");
  let certificate: string | undefined;
  if (given.azureCert !== undefined) {
    if (given.tenant === undefined || given.clientId === undefined) {
      const { refuseIncompleteSignIn } = await import("../core/spec.ts");
      throw refuseIncompleteSignIn();
    }
    const { checkManagementCertificate } = await import("../prepare/management-certificate.ts");
    const checked = await checkManagementCertificate(resolve(world.cwd, given.azureCert), world.clock.now());
    for (const message of checked.notes) emit({ kind: "note", id: "azure-cert", label: "certificate", message });
    certificate = checked.pem;
  }
  return createCredential({
    cloud,
    ...(given.tenant === undefined ? {} : { tenant: given.tenant }),
    ...(given.clientId === undefined ? {} : { clientId: given.clientId }),
    ...(certificate === undefined ? {} : { certificate }),
  });
}
