/** IPv4 addresses and ranges as numbers. Whose an address is, and which ones Azure keeps, others know. */

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
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

/** The range that an address with a prefix length, as `10.0.0.7/24`, is in; undefined when it is none. */
export function prefixAround(value: string): Prefix | undefined {
  const [text = "", bits = "", ...more] = value.split("/");
  const address = addressOf(text);
  if (address === undefined || more.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  return { first: address - (address % size), size };
}
