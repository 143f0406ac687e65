/** write_files: paths that can be written, and contents that can be decoded. */
import { error, type Finding } from "./finding.ts";
import { valueAt, type Tree } from "./tree.ts";

/** Paths of the files, as they are written. */
export const pathsOf = (files: Tree | undefined): readonly string[] =>
  files?.kind !== "list"
    ? []
    : files.items.flatMap((file) => {
        const path = file.kind === "map" ? valueAt(file, "path") : undefined;
        return path?.kind === "scalar" ? [path.text] : [];
      });

export function checkFiles(files: Tree | undefined): readonly Finding[] {
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
      ...checkEncoding(file.line, valueAt(file, "encoding"), valueAt(file, "content"), at),
    ];
    if (seen.has(path.text)) findings.push(error(path.line, `${at}.path`, `${path.text} is written twice: the last one counts`));
    seen.add(path.text);
    return findings;
  });
}

function checkPath(path: string, line: number, at: string): readonly Finding[] {
  if (!path.startsWith("/")) return [error(line, at, `"${path}" is no absolute path`)];
  if (/\/$|\/\.\.?$|\/\.\.?\//.test(path)) return [error(line, at, `"${path}" is no plain path of a file`)];
  // Both systems mount /usr read-only: the write fails, and the rest of the file is not applied.
  if (/^\/usr(\/|$)/.test(path))
    return [error(line, at, `${path} is on the read-only /usr`, "Use /opt/bin for programs, /etc for settings.")];
  return [];
}

const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function checkEncoding(line: number, encoding: Tree | undefined, content: Tree | undefined, at: string): readonly Finding[] {
  if (encoding?.kind !== "scalar") return [];
  // Line breaks are skipped when a node decodes; blanks are not.
  const text = content?.kind === "scalar" ? content.text.replace(/[\r\n]/g, "") : "";
  const cannot = (why: string): readonly Finding[] => [
    error(content?.line ?? line, `${at}.content`, `the content cannot be decoded as ${encoding.text}: ${why}`),
  ];
  if (/^(gz|gzip)$/.test(encoding.text)) return cannot("YAML cannot hold the bytes; use gzip+base64");
  if (/(b64|base64)$/.test(encoding.text) && !BASE64.test(text)) return cannot("it is no base64");
  // Every gzip stream begins with 1f 8b 08.
  if (/^gz.*\+/.test(encoding.text) && !text.startsWith("H4sI")) return cannot("it is no gzip");
  return [];
}
