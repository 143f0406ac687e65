/** IPv4 prefixes as numbers. Azure keeps the first four addresses of a subnet and the last one for itself. */
export interface Prefix {
  readonly first: number;
  readonly size: number;
}

/** Undefined for what is no dotted IPv4 address. */
export function addressOf(value: string): number | undefined {
  const parts = value.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** `10.0.0.0/24`; undefined when it is none, or when host bits are set (Azure refuses both). */
export function prefixOf(value: string): Prefix | undefined {
  const [address, bits] = value.split("/");
  const first = addressOf(address ?? "");
  if (first === undefined || bits === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  return first % size === 0 ? { first, size } : undefined;
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
