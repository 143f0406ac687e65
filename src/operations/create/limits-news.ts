/**
 * What is waited for when Azure takes no more at a time: which limit it is, and how long what is left to be written takes by it. Said
 * now and then as a step of the run, with the writes themselves: it has no time of its own.
 */
import type { AnyResource } from "../../core/plan/resource.ts";
import { duration } from "../../core/words.ts";
import { type Service, serviceOf } from "../../engine/limits.ts";
import type { Tools } from "../../engine/tools.ts";

export interface LimitsNews {
  /** It is being written, or needs no write. */
  passed(resource: Pick<AnyResource, "id">): void;
  /** Nothing more is written. */
  end(): void;
}

/** A wait that is worth a word, and how often. */
const LONG_MS = 10_000;
const EVERY_MS = 30_000;
const ABOUT = { id: "limits", label: "limits of Azure" };

export function limitsNews({ throttle, clock, emit }: Tools, resources: readonly Pick<AnyResource, "id">[]): LimitsNews {
  const left = new Set(resources.map(({ id }) => id));
  const counts = new Map<Service, number>();
  for (const id of left) counts.set(serviceOf(id), (counts.get(serviceOf(id)) ?? 0) + 1);
  let said: { readonly at: number } | undefined;
  let over = false;

  function end(): void {
    if (said !== undefined && !over) emit({ ...ABOUT, kind: "done" });
    over = true;
  }
  return {
    passed({ id }) {
      if (!left.delete(id)) return;
      const service = serviceOf(id);
      counts.set(service, (counts.get(service) ?? 1) - 1);
      const now = clock.now();
      if (over || (said !== undefined && now - said.at < EVERY_MS)) return;
      const { ms, words } = throttle.after(counts);
      if (ms < LONG_MS) return said === undefined ? undefined : end();
      said = { at: now };
      emit({ ...ABOUT, kind: "phase", detail: `Azure takes ${words}: ${left.size} writes are left, about ${duration(ms)}` });
    },
    end,
  };
}
