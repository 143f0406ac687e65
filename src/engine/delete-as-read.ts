/** The deletion of what others may take over at any time: each request names what was read just before it, and is sent only where that may go. */
import type { Live, Target } from "./provider.ts";
import { sendUntilDone, getPatiently } from "./patiently.ts";
import { type Tools, untilStopped } from "./tools.ts";

/**
 * Deletes what is there, and waits until it is gone. It is read anew before each request, also before one that is repeated: what has waited, or
 * was refused because it had changed (412), may be somebody else's by now. What is not there is not asked to go, for such a request may
 * arrive when there is another one.
 * @param mayGo asked of what was read; of kinds without an etag that is all there is, for Azure takes no condition for them
 */
export function deleteAsRead(
  target: Target & { readonly label: string },
  mayGo: (live: Live) => Promise<boolean>,
  tools: Tools,
): Promise<void> {
  return sendUntilDone(
    {
      ask: { kind: "delete", id: target.id },
      label: target.label,
      conditional: false,
      pace: target.kind,
      send: async (signal) => {
        const live = await getPatiently(target, tools);
        if (live === undefined || !(await mayGo(live))) return NOTHING_SENT;
        untilStopped(tools).throwIfAborted();
        return tools.provider.delete(target, signal, live.etag);
      },
      isDone: async (signal) => (await tools.provider.get(target, signal)) === undefined,
    },
    tools,
  );
}

// --- internal ---

const NOTHING_SENT = { done: true, poll: () => Promise.resolve(true) };
