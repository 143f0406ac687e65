/**
 * Takes secrets out of a text before it is shown or written: the last guard, for what slipped into an error's message or
 * an event. It must rather remove too much than too little; a fingerprint or an id of normal length stays readable.
 */

/** The text with private keys, tokens, signatures, account keys and long base64 replaced by "[removed]". */
export function scrub(text: string): string {
  let clean = text;
  for (const [expression, replacement] of SECRETS) clean = clean.replace(expression, replacement);
  return clean;
}

/** What is taken out, and what comes in its place. None may start over at each character of what another wrote. */
export const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Also when the end is cut off, and with the line ends escaped as in JSON.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, "[private key removed]"],
  [/\b(Bearer|SharedKey|Basic)\s+(?!loopback\b)[A-Za-z0-9._~+/=:-]{8,}/gi, "$1 [removed]"],
  // JSON Web Tokens: header, payload and perhaps a signature; a header alone too, so that no text makes it start over and over.
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}/g, "[token removed]"],
  [/([?&;]sig=|\bsig=)[^&\s"'<>]+/gi, "$1[removed]"],
  // The password of a URL; not the word of an advice, which says where one goes.
  [/(\/\/[^\s/:@"'<>]*:)(?!PASSWORD@)[^\s/@"'<>]+@/g, "$1[removed]@"],
  [/\b(AccountKey|SharedAccessKey|SharedAccessSignature)=[^;\s"']+/gi, "$1=[removed]"],
  [
    /("(?:customData|userData|adminPassword|client_secret|client_assertion|refresh_token|access_token|accessToken|password|primaryKey|secondaryKey)"\s*:\s*")(?:[^"\\]|\\.)*/gi,
    "$1[removed]",
  ],
  // The same in forms, in YAML and in sentences: with or without quotes, which may be escaped.
  [
    /(client_secret|client_assertion|refresh_token|access_token|id_token|password|passwd)(\\?["']?\s{0,8}[:=]\s{0,8})(?!\\?["']?\[removed)(?:\\?"[^"\n]*|'[^'\n]*|[^&\s"']+)/gi,
    "$1$2[removed]",
  ],
  // A storage account's key: 64 bytes.
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==/g, "[removed]"],
  // User-data and whatever else is long: nothing that a person reads has 120 such characters in a row.
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120,}={0,2}/g, "[base64 removed]"],
];
