/** Places in flight: so many requests at once at the most, one more after each that was answered well, half as many after a refusal. */
import type { RequestClass } from "./limits.ts";

export interface Places {
  free(): boolean;
  take(): void;
  leave(): void;
  /** One was answered well. */
  grow(): void;
  /** One was refused; those that left with it are one refusal. */
  halve(now: number): void;
}

/** Those of reads and those of changes, together 64: who writes must be able to ask whether it still may. */
export function requestPlaces(): (kind: RequestClass) => Places {
  const [reads, changes] = [createPlaces(24, 24), createPlaces(40, 16)];
  return (kind) => (kind === "read" ? reads : changes);
}

// --- internal ---

/** @param first before anything was answered */
function createPlaces(most: number, first: number): Places {
  let [room, open, halved] = [first, 0, -Infinity];
  return {
    free: () => open < room,
    take: () => void (open += 1),
    leave: () => void (open -= 1),
    grow: () => void (room = Math.min(most, room + 1)),
    halve(now) {
      if (now - halved < 1000) return;
      halved = now;
      room = Math.max(1, Math.floor(room / 2));
    },
  };
}
