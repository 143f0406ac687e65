/**
 * Checks user-data as a node would read it, before a machine exists: what coreos-cloudinit refuses, and what it ignores
 * without a word, which is worse; for systems with cloud-init, cloud-init/file.ts does. The rules were taken from the verdicts of three versions of it, CoreOS 766 to Flatcar of 2026;
 * each lives in check/, one noun a file.
 */
import { shellWord } from "../quoting.ts";
import { unusedPath } from "../unused-path.ts";
import { checkAccess } from "./check/access.ts";
import { checkBootstrap } from "./check/bootstrap.ts";
import { checkFiles, decoded } from "./check/files.ts";
import type { Platform } from "../node-config.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { error, PART, warning, type CheckOptions, type CloudinitPlatform, type Finding } from "./check/finding.ts";
import { checkForCloudInit } from "./cloud-init/file.ts";
import { checkForeign } from "./check/foreign.ts";
import { checkIgnition, isIgnition } from "./check/ignition.ts";
import { checkMultipart, GZIP_TYPE, isMultipart, type MimePart } from "./check/multipart.ts";
import { checkInside, gzipOnAzure, isGzip, otherPacking } from "./check/packed.ts";
import { CLOUD_CONFIG } from "./check/schema.ts";
import { checkScript } from "./check/script.ts";
import { checkStructure } from "./check/structure.ts";
import { parseTree, valueAt, type Tree } from "./check/tree.ts";
import { checkTexts } from "./check/texts.ts";
import { checkUnits } from "./check/units.ts";
import { writtenUnits } from "./check/written-units.ts";
import { LIBYAML } from "../yaml/reader.ts";
import { readText } from "./read-text.ts";

export type { Finding } from "./check/finding.ts";

/** What a check is told: the platform of the nodes, and the file, which commands in advice name. */
export interface UserDataOptions extends Pick<CheckOptions, "gunzip"> {
  readonly platform: Platform;
  readonly file: string;
  /** Whether there is something at a path beside it, which no such command may write to. */
  readonly isThere: (path: string) => boolean;
}

/** customData: "the maximum length of the binary array is 65535 bytes", counted before base64 (Azure's OSProfile). */
export const MAX_BYTES = 65_535;

/** Returns what is wrong with a user-data text, in the order of its lines; nothing when a node takes it as it is meant. */
export const checkUserData = (text: string, options: Partial<UserDataOptions> = {}): readonly Finding[] =>
  checkUserDataFile(new TextEncoder().encode(text), options);

/** The same of a file as it lies there: in whatever encoding, packed or not. Its size is counted as it is sent. */
export function checkUserDataFile(bytes: Uint8Array, options: Partial<UserDataOptions> = {}): readonly Finding[] {
  const { platform = "flatcar", file = "FILE", isThere = () => false, ...rest } = options;
  const made = (ending: string): string => shellWord(unusedPath(`${file}${ending}`, isThere));
  const complete = { ...rest, file: shellWord(file), made };
  const found = isCoreos(platform)
    ? checkFile(bytes, { ...complete, platform })
    : checkForCloudInit(bytes, { ...complete, platform });
  return [...checkSize(bytes.length), ...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

const isCoreos = (platform: Platform): platform is CloudinitPlatform => PLATFORMS[platform].userData === "coreos-cloudinit";

function checkSize(bytes: number): readonly Finding[] {
  if (bytes <= MAX_BYTES) return [];
  const advice = "Fetch large files from the node, or compress contents: encoding gzip+base64.";
  return [{ level: "error", message: `the user-data has ${bytes} bytes, and Azure takes ${MAX_BYTES}`, advice }];
}

function checkFile(bytes: Uint8Array, options: CheckOptions): readonly Finding[] {
  if (!isGzip(bytes)) return checkBytes(bytes, options);
  return [gzipOnAzure(options), ...checkUnpacked(bytes, { ...options, sealed: "in gzip" })];
}

function checkUnpacked(bytes: Uint8Array, options: CheckOptions): readonly Finding[] {
  return checkInside(bytes, options, (inside, named) => {
    const findings = checkBytes(inside, named);
    const ignition = findings.length === 0 && isIgnition(new TextDecoder().decode(inside));
    return ignition
      ? [error(1, "", "Ignition on Azure does not unpack gzip: the machine would not boot", "Give it unpacked.")]
      : findings;
  });
}

function checkBytes(bytes: Uint8Array, options: CheckOptions): readonly Finding[] {
  const packed = otherPacking(bytes, options);
  if (packed !== undefined) return [packed];
  const text = readText(bytes, options);
  return typeof text === "string" ? checkKind(text, options) : [text];
}

/** In the order in which a node asks what it has. */
function checkKind(text: string, options: CheckOptions): readonly Finding[] {
  const first = text.split("\n", 1)[0] ?? "";
  if (text === "") return [warning(1, "", "the file is empty: a node gets nothing from it")];
  if (first.startsWith("#!")) return checkScript(text, options);
  if (first.trimEnd() === "#cloud-config") {
    const blank = /^#cloud-config[ \t]/.test(first) && options.platform === "coreos";
    const findings = blank ? [warning(1, "", "CoreOS of 2015 does not take blanks after #cloud-config")] : [];
    return [...findings, ...checkCloudConfig(text, options)];
  }
  if (isIgnition(text)) return checkIgnition(text, options);
  if (isMultipart(text))
    return checkMultipart(text, options, (part) => checkPart(part, { ...options, ...PART, sealed: "in multipart MIME" }));
  return [checkForeign(text, options)];
}

function checkPart({ type, body }: MimePart, options: CheckOptions): readonly Finding[] {
  if (GZIP_TYPE.test(type)) {
    return isGzip(body) ? checkUnpacked(body, options) : [error(1, "", "it is no gzip: a node refuses all parts")];
  }
  if (type.startsWith("multipart/"))
    return [error(1, "", "a node takes nothing out of parts in a part", "Put them beside the others.")];
  if (type === "text/x-shellscript" && !new TextDecoder().decode(body).startsWith("#!"))
    return [error(1, "", "it does not begin with #!: a node refuses all parts")];
  if (type !== "text/cloud-config") {
    const text = readText(body, options);
    return typeof text === "string" && isIgnition(text)
      ? [error(1, "", "a node ignores Ignition in multipart MIME", "Give it as a file of its own.")]
      : checkBytes(body, options);
  }
  // a part that says its type needs no header; without one coreos-cloudinit (8df59e8) compares 13 bytes, and panics if there are fewer
  if (body.length < "#cloud-config".length)
    return [error(1, "", "it is shorter than #cloud-config: coreos-cloudinit crashes on it")];
  const text = readText(body, options);
  return typeof text === "string" ? checkCloudConfig(text, options) : [text];
}

function checkCloudConfig(text: string, options: CheckOptions): readonly Finding[] {
  const { documents, problems } = parseTree(text, LIBYAML);
  const directive = /^(?:[ \t]*(?:#.*)?\r?\n)*%YAML[ \t]+(?!1\.1\b)/.exec(text);
  if (directive !== null && problems.length === 0) {
    const line = directive[0].split("\n").length;
    return [error(line, "", "a node reads YAML 1.1 and refuses a file that says another version", "Remove the line.")];
  }
  const yaml = problems.map(({ line, message }) => error(line, "", message));
  const [root, second] = documents;
  if (root === undefined) return yaml.length > 0 ? yaml : [warning(1, "", "the file holds nothing")];
  const more =
    second === undefined
      ? []
      : [error(second.line, "", "only the first document is read, and this is the second", "Remove the ---.")];
  return [...yaml, ...more, ...checkRoot(root, options), ...checkTexts(root, "", options)];
}

function checkRoot(root: Tree, options: CheckOptions): readonly Finding[] {
  const structure = checkStructure(root, CLOUD_CONFIG, "", options);
  if (root.kind !== "map") return structure;
  const coreos = valueAt(root, "coreos");
  const units = coreos?.kind === "map" ? valueAt(coreos, "units") : undefined;
  return [
    ...structure,
    ...checkFiles(valueAt(root, "write_files"), options),
    ...checkAccess(root, options),
    ...checkUnits(
      units,
      writtenUnits(root, (file) => decoded(file, options).text),
      options,
    ),
    ...(coreos?.kind === "map" ? checkBootstrap(coreos, options) : []),
  ];
}
