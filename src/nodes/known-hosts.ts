/**
 * The cluster's own known_hosts: which key each node must show, under the cluster's DNS name and its address, as OpenSSH
 * reads it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Text in, text out; lines that are not ours stay as they are.
 */
import { createHmac } from "node:crypto";

export interface KnownHost {
  /** Names and addresses under which the node is reached. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** "ssh-ed25519 AAAA..." lines; comments are dropped. */
  readonly keys: readonly string[];
}

/** OpenSSH writes the port only where it is not 22. */
const hostPattern = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

/** One line a key. */
export const renderKnownHosts = (entries: readonly KnownHost[]): string =>
  entries
    .map((entry) =>
      linesOf(entry)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("");

/**
 * The text with these entries in it. A line of a host and port of ours is replaced, whatever its key type: a node that was made
 * again has new keys. A line that also names others keeps those. Comments, markers (@revoked) and foreign lines stay.
 */
export function mergeKnownHosts(text: string, entries: readonly KnownHost[]): string {
  const ours = new Set(entries.flatMap(({ hosts, port }) => hosts.map((host) => hostPattern(host, port))));
  const kept = text.split("\n").flatMap((line) => without(line, ours));
  while (kept.at(-1) === "") kept.pop();
  return `${kept.map((line) => `${line}\n`).join("")}${renderKnownHosts(entries)}`;
}

/** Without the lines of these hosts and ports: for nodes that were removed. */
export const removeKnownHosts = (text: string, entries: readonly Omit<KnownHost, "keys">[]): string =>
  mergeKnownHosts(
    text,
    entries.map((entry) => ({ ...entry, keys: [] })),
  );

/** The keys that host:port must show, "ssh-ed25519 AAAA..." each; empty when none is known. Hashed names match nothing. */
export const expectedKeys = (text: string, host: string, port: number): string[] =>
  text.split("\n").flatMap((line) => {
    const [names = "", type, key] = fieldsOf(line);
    return type !== undefined && key !== undefined && names.split(",").includes(hostPattern(host, port))
      ? [`${type} ${key}`]
      : [];
  });

/**
 * The same of a file that OpenSSH has written: names may be hashed, or be patterns. Lines with a marker (@revoked, @cert-authority) name no
 * key that is taken.
 */
export const keysInKnownHosts = (text: string, host: string, port: number): string[] => {
  const name = hostPattern(host.toLowerCase(), port);
  return text.split("\n").flatMap((line) => {
    const [names = "", type, key] = fieldsOf(line);
    return type !== undefined && key !== undefined && isNamed(names, name) ? [`${type} ${key}`] : [];
  });
};

function isNamed(names: string, name: string): boolean {
  const patterns = names.split(",");
  if (patterns.some((one) => one.startsWith("!") && fits(one.slice(1), name))) return false;
  return patterns.some((one) => fits(one, name));
}

/** A hash is HMAC-SHA1 of the name, as `|1|salt|hash`. */
function fits(pattern: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(pattern) ?? [];
  if (salt !== undefined) return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  // no pattern of somebody's is made into a regular expression
  return wild(pattern.toLowerCase(), name);
}

function wild(pattern: string, name: string): boolean {
  const star = pattern.indexOf("*");
  const alike = (part: string, at: number): boolean =>
    part.split("").every((one, i) => (one === "?" ? at + i < name.length : one === name[at + i]));
  if (star < 0) return pattern.length === name.length && alike(pattern, 0);
  if (!alike(pattern.slice(0, star), 0)) return false;
  const [rest, from] = [pattern.slice(star + 1), name.slice(star)];
  return Array.from({ length: from.length + 1 }, (_, i) => i).some((i) => wild(rest, from.slice(i)));
}

function linesOf({ hosts, port, keys }: KnownHost): string[] {
  const names = [...new Set(hosts)].map((host) => hostPattern(host, port)).join(",");
  return keys.map((key) => `${names} ${key.trim().split(/\s+/).slice(0, 2).join(" ")}`);
}

/** Empty for what is no plain entry: blank, comment, marker. */
const fieldsOf = (line: string): string[] => (/^\s*([#@]|$)/.test(line) ? [] : line.trim().split(/\s+/));

function without(line: string, ours: ReadonlySet<string>): string[] {
  const [names, ...rest] = fieldsOf(line);
  if (names === undefined) return [line];
  const all = names.split(",");
  const others = all.filter((name) => !ours.has(name));
  if (others.length === all.length) return [line];
  return others.length === 0 ? [] : [[others.join(","), ...rest].join(" ")];
}
