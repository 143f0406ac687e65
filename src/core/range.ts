/** Address ranges of both kinds as numbers: what a range's first address is, and which of two is in the other. */
import { dotted, prefixAround } from "./ipv4.ts";

interface Span {
  readonly width: 32 | 128;
  readonly bits: number;
  readonly first: bigint;
}

/** The range by its first address, as security rules want it: `10.1.2.3/8` is 10.0.0.0/8. Undefined for what is no range. */
export function rangeFromFirst(range: string): string | undefined {
  const span = spanOf(range);
  if (span === undefined) return undefined;
  if (span.width === 32) return `${dotted(Number(span.first))}/${span.bits}`;
  const given = numberOf(range.split("/")[0] ?? "");
  return given === span.first ? range : `${ipv6Text(span.first)}/${span.bits}`;
}

/** A range of IPv4 written as one of IPv6 (`::ffff:192.0.2.9/128`), as IPv4: what comes in is never seen so. Undefined for every other. */
export function ipv4Inside(range: string): string | undefined {
  const [address = "", bits = ""] = range.split("/");
  const whole = spanOf(`${address}/128`);
  if (whole === undefined || spanOf(range) === undefined || whole.first >> 32n !== 0xffffn || Number(bits) < 96) return undefined;
  return `${dotted(Number(whole.first & 0xffff_ffffn))}/${Number(bits) - 96}`;
}

/** What two spellings of one range have in common: IPv6 has many. */
export const rangeInOneWord = (range: string): string => {
  const span = spanOf(range);
  return span === undefined ? range.toLowerCase() : `${span.width} ${span.first}/${span.bits}`;
};

/** Without what another of them covers: Azure refuses overlapping ranges of one rule. What is no range stays. */
export function withoutCovered(ranges: readonly string[]): string[] {
  const spans = ranges.map(spanOf);
  return ranges.filter((range, at) => {
    const own = spans[at];
    if (own === undefined) return ranges.indexOf(range) === at;
    return !spans.some(
      (other, index) => index !== at && other !== undefined && covers(other, own) && (index < at || !covers(own, other)),
    );
  });
}

// --- internal ---

function spanOf(range: string): Span | undefined {
  const four = prefixAround(range);
  if (four !== undefined) return { width: 32, bits: 32 - Math.log2(four.size), first: BigInt(four.first) };
  const [, address = "", length = ""] = /^([\da-f:.]*:[\da-f:.]*)\/(\d{1,3})$/i.exec(range) ?? [];
  const [number, bits] = [numberOf(address), Number(length)];
  if (number === undefined || bits > 128) return undefined;
  const rest = BigInt(128 - bits);
  return { width: 128, bits, first: (number >> rest) << rest };
}

/** By the URL standard's parser, which knows the short forms and refuses the wrong ones. */
function numberOf(address: string): bigint | undefined {
  if (address === "" || !URL.canParse(`http://[${address}]/`)) return undefined;
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function ipv6Text(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

const covers = (wide: Span, narrow: Span): boolean =>
  wide.width === narrow.width &&
  wide.bits <= narrow.bits &&
  wide.first >> BigInt(wide.width - wide.bits) === narrow.first >> BigInt(wide.width - wide.bits);
