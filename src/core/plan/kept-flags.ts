/**
 * The kept flags as one text, "num-nodes=3;vm-size=Standard_D2s_v5;.", spread over as few of the claim's 50 tags as hold it: a flag more
 * costs no tag. A person can read it; its full stop says that no part is missing. What an earlier version kept as a tag a flag is
 * read too, and moved by the next write. Pure; what a text means is the flags table's.
 */
import { type FlagValues, flagRows } from "../spec/flags.ts";
import { type Tags, escaped, gather, spread, unescaped, withoutParts } from "./tag-parts.ts";

export const FLAGS_TAG = "aoc-flags";

/** Beside the flags, where several sizes were wished and new machines do not get the first: the one that they get. */
export const SIZE_NOW = "vm-size-now";

/** Texts by flag name; of a flag that may be given several times one or several, of any other one. */
export type KeptTexts = ReadonlyMap<string, readonly string[]>;

/** Of the values of one spec those that are kept: defaults too, for a later version of the tool may have others. */
export const keptTexts = (values: Partial<FlagValues>): KeptTexts =>
  new Map(
    flagRows.flatMap(([key, flag]): [string, string[]][] => {
      const value = values[key];
      if (flag.kept === undefined || value === undefined || value === false) return [];
      return [[flag.name, Array.isArray(value) ? value.map(String) : [String(value)]]];
    }),
  );

/** A claim's tags with these flags, and without what else kept some. */
export function withKeptFlags(tags: Tags, texts: KeptTexts): Tags {
  const all = Object.fromEntries(Object.entries(withoutParts(tags, FLAGS_TAG)).filter(([name]) => !OLD.has(partless(name))));
  // in one order, so that equal flags are an equal text
  const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = sorted.flatMap(([name, values]) => values.map((value) => `${name}=${escaped(value)};`));
  spread(all, FLAGS_TAG, `${entries.join("")}${END}`);
  return all;
}

/** What a claim's tags keep; "damaged" where a part is missing or somebody has written something else. */
export function flagsIn(tags: Tags): KeptTexts | "damaged" {
  const { texts, whole } = readFlags(tags);
  return whole ? texts : "damaged";
}

/** The same for who only looks for what may be there: what is readable of it. */
export const readableFlags = (tags: Tags): KeptTexts => readFlags(tags).texts;

/** Whether a tag keeps flags, in the one way or the other. */
export const keepsFlags = (tag: string): boolean => OLD.has(partless(tag)) || partless(tag) === FLAGS_TAG;

// --- internal ---

const END = ".";

/** What earlier versions kept, one tag a flag: `aoc-vm-size`. No flag is added here. */
const OLD: ReadonlyMap<string, string> = new Map(
  `num-nodes vm-size vm-name-prefix availability-set affinity-group coreos-image data-disk data-disk-size data-disk-mount
  ssh ssh-from no-host-keys virtual-network-name vnet-resource-group subnet-names pip deis http nohttps
  platform discovery-service-url etcd-plain etcd-version`
    .split(/\s+/)
    .map((name) => [`aoc-${name}`, name]),
);

const partless = (tag: string): string => (OLD.has(tag) ? tag : tag.replace(/-\d+$/, ""));

interface Read {
  readonly texts: KeptTexts;
  readonly whole: boolean;
}

function readFlags(tags: Tags): Read {
  const text = gather(tags, FLAGS_TAG);
  return text === undefined ? { texts: oldFlags(tags), whole: true } : parsed(text);
}

function oldFlags(tags: Tags): KeptTexts {
  return new Map(
    [...OLD].flatMap(([tag, name]): [string, string[]][] => {
      const text = gather(tags, tag);
      return text === undefined ? [] : [[name, [text]]];
    }),
  );
}

function parsed(text: string): Read {
  const texts = new Map<string, string[]>();
  const entries = text.split(";");
  // what follows the last semicolon may be half an entry
  let whole = entries.pop() === END;
  for (const entry of entries) {
    const [, name, value] = ENTRY.exec(entry) ?? [];
    const plain = value === undefined ? undefined : unescaped(value);
    if (name === undefined || plain === undefined) whole = false;
    else texts.set(name, [...(texts.get(name) ?? []), plain]);
  }
  return { texts, whole };
}

const ENTRY = /^([a-z][a-z0-9-]{0,62})=([\x21-\x7E]*)$/;
