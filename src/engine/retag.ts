/** New tags for what is there: read, changed, and written with the engine's patience. */
import { AzureError } from "../core/advice/azure-error.ts";
import { canonical } from "../core/fingerprint.ts";
import { nameOf } from "../core/plan/resource.ts";
import { createPatience, isOvertaken } from "./overtaken.ts";
import { type Again, getPatiently, retried } from "./patiently.ts";
import type { TagTarget } from "./provider.ts";
import type { Ask } from "./throttle.ts";
import { type Tools, untilStopped } from "./tools.ts";

type Tags = Record<string, string>;

/** How often a change of what has no etag is looked at again. */
export const CHECKS = 3;

/**
 * Changes tags of a group, an address or a disk: reads them and writes what `change` makes of them. An address that somebody else
 * has changed in between refuses (412); others do not, so they are looked at again. A change that has
 * been made already, or is `undefined`, is not written.
 * @throws AzureError 404 when there is none; ClusterError ChangedMeanwhile (exit 7)
 */
export async function retag(target: TagTarget, change: (tags: Tags) => Tags | undefined, tools: Tools): Promise<void> {
  const ask = { kind: "write", id: target.id } as const;
  await retried(ask, tools, undefined, (again) => retagIn(ask, target, { change, again, tools }));
}

// --- internal ---

interface Retagging {
  readonly change: (tags: Tags) => Tags | undefined;
  readonly again: Again;
  readonly tools: Tools;
}

async function retagIn(ask: Ask, target: TagTarget, { change, again, tools }: Retagging): Promise<void> {
  const patience = createPatience(nameOf(target.id), tools);
  let checked = 0;
  for (let waitMs = 0; ;) {
    if (waitMs > 0) await tools.clock.sleep(waitMs, untilStopped(tools));
    const live = await getPatiently(target, tools);
    if (live === undefined) throw new AzureError("ResourceNotFound", `${target.id} is not there`, { status: 404 });
    const wanted = change(live.tags);
    if (wanted === undefined || canonical(wanted) === canonical(live.tags)) return;
    try {
      await tools.throttle.through(ask, untilStopped(tools), () => tools.provider.tag(target, wanted, tools.signal, live.etag));
      if (live.etag !== undefined || ++checked > CHECKS) return;
      waitMs = 0;
    } catch (error) {
      tools.signal.throwIfAborted();
      if (isOvertaken(error)) await patience.next(error);
      waitMs = isOvertaken(error) ? 0 : again(error).waitMs;
    }
  }
}
