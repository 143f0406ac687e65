/** What a destroy would delete, as a person reads it before saying yes: counts and names by kind, and what stays. */
import { paint } from "./paint.ts";
import { zoneWords } from "../core/plan/zones.ts";
import { nameIn, nounOf, plain, plural, truncate } from "../core/words.ts";

export interface DoomSummary {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string | undefined;
  /** The whole group goes. */
  readonly whole: boolean;
  /** What is deleted, without the group. */
  readonly going: readonly { readonly id: string; readonly label: string; readonly zone?: string }[];
  /** Why the cluster's own group stays, though nothing of others is seen in it. */
  readonly hidden?: string | undefined;
  /** Ids of what others have in the group, which stays. */
  readonly foreign: readonly string[];
  /** Ids of what carries the cluster's tag and cannot be deleted by itself. */
  readonly strange: readonly string[];
  /** Sentences to read before. */
  readonly notes: readonly string[];
  readonly color: boolean;
  readonly columns: number;
}

/** The whole text, ending with a line end. */
export function renderDoom(doom: DoomSummary): string {
  const ink = paint(doom.color);
  const kinds = [...Map.groupBy(doom.going, ({ label, id }) => plain(nounOf(label, id)))].map(([noun, ones]) => {
    const what =
      ones.length === 1 ? plain(ones[0]?.label ?? noun) : `${ones.length} ${plural(noun, ones.length)}: ${namesOf(ones)}`;
    return `  ${ink.bad("-")} ${truncate(`${what}${zonesOf(ones)}`, doom.columns - 4)}`;
  });
  const count = doom.going.length + (doom.whole ? 1 : 0);
  return [
    `${ink.strong(plain(doom.name))}${doom.location === undefined ? "" : ` in ${plain(doom.location)}`} is to be destroyed`,
    ink.dim(`resource group ${plain(doom.resourceGroup)}`),
    "",
    ...kinds,
    ...(doom.whole ? [`  ${ink.bad("-")} resource group ${plain(doom.resourceGroup)}`] : []),
    ...doom.strange.map((id) => `  ? ${truncate(plain(id), doom.columns - 4)}`),
    "",
    ...(doom.whole ? [] : [`The resource group ${plain(doom.resourceGroup)} stays${stays(doom)}`]),
    ...doom.notes.map((note) => plain(note)),
    `${count} ${plural("resource", count)} to delete. This cannot be undone: what is on the disks is lost.`,
    "",
  ].join("\n");
}

// --- internal ---

const SHOWN = 5;

function stays({ foreign, hidden }: DoomSummary): string {
  if (foreign.length === 0) return hidden === undefined ? ": it was not made by this tool." : `: ${plain(hidden)}`;
  const list = foreign.slice(0, SHOWN).map((id) => plain(id.replace(/^.*\/providers\//i, "")));
  const more = foreign.length > SHOWN ? [`and ${foreign.length - SHOWN} more`] : [];
  return `, with ${foreign.length} ${plural("resource", foreign.length)} of others: ${[...list, ...more].join(", ")}.`;
}

/** " (zones 1, 2 and 3)" */
function zonesOf(ones: readonly { readonly zone?: string }[]): string {
  const zones = [...new Set(ones.flatMap(({ zone }) => zone ?? []))].sort();
  return zones.length === 0 ? "" : ` (${plain(zoneWords(zones))})`;
}

/** All names of a few; the first and the last of many. */
function namesOf(ones: readonly { readonly label: string }[]): string {
  const all = ones.map((one) => plain(nameIn(one.label)));
  return all.length <= SHOWN ? all.join(", ") : `${all[0]} ... ${all.at(-1)}`;
}
