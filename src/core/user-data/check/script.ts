/** A script (`#!`): coreos-cloudinit writes it to a file as it is, and runs `/bin/bash FILE`, whatever its first line says. */
import { error, type CheckOptions, type Finding } from "./finding.ts";

const SHELL = /^#!\s*(?:\S*\/)?(?:env\s+(?:-S\s+)?)?(?:\S*\/)?(?:ba|da|a)?sh(?=\s|$)/;

export function checkScript(text: string, { file }: CheckOptions): readonly Finding[] {
  const oneLine = returnsAlone(text);
  if (oneLine !== undefined) return [oneLine];
  const first = text.split("\n", 1)[0] ?? "";
  const crlf = text.indexOf("\r\n");
  const findings: Finding[] = [];
  if (crlf >= 0) {
    const message = "the lines end in CRLF, as Windows ends them: to bash the carriage return is part of the last word";
    findings.push(error(text.slice(0, crlf).split("\n").length, "", message, `dos2unix ${file}, or: sed -i 's/\\r$//' ${file}`));
  }
  if (!SHELL.test(first)) {
    const message = `a node runs every script with /bin/bash, and not with what ${first.trim()} says`;
    const advice = "Write it for bash, or put it under write_files and start it by a unit under coreos.units.";
    findings.push(error(1, "", message, advice));
  }
  return findings;
}

/** To a node a file without a line feed is one line. */
export const returnsAlone = (text: string): Finding | undefined =>
  text.includes("\r") && !text.includes("\n")
    ? error(1, "", "the lines end in CR alone, as old Macs ended them", "Make line feeds of them: tr '\\r' '\\n'.")
    : undefined;
