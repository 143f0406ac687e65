/** The last line: what a run has done, whatever its later rounds find there. */
import { expect, test } from "vitest";
import type { Event } from "../../src/engine/event.ts";
import { newProgress, take } from "../../src/report/progress.ts";
import { summary } from "../../src/report/summary.ts";
import { event } from "./screen.ts";

const round = (at: number, made: string, there: string): Event[] => [
  event(at, "started", made),
  event(at + 1, "done", made, { change: "deleted" }),
  event(at + 2, "started", made),
  event(at + 3, "done", made, { change: "created" }),
  event(at + 3, "started", there),
  event(at + 4, "unchanged", there),
];

test("what one round made is not there already for the next", () => {
  const progress = newProgress("being replaced");
  for (const one of [...round(0, "machine abc-0", "machine abc-1"), ...round(5, "machine abc-1", "machine abc-0")])
    take(progress, one);
  take(progress, event(10, "unchanged", "machine abc-2"));
  expect(summary(progress)).toBe("2 machines made; 1 machine there already; 10 s in all.");
});
