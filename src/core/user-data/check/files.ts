/** write_files: paths that can be written, and contents that can be decoded. */
import { fromBase64 } from "../../base64.ts";
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { isGzip, unpack } from "./packed.ts";
import { returnsAlone, returnsIn } from "./script.ts";
import { valueAt, type Tree } from "./tree.ts";

/** Paths of the files, as they are written. */
export const pathsOf = (files: Tree | undefined): readonly string[] =>
  files?.kind !== "list"
    ? []
    : files.items.flatMap((file) => {
        const path = file.kind === "map" ? valueAt(file, "path") : undefined;
        return path?.kind === "scalar" ? [path.text] : [];
      });

export function checkFiles(files: Tree | undefined, { gunzip }: Pick<CheckOptions, "gunzip"> = {}): readonly Finding[] {
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
      ...checkEncoding(file.line, valueAt(file, "encoding"), valueAt(file, "content"), at, gunzip),
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

function checkEncoding(
  line: number,
  encoding: Tree | undefined,
  content: Tree | undefined,
  at: string,
  gunzip: CheckOptions["gunzip"],
): readonly Finding[] {
  const text = content?.kind === "scalar" ? content.text : "";
  const carriageReturns = (script: string): readonly Finding[] =>
    checkReturnsInFile(script, content?.line ?? line, `${at}.content`);
  if (encoding?.kind !== "scalar") return carriageReturns(text);
  const cannot = (why: string): readonly Finding[] => [
    error(
      content?.line ?? line,
      `${at}.content`,
      `the content cannot be decoded as ${encoding.text}: ${why}; a node refuses the whole file`,
    ),
  ];
  if (/^(gz|gzip)$/.test(encoding.text))
    return text.startsWith("\x1f\x8b") ? [] : cannot("it is no gzip. YAML holds such bytes as !!binary; or use gzip+base64");
  if (!/(b64|base64)$/.test(encoding.text)) return [];
  const bytes = fromBase64(text);
  if (bytes === undefined) return cannot("it is no base64");
  if (!/^gz.*\+/.test(encoding.text)) return carriageReturns(new TextDecoder().decode(bytes));
  if (!isGzip(bytes)) return cannot("it is no gzip");
  const inside = gunzip === undefined ? bytes : unpack(bytes, gunzip);
  return "level" in inside ? cannot(inside.message) : carriageReturns(new TextDecoder().decode(inside));
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
