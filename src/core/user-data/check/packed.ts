/** Packed files: gzip, which a node unpacks, and the other kinds, which it does not. */
import { defined } from "../../defined.ts";
import { advisedAfter, error, warning, type CheckOptions, type Finding, type NamedFile } from "./finding.ts";

/** More than any cloud-config has; what grows beyond it is no file of a person's. */
const UNPACKED_LIMIT = 8 * 1024 * 1024;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What is said of what is inside; commands name the file that unpacking it makes, for on the packed one they would destroy it. */
export function checkInside<Options extends Omit<CheckOptions, "platform">>(
  bytes: Uint8Array,
  options: Options,
  check: (inside: Uint8Array, options: Options) => readonly Finding[],
): readonly Finding[] {
  if (options.gunzip === undefined) return [];
  const inside = unpack(bytes, options.gunzip);
  if ("level" in inside) return [inside];
  const named = { ...options, file: options.made(".plain"), made: (ending: string) => options.made(`.plain${ending}`) };
  return advisedAfter(check(inside, named), named, `Give it unpacked: ${gunzipped(options)}; then `);
}

/** From its input gunzip takes a file of any name. */
const gunzipped = ({ file, made }: NamedFile): string => `gunzip < ${file} > ${made(".plain")}`;

/** What is inside; or why nobody gets at it. */
function unpack(bytes: Uint8Array, gunzip: NonNullable<CheckOptions["gunzip"]>): Uint8Array | Finding {
  try {
    const inside = gunzip(bytes, UNPACKED_LIMIT);
    return isGzip(inside) ? error(1, "", "there is gzip in the gzip, and a node unpacks once") : inside;
  } catch (cause) {
    return error(1, "", damage(cause) ?? `the gzip unpacks to more than ${UNPACKED_LIMIT} bytes`);
  }
}

/** What is inside a file that a node writes, which may well be large or gzip again: that is not looked into. */
export function unpackFile(bytes: Uint8Array, gunzip: CheckOptions["gunzip"]): { text?: string; damaged?: string } {
  try {
    const inside = gunzip?.(bytes, UNPACKED_LIMIT);
    return inside === undefined || isGzip(inside) ? {} : { text: new TextDecoder().decode(inside) };
  } catch (cause) {
    const damaged = damage(cause);
    return defined({ damaged });
  }
}

/** Undefined of what is too large. */
function damage(cause: unknown): string | undefined {
  const { code, message } = cause as { code?: string; message: string };
  return code === "ERR_BUFFER_TOO_LARGE" ? undefined : `the gzip is damaged: ${message}`;
}

/**
 * What happens to gzip before coreos-cloudinit unpacks it: Azure's agent decodes custom data as UTF-8 (WALinuxAgent, osutil/default.py,
 * decode_customdata; Azure/WALinuxAgent#1559, open), and with Flatcar's and CoreOS' settings it does.
 */
export function gzipOnAzure(options: CheckOptions): Finding {
  const old = options.platform === "coreos" ? "CoreOS unpacks gzip since November 2015, and " : "";
  return warning(
    1,
    "",
    `${old}Azure's agent on a Flatcar or CoreOS node takes custom data for UTF-8 text and stops at gzip (Azure/WALinuxAgent#1559): it is sent as it is, ` +
      "and works where the image has another agent",
    `Where it fits, give it unpacked (${gunzipped(options)}); or compress the files in it (encoding: gzip+base64); or make it a part of multipart MIME with ` +
      "Content-Type: application/gzip and Content-Transfer-Encoding: base64.",
  );
}

const OTHERS: readonly (readonly [name: string, magic: readonly number[], unpack: string])[] = [
  ["bzip2", [0x42, 0x5a, 0x68], "bzip2 -dc"],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz -dc"],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd], "zstd -dc"],
  ["zip", [0x50, 0x4b, 3, 4], "unzip -p"],
];

export function otherPacking(bytes: Uint8Array, { file, made }: NamedFile): Finding | undefined {
  const [name, , command] = OTHERS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte)) ?? [];
  if (name === undefined) return undefined;
  return error(1, "", `the file is packed with ${name}, which no node unpacks`, `${command} ${file} > ${made(".plain")}`);
}
