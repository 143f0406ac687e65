/**
 * Multipart MIME, as Flatcar's coreos-cloudinit reads it since 2023: headers, a boundary, parts of which each has a Content-Type. One
 * part that it cannot read makes it refuse all of them. The parts themselves are checked by whoever asks.
 */
import { fromBase64 } from "../../base64.ts";
import { advisedAfter, error, PART, type CheckOptions, type Finding } from "./finding.ts";

export interface MimePart {
  /** From 1. */
  readonly number: number;
  /** Line of the file where its body begins. */
  readonly line: number;
  readonly type: string;
  /** Decoded. */
  readonly body: Uint8Array;
  /** Its lines are lines of the file. */
  readonly plain: boolean;
}

/** Of a part that is unpacked first, and then told apart by its first line. */
export const GZIP_TYPE = /^application\/(gzip(-compressed|ped)?|x-(compress(ed)?|gunzip|gzip(-compressed)?))$/;

/** True for a text that a node takes for multipart MIME. */
export const isMultipart = (text: string): boolean =>
  (headersOf(text.split("\n"), 0, "mail")?.headers.get("content-type") ?? "").includes("multipart/mixed");

export function checkMultipart(
  text: string,
  { platform }: CheckOptions,
  checkPart: (part: MimePart) => readonly Finding[],
): readonly Finding[] {
  if (platform === "coreos") {
    const advice = "Make one #cloud-config of the parts, with the scripts under write_files.";
    return [error(1, "", "CoreOS does not know multipart MIME; Flatcar does since 2023", advice)];
  }
  const parts = partsOf(text);
  if ("level" in parts) return [parts];
  return parts.flatMap((part) => ("level" in part ? [part] : foundIn(part, checkPart(part))));
}

/**
 * The parts as Python reads them: what is no header ends the headers, and no part is refused because of another. A finding where it
 * sees none. @param untyped what a part is that does not say it
 */
export function mimeParts(text: string, untyped: string): readonly MimePart[] | Finding {
  const parts = partsOf(text, untyped);
  return "level" in parts ? parts : parts.filter((part): part is MimePart => "body" in part);
}

/** What was found in a part, as of the file. */
export const foundIn = (part: MimePart, findings: readonly Finding[]): readonly Finding[] =>
  advisedAfter(findings, PART, "Write the part to a file PART, and put back what comes of this: ").map((finding) => ({
    ...finding,
    line: part.plain && finding.line !== undefined ? part.line + finding.line - 1 : part.line,
    path: `part ${part.number}${finding.path === undefined || finding.path === "" ? "" : `: ${finding.path}`}`,
    message: `part ${part.number} (${part.type}): ${finding.message}`,
  }));

// --- internal ---

interface Headers {
  readonly headers: ReadonlyMap<string, string>;
  /** The first line after the blank one, from 0. */
  readonly next: number;
}

/** What is a header: to Go's net/mail anything with a colon, a mailbox's first line too; its textproto, which reads parts, wants a name. */
const HEADER = { mail: /^([^\s:][^:]*):\s*(.*)$/, part: /^([!-9;-~]+):\s*(.*)$/, python: /^([!-9;-~]+):\s*(.*)$/ };

/** Until a blank line; where a line is no header, undefined, as Go has it, or what there is, as Python does. */
function headersOf(lines: readonly string[], from: number, reader: keyof typeof HEADER): Headers | undefined {
  const headers = new Map<string, string>();
  const lenient = reader === "python";
  let last = "";
  for (let index = from; index < lines.length; index++) {
    const line = (lines[index] ?? "").replace(/\r$/, "");
    if (line === "") return { headers, next: index + 1 };
    const [, key, value] = HEADER[reader].exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      last = key.toLowerCase();
      if (!headers.has(last)) headers.set(last, value);
    } else if (/^[ \t]/.test(line) && last !== "") headers.set(last, `${headers.get(last) ?? ""} ${line.trim()}`);
    else return lenient ? { headers, next: index } : undefined;
  }
  return lenient ? { headers, next: lines.length } : undefined;
}

const typeOf = (header: string): string => (/^\s*([^\s;]+)/.exec(header)?.[1] ?? "").toLowerCase();

function partsOf(text: string, untyped = ""): readonly (MimePart | Finding)[] | Finding {
  const lines = text.split("\n");
  const lenient = untyped !== "";
  const top = headersOf(lines, 0, lenient ? "python" : "mail");
  const header = top?.headers.get("content-type") ?? "";
  if (top === undefined || !(lenient ? /^multipart\// : /^multipart\/mixed$/).test(typeOf(header)))
    return error(1, "", "the Content-Type must be multipart/mixed");
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(header) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return error(1, "", "the Content-Type names no boundary: a node takes no part out of the file");
  const marks = lines.flatMap((line, index) => (index >= top.next && line.trimEnd() === `--${boundary}` ? [index] : []));
  const end = lines.findIndex((line, index) => index >= top.next && line.trimEnd() === `--${boundary}--`);
  if (marks.length === 0) return boundaryMissing(lines, boundary);
  const parts = marks.map((mark, index) =>
    part(lines, mark, marks[index + 1] ?? (end < 0 ? lines.length : end), index + 1, untyped),
  );
  const unfinished =
    end < 0 ? [error(lines.length, "", `the line --${boundary}-- at the end is missing: a node refuses all parts`)] : [];
  return [...parts, ...unfinished];
}

function boundaryMissing(lines: readonly string[], boundary: string): Finding {
  const bare = lines.findIndex((line) => [boundary, `${boundary}--`].includes(line.trimEnd()));
  const advice = bare < 0 ? undefined : `Write -- before ${boundary} wherever it is a line, and -- after the last one, too.`;
  return error(Math.max(bare + 1, 1), "", `no line is the boundary --${boundary}: a node takes no part out of the file`, advice);
}

function part(lines: readonly string[], mark: number, until: number, number: number, untyped: string): MimePart | Finding {
  const refused = (what: string): Finding =>
    error(mark + 2, `part ${number}`, `part ${number} ${what}: a node refuses all parts`);
  const head = headersOf(lines, mark + 1, untyped === "" ? "part" : "python");
  const type = typeOf(head?.headers.get("content-type") ?? untyped);
  if (head === undefined || head.next > until || type === "") return refused("has no Content-Type");
  const text = lines.slice(head.next, until).join("\n").replace(/\r$/, "");
  const encoding = head.headers.get("content-transfer-encoding") ?? "";
  const line = head.next + 1;
  if (encoding === "base64") {
    const body = fromBase64(text);
    return body === undefined ? refused("is no base64") : { number, line, type, body, plain: false };
  }
  if (/^base64$/i.test(encoding.trim())) return refused(`says ${encoding}, and only base64 in small letters is decoded`);
  const utf8 = new TextEncoder();
  if (/^quoted-printable$/i.test(encoding)) return { number, line, type, body: quotedPrintable(text), plain: false };
  return { number, line, type, body: utf8.encode(text), plain: true };
}

function quotedPrintable(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text.replace(/=[ \t]*\n/g, ""));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const decoded = binary.replace(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(decoded, (character) => character.charCodeAt(0));
}
