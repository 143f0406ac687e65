/**
 * A cloud-config as data: read from YAML, written as YAML that the parsers of 2015 (YAML 1.1) and of today read alike.
 * No template and no rule of a node is known here.
 */
import { constructFromEvents, CORE_SCHEMA, dump, mergeTag, YAMLException } from "js-yaml";
import { ClusterError } from "../errors.ts";
import { ownEvents } from "../yaml/own.ts";

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Config = { readonly [key: string]: Value };

const HEADER = "#cloud-config";

export const isMap = (value: Value | undefined): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isYamlList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/**
 * Reads a cloud-config or a template of one. Core schema: `off` and `yes` stay text, and a bare 0644 becomes 644, which a
 * node reads as the same mode.
 *
 * @param name what to call the text in an error, a file name mostly
 * @throws ClusterError UserDataInvalid, with the line
 */
export function parseConfig(text: string, name: string): Config {
  let value: unknown;
  try {
    const { events, source } = ownEvents(text);
    const documents = constructFromEvents(events, { source, schema: CORE_SCHEMA.withTags(mergeTag) });
    if (documents.length > 1) throw new YAMLException("only the first document is read, and there is a second");
    [value] = documents;
  } catch (error) {
    const { reason, mark } = error instanceof YAMLException ? error : { reason: String(error), mark: undefined };
    const where = mark === undefined ? name : `${name}:${mark.line + 1}`;
    throw new ClusterError("UserDataInvalid", `${where}: ${reason}`, { advice: "Correct the YAML of that file.", cause: error });
  }
  if (!isMap(value as Value)) {
    throw new ClusterError("UserDataInvalid", `${name} holds no map of keys and values`, {
      advice: `A cloud-config starts with ${HEADER} and holds keys such as coreos and write_files.`,
    });
  }
  return value as Config;
}

/**
 * Writes a cloud-config: block style, texts of several lines as `|` blocks, no folding (old parsers differ there), no
 * anchors, and quotes around what some version of YAML would not read as a string.
 */
export const writeConfig = (config: Config): string =>
  `${HEADER}\n\n${dump(config, { lineWidth: -1, noRefs: true, quoteStyle: "double" })}`;
