/** User-data as text, as strictly as a node reads it: Azure's agent decodes it as UTF-8 before anything else sees it, and YAML refuses the rest. */
import { strictText } from "../strict-text.ts";
import { error, type Finding, type NamedFile } from "./check/finding.ts";

/** The text, a byte order mark of UTF-8 included; or why there is none. */
export function readText(bytes: Uint8Array, { file, made }: NamedFile): string | Finding {
  const text = strictText(bytes, file, made(".utf8"));
  if (typeof text === "string") return text;
  const then = text.wide ? "a node sees no #cloud-config in it" : "a node refuses the whole file";
  return error(text.line, "", `${text.message}: ${then}`, text.advice);
}
