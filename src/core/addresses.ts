/** IPv4 addresses of a subnet, by number. Azure keeps the first four of a subnet and the last one for itself. */

const KEPT_AT_START = 4;

interface Range {
  readonly first: number;
  readonly size: number;
}

/** How many addresses machines may have in these prefixes. */
export const subnetRoom = (prefixes: readonly string[]): number =>
  prefixes.map(rangeOf).reduce((sum, range) => sum + Math.max(0, (range?.size ?? 0) - KEPT_AT_START - 1), 0);

/** The addresses that machines may have, in order. */
export function* usableAddresses(prefixes: readonly string[]): Generator<string> {
  for (const prefix of prefixes) {
    const range = rangeOf(prefix);
    if (range === undefined) continue;
    for (let i = KEPT_AT_START; i < range.size - 1; i++) yield dotted(range.first + i);
  }
}

/** Whether one IPv4 range lies in another; a bare address is a range of one. False for what is no IPv4 range. */
export function holdsRange(outer: string, inner: string): boolean {
  const [a, b] = [outer, inner].map((text) => rangeOf(text.includes("/") ? text : `${text}/32`));
  return a !== undefined && b !== undefined && a.first <= b.first && b.first + b.size <= a.first + a.size;
}

// --- internal ---

/** IPv6 prefixes have none for us. */
function rangeOf(prefix: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(prefix);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits);
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  return { first: base - (base % size), size };
}

const dotted = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join(".");
