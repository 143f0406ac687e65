/** IPv4 addresses of a subnet, by number. Azure keeps the first four of a subnet and the last one for itself; IPv6 prefixes have none for us. */
import { dotted, prefixAround } from "./ipv4.ts";

const KEPT_AT_START = 4;

/** How many addresses machines may have in these prefixes. */
export const subnetRoom = (prefixes: readonly string[]): number =>
  prefixes.map(prefixAround).reduce((sum, range) => sum + Math.max(0, (range?.size ?? 0) - KEPT_AT_START - 1), 0);

/** The addresses that machines may have, in order. */
export function* usableAddresses(prefixes: readonly string[]): Generator<string> {
  for (const prefix of prefixes) {
    const range = prefixAround(prefix);
    if (range === undefined) continue;
    for (let i = KEPT_AT_START; i < range.size - 1; i++) yield dotted(range.first + i);
  }
}

/** Whether one IPv4 range lies in another; a bare address is a range of one. False for what is no IPv4 range. */
export function holdsRange(outer: string, inner: string): boolean {
  const [a, b] = [outer, inner].map((text) => prefixAround(text.includes("/") ? text : `${text}/32`));
  return a !== undefined && b !== undefined && a.first <= b.first && b.first + b.size <= a.first + a.size;
}
