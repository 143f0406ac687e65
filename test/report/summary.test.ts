/** The last line: what a run has done, whatever its later rounds find there. */
import { expect, test } from "vitest";
import type { Event } from "../../src/engine/event.ts";
import { newProgress, retryWords, take } from "../../src/report/progress.ts";
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

test("a request that had to be repeated is no part of what was done, once it was answered", () => {
  const progress = newProgress();
  const azure = { id: "azure/read", delayMs: 3000, code: "InternalServerError" };
  take(progress, event(0, "retrying", "Azure", azure));
  expect(summary(progress)).toBe("Azure to be tried again in 0 s.");
  for (const one of round(1, "machine abc-0", "machine abc-1")) take(progress, one);
  take(progress, event(6, "done", "Azure", { id: "azure/read" }));
  expect([summary(progress), progress.active.size]).toEqual(["1 machine made; 1 machine there already; 6 s in all.", 0]);
});

test.each([
  [0, "again at once: Busy"],
  [499, "again at once: Busy"],
  [500, "again in 1 s: Busy"],
  [undefined, "again: Busy"],
])("a wait of %s ms: %s", (delayMs, words) => {
  expect(retryWords({ code: "Busy", ...(delayMs === undefined ? {} : { delayMs }) })).toBe(words);
});
