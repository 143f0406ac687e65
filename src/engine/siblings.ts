/**
 * One question for all who wait: how the resources beside each other are getting on is in one list, so that two hundred machines
 * cost no more reads than one. It says who has ended; what an operation failed with, its owner asks for itself. Nobody depends
 * on it: whoever gets no answer here (few wait, there is no such list, it does not show the resource) asks for himself too; and in
 * turn each of them does so, for a list may be old. One that shows at work what has ended is not asked for again.
 */
import { abortable } from "./abortable.ts";
import type { Live, Target } from "./provider.ts";
import { isFewFor } from "./read-budget.ts";
import type { RequestTools, Siblings } from "./tools.ts";

/** So many at the least, for a list is longer than an answer about one. */
const FEW = 3;
/** From one list to the next: at least so many ms, and longer for long ones: twice what the last took. */
const GAP_MS = 500;
const GAP_SHARE = 2;
const PATIENCE_MS = 10_000;
/** So often one of them asks for himself. */
const CHECK_MS = 10_000;

type States = ReadonlyMap<string, Live["state"]>;

interface Look {
  /** When it left; absent: not yet. */
  left?: number;
  /** When the next may leave; absent: it is under way. */
  next?: number;
  states: Promise<States | undefined>;
}

interface Family {
  waiting: number;
  unlisted: boolean;
  /** As many as the last list had. */
  entries: number;
  /** The last that was asked for. */
  look?: Look;
  /** When one of them last asked for himself. */
  checked: number;
  /** What has ended well, by lower-case id, and when that was seen. */
  readonly ended: Map<string, number>;
}

export function createSiblings(tools: RequestTools): Siblings {
  const families = new Map<string, Family>();
  /** Those without anything beside them. */
  let single = 0;
  const asking = (): number =>
    [...families.values()].reduce((sum, family) => sum + (isListed(family) ? 0 : family.waiting), single);
  return {
    join(target) {
      if (target === undefined) {
        single++;
        return {
          crowd: () => ({ listed: 0, asking: asking() }),
          state: () => Promise.resolve(undefined),
          leave: () => void single--,
        };
      }
      const id = target.id.toLowerCase();
      const place = id.slice(0, id.lastIndexOf("/"));
      const family = families.get(place) ?? startFamily(tools);
      families.set(place, family);
      family.waiting++;
      family.ended.delete(id);
      return {
        crowd: () => ({ listed: isListed(family) ? Math.max(family.waiting, family.entries) : 0, asking: asking() }),
        state: (within, signal) => stateOf(tools, family, target, within, signal),
        leave(ended) {
          family.waiting--;
          if (ended) family.ended.set(id, tools.clock.now());
        },
      };
    },
  };
}

// --- internal ---

const startFamily = ({ provider, clock }: RequestTools): Family => ({
  waiting: 0,
  entries: 0,
  unlisted: provider.siblings === undefined,
  checked: clock.now(),
  ended: new Map(),
});

const isListed = ({ unlisted, waiting, entries }: Family): boolean => !unlisted && waiting >= FEW && !isFewFor(waiting, entries);

async function stateOf(
  tools: RequestTools,
  family: Family,
  target: Target,
  within: number,
  signal: AbortSignal,
): Promise<Live["state"] | undefined> {
  if (!isListed(family)) return undefined;
  if (tools.clock.now() - family.checked >= CHECK_MS) {
    family.checked = tools.clock.now();
    return undefined;
  }
  return (await abortable(ask(tools, family, target, within), signal))?.get(target.id.toLowerCase());
}

/** The answer to a question that left no longer ago than `within`, or has yet to leave. */
function ask(tools: RequestTools, family: Family, target: Target, within: number): Promise<States | undefined> {
  const { look } = family;
  if (look !== undefined && (look.left === undefined || tools.clock.now() - look.left <= within)) return look.states;
  const next: Look = { states: Promise.resolve(undefined) };
  next.states = list(tools, family, target, next, look);
  family.look = next;
  return next.states;
}

/** Never rejects: who learns nothing asks for himself, and hears what is wrong. */
async function list(
  tools: RequestTools,
  family: Family,
  target: Target,
  look: Look,
  before: Look | undefined,
): Promise<States | undefined> {
  try {
    await before?.states;
    const wait = (before?.next ?? 0) - tools.clock.now();
    if (wait > 0) await tools.clock.sleep(wait, tools.signal);
    const states = await once(tools, target, look);
    const [now, left] = [tools.clock.now(), look.left ?? 0];
    look.next = Math.max(left + GAP_MS, now + (now - left) * GAP_SHARE);
    const old = [...family.ended].some(([id, at]) => at < left && states?.get(id) === "working");
    family.unlisted = states === undefined || old;
    family.entries = states?.size ?? 0;
    return old ? undefined : states;
  } catch {
    family.unlisted = true;
    return undefined;
  }
}

const ENOUGH = new Error("not waited for any longer");

/** A hint is asked for once, and waited for a little: whatever is wrong with it, everybody can ask for himself. */
async function once(tools: RequestTools, target: Target, look: Look): Promise<States | undefined> {
  const enough = new AbortController();
  const stop = (): void => enough.abort(tools.signal.reason);
  if (tools.signal.aborted) stop();
  else tools.signal.addEventListener("abort", stop, { once: true });
  look.left = tools.clock.now();
  const asked = tools.provider.siblings?.(target, enough.signal) ?? Promise.resolve(undefined);
  try {
    const limit = tools.clock.sleep(PATIENCE_MS, enough.signal).then(() => undefined);
    limit.catch(() => undefined);
    return await Promise.race([asked, limit]);
  } finally {
    enough.abort(ENOUGH);
    tools.signal.removeEventListener("abort", stop);
    asked.catch(() => undefined);
  }
}
