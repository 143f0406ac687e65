/**
 * A file as cloud-init reads it, on Ubuntu and Debian: told apart by its first line, and a cloud-config is held against cloud-init's own
 * schema. What only cloud-init can look into (what is fetched, templates, parts of a mail) is not looked into.
 */
import { error, type CheckOptions, type Finding } from "../check/finding.ts";
import { checkForeign } from "../check/foreign.ts";
import { isIgnition } from "../check/ignition.ts";
import { isGzip, otherPacking, unpack } from "../check/packed.ts";
import { parseTree } from "../check/tree.ts";
import { readText } from "../read-text.ts";
import { checkAgainstSchema } from "./schema.ts";

type Options = Omit<CheckOptions, "platform">;

export function checkForCloudInit(bytes: Uint8Array, options: Options): readonly Finding[] {
  if (isGzip(bytes)) {
    const inside = options.gunzip === undefined ? undefined : unpack(bytes, options.gunzip);
    if (inside === undefined) return [];
    return "level" in inside ? [inside] : checkForCloudInit(inside, options);
  }
  const packed = otherPacking(bytes, { ...options, platform: "flatcar" });
  if (packed !== undefined) return [packed];
  const text = readText(bytes, options.file ?? "FILE");
  if (typeof text !== "string") return [text];
  return checkText(text, options);
}

// --- internal ---

/** cloud-init, "User-data formats". Blanks may follow the word. */
const UNSEEN = /^(#(cloud-boothook|include(-once)?|part-handler|cloud-config-archive|cloud-config-jsonp)\b|## template: ?jinja)/;
const MAIL = /^(content-type|mime-version):/i;

function checkText(text: string, options: Options): readonly Finding[] {
  if (text.trim() === "" || UNSEEN.test(text) || MAIL.test(text)) return [];
  if (text.startsWith("#cloud-config")) return checkCloudConfig(text);
  if (text.startsWith("#!"))
    return /^#![^\n]*\r\n/.test(text)
      ? [
          error(
            1,
            "",
            "the script's lines end with CRLF, and its program would not be found",
            `dos2unix ${options.file ?? "FILE"}`,
          ),
        ]
      : [];
  if (isIgnition(text))
    return [
      error(
        1,
        "",
        "the file is Ignition, which cloud-init does not know",
        "Write a #cloud-config or a script, or give --platform flatcar.",
      ),
    ];
  return [checkForeign(text, { ...options, platform: "flatcar" })];
}

function checkCloudConfig(text: string): readonly Finding[] {
  const { documents, problems } = parseTree(text);
  const yaml = problems.map(({ line, message }) => error(line, "", message));
  const [root] = documents;
  if (root === undefined || yaml.length > 0) return yaml;
  if (root.kind !== "map") return [error(root.line, "", "the file must be a map of keys and values")];
  return checkAgainstSchema(root);
}
