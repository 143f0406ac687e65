/**
 * The bytes of a key or certificate file as text: what Windows and PowerShell write (UTF-16, a byte order mark) is read, and PEM
 * blocks are found in any wrapping (core/pem.ts). Says nothing of what is inside.
 */
import { type PemText, pemTexts } from "../core/pem.ts";
import { readKept } from "./kept-file.ts";

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

/** Of a key file that may be there; nothing where none can be read. */
export const keyTextAt = async (file: string): Promise<string> =>
  textOf((await readKept(file).catch(() => undefined)) ?? Buffer.alloc(0));

/** With a byte order mark, as Windows writes it. */
export const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

export interface PemBlock extends PemText {
  readonly der: Buffer;
}

/** The blocks in their order, in any wrapping. */
export const pemBlocks = (text: string): PemBlock[] =>
  pemTexts(text).map((block) => ({ ...block, der: Buffer.from(block.base64, "base64") }));

/** What a text decodes to that is base64 and nothing else; undefined for every other. */
export function bareBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll(/\s/g, "");
  return plain.length >= 40 && /^[A-Za-z0-9+/]+={0,2}$/.test(plain) ? Buffer.from(plain, "base64") : undefined;
}
