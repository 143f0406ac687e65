/**
 * Multipart MIME as cloud-init reads it (user_data.py): it is a mail when it says so near its beginning, whatever header comes first, and
 * parts of no type in particular are told apart by their first line. One part that it cannot read keeps it from none of the others.
 */
import { error, PART, warning, type Finding } from "../check/finding.ts";
import { type MimePart, foundIn, mimeParts } from "../check/multipart.ts";
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
  if (!isMail(text))
    return /^content-type:\s*multipart\//im.test(text.split(/\r?\n\r?\n/, 1)[0] ?? "")
      ? [
          error(
            1,
            "",
            "it does not say MIME-Version, and cloud-init then takes no part out of it",
            "Add a first line: MIME-Version: 1.0",
          ),
        ]
      : undefined;
  // a mailbox's own first line
  const parts = mimeParts(text.replace(/^From [^\n]*/, "X-From: a"), "text/plain");
  if (parts.length === 0)
    return [warning(1, "", "no part of this mail can be told from the others here: it was not looked into")];
  return parts.flatMap((part) => checkPart(part, reader));
}

// --- internal ---

/** user_data.py, convert_string. */
const isMail = (text: string): boolean =>
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, 4096)).toLowerCase().includes("mime-version:");

const BY_FIRST_LINE = new Set(["text/plain", "text/x-not-multipart", "text/x-shellscript"]);

function checkPart(part: MimePart, { isKnown, checkText, checkCloudConfig }: PartReader): readonly Finding[] {
  const byFirstLine = BY_FIRST_LINE.has(part.type);
  if (!byFirstLine && part.type !== "text/cloud-config" && part.type !== "application/octet-stream") return [];
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
