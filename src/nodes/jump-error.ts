/** What can be wrong with a jump host, and with what it says of the place that it was asked to connect to. */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import { type Hop, hopText } from "../core/spec/hops.ts";
import type { SocketCode } from "./connect-error.ts";
import { hostKeyFingerprint } from "./host-key.ts";

/** The hop works, and the node does not answer it. */
export class ForwardFailure extends Error {
  readonly code: SocketCode;

  constructor(code: SocketCode, cause: unknown) {
    super(`no connection from the jump host: ${code}`, { cause });
    this.code = code;
  }
}

/** What no waiting changes: the hop is another one, is not known, or lets nobody through. */
export const JUMP_FINAL = ["JumpHostKeyUnknown", "JumpHostKeyMismatch", "JumpAuthentication", "JumpForbidden"] as const;

const error = (code: string, message: string, advice: string, cause?: unknown): ClusterError =>
  new ClusterError(code, message, { source: "node", advice, ...defined({ cause }) });

export const jumpUnreachable = (hop: Hop, what: string, cause?: unknown): ClusterError =>
  error(
    "JumpUnreachable",
    `the jump host ${hopText(hop)} ${what}`,
    "Check that it runs and lets you in: log in to it with ssh. Through Azure Bastion the tunnel must be open. Another way: --jump, or --jump none.",
    cause,
  );

/** @param before the hops before it @param seen what it showed */
export const jumpKeyUnknown = (hop: Hop, before: readonly Hop[], seen: string): ClusterError =>
  error(
    "JumpHostKeyUnknown",
    `the jump host ${hopText(hop)} is not in your ~/.ssh/known_hosts; it shows ${hostKeyFingerprint(seen)}`,
    `Nothing was sent to it. Log in to it once, compare the key and say yes: \`ssh ${login(hop, before)}\`.`,
  );

export const jumpKeyMismatch = (hop: Hop, seen: string): ClusterError =>
  error(
    "JumpHostKeyMismatch",
    `the jump host ${hopText(hop)} shows the host key ${hostKeyFingerprint(seen)}, which is not the one in your ~/.ssh/known_hosts`,
    "Nothing was sent to it. If it was made again, take its old line out: `ssh-keygen -R HOST`; if not, somebody may be in between.",
  );

export const jumpRefused = (hop: Hop, before: readonly Hop[], cause: unknown): ClusterError =>
  error(
    "JumpAuthentication",
    `the jump host ${hopText(hop)} accepts none of your SSH keys`,
    `Tried were --ssh-key, the keys of ~/.ssh without a passphrase, the cluster's key and your agent's. It must let you in: \`ssh ${login(hop, before)}\`.`,
    cause,
  );

export const jumpForbidden = (hop: Hop, cause: unknown): ClusterError =>
  error(
    "JumpForbidden",
    `the jump host ${hopText(hop)} does not let connections through`,
    "Its sshd must allow them: AllowTcpForwarding yes, and no PermitOpen that leaves the nodes out.",
    cause,
  );

// --- internal ---

const login = (hop: Hop, before: readonly Hop[]): string =>
  `${before.length === 0 ? "" : `-J ${before.map(hopText).join(",")} `}${hop.port === 22 ? "" : `-p ${hop.port} `}${hop.user}@${hop.host}`;
