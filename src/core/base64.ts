/** Base64 without Buffer: core runs anywhere. */

/** Of bytes as they are, of a text's UTF-8 bytes. */
export function base64(data: string | Uint8Array): string {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

const STRICT = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes, as Go's decoder takes them: padded, line breaks skipped, no blanks; undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  const joined = text.replace(/[\r\n]/g, "");
  return STRICT.test(joined) ? Uint8Array.from(atob(joined), (character) => character.charCodeAt(0)) : undefined;
}
