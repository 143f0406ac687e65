/**
 * A line of a node's log made fit for a screen: without what may be a secret (keys, tokens, discovery URLs) and without what
 * moves a terminal's cursor. Rather too much is taken out than too little.
 */
import { stripVTControlCharacters } from "node:util";

const MAX = 300;
/** What stands after this in a line is not looked at. */
const LOOKED_AT = 4096;

export function redact(whole: string): string {
  const line = whole.slice(0, LOOKED_AT);
  if (/PRIVATE KEY/.test(line)) return "(a line with a private key)";
  return stripVTControlCharacters(line)
    .replaceAll(/[^\P{C}\t]/gu, "")
    .replaceAll(
      /\b((?:password|passwd|secret|token|sig|authorization|api[-_]?key)["']?\s*[=:]\s*["']?)(?:Bearer\s+)?[^\s"'&]+/gi,
      "$1…",
    )
    .replaceAll(/\b[0-9a-f]{32,}\b/gi, "…")
    .replaceAll(/[A-Za-z0-9+/_-]{60,}={0,2}/g, "…")
    .trim()
    .slice(0, MAX);
}
