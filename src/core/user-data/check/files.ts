/** write_files: paths that can be written, and contents that can be decoded. */
import { defined } from "../../defined.ts";
import { fromBase64 } from "../../base64.ts";
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { isGzip, unpackFile } from "./packed.ts";
import { returnsAlone, returnsIn } from "./script.ts";
import { valueAt, type Mapping, type Tree } from "./tree.ts";

export function checkFiles(files: Tree | undefined, options: Pick<CheckOptions, "gunzip"> = {}): readonly Finding[] {
  if (files?.kind !== "list") return [];
  const seen = new Set<string>();
  return files.items.flatMap((file, index): readonly Finding[] => {
    if (file.kind !== "map") return [];
    const at = `write_files[${index}]`;
    const path = valueAt(file, "path");
    if (path === undefined) return [error(file.line, at, "a file without a path")];
    if (path.kind !== "scalar") return [];
    const findings = [
      ...checkPath(path.text, path.line, `${at}.path`),
      ...checkContent(file, `${at}.content`, options),
      ...checkMode(valueAt(file, "permissions"), at),
    ];
    if (seen.has(path.text)) findings.push(error(path.line, `${at}.path`, writtenTwice(path.text)));
    seen.add(path.text);
    return findings;
  });
}

export const writtenTwice = (path: string): string => `${path} is written twice: the last one counts`;

function checkPath(path: string, line: number, at: string): readonly Finding[] {
  if (!path.startsWith("/")) return [error(line, at, `"${path}" is no absolute path`)];
  if (/\/$|\/\.\.?$|\/\.\.?\//.test(path)) return [error(line, at, `"${path}" is no plain path of a file`)];
  // Both systems mount /usr read-only: the write fails, and the rest of the file is not applied.
  if (/^\/usr(\/|$)/.test(path))
    return [error(line, at, `${path} is on the read-only /usr`, "Use /opt/bin for programs, /etc for settings.")];
  return [];
}

function checkContent(file: Mapping, at: string, options: Pick<CheckOptions, "gunzip">): readonly Finding[] {
  const line = valueAt(file, "content")?.line ?? file.line;
  const { text, cannot, so = "a node refuses the whole file" } = decoded(file, options);
  if (cannot === undefined) return text === undefined ? [] : checkReturnsInFile(text, line, at);
  const encoding = valueAt(file, "encoding");
  const as = encoding?.kind === "scalar" ? encoding.text : "";
  return [error(line, at, `the content cannot be decoded as ${as}: ${cannot}; ${so}`)];
}

interface Decoded {
  readonly text?: string;
  readonly cannot?: string;
  /** What comes of it. */
  readonly so?: string;
}

/** What a node writes, or why it cannot; neither where nobody looks into it. */
export function decoded(file: Mapping, { gunzip }: Pick<CheckOptions, "gunzip">): Decoded {
  const [encoding, content] = [valueAt(file, "encoding"), valueAt(file, "content")];
  const text = content?.kind === "scalar" ? content.text : "";
  if (encoding?.kind !== "scalar") return { text };
  if (/^(gz|gzip)$/.test(encoding.text)) {
    if (text.startsWith("\x1f\x8b"))
      return unpacked(
        Uint8Array.from(text, (character) => character.charCodeAt(0)),
        gunzip,
      );
    return { cannot: "it is no gzip. YAML holds such bytes as !!binary; or use gzip+base64" };
  }
  if (!/(b64|base64)$/.test(encoding.text)) return { text };
  const bytes = fromBase64(text);
  if (bytes === undefined) return { cannot: "it is no base64" };
  if (!/^gz.*\+/.test(encoding.text)) return { text: new TextDecoder().decode(bytes) };
  return isGzip(bytes) ? unpacked(bytes, gunzip) : { cannot: "it is no gzip" };
}

/** coreos-cloudinit asks for no error after the header, of ten bytes (config/decode.go). */
function unpacked(bytes: Uint8Array, gunzip: CheckOptions["gunzip"]): Decoded {
  const { text, damaged } = unpackFile(bytes, gunzip);
  if (damaged === undefined) return defined({ text });
  const hasHeader = bytes.length >= 10 && bytes[2] === 8;
  return { cannot: damaged, ...(hasHeader && { so: "a node writes what it can unpack, without a word" }) };
}

/** A file of a script, which its own first line has run. */
export function checkReturnsInFile(script: string, line: number, at: string): readonly Finding[] {
  const message = script.startsWith("#!") ? (returnsAlone(script) ?? returnsIn(script, "its own program"))?.message : undefined;
  return message === undefined ? [] : [warning(line, at, message)];
}

/** A mode as a program that knows no octal writes it: 420 for 0644 (coreos/bugs#1040, coreos-cloudinit#328). */
const DECIMAL = new Map(
  [0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o700, 0o744, 0o750, 0o755, 0o775].map((mode) => [
    String(mode),
    `0${mode.toString(8)}`,
  ]),
);

function checkMode(permissions: Tree | undefined, at: string): readonly Finding[] {
  if (permissions?.kind !== "scalar") return [];
  const meant = DECIMAL.get(permissions.text);
  // with an 8 or a 9 in it the node refuses it, which the table of keys says
  if (meant === undefined || /[89]/.test(permissions.text)) return [];
  const message = `permissions ${permissions.text} are octal digits to a node, and that is seldom meant: ${meant} is ${permissions.text} as a decimal number`;
  return [warning(permissions.line, `${at}.permissions`, message, `Write "${meant}".`)];
}
