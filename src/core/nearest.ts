/** What a mistyped word was meant to be: the distance between words, counted in slips of a hand; and a shortened one, by the letters that stay. Pure. */

/** Slips between two words: a letter too many, too few or wrong, or two neighbours that changed places, count one each. */
export function slips(a: string, b: string): number {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = (old[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (older[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(wrong, swapped, (old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? a.length;
}

/** The nearest of the known words, at most `most` slips away; undefined when none is so near. */
export function nearest(word: string, known: readonly string[], most: number): string | undefined {
  let best: { word: string; count: number } | undefined;
  for (const one of known) {
    const count = slips(word, one);
    if (count <= most && count < (best?.count ?? Infinity)) best = { word: one, count };
  }
  return best?.word;
}

/** The three names that a shortened word comes nearest to: those that begin alike, or hold it. */
export function mostAlike(word: string, known: readonly string[]): string[] {
  const score = (name: string): number => {
    let same = 0;
    while (same < word.length && name[same] === word[same]) same++;
    return same + (name.includes(word) || word.includes(name) ? 5 : 0);
  };
  return [...known].sort((a, b) => score(b) - score(a)).slice(0, 3);
}
