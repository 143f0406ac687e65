/** How Azure's work on a resource is waited for: until it is at work no more, or until the node that is made by it can be used. */
import type { AnyResource } from "../core/plan/resource.ts";
import { drive } from "./drive.ts";
import type { Tools } from "./tools.ts";

/** Returns when it is at work no more, whatever became of it. @param alone asks for nothing else but itself */
export async function waitWhileWorking(resource: AnyResource, tools: Tools, alone: boolean): Promise<void> {
  const poll = async (signal: AbortSignal): Promise<boolean> => {
    const state = (await tools.provider.get(resource, signal))?.state;
    return state !== "working" && state !== "deleting";
  };
  await drive({ done: false, poll }, resource.kind, tools, alone ? {} : { made: resource });
}

/** Waits for the first: true when the node became usable before Azure's word, which is then waited for no more. */
export async function raceUsable(
  work: (tools: Tools) => Promise<void>,
  usable: Promise<void> | undefined,
  tools: Tools,
): Promise<boolean> {
  if (usable === undefined) {
    await work(tools);
    return false;
  }
  // a poll that goes on would keep the process alive for as long as Azure takes
  const rest = new AbortController();
  try {
    const alone = { ...tools, signal: AbortSignal.any([tools.signal, rest.signal]) };
    return await Promise.race([work(alone).then(() => false), usable.then(() => true)]);
  } finally {
    rest.abort(new Error("no longer waited for"));
  }
}
