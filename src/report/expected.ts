/** When a run will probably be over: from what was expected beforehand, corrected by what the nodes that came up have taken. */
import type { NodeProgress } from "./node-stages.ts";

/** No estimate is over before it is: so much is always said to be left, in ms. */
const LEAST_MS = 3000;

/**
 * In ms, on the events' clock.
 * @param usual how long one node was expected to take, in ms
 * @param wanted nodes that there will be
 */
export function expectedEnd(nodes: Iterable<NodeProgress>, now: number, usual: number, wanted: number): number {
  const all = [...nodes];
  const ready = all.filter(({ stage }) => stage === "ready");
  // as the slowest of them: the quick ones are ready first, and say too little of the others
  const took = ready.reduce((most, { startedAt, since }) => Math.max(most, since - startedAt), 0) || usual;
  const coming = all.filter(({ stage }) => stage !== "ready" && stage !== "failed");
  const ends = coming.map(({ startedAt }) => startedAt + took);
  const unasked = Math.max(0, wanted - all.length);
  if (unasked > 0) ends.push(now + took + unasked * pauseBetween(all, now));
  if (ends.length === 0) return all.length === 0 ? now + took : now;
  return ends.reduce((latest, end) => Math.max(latest, end), now + LEAST_MS);
}

// --- internal ---

/** How long Azure lets pass between two machines that are asked for: it takes so many writes a second. */
function pauseBetween(asked: readonly NodeProgress[], now: number): number {
  const first = asked.reduce((earliest, { startedAt }) => Math.min(earliest, startedAt), now);
  return asked.length < 2 ? 0 : (now - first) / asked.length;
}
