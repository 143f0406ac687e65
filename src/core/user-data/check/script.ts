/** A script (`#!`): coreos-cloudinit writes it to a file as it is, and runs `/bin/bash FILE`, whatever its first line says; cloud-init runs FILE. */
import { error, type Finding, type NamedFile } from "./finding.ts";

const SHELL = /^#!\s*(?:\S*\/)?(?:env\s+(?:-S\s+)?)?(?:\S*\/)?(?:ba|da|a)?sh(?=\s|$)/;

export function checkScript(text: string, named: NamedFile): readonly Finding[] {
  const first = text.split("\n", 1)[0] ?? "";
  const findings: Finding[] = [...checkReturns(text, "bash", named)];
  if (!SHELL.test(first) && returnsAlone(text) === undefined) {
    const message = `a node runs every script with /bin/bash, and not with what ${first.trim()} says`;
    const advice = "Write it for bash, or put it under write_files and start it by a unit under coreos.units.";
    findings.push(error(1, "", message, advice));
  }
  return findings;
}

/** Of a script that is run by bash, or by what its first line says. */
export function checkReturns(text: string, by: "bash" | "its own program", { file }: NamedFile): readonly Finding[] {
  const oneLine = returnsAlone(text);
  if (oneLine !== undefined) return [oneLine];
  const found = returnsIn(text, by);
  return found === undefined ? [] : [error(found.line, "", found.message, `dos2unix ${file}, or: sed -i 's/\\r$//' ${file}`)];
}

/** What CRLF does to a script, and in which line first. Python, Perl and their like take it, but for the first line, which the kernel reads. */
export function returnsIn(text: string, by: "bash" | "its own program"): { line: number; message: string } | undefined {
  const crlf = text.indexOf("\r\n");
  if (crlf < 0) return undefined;
  const line = text.slice(0, crlf).split("\n").length;
  const unfound = by !== "bash" && line === 1;
  if (by !== "bash" && !unfound && !SHELL.test(text)) return undefined;
  const effect = unfound ? "it finds no program to run it" : "to a shell the carriage return is part of the last word";
  return { line, message: `the lines of this script end in CRLF, as Windows ends them: ${effect}` };
}

/** To a node a file without a line feed is one line. */
export const returnsAlone = (text: string): Finding | undefined =>
  text.includes("\r") && !text.includes("\n")
    ? error(1, "", "the lines end in CR alone, as old Macs ended them", "Make line feeds of them: tr '\\r' '\\n'.")
    : undefined;
