/**
 * Checks user-data as a node would read it, before a machine exists: what coreos-cloudinit refuses, and what it ignores
 * without a word, which is worse. The rules were taken from the verdicts of three versions of it, CoreOS 766 to Flatcar of 2026;
 * each lives in check/, one noun a file.
 */
import type { Platform } from "../node-config.ts";
import { checkAccess } from "./check/access.ts";
import { checkBootstrap } from "./check/bootstrap.ts";
import { checkFiles, pathsOf } from "./check/files.ts";
import { error, warning, type CheckOptions, type Finding } from "./check/finding.ts";
import { CLOUD_CONFIG } from "./check/schema.ts";
import { checkStructure } from "./check/structure.ts";
import { parseTree, valueAt, type Tree } from "./check/tree.ts";
import { checkUnits } from "./check/units.ts";

export type { Finding } from "./check/finding.ts";

/** customData: "the maximum length of the binary array is 65535 bytes", counted before base64 (Azure's OSProfile). */
export const MAX_BYTES = 65_535;

/**
 * Returns what is wrong with a user-data text, in the order of its lines; nothing when a node takes it as it is meant.
 * Scripts (`#!`), Ignition and multipart MIME are not looked into, only measured.
 */
export function checkUserData(text: string, { platform = "flatcar" }: { readonly platform?: Platform } = {}): readonly Finding[] {
  const findings = [...checkSize(text), ...checkKind(text, { platform })];
  return findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function checkSize(text: string): readonly Finding[] {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_BYTES) return [];
  const advice = "Fetch large files from the node, or compress contents: encoding gzip+base64.";
  return [{ level: "error", message: `the user-data has ${bytes} bytes, and Azure takes ${MAX_BYTES}`, advice }];
}

function checkKind(text: string, options: CheckOptions): readonly Finding[] {
  const first = text.split("\n", 1)[0] ?? "";
  if (text === "") return [warning(1, "", "the file is empty: a node gets nothing from it")];
  if (first.startsWith("#!") || first.includes("Content-Type: multipart/mixed;")) return [];
  if (isIgnition(text)) return options.platform === "flatcar" ? [] : [warning(1, "", "CoreOS of 2015 does not know Ignition")];
  if (text.startsWith("\u{feff}")) {
    return [
      error(1, "", "the file begins with a byte order mark: a node does not see #cloud-config", "Save it as UTF-8 without BOM."),
    ];
  }
  if (first.trimEnd() !== "#cloud-config") {
    return [
      error(1, "", "the first line must be #cloud-config", "Scripts begin with #!; Ignition is JSON with ignition.version."),
    ];
  }
  const header = /^#cloud-config[ \t]/.test(first) && options.platform === "coreos";
  const findings = header ? [warning(1, "", "CoreOS of 2015 does not take blanks after #cloud-config")] : [];
  return [...findings, ...checkCloudConfig(text, options)];
}

function isIgnition(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  try {
    const value = JSON.parse(text) as { ignition?: { version?: unknown }; ignitionVersion?: unknown };
    return typeof value.ignition?.version === "string" || typeof value.ignitionVersion === "number";
  } catch {
    return false;
  }
}

function checkCloudConfig(text: string, options: CheckOptions): readonly Finding[] {
  const { documents, problems } = parseTree(text);
  const yaml = problems.map(({ line, message }) => error(line, "", message));
  const [root, second] = documents;
  if (root === undefined) return yaml.length > 0 ? yaml : [warning(1, "", "the file holds nothing")];
  const more =
    second === undefined
      ? []
      : [error(second.line, "", "only the first document is read, and this is the second", "Remove the ---.")];
  return [...yaml, ...more, ...checkRoot(root, options), ...checkTexts(root, "")];
}

function checkRoot(root: Tree, options: CheckOptions): readonly Finding[] {
  const structure = checkStructure(root, CLOUD_CONFIG, "", options);
  if (root.kind !== "map") return structure;
  const files = valueAt(root, "write_files");
  const coreos = valueAt(root, "coreos");
  const parts =
    coreos?.kind === "map"
      ? [...checkUnits(valueAt(coreos, "units"), pathsOf(files), options), ...checkBootstrap(coreos, options)]
      : [];
  return [...structure, ...checkFiles(files), ...checkAccess(root), ...parts];
}

/** Words of Go templates, which docker and others use and nobody has forgotten to fill in. */
const GO_WORDS = /^(end|else|break|continue|nil|true|false)$/;

/** In every text: placeholders left over, and an address that is none on Azure. */
function checkTexts(tree: Tree, path: string): readonly Finding[] {
  if (tree.kind === "list") return tree.items.flatMap((item, index) => checkTexts(item, `${path}[${index}]`));
  if (tree.kind === "map")
    return tree.entries.flatMap(({ key, value }) => checkTexts(value, path === "" ? key : `${path}.${key}`));
  const lineOf = (index: number): number => tree.line + (tree.literal ? tree.text.slice(0, index).split("\n").length - 1 : 0);
  const left = [...tree.text.matchAll(/\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g)].filter(
    (match) => !GO_WORDS.test(match[1] ?? ""),
  );
  // Classic Azure's SharedConfig.xml: the cloud service's address, or nothing (coreos/bugs#904).
  const address = tree.text.search(/(?<!\\)\$public_ipv4/);
  const public_ = "$public_ipv4 is the same on every node of an Azure cluster, or empty";
  return [
    ...left.map((match) => error(lineOf(match.index), path, `${match[0]} was not filled in`)),
    ...(address < 0 ? [] : [warning(lineOf(address), path, public_, "Use $private_ipv4.")]),
  ];
}
