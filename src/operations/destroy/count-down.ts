/**
 * While Azure deletes a whole group, which takes minutes and says nothing: what is gone already, by the list of what is still there. A
 * help for who waits; whatever goes wrong with it, the deletion itself says how it ended.
 */
import type { Run } from "../run.ts";

/** By lower-case id, what is not yet told to be gone. */
export type Left = Map<string, { readonly id: string; readonly label: string; readonly kind: string }>;

/** One read each; the list itself is behind by seconds. */
const EVERY_MS = 10_000;

/** Until the signal aborts. @throws the signal's reason; what a list is refused with */
export async function countDown(
  { tools, lookups, emit }: Run,
  groupName: string,
  left: Left,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await tools.clock.sleep(EVERY_MS, signal);
    const contents = await lookups.contents(groupName, signal);
    const there = new Set(contents === "unlisted" ? [] : contents?.map(({ id }) => id.toLowerCase()));
    signal.throwIfAborted();
    for (const [key, { id, label, kind }] of left) {
      // the group is waited for itself, and the list has nothing that stands in something else
      if (kind === "resourceGroup" || kind === "blobContainer" || there.has(key)) continue;
      left.delete(key);
      emit({ kind: "done", change: "deleted", id, label });
    }
  }
}
