/** What a machine has written to its serial console, from where Azure says it is: a URL with a signature that stays in memory. */
import { AzureError } from "../../core/advice/azure-error.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Run } from "../run.ts";

/** Empty where it has written nothing yet. @throws AzureError ConsoleUnreadable where storage refuses, which is no word about the machine */
export async function serialLog(run: Run, group: string, machine: string): Promise<string> {
  const url = await patiently(run.tools, (signal) => run.lookups.serialLogUrl(group, machine, signal));
  if (url === undefined) return "";
  const answer = await patiently(run.tools, async (signal) => {
    const found = await run.wayOut.fetch(url, { signal });
    if (found.ok || found.status === NOT_WRITTEN) return found;
    await found.body?.cancel();
    const { status } = found;
    throw new AzureError("ConsoleUnreadable", `storage answered ${status} for the console of ${machine}`, { status });
  });
  return answer.status === NOT_WRITTEN ? "" : beginning(answer);
}

// --- internal ---

const NOT_WRITTEN = 404;

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
