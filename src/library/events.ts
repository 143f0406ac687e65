/** What happens, for a program: called back at once, and as a stream that ends when the work does. */
import type { Event } from "../engine/event.ts";

export interface EventStream extends AsyncIterable<Event> {
  push(event: Event): void;
  end(): void;
}

/** Holds what nobody has read yet; every reader begins with the first event that no reader has taken. */
export function eventStream(): EventStream {
  const waiting: Event[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = false;
  return {
    push(event) {
      waiting.push(event);
      const woken = wake;
      wake = Promise.withResolvers<void>();
      woken.resolve();
    },
    end() {
      ended = true;
      wake.resolve();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
        if (ended) return;
        await wake.promise;
      }
    },
  };
}
