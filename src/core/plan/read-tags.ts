/**
 * Reads back what tags say. Anybody who may write to the resource group may have changed them, so they are input: parsed like flags, by
 * the same parsers, each value whole or not at all. What is damaged ends a command by the tag's name, for nothing is
 * guessed about a running cluster; who only deletes reads what is readable.
 */
import { defined } from "../defined.ts";
import { fromBase64 } from "../base64.ts";
import { ClusterError, EXIT } from "../errors.ts";
import type { Flag } from "../spec/flag.ts";
import { FLAGS, type FlagKey, type FlagValues, flagRows } from "../spec/flags.ts";
import { FLAGS_TAG, type KeptTexts, SIZE_NOW, flagsIn, readableFlags } from "./kept-flags.ts";
import { gather } from "./tag-parts.ts";
import { type ClusterSpec, type KeptValues, buildSpec } from "../spec/spec.ts";
import { keyPartsOf } from "../ssh-blob.ts";
import { type Choices, ETCD, MEMBERS, NODES, NO_ETCD, type Tags, wordOf } from "./tags.ts";

/** A claim's tags; without nodes where an earlier version of the tool wrote them. @throws ClusterError ClaimDamaged (exit 7) */
export function readClaim(tags: Tags): {
  choices: Choices;
  kept: KeptValues;
  nodes: ReadonlySet<number> | undefined;
} {
  const id = wordOf(tags);
  if (id === undefined) throw damaged("aoc-id", tags["aoc-id"]);
  const sshPublicKey = gather(tags, "aoc-ssh-key");
  if (sshPublicKey === undefined || !isSshKey(sshPublicKey))
    throw damaged(tags["aoc-ssh-key"] === undefined ? "aoc-ssh-key-1" : "aoc-ssh-key", sshPublicKey);
  const kept = keptIn(tags);
  const noEtcd = tags[ETCD] !== undefined;
  if (noEtcd && tags[ETCD] !== NO_ETCD) throw damaged(ETCD, tags[ETCD]);
  return {
    choices: {
      id,
      sshPublicKey,
      members: membersIn(tags),
      ...(noEtcd ? { noEtcd } : {}),
      ...matching(tags, "aoc-custom-data", HASH, "customDataHash"),
      ...matching(tags, "aoc-etcd-ca", HASH, "etcdCa"),
      ...matching(tags, "aoc-frontend", ADDRESS, "frontend"),
      ...defined({ discoveryUrl: kept.discoveryServiceUrl }),
    },
    kept: noEtcd ? { ...kept, etcdMembers: 0 } : kept,
    nodes: taggedNodes(tags),
  };
}

/**
 * What a cluster that exists is, where nothing is asked of it. Of Deis' nodes there may be fewer by now than it was made with.
 * @throws ClusterError ClaimDamaged (exit 7) where kept flags exclude each other: no create has written that
 */
export function keptSpec(name: string, kept: KeptValues): ClusterSpec {
  try {
    return buildSpec(name, {}, { ...kept, numNodes: Math.max(kept.numNodes ?? 0, kept.deis === true ? 3 : 1) }).spec;
  } catch (error) {
    if (error instanceof ClusterError) throw damaged(FLAGS_TAG, "", `: ${error.message}`);
    throw error;
  }
}

/** The kept flags of a claim. @throws ClusterError ClaimDamaged (exit 7) */
export function keptIn(tags: Tags): Partial<FlagValues> {
  const texts = keptTextsIn(tags);
  // every claim keeps some: the defaults, too
  if (texts.size === 0) throw damaged(FLAGS_TAG, undefined);
  const sizeNow = texts.get(SIZE_NOW)?.join();
  const kept: Record<string, unknown> = defined({ sizeNow });
  for (const [key, flag] of flagRows) {
    const read = valueOf(texts, key);
    if (read === "damaged") throw damaged(FLAGS_TAG, texts.get(flag.name)?.join(), ` in ${flag.name}`);
    if (read !== undefined) kept[key] = read.value;
    else if (flag.untold !== undefined) kept[key] = flag.untold;
  }
  return kept;
}

/** The nodes that a claim's tags name; undefined where the tag is absent. @throws ClusterError ClaimDamaged (exit 7) */
export function taggedNodes(tags: Tags): ReadonlySet<number> | undefined {
  const text = gather(tags, NODES);
  if (text === undefined || text === "") return text === undefined ? undefined : new Set();
  const nodes = new Set<number>();
  for (const run of text.split(",")) {
    const [, first, last] = /^(0|[1-9]\d{0,2})(?:-([1-9]\d{0,2}))?$/.exec(run) ?? [];
    if (first === undefined || (last !== undefined && Number(last) <= Number(first))) throw damaged(NODES, text);
    for (let node = Number(first); node <= Number(last ?? first); node++) nodes.add(node);
  }
  return nodes;
}

/** Private addresses of etcd's members, by node. @throws ClusterError ClaimDamaged (exit 7) */
export function membersIn(tags: Tags): Map<number, string> {
  const text = tags[MEMBERS] ?? "";
  const pairs = text === "" ? [] : text.split(",").map((pair) => /^(0|[1-9]\d{0,2})=([\d.]{7,15})$/.exec(pair));
  const members = new Map<number, string>();
  for (const pair of pairs) {
    const [, node = "", address = ""] = pair ?? [];
    if (!ADDRESS.test(address) || members.has(Number(node))) throw damaged(MEMBERS, text);
    members.set(Number(node), address);
  }
  return members;
}

/** The address of a private cluster's load balancer; undefined where it is missing or none. */
export function frontendIn(tags: Tags): string | undefined {
  const text = tags["aoc-frontend"];
  return text !== undefined && ADDRESS.test(text) ? text : undefined;
}

/** The kept flags, as texts. @throws ClusterError ClaimDamaged (exit 7) */
export function keptTextsIn(tags: Tags): KeptTexts {
  const texts = flagsIn(tags);
  if (texts === "damaged") throw damaged(FLAGS_TAG, gather(tags, FLAGS_TAG));
  return texts;
}

/** A kept flag, for who only looks for what may be there: the default where the tag is missing or damaged. */
export function keptFlag<K extends FlagKey>(tags: Tags, key: K): FlagValues[K] {
  const read = valueOf(readableFlags(tags), key);
  if (read !== undefined && read !== "damaged") return read.value as FlagValues[K];
  return (FLAGS[key] as unknown as { default?: FlagValues[K] }).default as FlagValues[K];
}

/** The public host key that a machine was given. @throws ClusterError TagDamaged (exit 7) */
export function hostKeyIn({ id, tags }: { readonly id: string; readonly tags: Tags }): string | undefined {
  const line = tags["aoc-host-key"];
  if (line === undefined || isSshKey(line)) return line;
  throw new ClusterError("TagDamaged", `the tag aoc-host-key of ${id} holds no SSH host key`, {
    source: "azure",
    exit: EXIT.conflict,
    advice:
      "Somebody changed it. Put it back (the activity log in the portal has the old value), or take the tag away: the node's key is then trusted on first use.",
  });
}

// --- internal ---

/** One line: a type, base64, and perhaps a comment. */
const SSH_KEY = /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{40,4096}={0,2})(?: .*)?$/;
/** SHA-256 or SHA-1, with or without colons. */
const HASH = /^[0-9A-Za-z:+/=-]{16,128}$/;
const ADDRESS = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
/** Of no value that a flag takes; in a text they would end a line of a file, or turn a terminal's head. */
// oxlint-disable-next-line no-control-regex -- they are what is refused
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/;

/** A whole key, of whatever type: which ones Azure takes was asked when the cluster was made. */
function isSshKey(line: string): boolean {
  const [, type = "", data = ""] = SSH_KEY.exec(line) ?? [];
  const blob = fromBase64(data);
  return blob !== undefined && !CONTROL.test(line) && keyPartsOf(type, blob) !== undefined;
}

/** Undefined when it is not there, or of a flag that is not kept. */
function valueOf(texts: KeptTexts, key: FlagKey): { readonly value: unknown } | "damaged" | undefined {
  const flag: Flag<unknown> = FLAGS[key];
  const all = texts.get(flag.name);
  if (flag.kept === undefined || all === undefined) return undefined;
  if (all.some((text) => CONTROL.test(text)) || (all.length > 1 && flag.many !== true)) return "damaged";
  try {
    return { value: flag.many === true ? all.flatMap((text) => flag.parse(text)) : flag.parse(all[0] ?? "") };
  } catch (error) {
    if (error instanceof ClusterError) return "damaged";
    throw error;
  }
}

function matching<K extends string>(tags: Tags, tag: string, pattern: RegExp, as: K): Partial<Record<K, string>> {
  const text = tags[tag];
  if (text === undefined) return {};
  if (!pattern.test(text)) throw damaged(tag, text);
  return { [as]: text } as Record<K, string>;
}

function damaged(tag: string, value: string | undefined, where = ""): ClusterError {
  return new ClusterError(
    "ClaimDamaged",
    `the tag ${tag} of the cluster's public address (security group, where it is private), which says what was chosen for it, ${value === undefined ? "is missing" : "is damaged"}${where}`,
    {
      source: "azure",
      exit: EXIT.conflict,
      advice:
        `Somebody changed it. Put ${tag} back (the activity log in the portal has the old value), or destroy the cluster: ` +
        "that goes by the tags managed-by, aoc-cluster and aoc-id alone.",
    },
  );
}
