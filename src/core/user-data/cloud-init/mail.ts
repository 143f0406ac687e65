/**
 * Multipart MIME as cloud-init reads it (user_data.py): it is a mail when it says so near its beginning, whatever header comes first, and
 * parts of no type in particular are told apart by their first line. One part that it cannot read keeps it from none of the others.
 */
import { error, PART, warning, type Finding } from "../check/finding.ts";
import { type MimePart, foundIn, GZIP_TYPE, mimeParts } from "../check/multipart.ts";
import { readText } from "../read-text.ts";

/** How a part is read that is of a type, or has a first line, that cloud-init knows. */
export interface PartReader {
  isKnown(text: string): boolean;
  checkText(text: string): readonly Finding[];
  checkCloudConfig(text: string): readonly Finding[];
}

/** What begins as a mail does; undefined for other texts, which its first line tells apart. */
export function checkMail(text: string, reader: PartReader): readonly Finding[] | undefined {
  if (!/^(From |[!-9;-~]+:)/.test(text)) return undefined;
  const isMultipart = /^content-type:\s*multipart\//im.test(text.split(/\r?\n\r?\n/, 1)[0] ?? "");
  if (!isMail(text))
    return isMultipart
      ? [
          error(
            1,
            "",
            "it does not say MIME-Version, and cloud-init then takes no part out of it",
            "Add a first line: MIME-Version: 1.0",
          ),
        ]
      : undefined;
  if (!isMultipart) return [warning(1, "", "this mail has no parts: it was not looked into")];
  // a mailbox's own first line
  const parts = mimeParts(text.replace(/^From [^\n]*/, "X-From: a"), "text/plain");
  if ("level" in parts) return [parts];
  if (parts.length === 0)
    return [warning(1, "", "no part of this mail can be told from the others here: it was not looked into")];
  const ownReader = parts.some(({ type }) => type === "text/part-handler");
  return parts.flatMap((part) => (ownReader && !isReadHere(part) ? [] : checkPart(part, reader)));
}

// --- internal ---

/** user_data.py, convert_string. */
const isMail = (text: string): boolean =>
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, 4096)).toLowerCase().includes("mime-version:");

/** Types that handlers of its own read, or that hold others (handlers/__init__.py, user_data.py); a part-handler may read any. */
const HANDLED =
  /^(text\/(cloud-(boothook|config-(archive|jsonp))|jinja2|part-handler|x-include-(once-)?url|x-shellscript-per-(boot|instance|once))|multipart\/.*|message\/.*)$/;
const BY_FIRST_LINE = new Set(["text/plain", "text/x-not-multipart", "text/x-shellscript"]);

const isReadHere = ({ type }: MimePart): boolean => BY_FIRST_LINE.has(type) || type === "text/cloud-config";

function checkPart(part: MimePart, { isKnown, checkText, checkCloudConfig }: PartReader): readonly Finding[] {
  if (HANDLED.test(part.type) || GZIP_TYPE.test(part.type)) return [];
  const byFirstLine = BY_FIRST_LINE.has(part.type);
  const body = readText(part.body, PART);
  if (typeof body !== "string") return foundIn(part, [body]);
  const known = isKnown(body);
  if (part.type === "text/cloud-config") return foundIn(part, checkCloudConfig(body));
  if (byFirstLine && known) return foundIn(part, checkText(body));
  return part.type === "text/x-shellscript" ? [] : foundIn(part, [idle(known)]);
}

const idle = (known: boolean): Finding =>
  warning(
    1,
    "",
    "cloud-init does nothing with this part",
    known ? "Say its own type, such as Content-Type: text/cloud-config." : undefined,
  );
