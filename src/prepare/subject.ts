/**
 * The subject of the certificates that are made here, and the size of their keys: from a `cert.conf` in the working
 * directory, from an openssl-style `/C=US/CN=...`, or a plain default. Knows names and limits of X.520, no file format.
 */
import { join } from "node:path";
import { ClusterError, usageError } from "../core/errors.ts";
import type { StringType } from "./der.ts";
import { parseOpensslConf, type ConfSection } from "./openssl-conf.ts";
import { readKept } from "./kept-file.ts";

export interface SubjectAttribute {
  /** openssl's short name: "CN", "O", "emailAddress". */
  readonly name: AttributeName;
  readonly value: string;
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

export const MIN_BITS = 2048;
export const MAX_BITS = 8192;

/** Short name -> object id, long name, ASN.1 string type, and upper bound in characters (X.520, RFC 5280 appendix A). */
const ATTRIBUTE = {
  C: ["2.5.4.6", "countryName", "printable", 2],
  ST: ["2.5.4.8", "stateOrProvinceName", "utf8", 128],
  L: ["2.5.4.7", "localityName", "utf8", 128],
  street: ["2.5.4.9", "streetAddress", "utf8", 128],
  O: ["2.5.4.10", "organizationName", "utf8", 64],
  OU: ["2.5.4.11", "organizationalUnitName", "utf8", 64],
  title: ["2.5.4.12", "title", "utf8", 64],
  CN: ["2.5.4.3", "commonName", "utf8", 64],
  SN: ["2.5.4.4", "surname", "utf8", 40],
  GN: ["2.5.4.42", "givenName", "utf8", 16],
  serialNumber: ["2.5.4.5", "serialNumber", "printable", 64],
  emailAddress: ["1.2.840.113549.1.9.1", "emailAddress", "ia5", 128],
  DC: ["0.9.2342.19200300.100.1.25", "domainComponent", "ia5", 63],
  UID: ["0.9.2342.19200300.100.1.1", "userId", "utf8", 256],
} as const satisfies Record<string, readonly [string, string, StringType, number]>;

export type AttributeName = keyof typeof ATTRIBUTE;

export const DEFAULT_SUBJECT: Subject = {
  attributes: [
    { name: "O", value: "azure-coreos-cluster" },
    { name: "CN", value: "azure-coreos-cluster" },
  ],
  bits: MIN_BITS,
};

/** Object id and ASN.1 string type of an attribute. */
export const encodingOf = (name: AttributeName): { oid: string; type: StringType } => ({
  oid: ATTRIBUTE[name][0],
  type: ATTRIBUTE[name][2],
});

/** The subject of `DIR/cert.conf`, or the default where there is none. Throws usage errors with file and line. */
export async function subjectOf(dir: string): Promise<CertConf> {
  const file = join(dir, "cert.conf");
  const bytes = await readKept(file);
  return bytes === undefined ? { subject: DEFAULT_SUBJECT, notes: [] } : readCertConf(bytes.toString("utf8"), file);
}

/**
 * The distinguished-name section of an OpenSSL request file, as `openssl req -config` reads it: `[ req ]` names the section
 * and gives `default_bits`; with `prompt = no` its entries are the values, else they are questions and the answers stand in
 * `..._default`. Throws usage errors that name the line.
 */
export function readCertConf(text: string, file = "cert.conf"): CertConf {
  const conf = parseOpensslConf(text, file);
  const req = conf.get("req") ?? conf.get("default") ?? [];
  const value = (name: string): { value: string; line: number } | undefined => req.findLast((entry) => entry.name === name);
  const sectionName = value("distinguished_name");
  if (sectionName === undefined) throw refuse(file, undefined, "has no `distinguished_name` in its section [ req ]");
  const section = conf.get(sectionName.value);
  if (section === undefined) throw refuse(file, sectionName.line, `names the section [ ${sectionName.value} ], which is missing`);

  const notes: string[] = [];
  const attributes = attributesOf(section, value("prompt")?.value !== "no", file, notes);
  if (attributes.length === 0) throw refuse(file, sectionName.line, `has nothing in its section [ ${sectionName.value} ]`);
  return { subject: { attributes, bits: bitsOf(value("default_bits"), file, notes) }, notes };
}

/** `/C=US/O=My Company/CN=www.test.com`, as `openssl req -subj` takes it; a backslash keeps a slash in a value. */
export function parseSubject(text: string): Subject {
  const parts = text.split(/(?<!\\)\//);
  if (parts[0] !== "" || parts.length < 2)
    throw refuse(`The subject "${text}"`, undefined, "must look like /C=US/O=My Company/CN=name");
  const attributes = parts.slice(1).map((part) => {
    const at = part.indexOf("=");
    if (at < 1) throw refuse(`The subject "${text}"`, undefined, `has "${part}" where NAME=value is expected`);
    return attribute(part.slice(0, at), part.slice(at + 1).replace(/\\(.)/g, "$1"), `The subject "${text}"`, undefined);
  });
  return { attributes, bits: MIN_BITS };
}

function attributesOf(section: ConfSection, prompting: boolean, file: string, notes: string[]): SubjectAttribute[] {
  // openssl puts questions to the user unless told `prompt = no`; nobody is asked here.
  const questions = prompting && section.some((entry) => entry.name.endsWith("_default"));
  if (questions) notes.push(`${file} asks questions (no \`prompt = no\`): the ..._default answers are taken.`);
  return section.flatMap((entry) => {
    const isAnswer = entry.name.endsWith("_default");
    if (/_(min|max|value)$/.test(entry.name) || isAnswer !== questions || entry.value === "") return [];
    // "0.organizationName" allows one name twice: what is before the dot is no part of it.
    const name = entry.name.replace(/_default$/, "").replace(/^[^.:,]*[.:,](?=.)/, "");
    return [attribute(name, entry.value, file, entry.line)];
  });
}

function attribute(given: string, value: string, file: string, line: number | undefined): SubjectAttribute {
  const name = (Object.keys(ATTRIBUTE) as AttributeName[]).find((short) => short === given || ATTRIBUTE[short][1] === given);
  if (name === undefined)
    throw refuse(file, line, `has the name "${given}", which no certificate knows (known: ${Object.keys(ATTRIBUTE).join(", ")})`);
  const [, , type, longest] = ATTRIBUTE[name];
  const wrong = problem(name, type, longest, value);
  if (wrong !== undefined) throw refuse(file, line, `has ${name}="${value}", but ${wrong}`);
  return { name, value };
}

function problem(name: AttributeName, type: StringType, longest: number, value: string): string | undefined {
  if (value === "") return "it must not be empty";
  if (name === "C" && !/^[A-Za-z]{2}$/.test(value)) return "a country is two letters";
  if (Array.from(value).length > longest) return `at most ${longest} characters are allowed`;
  if (type === "printable" && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value))
    return "only letters, digits and '()+,-./:=? are allowed";
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
