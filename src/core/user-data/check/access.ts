/** Who may log in, and as what the node is known: users, SSH keys, the host name. Never quotes a key in a message. */
import { fromBase64 } from "../../base64.ts";
import { keyPartsOf } from "../../ssh-blob.ts";
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { valueAt, type Mapping, type Tree } from "./tree.ts";

export function checkAccess(root: Mapping, options: CheckOptions): readonly Finding[] {
  const users = valueAt(root, "users");
  return [
    ...checkHostname(valueAt(root, "hostname")),
    ...checkKeys(valueAt(root, "ssh_authorized_keys"), "ssh_authorized_keys"),
    ...(users?.kind === "list" ? users.items.flatMap((user, index) => checkUser(user, `users[${index}]`, options)) : []),
  ];
}

function checkHostname(hostname: Tree | undefined): readonly Finding[] {
  if (hostname?.kind !== "scalar" || hostname.text === "") return [];
  const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
  if (hostname.text.length <= 64 && hostname.text.split(".").every((part) => label.test(part))) return [];
  return [
    error(hostname.line, "hostname", `"${hostname.text}" is no host name`, "Letters, digits and dashes, at most 64 characters."),
  ];
}

function checkUser(user: Tree, path: string, options: CheckOptions): readonly Finding[] {
  if (user.kind !== "map") return [];
  const name = valueAt(user, "name");
  const keys = checkKeys(valueAt(user, "ssh_authorized_keys"), `${path}.ssh_authorized_keys`);
  if (name?.kind !== "scalar" || name.text === "") return [error(user.line, path, "a user without a name is skipped"), ...keys];
  return [...checkUserName(name.text, name.line, `${path}.name`, options), ...keys];
}

/**
 * What useradd takes: shadow until 4.12 small letters alone, since 4.13 (2022) dots and leading digits too. A refused name ends
 * coreos-cloudinit: nothing of the file is applied (coreos/bugs#153).
 */
function checkUserName(name: string, line: number, path: string, { platform }: CheckOptions): readonly Finding[] {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return [];
  const stops = "and where useradd refuses it nothing of the file is applied";
  if (platform === "flatcar" && /^[a-z0-9_.][a-z0-9_.-]{0,31}$/.test(name) && !/^(\d+|\.\.?)$/.test(name))
    return [warning(line, path, `"${name}": images before 2022 take no such user name, ${stops}`)];
  return [error(line, path, `"${name}" is no user name, ${stops}`, "Small letters, digits, dashes and underscores.")];
}

/** @param keys a list, or one text */
export function checkKeys(keys: Tree | undefined, path: string): readonly Finding[] {
  if (keys?.kind === "list")
    return keys.items.flatMap((key, index) => (key.kind === "scalar" ? checkKeys(key, `${path}[${index}]`) : []));
  if (keys?.kind !== "scalar") return [];
  const problem = keyProblem(keys.text);
  if (problem === undefined) return [];
  return [problem.startsWith("DSA") ? warning(keys.line, path, problem) : error(keys.line, path, problem)];
}

/** As sshd reads its file: lines, of which empty ones and comments say nothing. */
function keyProblem(text: string): string | undefined {
  if (text.includes("PRIVATE KEY")) return "this is a private key: it must not be in a cloud-config; use the .pub file";
  const lines = text.split(/[\r\n]+/).filter((line) => !/^[ \t]*(#|$)/.test(line));
  if (lines.length === 0) return NO_KEY;
  return lines.map(lineProblem).find((problem) => problem !== undefined);
}

const NO_KEY = "this is no SSH public key";
/** Behind the options that a line may have. Blanks are those of ASCII: a no-break space, as web pages have it, is none to sshd. */
const KEY = /(?:^|[ \t])((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/;

/** Nothing between them, or what nobody sees. */
const JOINED = /(?:^|[ \t])(ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)[\u200B\u2060\uFEFF]*AAAA/;

function lineProblem(line: string): string | undefined {
  const [, type, data] = KEY.exec(line) ?? [];
  const joined = type === undefined ? JOINED.exec(line)?.[1] : undefined;
  if (joined !== undefined) return `${NO_KEY}: there is no blank between ${joined} and the key itself`;
  if (type === undefined || data === undefined)
    return /\u00A0/.test(line) ? `${NO_KEY}: its blanks are no-break spaces, which sshd does not know` : NO_KEY;
  const blob = fromBase64(data);
  if (blob === undefined || keyPartsOf(type, blob) === undefined)
    return `this is no ${type} key: its data is damaged, or cut off`;
  return type === "ssh-dss" ? "DSA keys are no longer accepted by sshd" : undefined;
}
