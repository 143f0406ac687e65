/**
 * What we log in with: a private key that is at hand, or an agent that holds it (a key with a passphrase, a key on hardware). Decided
 * once, before anything is made: a key that cannot be used is the user's matter, and never put down to a machine.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { agentHolds } from "./agent.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";
import { forSsh } from "./private-key.ts";

export interface Identity {
  /** One OpenSSH line, as the nodes know it: which of an agent's keys is ours. */
  readonly publicKey: string;
  /** PEM or OpenSSH text; what ssh2 cannot read, or a passphrase protects, is left to the agent. */
  readonly privateKey?: string;
  /** Path of the agent's socket (SSH_AUTH_SOCK). */
  readonly agent?: string;
}

export interface Usable {
  /** What was offered, without what cannot log in: at most one of key and agent. */
  readonly identity: Identity;
  /** Why nothing is left. */
  readonly lacking?: ClusterError;
}

export interface IdentityOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** For the agent's answer; 5 seconds by default. */
  readonly timeoutMs?: number;
}

export const canLogIn = ({ privateKey, agent }: Identity): boolean => privateKey !== undefined || agent !== undefined;

/** Looks at the key, and asks the agent where the key does not do. @throws only the signal's reason */
export async function usableIdentity(offered: Identity, options: IdentityOptions): Promise<Usable> {
  const { publicKey, privateKey, agent } = offered;
  const unusable = privateKey === undefined ? undefined : (await asked(privateKey)).unusable;
  if (privateKey !== undefined && unusable === undefined) return { identity: { publicKey, privateKey } };
  if (agent === undefined || agent === "") return { identity: { publicKey }, lacking: unusable ?? keyMissing() };
  const within = limit(options.clock, options.timeoutMs ?? 5000, options.signal);
  try {
    if (await abortable(agentHolds(agent, publicKey), within.signal)) return { identity: { publicKey, agent } };
  } catch {
    options.signal?.throwIfAborted(); // an agent that does not answer holds nothing for us
  } finally {
    within.done();
  }
  return { identity: { publicKey }, lacking: unusable ?? keyMissing() };
}

/** @throws ClusterError SshKeyEncrypted, SshKeyUnreadable, PrivateKeyMissing */
export async function credentialOf({
  publicKey,
  privateKey,
  agent,
}: Identity): Promise<{ privateKey: string } | { agent: string; publicKey: string }> {
  const { key, unusable } = privateKey === undefined ? {} : await asked(privateKey);
  if (key !== undefined) return { privateKey: key };
  if (agent !== undefined && agent !== "") return { agent, publicKey };
  throw unusable ?? keyMissing();
}

/** The key as ssh2 reads it, or why it does not. */
async function asked(privateKey: string): Promise<{ readonly key?: string; readonly unusable?: ClusterError }> {
  try {
    return { key: await forSsh(privateKey) };
  } catch (error) {
    if (error instanceof ClusterError) return { unusable: error };
    throw error;
  }
}

const keyMissing = (): ClusterError =>
  new ClusterError("PrivateKeyMissing", "the cluster's private key is not on this machine, and no agent holds it", {
    exit: EXIT.failed,
    advice:
      "Name the key with --ssh-key FILE, run this where ssh-cert.key is (or give --dir), or add the key to your agent: ssh-add FILE",
  });
