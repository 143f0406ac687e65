/** The machine's own time: a wait that is longer than a timer can be, and one that is ended. */
import { expect, test } from "vitest";
import { realClock } from "../../src/operations/real-clock.ts";

test.each([30 * 86_400_000, 3_600_000])("a wait of %d ms does not end at once, and ends when it is aborted", async (ms) => {
  const stop = new AbortController();
  const waited = realClock.sleep(ms, stop.signal).then(
    () => "over",
    (reason: Error) => reason.message,
  );
  expect(await Promise.race([waited, realClock.sleep(20).then(() => "waiting")])).toBe("waiting");
  stop.abort(new Error("enough"));
  expect(await waited).toBe("enough");
});
