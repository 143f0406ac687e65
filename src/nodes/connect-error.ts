/**
 * What a failed attempt to reach a node means, as codes: a refused port is a machine that boots, a handshake without an
 * answer is one that starts, a rejected key is one that has not got its key yet, or never will. Texts carry no secrets.
 */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import type { NodeTarget } from "./target.ts";
import { hostKeyFingerprint } from "./host-key.ts";

export type ConnectCode =
  | "SshRefused" // TCP: nobody listens
  | "SshTimeout" // TCP: no answer; through an Azure load balancer also when the machine is not up
  | "SshUnreachable" // no route, from here or on the way
  | "SshReset" // the connection was cut before or in the handshake
  | "SshHandshake" // something answers that is no SSH server, or none we can agree with
  | "SshHandshakeTimeout" // TCP answers, SSH does not
  | "SshAuthentication" // our key is not accepted
  | "HostKeyMismatch"
  | "HostKeyUnknown";

/** What can go wrong with TCP alone. */
export type SocketCode = "SshRefused" | "SshTimeout" | "SshUnreachable" | "SshReset";

const TCP_CODES: Record<string, SocketCode> = {
  ECONNREFUSED: "SshRefused",
  ETIMEDOUT: "SshTimeout",
  EHOSTUNREACH: "SshUnreachable",
  ENETUNREACH: "SshUnreachable",
  ECONNRESET: "SshReset",
  EPIPE: "SshReset",
};

const TEXT: Record<Exclude<ConnectCode, "HostKeyMismatch" | "HostKeyUnknown">, [what: string, advice: string]> = {
  SshRefused: ["refuses connections", "The machine is booting or sshd is not running: wait, or look at its serial console log."],
  SshTimeout: [
    "does not answer",
    "Check the security group (`create` opens it with --ssh-from), that the machine has power (`status` says so, `start` gives it), and its serial console log.",
  ],
  SshUnreachable: ["cannot be reached", "Check your own network: there is no route to the cluster's public address."],
  SshReset: ["cuts the connection", "sshd may be starting, or a firewall on the way refuses SSH: try again in a minute."],
  SshHandshake: ["does not complete the SSH handshake", "Is it an SSH server? A proxy or firewall may answer in its place."],
  SshHandshakeTimeout: [
    "accepts connections, but SSH does not answer in time",
    "The machine is starting or overloaded: try again.",
  ],
  SshAuthentication: [
    "does not accept our SSH key",
    "The key in Azure must belong to the private key given: compare with the cluster's SSH key (--ssh-key, ssh-cert.key).",
  ],
};

export function connectError(code: keyof typeof TEXT, target: NodeTarget, cause?: unknown): ClusterError {
  const [what, advice] = TEXT[code];
  return new ClusterError(code, `${where(target)} ${what}`, {
    source: "node",
    advice,
    ...defined({ cause }),
  });
}

/** What went wrong with a socket. */
export const socketCode = (error: unknown): SocketCode => tcpCode(error) ?? "SshUnreachable";

/** What went wrong with SSH over it, as ssh2 says it. */
export function handshakeCode(error: unknown): keyof typeof TEXT {
  const { level, message } = error as { level?: unknown; message?: unknown };
  const tcp = tcpCode(error);
  if (tcp !== undefined) return tcp;
  if (level === "client-authentication") return "SshAuthentication";
  if (/too many authentication failures/i.test(String(message))) return "SshAuthentication";
  // The peer closed after TCP: sshd does that when MaxStartups is reached, and while a machine shuts down.
  if (/connection lost before handshake/i.test(String(message))) return "SshReset";
  return "SshHandshake";
}

export function hostKeyMismatch(target: NodeTarget, seen: string): ClusterError {
  return new ClusterError(
    "HostKeyMismatch",
    `${where(target)} shows the host key ${hostKeyFingerprint(seen)}, expected ${target.hostKeys.map(hostKeyFingerprint).join(" or ")}`,
    {
      source: "node",
      advice:
        "Nothing was sent to it: somebody may be in between. What its console shows (`logs`) is the machine's own. If its keys were made anew, `replace` makes the node with one that is known: the one expected is in its machine's tag, and only of nodes made without one (--no-host-keys) in the cluster's known_hosts, as a line to remove.",
    },
  );
}

export function hostKeyUnknown(target: NodeTarget): ClusterError {
  return new ClusterError("HostKeyUnknown", `no host key is known for ${where(target)}`, {
    source: "node",
    advice: "Put its line into the cluster's known_hosts (the serial console log shows the key), or trust it on first use.",
  });
}

// --- internal ---

function tcpCode(error: unknown): SocketCode | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? TCP_CODES[code] : undefined;
}

const where = (target: NodeTarget): string => `${target.name} (${target.host} port ${target.port})`;
