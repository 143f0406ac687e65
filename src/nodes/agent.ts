/**
 * The user's ssh-agent as ssh2 sees it, narrowed to one key: an agent may hold a dozen, and sshd counts each that is tried (MaxAuthTries).
 * Signing is the agent's business, with a passphrase or a touch that it asks for itself. ssh2 is loaded here and only when needed.
 */
import type { BaseAgent, ParsedKey } from "ssh2";
import { ClusterError, EXIT } from "../core/errors.ts";

export interface OneKeyAgent {
  readonly agent: BaseAgent;
  /** What went wrong between us and the agent, once it has. */
  failure(): ClusterError | undefined;
}

/** Whether it holds the key. Rejects when there is no agent at this path. */
export async function agentHolds(path: string, publicKey: string): Promise<boolean> {
  const { createAgent } = (await import("ssh2")).default;
  return (await keysOf(createAgent(path), publicKey)).length > 0;
}

export async function agentWith(path: string, publicKey: string): Promise<OneKeyAgent> {
  const { BaseAgent: Base, createAgent } = (await import("ssh2")).default;
  const inner = createAgent(path);
  let failed: ClusterError | undefined;
  const only = new (class extends Base<ParsedKey> {
    override getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
      keysOf(inner, publicKey).then(
        (keys) => {
          if (keys.length === 0) failed = lacksKey();
          done(failed, keys);
        },
        (error: unknown) => done((failed = unreachable(path, error))),
      );
    }
    override sign(key: ParsedKey, data: Buffer, ...rest: unknown[]): void {
      const done = rest.at(-1) as (error?: Error | null, signature?: Buffer) => void;
      const options = rest.length > 1 ? (rest[0] as { hash?: "sha1" | "sha256" | "sha512" }) : {};
      inner.sign(key, data, options, (error, signature) => {
        if (error) failed = refused(error);
        done(failed, signature);
      });
    }
  })();
  return { agent: only, failure: () => failed };
}

/** Kinds that ssh2 does not know (FIDO keys, certificates) are not among them: Azure takes none of those for a machine. */
function keysOf(agent: BaseAgent, publicKey: string): Promise<ParsedKey[]> {
  const wanted = publicKey.trim().split(/\s+/)[1] ?? "";
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error) return reject(error);
      resolve(((keys ?? []) as ParsedKey[]).filter((key) => key.getPublicSSH().toString("base64") === wanted));
    });
  });
}

const lacksKey = (): ClusterError =>
  new ClusterError("SshAgentKeyMissing", "the ssh-agent does not hold the cluster's SSH key", {
    exit: EXIT.failed,
    advice: "Add it: ssh-add FILE (ssh-add -l lists what the agent holds).",
  });

const unreachable = (path: string, cause: unknown): ClusterError =>
  new ClusterError("SshAgentUnreachable", `the ssh-agent at ${path} (SSH_AUTH_SOCK) does not answer`, {
    exit: EXIT.failed,
    advice: "Start one and add the key: eval $(ssh-agent); ssh-add FILE",
    cause,
  });

const refused = (cause: unknown): ClusterError =>
  new ClusterError("SshAgentRefused", "the ssh-agent did not sign with the cluster's SSH key", {
    exit: EXIT.failed,
    advice: "It may be locked, or wait for a confirmation or a touch: look at it, and run the command again.",
    cause,
  });
