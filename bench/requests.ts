/** What the log of `emulate --requests` says of a run. */
export interface Requests {
  readonly reads: number;
  readonly writes: number;
  readonly refused: number;
  readonly mostInFlight: number;
}

interface Line {
  readonly at: string;
  readonly ms: number;
  readonly method: string;
  readonly status?: number;
}

export function requestsIn(log: string): Requests {
  const lines = log
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Line);
  const writes = lines.filter(({ method }) => method === "PUT" || method === "PATCH" || method === "POST").length;
  return {
    writes,
    reads: lines.length - writes,
    refused: lines.filter(({ status }) => status === 429).length,
    mostInFlight: mostAtOnce(lines),
  };
}

// --- internal ---

/** One that ends at the moment at which another begins is not beside it. */
function mostAtOnce(lines: readonly Line[]): number {
  const steps = lines.flatMap(({ at, ms }) => [
    { at: Date.parse(at), step: 1 },
    { at: Date.parse(at) + ms, step: -1 },
  ]);
  let [open, most] = [0, 0];
  for (const { step } of steps.toSorted((a, b) => a.at - b.at || a.step - b.step)) most = Math.max(most, (open += step));
  return most;
}
