/** What a machine has written to its serial console, from where Azure says it is: a URL with a signature that stays in memory. */
import { patiently } from "../../engine/patiently.ts";
import type { Run } from "../run.ts";

/** Empty where it has written nothing yet. */
export async function serialLog(run: Run, group: string, machine: string): Promise<string> {
  const url = await patiently(run.tools, (signal) => run.lookups.serialLogUrl(group, machine, signal));
  if (url === undefined) return "";
  const answer = await run.wayOut.fetch(url, { signal: run.tools.signal });
  return answer.ok ? beginning(answer) : "";
}

// --- internal ---

/** Azure keeps a megabyte. */
const MOST_BYTES = 4 * 1024 * 1024;

async function beginning({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
