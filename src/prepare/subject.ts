/**
 * The subject of the certificates that are made here, and the size of their keys: from a `cert.conf` in the working
 * directory, from an openssl-style `/C=US/CN=...`, or a plain default. Knows names and limits of X.520, no file format.
 */
import { join } from "node:path";
import { ClusterError, usageError } from "../core/errors.ts";
import { attributeKind, isObjectId, KNOWN_NAMES } from "./attribute-names.ts";
import type { StringType } from "./der.ts";
import { INCLUDE, parseOpensslConf, type ConfSection } from "./openssl-conf.ts";
import { isUtf16, textOf } from "./key-text.ts";
import { readKept } from "./kept-file.ts";
import { ownText } from "./own-text.ts";

export interface SubjectAttribute {
  /** openssl's short name: "CN", "O", "emailAddress"; or a name that the file has given to `oid`. */
  readonly name: string;
  readonly value: string;
  /** Of a name that is not openssl's own. */
  readonly oid?: string;
  /** It stands in one part of the name together with the attribute before it. */
  readonly joined?: true;
}

export interface Subject {
  /** In the order of the certificate's name; at least one. */
  readonly attributes: readonly SubjectAttribute[];
  /** Size of the RSA key: 2048 or more. */
  readonly bits: number;
}

export interface CertConf {
  readonly subject: Subject;
  /** Sentences for the user: what was changed or left out. */
  readonly notes: readonly string[];
}

const MIN_BITS = 2048;
const MAX_BITS = 8192;

export const DEFAULT_SUBJECT: Subject = {
  attributes: [
    { name: "O", value: "azure-coreos-cluster" },
    { name: "CN", value: "azure-coreos-cluster" },
  ],
  bits: MIN_BITS,
};

/** Object id and ASN.1 string type of an attribute. */
export function encodingOf({ name, oid }: SubjectAttribute): { oid: string; type: StringType } {
  const kind = attributeKind(oid ?? name);
  if (kind === undefined) throw new Error(`no object id for ${name}`);
  return kind;
}

/** The subject of `DIR/cert.conf`, or the default where there is none. Throws usage errors with file and line. */
export async function subjectOf(dir: string): Promise<CertConf> {
  const file = join(dir, "cert.conf");
  const bytes = await readKept(file);
  if (bytes === undefined) return { subject: DEFAULT_SUBJECT, notes: [] };
  return readCertConf(isUtf16(bytes) ? textOf(bytes) : ownText(bytes, file), file);
}

/**
 * The distinguished-name section of an OpenSSL request file, as `openssl req -config` reads it: `[ req ]` names the section
 * and gives `default_bits`; with `prompt = no` its entries are the values, else they are questions and the answers stand in
 * `..._default`. Throws usage errors that name the line.
 */
export function readCertConf(text: string, file = "cert.conf"): CertConf {
  const conf = parseOpensslConf(text, file);
  const top = conf.get("default") ?? [];
  const req = conf.get("req") ?? [];
  const find = (name: string): { value: string; line: number } | undefined =>
    [...top, ...req].findLast((entry) => entry.name === name);
  const sectionName = find("distinguished_name");
  // what is included may hold whatever is missing, and nothing else is worth stopping for
  const section = sectionName === undefined ? undefined : conf.get(sectionName.value);
  refuseIncluded(section ?? [...conf.values()].flat());
  if (sectionName === undefined) throw refuse(file, undefined, "has no `distinguished_name` in its section [ req ]");
  if (section === undefined) throw refuse(file, sectionName.line, `names the section [ ${sectionName.value} ], which is missing`);

  const notes: string[] = [];
  const place: Place = { file, names: ownNames(conf, top), notes };
  const prompting = find("prompt")?.value !== "no";
  const attributes = attributesOf(section, top, prompting, place);
  // openssl, too, makes nothing of questions alone (req -batch: "No objects specified in config file")
  if (attributes.length === 0 && prompting && section.length > 0)
    throw usageError(
      `${file} line ${sectionName.line} names questions without answers: without \`prompt = no\` what stands in [ ${sectionName.value} ] is asked, and not taken.`,
      "Write `prompt = no` in [ req ] if these are the values; or the answers as NAME_default = value.",
    );
  if (attributes.length === 0) throw refuse(file, sectionName.line, `has nothing in its section [ ${sectionName.value} ]`);
  return { subject: { attributes, bits: bitsOf(find("default_bits"), file, notes) }, notes };
}

/**
 * `/C=US/O=My Company/CN=www.test.com`, as `openssl req -subj` takes it: a plus joins a name to the one before, and a backslash keeps a slash
 * or a plus in a value.
 */
export function parseSubject(text: string): Subject {
  const place: Place = { file: `The subject "${text}"`, names: new Map(), notes: [] };
  const parts = text.match(/[/+](?:\\.|[^/+\\])*/gs) ?? [];
  if (!text.startsWith("/") || parts.join("") !== text)
    throw refuse(place.file, undefined, "must look like /C=US/O=My Company/CN=name");
  const attributes = parts.map((part): SubjectAttribute => {
    const at = part.indexOf("=");
    const joined = part.startsWith("+");
    const hint = joined ? "; a plus that belongs to a value is written \\+" : "";
    if (at < 2) throw refuse(place.file, undefined, `has "${part.slice(1)}" where NAME=value is expected${hint}`);
    const one = attribute(part.slice(1, at), part.slice(at + 1).replace(/\\(.)/gs, "$1"), place, undefined);
    return joined ? { ...one, joined: true } : one;
  });
  return { attributes, bits: MIN_BITS };
}

/** Its value is what it is refused with. */
const refuseIncluded = (entries: ConfSection): unknown => entries.find(({ name }) => name === INCLUDE)?.value;

interface Place {
  readonly file: string;
  /** Object ids by the names that the file has given them. */
  readonly names: ReadonlyMap<string, string>;
  readonly notes: string[];
}

/** `oid_section`, of the file itself or of its `openssl_conf`: NAME = 1.2.3, or NAME = a long name, 1.2.3. */
function ownNames(conf: ReadonlyMap<string, ConfSection>, top: ConfSection): Map<string, string> {
  const valueIn = (section: ConfSection, name: string): string | undefined =>
    section.findLast((entry) => entry.name === name)?.value;
  const modules = conf.get(valueIn(top, "openssl_conf") ?? "") ?? [];
  const found = new Map<string, string>();
  for (const section of [valueIn(top, "oid_section"), valueIn(modules, "oid_section")])
    for (const { name, value } of conf.get(section ?? "") ?? []) {
      const [oid = "", ...long] = value.split(",").toReversed();
      if (!isObjectId(oid.trim())) continue;
      for (const one of [name, long.toReversed().join(",").trim()]) if (one !== "") found.set(one, oid.trim());
    }
  return found;
}

function attributesOf(section: ConfSection, top: ConfSection, prompting: boolean, place: Place): SubjectAttribute[] {
  const get = (name: string): string | undefined => [...top, ...section].findLast((entry) => entry.name === name)?.value;
  const answered = (name: string): string | undefined => get(`${name}_value`) ?? get(`${name}_default`);
  const entries = section.filter(({ name }) => !/_(min|max|default|value)$/.test(name));
  // openssl puts questions to the user unless told `prompt = no`; nobody is asked here.
  if (prompting && entries.some(({ name }) => answered(name) !== undefined))
    place.notes.push(`${place.file} asks questions (no \`prompt = no\`): the ..._default answers are taken.`);
  return entries.flatMap((entry, at) => {
    const { name, line } = entry;
    const value = prompting ? answered(name) : entry.value;
    if (value === undefined || value === "") return [];
    // "0.organizationName" allows one name twice: what is before the dot is no part of it. A plus joins it to the name before it.
    const [, plus, plain = ""] = /^(?:[^.,]*[.,](?=.))?(\+?)(.*)$/.exec(name) ?? [];
    const one = attribute(plain, value, place, line);
    return [plus === "+" && at > 0 ? { ...one, joined: true as const } : one];
  });
}

function attribute(given: string, value: string, { file, names }: Place, line: number | undefined): SubjectAttribute {
  const kind = attributeKind(given, names);
  if (kind === undefined)
    throw refuse(
      file,
      line,
      `has the name "${given}", which is no name of a subject here (those are ${KNOWN_NAMES().join(", ")} and more; any other needs its object id, as in 0.1.2.3.4 = value, or an oid_section)`,
    );
  const wrong = problem(kind.name, kind, value);
  if (wrong !== undefined) throw refuse(file, line, `has ${kind.name}="${value}", but ${wrong}`);
  return { name: kind.name, value, ...(names.has(given) || kind.name === kind.oid ? { oid: kind.oid } : {}) };
}

function problem(
  name: string,
  { type, least, most }: { type: StringType; least: number; most: number },
  value: string,
): string | undefined {
  if (value === "") return "it must not be empty";
  if (name === "C" && !/^[A-Za-z]{2}$/.test(value)) return "a country is two letters";
  const length = Array.from(value).length;
  if (length > most) return `at most ${most} characters are allowed`;
  if (length < least) return `at least ${least} characters are needed`;
  if (type === "printable" && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value))
    return "only letters, digits and '()+,-./:=? are allowed";
  if (type === "numeric" && !/^[\d ]*$/.test(value)) return "only digits are allowed";
  if (type === "ia5" && !/^[ -~]*$/.test(value)) return "only ASCII characters are allowed";
  return undefined;
}

function bitsOf(given: { value: string; line: number } | undefined, file: string, notes: string[]): number {
  if (given === undefined) return MIN_BITS;
  if (!/^\d+$/.test(given.value)) throw refuse(file, given.line, `has default_bits = ${given.value}, which is no number`);
  const bits = Number(given.value);
  if (bits > MAX_BITS) throw refuse(file, given.line, `asks for a key of ${bits} bits; at most ${MAX_BITS} are made`);
  if (bits >= MIN_BITS) return bits;
  notes.push(`${file} line ${given.line}: default_bits = ${bits} is raised to ${MIN_BITS}, the least that Azure takes.`);
  return MIN_BITS;
}

const refuse = (file: string, line: number | undefined, what: string): ClusterError =>
  usageError(`${file}${line === undefined ? "" : ` line ${line}`} ${what}.`);
