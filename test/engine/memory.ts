/** A cloud of one map for the engine's tests: what a call does is scripted call by call, and time is virtual. */
import { AzureError, type AzureErrorOptions } from "../../src/core/advice/azure-error.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Event } from "../../src/engine/event.ts";
import type { Live, Operation, Provider } from "../../src/engine/provider.ts";
import { createSiblings } from "../../src/engine/siblings.ts";
import { createThrottle } from "../../src/engine/throttle.ts";
import type { RequestTools, Tools } from "../../src/engine/tools.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";

export const azureError = (code: string, options: AzureErrorOptions = {}): AzureError =>
  new AzureError(code, `${code}.`, options);

/** What happens to one call: nothing special, an error before it acts, or an error after it acted. */
export type Turn = "well" | AzureError | { readonly after: AzureError };

export interface Script {
  readonly get?: readonly Turn[];
  readonly put?: readonly Turn[];
  readonly delete?: readonly Turn[];
  readonly poll?: readonly Turn[];
  /** Errors with which operations of PUTs end, in order; undefined: well. */
  readonly ends?: readonly (AzureError | undefined)[];
  /** Operations of PUTs call themselves ended that many ms after they began, and nobody has looked. */
  readonly early?: number;
}

export interface Memory {
  readonly tools: Tools;
  readonly clock: VirtualClock;
  readonly there: Map<string, Live>;
  /** "put 0 s", "get 3 s": every call, and when it was made. */
  readonly calls: string[];
  readonly events: Event[];
  readonly verbs: () => string[];
  readonly stop: AbortController;
  /** The first Ctrl-C. */
  readonly soft: AbortController;
}

/** How long an operation takes, in ms. */
const TAKES = 4000;

export function memory(script: Script = {}): Memory {
  const clock = createVirtualClock(0);
  const there = new Map<string, Live>();
  const calls: string[] = [];
  const events: Event[] = [];
  const stop = new AbortController();
  const soft = new AbortController();
  const turns = {
    get: [...(script.get ?? [])],
    put: [...(script.put ?? [])],
    delete: [...(script.delete ?? [])],
    poll: [...(script.poll ?? [])],
    tag: [],
  };
  const ends = [...(script.ends ?? [])];

  async function call<T>(verb: keyof typeof turns, act: () => T): Promise<T> {
    calls.push(`${verb} ${Math.round(clock.now() / 1000)} s`);
    await clock.sleep(1, stop.signal);
    const turn = turns[verb].shift() ?? "well";
    if (turn instanceof AzureError) throw turn;
    const result = act();
    if (turn !== "well") throw turn.after;
    return result;
  }

  function operation(id: string, finish: () => AzureError | undefined, early?: number): Operation {
    const due = clock.now() + (early ?? TAKES);
    return {
      done: early === 0,
      confirmed: early === undefined,
      poll: () =>
        call("poll", () => {
          if (clock.now() < due) return false;
          const error = finish();
          if (error !== undefined) throw error;
          return true;
        }),
    };
  }

  const provider: Provider = {
    get: ({ id }) => call("get", () => there.get(id)),
    put: (resource: AnyResource, { createOnly }) =>
      call("put", () => {
        if (createOnly === true && there.has(resource.id)) throw azureError("PreconditionFailed", { status: 412 });
        const { tags = {}, location } = resource.body as { tags?: Record<string, string>; location?: string };
        const live = { id: resource.id, tags, location, model: resource.body };
        there.set(resource.id, { ...live, state: "working" });
        const error = ends.shift();
        void clock
          .sleep(TAKES)
          .then(() => there.set(resource.id, { ...live, state: error === undefined ? "succeeded" : "failed" }));
        return operation(resource.id, () => error, script.early);
      }),
    delete: ({ id }) =>
      call("delete", () => {
        there.delete(id);
        return operation(id, () => undefined);
      }),
    tag: ({ id }, tags) =>
      call("tag", () => {
        const live = there.get(id);
        if (live !== undefined) there.set(id, { ...live, tags });
        return live === undefined ? undefined : tags;
      }),
    power: () => call("put", () => operation("", () => undefined)),
    powerState: () => Promise.resolve(undefined),
  };
  const tools: RequestTools = {
    provider,
    clock,
    throttle: createThrottle(clock),
    random: () => 0.5,
    emit: (event) => events.push({ at: clock.now(), ...event }),
    signal: stop.signal,
    stop: soft.signal,
  };
  return {
    tools: { ...tools, siblings: createSiblings(tools) },
    clock,
    there,
    calls,
    events,
    stop,
    soft,
    verbs: () => calls.map((one) => one.split(" ")[0] ?? ""),
  };
}

const OURS = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "c" };

export const network = (prefix = "10.0.0.0/16"): AnyResource => ({
  kind: "network",
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v",
  label: "virtual network",
  dependsOn: [],
  body: { location: "westus", tags: OURS, addressSpace: { addressPrefixes: [prefix] } },
});

export const machine = (id = "first"): AnyResource => ({
  kind: "machine",
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m",
  label: "machine m",
  dependsOn: [],
  node: 0,
  body: { location: "westus", tags: { ...OURS, "aoc-id": id } },
});

/** What is there when a resource was made as planned. */
export const made = (resource: AnyResource, state: Live["state"], tags: Record<string, string> = {}): Live => ({
  id: resource.id,
  state,
  tags: { ...(resource.body as { tags: Record<string, string> }).tags, ...tags },
  location: "westus",
  model: resource.body,
});
