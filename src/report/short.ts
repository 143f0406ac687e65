/**
 * What a screen shows of a text that somebody else wrote, an error's message above all: its beginning, without secrets, and how much
 * there is. The whole of it is in --events, and in the error of --json.
 */
import { scrub } from "../core/scrub.ts";

/** What Azure or a node says. */
const MOST = 2000;
/** What we say ourselves, with names in it that are not ours. */
const OWN = 8000;

/** @param options own: the sentence is ours, and a list of what is in the way may be long */
export function short(text: string, { own = false }: { readonly own?: boolean } = {}): string {
  const most = own ? OWN : MOST;
  if (text.length <= most) return scrub(text);
  // a secret that the cut would halve is found while it is whole
  const shown = scrub(text.slice(0, most + WINDOW));
  return `${shown.slice(0, most).trimEnd()} ... [cut: ${size(text.length)} in all]`;
}

// --- internal ---

/** Longer than the longest secret that is known by its beginning and its end. */
const WINDOW = 8000;

const size = (length: number): string =>
  length < 10_000_000 ? `${Math.ceil(length / 1000)} kB` : `${Math.round(length / 1_000_000)} MB`;
