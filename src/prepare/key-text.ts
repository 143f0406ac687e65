/**
 * The bytes of a key or certificate file as text: what Windows and PowerShell write (UTF-16, a byte order mark) is read, and PEM
 * blocks are found in any wrapping (core/pem.ts). Says nothing of what is inside.
 */
import { type PemText, pemTexts } from "../core/pem.ts";
import { readKept } from "./kept-file.ts";

/** As iconv calls it: by its byte order mark, or by where the zeros of its first letter are. DER, which begins with 0x30, is no text. */
export function textEncodingOf([first, second]: Buffer): "UTF-8" | "UTF-16" | "UTF-16LE" | "UTF-16BE" {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "UTF-16";
  if (second === 0 && first !== 0 && first !== 0x30) return "UTF-16LE";
  return first === 0 && second !== undefined && second !== 0 ? "UTF-16BE" : "UTF-8";
}

/** The text; of a binary file something that no pattern of a key file matches. */
export function textOf(bytes: Buffer): string {
  const encoding = textEncodingOf(bytes);
  if (encoding === "UTF-8") return bytes.toString("utf8").replace(/^\uFEFF/, "");
  const little = encoding === "UTF-16LE" || bytes[0] === 0xff;
  const units = little ? bytes : Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
  return units.toString("utf16le").replace(/^\uFEFF/, "");
}

/** Of a key file that may be there; nothing where none can be read. */
export const keyTextAt = async (file: string): Promise<string> =>
  textOf((await readKept(file).catch(() => undefined)) ?? Buffer.alloc(0));

/** With a byte order mark, as Windows writes it. */
export const isUtf16 = (bytes: Buffer): boolean => textEncodingOf(bytes) === "UTF-16";

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
