/**
 * The bytes of a key or certificate file as text: what Windows and PowerShell write (UTF-16, a byte order mark) is read, and PEM
 * blocks are found whatever stands around them. Says nothing of what is inside.
 */

/** The text; of a binary file something that no pattern of a key file matches. */
export function textOf(bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (second === 0 && first !== 0 && first !== 0x30))
    return bytes.toString("utf16le").replace(/^\uFEFF/, "");
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString("utf16le")
      .replace(/^\uFEFF/, "");
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

/** With a byte order mark, as Windows writes it. */
export const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

export interface PemBlock {
  /** "CERTIFICATE", "RSA PRIVATE KEY". */
  readonly label: string;
  readonly der: Buffer;
  /** In the clear no more: a legacy key under a passphrase (RFC 1421). */
  readonly encrypted: boolean;
}

/** The blocks in their order. Indented, in one line, or with "\n" written out, as variables and JSON hold them: all the same. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)].map(([, label = "", inside = ""]) => {
    const lines = inside.replaceAll(/\\[rn]/g, "\n").split(/[\r\n]+/);
    return {
      label,
      der: Buffer.from(lines.filter((line) => !line.includes(":")).join(""), "base64"),
      encrypted: /^\s*Proc-Type:.*ENCRYPTED/m.test(inside),
    };
  });
}

/** What a text decodes to that is base64 and nothing else; undefined for every other. */
export function bareBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll(/\s/g, "");
  return plain.length >= 40 && /^[A-Za-z0-9+/]+={0,2}$/.test(plain) ? Buffer.from(plain, "base64") : undefined;
}
