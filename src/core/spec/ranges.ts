/** `--ssh-from`, `--kube-api`: address ranges as Azure's security rules take them, and the word for one's own address. */
import { usageError } from "../errors.ts";
import { ipv4Inside, rangeFromFirst, rangeInOneWord, withoutCovered } from "../range.ts";
import { type Accepts, type Parse, accepting } from "./parse.ts";

/** Stands for the address that Azure would see; it is looked up before anything is planned. */
export const ME = "me";

const BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const RANGE = `\\s*(\\*|[Mm][Ee]|[Aa][Nn][Yy]|[Ii][Nn][Tt][Ee][Rr][Nn][Ee][Tt]|(${BYTE}(\\.${BYTE}){3}|[\\dA-Fa-f:.]*:[\\dA-Fa-f:.]*)(/\\d{1,3})?)\\s*`;
const RANGES: Accepts = { type: "string", pattern: `^${RANGE}(,${RANGE})*$` };

/** Ranges, several with commas between them; where everybody may, nobody needs to be named. */
export const cidrs: Parse<readonly string[]> = accepting(RANGES, (value) => {
  const ranges = withoutCovered(value.split(",").map(cidr));
  return ranges.includes("*") ? ["*"] : ranges;
});

/** The same of what nobody reaches unless it is said. */
export const apiRanges: Parse<readonly string[]> = accepting(RANGES, (value) => {
  const ranges = cidrs(value);
  const six = ranges.find(isIpv6Range);
  if (six === undefined) return ranges;
  throw usageError(`"${six}" is a range of IPv6, and the cluster's address is one of IPv4`, "For example 203.0.113.7/32, or me.");
});

/** The same of all lists of the same ranges. */
export const rangesAlike = (value: unknown): string =>
  [value]
    .flat()
    .map((one) => rangeInOneWord(String(one)))
    .sort()
    .join();

/** Azure takes the two kinds in rules of their own. */
export const isIpv6Range = (range: string): boolean => range.includes(":");

// --- internal ---

/** A range in CIDR notation; a bare address is a range of one; "*" is everybody. */
function cidr(given: string): string {
  const value = given.trim().toLowerCase();
  if (/^(\*|any|internet)$/.test(value)) return "*";
  if (value === ME) return ME;
  const whole = value.includes("/") ? value : `${value}/${value.includes(":") ? 128 : 32}`;
  const plain = ipv4Inside(whole) ?? whole;
  const range = rangeFromFirst(plain);
  // 010 is 8 to some programs and 10 to others
  if (range === undefined || (/(^|\.)0\d/.test(value) && !value.includes(":")))
    throw usageError(
      `"${given.trim()}" is no address range`,
      "For example 203.0.113.7/32, 10.0.0.0/8, 2001:db8::/32, me for your own address, or * for everybody.",
    );
  if (isNobodyOrAll(plain))
    throw usageError(
      `"${given.trim()}" is ${plain.endsWith("/0") ? "everybody, whatever stands before the /" : "nobody's address"}`,
      "Give 0.0.0.0/0 if every address of IPv4 is meant (::/0 of IPv6), * for everybody, me for your own address.",
    );
  return range;
}

/** 0.0.0.0 alone lets nobody in, and 192.0.2.0/0 everybody: neither is meant. */
function isNobodyOrAll(range: string): boolean {
  const alone = rangeInOneWord(range.replace(/\/.*/, range.includes(":") ? "/128" : "/32"));
  const isZero = /^\d+ 0\//.test(alone);
  return isZero ? rangeInOneWord(range) === alone : rangeInOneWord(range).endsWith("/0");
}
