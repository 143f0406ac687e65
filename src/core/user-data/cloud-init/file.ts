/**
 * A file as cloud-init reads it, on Ubuntu and Debian: told apart by its first line, and a cloud-config is held against cloud-init's own
 * schema, in a mail (multipart MIME) as well. What only cloud-init can look into (what is fetched, templates) is not looked into.
 */
import { defined } from "../../defined.ts";
import { fromBase64 } from "../../base64.ts";
import type { Platform } from "../../node-config.ts";
import { error, PART, warning, type CheckOptions, type Finding } from "../check/finding.ts";
import { checkReturnsInFile, writtenTwice } from "../check/files.ts";
import { checkForeign, ignitionSource } from "../check/foreign.ts";
import { isIgnition } from "../check/ignition.ts";
import { checkInside, isGzip, otherPacking, unpackFile } from "../check/packed.ts";
import { checkReturns } from "../check/script.ts";
import { type Mapping, type Tree, parseTree, valueAt } from "../check/tree.ts";
import { checkSources } from "../check/unit-source.ts";
import { checkWrittenNames, isRead, writtenUnits } from "../check/written-units.ts";
import { PYYAML } from "../../yaml/reader.ts";
import { readText } from "../read-text.ts";
import { checkUsers } from "./access.ts";
import { checkMail } from "./mail.ts";
import { checkOwners } from "./owner.ts";
import { checkAgainstSchema } from "./schema.ts";
import { yamlTypeOf } from "./yaml-type.ts";

type Options = Omit<CheckOptions, "platform"> & { readonly platform: Platform };

export function checkForCloudInit(bytes: Uint8Array, options: Options): readonly Finding[] {
  if (isGzip(bytes)) return checkInside(bytes, options, checkForCloudInit);
  const packed = otherPacking(bytes, options);
  if (packed !== undefined) return [packed];
  const text = readText(bytes, options);
  if (typeof text !== "string") return [text];
  return checkText(text, options);
}

// --- internal ---

/** cloud-init, "User-data formats". Blanks may follow the word, and stand before it; capitals are small letters. */
const UNSEEN =
  /^\s*(#(cloud-boothook|include(-once)?|part-handler|cloud-config-archive|cloud-config-jsonp)\b|## template: ?jinja)/i;
const CLOUD_CONFIG = /^\s*#cloud-config/i;

function checkText(text: string, options: Options): readonly Finding[] {
  if (text.trim() === "") return [warning(1, "", "the file is empty: a node gets nothing from it")];
  if (UNSEEN.test(text)) return [];
  const mail = checkMail(text, {
    isKnown: (body) => UNSEEN.test(body) || CLOUD_CONFIG.test(body) || /^\s*#!/.test(body),
    checkText: (body) => checkText(body, { ...options, ...PART }),
    checkCloudConfig: (body) => (UNSEEN.test(body) ? [] : checkCloudConfig(body, options)),
  });
  if (mail !== undefined) return mail;
  if (CLOUD_CONFIG.test(text)) return checkCloudConfig(text, options);
  if (/^#upstart-job/i.test(text))
    return [
      error(
        1,
        "",
        "#upstart-job is a format of older versions of cloud-init, for systems without systemd",
        "Write a unit under write_files in /etc/systemd/system, and start it with runcmd.",
      ),
    ];
  if (text.startsWith("#!")) return checkReturns(text, "its own program", options);
  const source = ignitionSource(text);
  // YAML forgives JSON what Ignition does not, such as a comma too many
  const isJson = source === "a Container Linux Config" && text.trimStart().startsWith("{");
  const other = isJson || isIgnition(text) ? "Ignition" : source;
  if (other !== undefined)
    return [
      error(
        1,
        "",
        `the file is ${other}, which cloud-init does not know`,
        "Write a #cloud-config or a script, or give --platform flatcar.",
      ),
    ];
  return [checkForeign(text, options, "cloud-init")];
}

function checkCloudConfig(text: string, options: Options): readonly Finding[] {
  const { documents, problems } = parseTree(text, PYYAML);
  const yaml = problems.map(({ line, message }) => error(line, "", message));
  const [root, second] = documents;
  if (yaml.length > 0) return yaml;
  if (root === undefined || (root.kind === "scalar" && yamlTypeOf(root) === "null"))
    return [warning(1, "", "the file holds nothing: a node gets nothing from it")];
  if (second !== undefined)
    return [error(second.line, "", "cloud-init takes one document, and nothing of a file that has another", "Remove the ---.")];
  if (root.kind !== "map") return [error(root.line, "", "the file must be a map of keys and values")];
  const unread = unreadable(root);
  return unread.length > 0
    ? unread
    : [
        ...checkAgainstSchema(root),
        ...checkContents(root, options),
        ...checkUnits(root, options),
        ...checkPaths(root),
        ...checkOwners(root),
        ...checkUsers(root),
      ];
}

/** One value that its YAML library cannot make, anywhere, and it reads nothing of the file. */
function unreadable(tree: Tree, path = "", seen = new Set<Tree>()): readonly Finding[] {
  if (seen.has(tree)) return [];
  seen.add(tree);
  if (tree.kind === "list") return tree.items.flatMap((item, index) => unreadable(item, `${path}[${index}]`, seen));
  if (tree.kind === "map")
    return tree.entries.flatMap(({ key, value }) => unreadable(value, path === "" ? key : `${path}.${key}`, seen));
  if (yamlTypeOf(tree) !== "unreadable") return [];
  const what = tree.tag === undefined ? `"${tree.text}" is no value that YAML 1.1 has` : `cloud-init knows no tag ${tree.tag}`;
  return [
    error(
      tree.line,
      path,
      `${path}: ${what}, and cloud-init reads nothing of the file`,
      `In quotes it is text: "${[tree.tag ?? [], tree.text.slice(0, 40)].flat().join(" ")}".`,
    ),
  ];
}

/** Of two files of one path the first is lost. */
function checkPaths(root: Mapping): readonly Finding[] {
  const files = valueAt(root, "write_files");
  if (files?.kind !== "list") return [];
  const seen = new Set<string>();
  return files.items.flatMap((file, index): readonly Finding[] => {
    const path = file.kind === "map" && valueAt(file, "append") === undefined ? valueAt(file, "path") : undefined;
    if (path?.kind !== "scalar" || path.text === "") return [];
    const twice = seen.has(path.text);
    seen.add(path.text);
    return twice ? [error(path.line, `write_files[${index}].path`, writtenTwice(path.text))] : [];
  });
}

/** Scripts with CRLF, and what cannot be decoded: write_files then writes no more files. */
function checkContents(root: Mapping, options: Options): readonly Finding[] {
  const files = valueAt(root, "write_files");
  if (files?.kind !== "list") return [];
  return files.items.flatMap((file, index): readonly Finding[] => {
    const content = file.kind === "map" ? valueAt(file, "content") : undefined;
    if (file.kind !== "map" || content?.kind !== "scalar") return [];
    const at = `write_files[${index}].content`;
    const { text, cannot } = decoded(file, options);
    if (text !== undefined) return checkReturnsInFile(text, content.line, at);
    return cannot === undefined
      ? []
      : [error(content.line, at, `the content ${cannot}; cloud-init writes neither this file nor those after it`)];
  });
}

/** What is written, or why it is not; neither where nobody looks into it. Python's base64 leaves out what is no base64, and stops at a wrong length. */
function decoded(file: Mapping, { gunzip }: Options): { text?: string; cannot?: string } {
  const [encoding, content] = [valueAt(file, "encoding"), valueAt(file, "content")];
  const written = content?.kind === "scalar" ? content.text : "";
  const as = encoding?.kind === "scalar" ? encoding.text.trim() : "";
  const [, packed, base64] = /^(gz(?:ip)?)?(?:(?:^|\+)(b(?:ase)?64))?$/i.exec(as) ?? [];
  if (base64 === undefined && packed === undefined) return { text: written };
  if (base64 === undefined) return {};
  const bytes = fromBase64(written.replaceAll(/[^A-Za-z\d+/=]/g, ""));
  if (bytes === undefined || (packed !== undefined && !isGzip(bytes)))
    return { cannot: `cannot be decoded as ${as}: it is no ${bytes === undefined ? "base64" : "gzip"}` };
  if (packed === undefined) return { text: new TextDecoder().decode(bytes) };
  const { text, damaged } = unpackFile(bytes, gunzip);
  if (damaged !== undefined) return { cannot: `cannot be decoded as ${as}: ${damaged}` };
  return defined({ text });
}

/** What is fetched, or added to a file that is there, is not seen here. */
function checkUnits(root: Mapping, options: Options): readonly Finding[] {
  const sources = writtenUnits(root, (file) => {
    const elsewhere = ["append", "source"].some((key) => valueAt(file, key) !== undefined);
    return elsewhere ? undefined : decoded(file, options).text;
  });
  return [...checkSources(sources.filter(isRead), options.platform), ...checkWrittenNames(sources.filter((one) => !isRead(one)))];
}
