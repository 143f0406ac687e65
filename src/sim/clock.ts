/**
 * Virtual time: it stands still while anything happens, and jumps to the next sleeper when nothing does, so that eleven
 * minutes of Azure are rehearsed in a moment and still count eleven minutes. Idle means: for a few turns of the event loop
 * nobody went to sleep and no file is worked on: a busy disk changes no order. A turn ends only when all promise chains have run dry,
 * so the SDK's pipeline gets its say. What the clock cannot see is other real work (key generation, a socket): wrap that in `hold`,
 * else time may run on meanwhile.
 */
import { getActiveResourcesInfo } from "node:process";
import type { Clock } from "../core/clock.ts";

export interface VirtualClock extends Clock {
  /** Time stands still until the work is done. For real work that a timeout must not overtake. */
  hold<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  due: number;
  order: number;
  wake: (() => void) | undefined;
}

/** Turns of the event loop without a new sleeper before time moves. */
const QUIET_TURNS = 3;

/** @param start milliseconds since 1970. */
export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  let quiet = 0;
  let held = 0;
  let ticking = false;
  const sleepers = heap();

  function tick(): void {
    ticking = false;
    if (held > 0) return;
    quiet = hasOpenFiles() ? 0 : quiet + 1;
    if (quiet >= QUIET_TURNS) advance();
    run();
  }
  function run(): void {
    if (ticking || held > 0 || sleepers.peek() === undefined) return;
    ticking = true;
    setImmediate(tick);
  }
  /** All who are due at the same moment wake together, in the order in which they lay down. */
  function advance(): void {
    const first = sleepers.peek();
    if (first === undefined) return;
    now = Math.max(now, first.due);
    quiet = 0;
    for (let next = sleepers.peek(); next !== undefined && next.due <= now; next = sleepers.peek()) {
      sleepers.pop();
      next.wake?.();
    }
  }

  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      const night = lieDown(sleepers, { due: now + Math.max(0, ms), order: (order += 1) }, signal);
      quiet = 0;
      run();
      await night;
    },
    hold: async (work) => {
      held += 1;
      try {
        return await work;
      } finally {
        held -= 1;
        quiet = 0;
        run();
      }
    },
  };
}

/** Whether anybody in this process waits for the file system. */
const hasOpenFiles = (): boolean => getActiveResourcesInfo().some((one) => one === "FSReqPromise" || one === "CloseReq");

/** Until somebody wakes the sleeper; the signal's reason when it aborts before. */
const lieDown = (sleepers: Heap, when: Pick<Sleeper, "due" | "order">, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const sleeper: Sleeper = { ...when, wake };
    function wake(): void {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted(): void {
      sleepers.forget(sleeper);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", aborted, { once: true });
    sleepers.push(sleeper);
  });

type Heap = ReturnType<typeof heap>;

/** A binary heap by due time, then by order. The forgotten are dropped when they come to the top. */
function heap() {
  const items: Sleeper[] = [];
  const before = (a: number, b: number): boolean => {
    const [x, y] = [items[a] as Sleeper, items[b] as Sleeper];
    return x.due < y.due || (x.due === y.due && x.order < y.order);
  };
  const swap = (a: number, b: number): void => {
    [items[a], items[b]] = [items[b] as Sleeper, items[a] as Sleeper];
  };
  function push(item: Sleeper): void {
    items.push(item);
    for (let at = items.length - 1; at > 0;) {
      const up = (at - 1) >> 1;
      if (!before(at, up)) break;
      swap(at, up);
      at = up;
    }
  }
  function pop(): void {
    swap(0, items.length - 1);
    items.pop();
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < items.length && before(left, least)) least = left;
      if (right < items.length && before(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }
  function peek(): Sleeper | undefined {
    while (items[0] !== undefined && items[0].wake === undefined) pop();
    return items[0];
  }
  return { push, pop, peek, forget: (item: Sleeper): void => void (item.wake = undefined) };
}
