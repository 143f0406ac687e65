/**
 * Ignition: which version a node takes. Flatcar's reads its own and translates those of old (1, and 2 since 3185); a version that it
 * does not know ends the boot in an emergency shell. What is inside is Ignition's own to check.
 */
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";

export function isIgnition(text: string): boolean {
  return text.trimStart().startsWith("{") && versionOf(text) !== undefined;
}

/** The Ignition of Flatcar Stable 4593 is 2.24: specification 3.5.0 came with 2.20, 3.6.0 after it. */
const STABLE = /^(1|2\.[0-3]\.0|3\.[0-5]\.0)$/;
const NEWER = /^(3\.6\.0|2\.4\.0-experimental|3\.[67]\.0-experimental)$/;

export function checkIgnition(text: string, { platform }: CheckOptions): readonly Finding[] {
  const version = versionOf(text) ?? "";
  const line = text.slice(0, Math.max(0, text.search(/"(version|ignitionVersion)"/))).split("\n").length;
  if (platform === "coreos") {
    if (!version.startsWith("3")) return [warning(1, "", "CoreOS of 2015 does not know Ignition; its last images know 1 and 2")];
    return [error(line, "", `no CoreOS image knows Ignition ${version}: the machine would not boot`, "Give it in version 2.")];
  }
  if (STABLE.test(version)) return [];
  const advice = "Give version 3.3.0, which every Flatcar since 3185 knows: butane makes it of variant: flatcar, version: 1.0.0.";
  if (NEWER.test(version))
    return [warning(line, "", `Ignition ${version}: Flatcar Stable knows 3.5.0 and older, and would not boot with it`, advice)];
  return [error(line, "", `no Flatcar knows Ignition ${version}: the machine would not boot`, advice)];
}

/** Why a text that begins with a brace is no Ignition. */
export function notIgnition(text: string): Finding {
  try {
    JSON.parse(text);
  } catch (cause) {
    const position = /position (\d+)/.exec(String(cause))?.[1];
    const line = position === undefined ? 1 : text.slice(0, Number(position)).split("\n").length;
    return error(
      line,
      "",
      `the file begins with { and is no JSON: ${(cause as Error).message}`,
      "Ignition is JSON without comments.",
    );
  }
  return error(
    1,
    "",
    "the first line must be #cloud-config, and JSON has no ignition.version",
    "Ignition has one, such as 3.3.0.",
  );
}

function versionOf(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as { ignition?: { version?: unknown }; ignitionVersion?: unknown } | null;
    const { ignition, ignitionVersion } = value ?? {};
    if (typeof ignition?.version === "string") return ignition.version;
    return typeof ignitionVersion === "number" ? String(ignitionVersion) : undefined;
  } catch {
    return undefined;
  }
}
