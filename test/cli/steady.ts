/** A screen without what chance and the machine's load decide: lengths of time and what they cost, public addresses, and the padding that follows. */
export const steady = (text: string): string =>
  text
    .replaceAll(/\b\d+ (h|min|s)( \d+ (min|s))?\b/g, "TIME")
    .replaceAll(/cost about [\d.]+/g, "cost about SUM")
    .replaceAll(/so far about [\d.]+/g, "so far about SUM")
    .replaceAll(/\b203\.0\.113\.\d+\b/g, "IP")
    .replaceAll(/(\S) {2,}/g, "$1  ")
    .replaceAll(/^ +TIME {2}/gm, "TIME  ");
