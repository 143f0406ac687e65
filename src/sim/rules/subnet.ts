/** What is in a subnet, and what may be. Azure keeps the first four addresses of a subnet and the last one for itself. */
import { addressOf, type Prefix, prefixAround } from "../../core/ipv4.ts";

/** `10.0.0.0/24`; undefined when it is none, or when host bits are set (Azure refuses both). */
export function prefixOf(value: string): Prefix | undefined {
  const prefix = prefixAround(value);
  return prefix?.first === addressOf(value.split("/")[0] ?? "") ? prefix : undefined;
}

export const holds = (prefix: Prefix, address: number): boolean =>
  address >= prefix.first && address < prefix.first + prefix.size;

export const within = (outer: Prefix, inner: Prefix): boolean =>
  inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;

export const overlap = (a: Prefix, b: Prefix): boolean => a.first < b.first + b.size && b.first < a.first + a.size;

export const isReserved = (prefix: Prefix, address: number): boolean =>
  address < prefix.first + 4 || address === prefix.first + prefix.size - 1;

/** The lowest address that is neither reserved nor taken. */
export function lowestFree(prefix: Prefix, taken: ReadonlySet<number>): number | undefined {
  for (let at = prefix.first + 4; at < prefix.first + prefix.size - 1; at++) if (!taken.has(at)) return at;
  return undefined;
}
