/**
 * PEM blocks (RFC 7468) in whatever wrapping people have them: lines that end as on Windows or in blanks, indented, in one line, with
 * "\n" written out as in variables and JSON, the whole in base64 once more, and with other text around them. Says nothing of what is
 * inside.
 */

export interface PemText {
  /** "CERTIFICATE", "RSA PRIVATE KEY". */
  readonly label: string;
  /** In one line. */
  readonly base64: string;
  /** In the clear no more: a legacy key under a passphrase (RFC 1421). */
  readonly encrypted: boolean;
  /** The block alone, as every program reads it: lines of 64 characters that end in LF, the last one too. */
  readonly pem: string;
}

/** In their order. */
export function pemTexts(text: string): PemText[] {
  const found = [...text.matchAll(BLOCK)];
  if (found.length === 0 && BASE64.test(text)) return [...decoded(text).matchAll(BLOCK)].map(pemText);
  return found.map(pemText);
}

/** The block that is meant where a private key is wanted: a file may hold its certificate, or the parameters of its curve, too. */
export const privateKeyIn = (text: string): PemText | undefined =>
  pemTexts(text).find(({ label }) => label.endsWith("PRIVATE KEY"));

// --- internal ---

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
/** Of "-----BEGIN" and what may stand before it. */
const BASE64 = /^\s*[A-Za-z0-9+/]{40}[A-Za-z0-9+/\s]*={0,2}\s*$/;

function pemText([, label = "", inside = ""]: RegExpExecArray): PemText {
  const lines = inside
    .replaceAll(/\\+[rn]/g, "\n")
    .split(/[\r\n]+/)
    .map((line) => line.trim());
  const headers = lines.filter((line) => line.includes(":"));
  const base64 = lines
    .filter((line) => !line.includes(":"))
    .join("")
    .replaceAll(/[^A-Za-z0-9+/=]/g, "");
  const body = [...(headers.length === 0 ? [] : [...headers, ""]), ...(base64.match(/.{1,64}/g) ?? [])];
  return {
    label,
    base64,
    encrypted: headers.some((line) => /^Proc-Type:.*ENCRYPTED/.test(line)),
    pem: [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ""].join("\n"),
  };
}

function decoded(text: string): string {
  try {
    // UTF-16 has a zero beside each letter
    return atob(text.replaceAll(/\s/g, "")).replaceAll("\0", "");
  } catch {
    return "";
  }
}
