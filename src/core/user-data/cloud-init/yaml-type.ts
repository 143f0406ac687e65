/**
 * What PyYAML makes of a scalar, which cloud-init reads with: YAML 1.1, where 1:30 is the number 90 and 2020-01-01 a date. Its own
 * expressions (yaml/resolver.py), and what its safe loader cannot make, and then reads nothing of the file.
 */
import type { Scalar } from "../check/tree.ts";

/** As a JSON schema calls it; a date is none of its types. */
export type YamlType = "string" | "null" | "boolean" | "integer" | "number" | "date" | "unreadable";

export function yamlTypeOf({ text, plain, tag }: Scalar): YamlType {
  if (tag !== undefined && tag !== "!")
    return TAGGED[tag.replace(/^!<(.*)>$/, "$1").replace(/^(!!|tag:yaml\.org,2002:)/, "")] ?? "unreadable";
  // with it even what is in quotes is read as if it stood bare
  if (!plain && tag === undefined) return "string";
  const type = TYPES.find(([, form]) => form.test(text))?.[0] ?? "string";
  return (type === "date" && !isDate(text)) || (type === "integer" && /^[-+]?0[bx]_*$/.test(text)) ? "unreadable" : type;
}

// --- internal ---

const TAGGED: Readonly<Record<string, YamlType>> = {
  str: "string",
  binary: "string",
  "python/unicode": "string",
  null: "null",
  bool: "boolean",
  int: "integer",
  float: "number",
  timestamp: "date",
};

const TYPES: readonly (readonly [YamlType, RegExp])[] = [
  ["null", /^(~|null|Null|NULL|)$/],
  ["boolean", /^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/],
  ["integer", /^([-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(:[0-5]?\d)+)$/],
  [
    "number",
    /^([-+]?\d[\d_]*\.[\d_]*([eE][-+]\d+)?|\.\d[\d_]*([eE][-+]\d+)?|[-+]?\d[\d_]*(:[0-5]?\d)+\.[\d_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
  ],
  ["date", /^(\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?)$/],
  // a key of merging, and YAML 1.1's default value: neither has a constructor
  ["unreadable", /^(<<|=)$/],
];

/** Python refuses the 30th of February. */
function isDate(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[^\d]+/).map(Number);
  const last = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !leap ? 28 : last;
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60;
}
