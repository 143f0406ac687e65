/**
 * What begins neither as a cloud-config nor as anything else that a node knows: it is told apart, with the command that makes it into
 * something. A node takes all of it for "unknown" and goes on without it.
 */
import { fromBase64 } from "../../base64.ts";
import { isGzip } from "./packed.ts";
import { returnsAlone } from "./script.ts";
import { notIgnition } from "./ignition.ts";
import { error, type Finding, type NamedFile } from "./finding.ts";
import { LIBYAML } from "../../yaml/reader.ts";
import { parseTree } from "./tree.ts";

export function checkForeign(
  text: string,
  named: NamedFile,
  reader: "coreos-cloudinit" | "cloud-init" = "coreos-cloudinit",
): Finding {
  if (text.startsWith("\u{feff}")) {
    const advice = `Save it as UTF-8 without BOM, or: sed -i '1s/^\\xEF\\xBB\\xBF//' ${named.file}`;
    return error(1, "", "the file begins with a byte order mark, and a node does not see what comes after it", advice);
  }
  if (reader === "cloud-init")
    return encoded(text, named) ?? misplacedMime(text) ?? shifted(text) ?? nearly(text, "Scripts begin with #!.");
  if (text.trimStart().startsWith("{")) return notIgnition(text);
  return (
    butane(text, named) ??
    encoded(text, named) ??
    cloudInits(text) ??
    misplacedMime(text) ??
    shifted(text) ??
    nearly(text, "Scripts begin with #!; Ignition is JSON with ignition.version.")
  );
}

// --- internal ---

const CLC = ["systemd", "storage", "passwd", "networkd", "docker", "ignition", "locksmith", "update", "flannel", "etcd"];

/** A text of which a program makes Ignition. */
export function ignitionSource(text: string): "a Butane config" | "a Container Linux Config" | undefined {
  const [root] = parseTree(text, LIBYAML).documents;
  if (root?.kind !== "map") return undefined;
  const keys = new Set(root.entries.map(({ key }) => key));
  if (keys.has("variant") && keys.has("version")) return "a Butane config";
  const isOther = keys.size === 0 || keys.has("coreos") || ![...keys].every((key) => CLC.includes(key));
  return isOther ? undefined : "a Container Linux Config";
}

function butane(text: string, { file, made }: NamedFile): Finding | undefined {
  const source = ignitionSource(text);
  if (source === "a Butane config") {
    const advice = `Make Ignition of it: butane --strict ${file} > ${made(".json")}`;
    return error(1, "", "the file is a Butane config: a node reads what butane makes of it, Ignition", advice);
  }
  if (source === undefined) return undefined;
  const advice =
    `Make Ignition of it: ct -in-file ${file} -out-file ${made(".json")}; ct is no longer maintained, and with the lines ` +
    `\`variant: flatcar\` and \`version: 1.0.0\` it is nearly a Butane config: butane --strict ${file} > ${made(".json")}`;
  return error(1, "", "the file is a Container Linux Config: a node reads what ct makes of it, Ignition", advice);
}

function encoded(text: string, { file, made }: NamedFile): Finding | undefined {
  const bytes = text.length < 16 ? undefined : fromBase64(text.trim());
  if (bytes === undefined) return undefined;
  const start = Array.from(bytes.subarray(0, 64), (byte) => String.fromCharCode(byte)).join("");
  if (!/^(#cloud-config|#!|\s*\{|Content-Type|MIME-Version)/i.test(start) && !isGzip(bytes)) return undefined;
  const message = "the file is base64: a node would get that text, for Azure's own base64 is put around it again";
  return error(1, "", message, `base64 -d ${file} > ${made(".plain")}`);
}

/** Formats of cloud-init that coreos-cloudinit does not have (cloud-init, "User-data formats"). */
const CLOUD_INIT =
  /^(#(?:cloud-boothook|include(?:-once)?|upstart-job|part-handler|cloud-config-archive|cloud-config-jsonp)|## template: ?jinja)/;

function cloudInits(text: string): Finding | undefined {
  const found = CLOUD_INIT.exec(text)?.[1];
  if (found === undefined) return undefined;
  return error(
    1,
    "",
    `${found} is a format of cloud-init; coreos-cloudinit of a node does not know it`,
    "Write a #cloud-config, or a script for bash.",
  );
}

/** Multipart MIME that no reader takes for that: the lines before #cloud-config, which it needs, are not to be removed. */
function misplacedMime(text: string): Finding | undefined {
  const above = text.split(/^[ \t]*#(?:cloud-config|!)/m, 1)[0] ?? "";
  const type = /^content-type:\s*([\w-]+\/[\w.+-]+)/im.exec(above)?.[1]?.toLowerCase() ?? "";
  const empty = (/^\s*/.exec(text)?.[0] ?? "").split("\n").length - 1;
  const boundary = /^--(\S+)/m.exec(above)?.[1];
  if (!type.startsWith("multipart/")) {
    if (type === "" || boundary === undefined) return undefined;
    const advice = `Put before them MIME-Version: 1.0 and Content-Type: multipart/mixed; boundary="${boundary}", each in a line, and an empty line.`;
    return error(1, "", "these are parts of multipart MIME, without the headers of the whole", advice);
  }
  if (empty > 0)
    return error(
      empty + 1,
      "",
      "multipart MIME begins with its headers, in the first line",
      "Remove the empty lines before them.",
    );
  return type === "multipart/mixed"
    ? error(
        1,
        "",
        "the headers of this multipart MIME cannot be read",
        "Each is a line with a colon, and an empty line ends them.",
      )
    : error(1, "", `a node takes no ${type} apart`, "Write Content-Type: multipart/mixed with the same boundary.");
}

/** The header is there, and not at the very start. */
function shifted(text: string): Finding | undefined {
  const oneLine = /^#cloud-config\s*?\r/.test(text) ? returnsAlone(text) : undefined;
  if (oneLine !== undefined) return oneLine;
  const found = /^[ \t]*(#cloud-config[ \t]*\r?$|#!)/m.exec(text);
  if (found === null) return undefined;
  const line = text.slice(0, found.index).split("\n").length;
  const header = (found[1] ?? "").trim();
  const what = line === 1 ? "blanks stand before it" : `it is line ${line}`;
  return error(
    line,
    "",
    `the first line must be ${header}, from its first character on: ${what}`,
    "Remove what stands before it.",
  );
}

function nearly(text: string, others: string): Finding {
  const first = (text.split("\n", 1)[0] ?? "").trim();
  const advice = /^#?\s*cloud.?c/i.test(first) ? `It is ${JSON.stringify(first.slice(0, 40))}.` : others;
  return error(1, "", "the first line must be #cloud-config", advice);
}
