/** Who may log in, and as what the node is known: users, SSH keys, the host name. Never quotes a key in a message. */
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

function checkKeys(keys: Tree | undefined, path: string): readonly Finding[] {
  if (keys?.kind !== "list") return [];
  return keys.items.flatMap((key, index): readonly Finding[] => {
    if (key.kind !== "scalar") return [];
    const problem = keyProblem(key.text.trim());
    return problem === undefined
      ? []
      : [
          problem.startsWith("DSA")
            ? warning(key.line, `${path}[${index}]`, problem)
            : error(key.line, `${path}[${index}]`, problem),
        ];
  });
}

const KEY = /(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/;

/** What is wrong with a line of authorized_keys; options before the type are allowed, as sshd allows them. */
function keyProblem(line: string): string | undefined {
  if (line.includes("PRIVATE KEY")) return "this is a private key: it must not be in a cloud-config; use the .pub file";
  const [, type, base64] = KEY.exec(line) ?? [];
  if (type === undefined || base64 === undefined) return "this is no SSH public key";
  if (!startsWithType(base64, type)) return `this is no ${type} key: its data is damaged`;
  return type === "ssh-dss" ? "DSA keys are no longer accepted by sshd" : undefined;
}

/** The data of a public key is a length of four bytes, the type's name, and the rest (RFC 4253, 6.6). */
function startsWithType(base64: string, type: string): boolean {
  if (base64.length % 4 !== 0) return false;
  try {
    return atob(base64).startsWith(`\0\0\0${String.fromCharCode(type.length)}${type}`);
  } catch {
    return false;
  }
}
