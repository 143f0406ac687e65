/**
 * What a replacement that broke off has done already, by what the claim says of it: these nodes with the same flags, begun within a day. A
 * machine that is younger than all that it found was made by it. Azure made both times, so no clock of ours decides that.
 */
import { bodyFingerprint } from "../../core/fingerprint.ts";
import { keptTexts } from "../../core/plan/kept-flags.ts";
import { type Replacing, replacementIn, replacingIn } from "../../core/plan/replacing.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { madeAt } from "../../engine/machine-made.ts";
import { getPatiently } from "../../engine/patiently.ts";
import type { Removal } from "../remove/removal.ts";
import type { Run } from "../run.ts";

export interface ReplaceWish {
  /** Flags of create: size, image, etcd's version of the new machines. */
  readonly given: Partial<FlagValues>;
  /** The new machine gets the old one's data disk, with what is on it. */
  readonly keepDataDisk: boolean;
}

/** How far it is. */
export interface ReplaceProgress {
  readonly noted: Replacing;
  /** Indexes of those that are done. */
  readonly done: ReadonlySet<number>;
  /** Indexes of those whose new machine is there, and that were not seen ready with the cluster yet. */
  readonly made: ReadonlySet<number>;
  /** Indexes of those that are out of etcd, with the old machine: create makes nothing until they are ended. */
  readonly half: ReadonlySet<number>;
}

/** Reads only. Where nothing of what is named is left, it begins anew. */
export async function replacementOf(run: Run, { claim, going, parts }: Removal, wish: ReplaceWish): Promise<ReplaceProgress> {
  const machines = parts.filter(({ kind }) => kind === "machine");
  const ages = new Map(await Promise.all(machines.map(async ({ node, id }) => [node, await machineMadeAt(run, id)] as const)));
  const fresh: Replacing = {
    youngest: Math.max(0, ...ages.values()),
    begun: Math.round(run.outside.clock.now()),
    wish: bodyFingerprint([[...keptTexts(wish.given)], wish.keepDataDisk]),
    nodes: going,
  };
  const noted = brokenOff(claim.tags, fresh) ?? fresh;
  const anew = going.filter((node) => (ages.get(node) ?? 0) > noted.youngest);
  const unfinished = replacingIn(claim.tags);
  const half = new Set(going.filter((node) => ages.has(node) && ages.get(node) === unfinished.get(node)?.made));
  const [done, made] = [anew.filter((node) => !unfinished.has(node)), anew.filter((node) => unfinished.has(node))];
  if (done.length === going.length) return { noted: fresh, done: new Set(), made: new Set(), half };
  return { noted, done: new Set(done), made: new Set(made), half };
}

/** When a machine was made, in milliseconds since 1970; 0 where Azure does not say so. */
export async function machineMadeAt(run: Run, id: string): Promise<number> {
  const live = await getPatiently({ kind: "machine", id }, run.tools);
  return (live && madeAt(live)) ?? 0;
}

// --- internal ---

const DAY_MS = 86_400_000;

/** The one that these nodes with these flags belong to. */
function brokenOff(tags: Tags | undefined, { begun, wish, nodes }: Replacing): Replacing | undefined {
  const noted = replacementIn(tags);
  const same = noted?.wish === wish && nodes.every((node) => noted.nodes.includes(node));
  return same && begun - noted.begun < DAY_MS ? noted : undefined;
}
