/**
 * Where a command that is advised writes what it makes. Advice is there to be copied: one that wrote to the file it reads, or to any
 * other that is there, would destroy it, and that may be somebody's only key.
 */

/** `path`, or with -2, -3 and so on before its extension where that is there. */
export function unusedPath(path: string, isThere: (path: string) => boolean): string {
  const [, stem = "", extension = ""] = /^(.*?[^/\\])(\.[^./\\]+)?$/s.exec(path) ?? [path, path];
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? path : `${stem}-${count}${extension}`;
    if (!isThere(candidate)) return candidate;
  }
}
