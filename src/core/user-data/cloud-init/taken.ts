/**
 * What cloud-init takes although its schema does not: it writes a warning into its log and goes on. Read from its modules (25.1), and seen on
 * nodes. What breaks there, or becomes something else than what is written, stays an error.
 */
import { warning, type Finding } from "../check/finding.ts";
import type { Scalar, Tree } from "../check/tree.ts";
import { yamlTypeOf } from "./yaml-type.ts";

/** Its own examples have it, and its code: a partition by its number, and a device that is not mounted. */
export const isTaken = (tree: Tree, path: string): boolean =>
  tree.kind === "scalar" &&
  ((/^fs_setup\[\d+\]\.partition$/.test(path) && /^\d+$/.test(tree.text)) ||
    (/^mounts\[\d+\]\[[1-5]\]$/.test(path) && yamlTypeOf(tree) === "null"));

/** A value of another type that does what it says; undefined for one that does not. */
export function takenAs(tree: Tree, wanted: readonly string[], path: string): Finding | undefined {
  if (tree.kind !== "scalar") return undefined;
  if (wanted.includes("string")) return asText(tree, path);
  return wanted.includes("boolean") ? asTruth(tree, path) : undefined;
}

/** To cloud-init's code this is true, and no schema says so. */
export const isAlwaysTrue = ({ text }: Scalar, wanted: readonly string[]): boolean =>
  wanted.includes("boolean") && FALSE.test(text);

/** util.is_true: all other words are false, and so is nothing. */
export const isTrue = ({ text }: Scalar): boolean => TRUE.test(text);

// --- internal ---

/** Words of a command, fields of a mount, a package's version: its code calls str() on each. */
const MADE_TEXT = /^((run|boot)cmd\[\d+\]\[\d+\]|mounts\[\d+\]\[\d+\]|packages\[\d+\](\.\w+\[\d+\])?\[1\])$/;
/** A number that begins with 0 is octal, as it is meant. */
const OCTAL_MODE = /^write_files\[\d+\]\.permissions$/;

function asText(scalar: Scalar, path: string): Finding | undefined {
  const octal = OCTAL_MODE.test(path) && /^0[0-7]+$/.test(scalar.text);
  const made = octal ? scalar.text : MADE_TEXT.test(path) ? strOf(scalar) : undefined;
  if (made === undefined) return undefined;
  const what =
    made === scalar.text ? "is a number, and cloud-init wants text" : `is no text, and cloud-init makes "${made}" of it`;
  return warning(scalar.line, path, `${path} ${what}`, `Write it in quotes: "${scalar.text}".`);
}

/** What Python's str() makes of it, where that is what is written. */
function strOf(scalar: Scalar): string | undefined {
  const { text } = scalar;
  const type = yamlTypeOf(scalar);
  if (type === "boolean") return /^(y|t|on)/i.test(text) ? "True" : "False";
  if (type === "integer") return /^(0|-?[1-9]\d*)$/.test(text) ? text : undefined;
  return type === "number" && [String(Number(text)), `${Number(text)}.0`].includes(text) ? text : undefined;
}

const TRUE = /^\s*(true|yes|on|1)\s*$/i;
const FALSE = /^\s*(false|no|off|0)\s*$/i;
/** Those that are read as words (util.get_cfg_option_bool); elsewhere any text is true. */
const READ_AS_WORDS =
  /^(package_(update|upgrade|reboot_if_required)|apt_(update|upgrade|reboot_if_required)|preserve_hostname|prefer_fqdn_over_hostname|create_hostname_file|disable_root|allow_public_ssh_keys|ssh_deletekeys|manage_resolv_conf|no_ssh_fingerprints|write_files\[\d+\]\.(append|defer)|chpasswd\.expire|ssh\.emit_keys_to_console|apt\.(preserve_sources_list|generate_mirrorlists)|ntp\.enabled)$/;

function asTruth(scalar: Scalar, path: string): Finding | undefined {
  const { line, text } = scalar;
  const isNumber = yamlTypeOf(scalar) === "integer" && /^[01]$/.test(text);
  if (!isNumber && !TRUE.test(text) && !(FALSE.test(text) && READ_AS_WORDS.test(path))) return undefined;
  return warning(
    line,
    path,
    `${path} is ${isNumber ? "a number" : "text"}, and cloud-init wants true or false`,
    `Write it without quotes: ${TRUE.test(text) ? "true" : "false"}.`,
  );
}
