/**
 * A user's own file (`--custom-data`). Old files carry `{0}` and `{1}`, or the comment `#DISCOVERY_URL` where the URL belongs; those
 * are filled in. Everything else comes through byte for byte: the file is the user's, etcd or no etcd in it.
 */
import { ClusterError } from "../errors.ts";
import { discoveryUrlOf } from "./discovery-url.ts";

export interface CustomValues {
  /** The machine's name, for `{1}`. */
  readonly name: string;
  /** For `{0}` and `#DISCOVERY_URL`. */
  readonly discoveryUrl?: string;
}

/** A text that Python's str.format(url, name) takes: every brace is doubled or belongs to one of the two fields. */
const FORMAT = /^(?:[^{}$]|\$(?!\{[^{])|\{\{|\}\}|\{[01]\})*$/;

/** What str.format would read in such a text. */
const TOKEN = /\{\{|\}\}|\{([01])\}/g;

/** The fields alone, in any other text. `${1}` is the shell's: no old file had a dollar before a URL or a name. */
const FIELD = /(?<![${])\{([01])\}(?!\})/g;

/** `discovery: #DISCOVERY_URL`: to YAML an empty value and a comment, which is how the original lost its URL. */
const COMMENT = /^([ \t]*discovery:)[ \t]*#[ \t]*DISCOVERY_URL[ \t]*(?=\r?$)/gm;

const isCloudConfig = (text: string): boolean => /^#cloud-config\s*(\n|$)/.test(text);

/** The digits of the fields that the text has. */
const fieldsOf = (text: string): readonly string[] =>
  [...text.matchAll(FORMAT.test(text) ? TOKEN : FIELD)].flatMap((match) => match[1] ?? []);

/** True when the file has a place for a discovery URL: one must then be given, or asked for. */
export const needsDiscoveryUrl = (text: string): boolean =>
  isCloudConfig(text) && (fieldsOf(text).includes("0") || text.match(COMMENT) !== null);

/**
 * Fills in an old file for one node; scripts, Ignition and files without these marks are returned as they are.
 *
 * Where the whole file is something that Python's str.format would take, the result is Python's, with `{{` become `{`.
 * Otherwise (a lone brace of shell or JSON, which Python refuses) only the two fields are replaced.
 *
 * @throws ClusterError DiscoveryUrlMissing when the file wants a URL and there is none; DiscoveryUrlInvalid
 */
export function customUserData(text: string, values: CustomValues): string {
  if (!isCloudConfig(text)) return text;
  const needed = needsDiscoveryUrl(text);
  if (needed && values.discoveryUrl === undefined) {
    throw new ClusterError("DiscoveryUrlMissing", "the custom data has a place for a discovery URL, and there is no URL", {
      advice:
        "Give --discovery-service-url, or write the URL into the file, or leave --custom-data out: the tool's own user-data needs none.",
    });
  }
  const url = needed ? discoveryUrlOf(values.discoveryUrl ?? "") : "";
  return fillFields(text, [url, values.name]).replace(COMMENT, (_line, key: string) => `${key} ${url}`);
}

function fillFields(text: string, [url, name]: readonly [string, string]): string {
  if (fieldsOf(text).length === 0) return text;
  return text.replace(FORMAT.test(text) ? TOKEN : FIELD, (found, digit?: string) =>
    digit === undefined ? found.charAt(0) : digit === "0" ? url : name,
  );
}
