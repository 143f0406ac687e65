/**
 * What ssh is told of a node, in one place: our own `ssh`, the printed config and the file of Host blocks say the same. By ssh's names,
 * in the order of ssh_config(5)'s use; values are quoted for a configuration file where they may need it.
 */
import { sshConfigWord } from "./quoting.ts";

/** Whether a node must show a key that is known, or may be believed at the first time. */
export type Trust = "strict" | "first-use";

export interface SshFacts {
  readonly port: number;
  readonly user: string;
  /** Absolute path of a private key, or of a public one whose private half the agent has; empty when there is none here. */
  readonly identityFile: string;
  /** The cluster's own. */
  readonly knownHostsFile: string;
  /** "first-use" where no host key is known yet. */
  readonly trust: Trust;
  /** The name of the last jump host, in the same file. */
  readonly proxyJump?: string | undefined;
}

export const sshOptions = (facts: SshFacts): [name: string, value: string][] => [
  ["Port", String(facts.port)],
  ["User", facts.user],
  // an agent with many keys would use up the node's patience before it comes to this one
  ...(facts.identityFile === ""
    ? []
    : ([
        ["IdentityFile", sshConfigWord(facts.identityFile)],
        ["IdentitiesOnly", "yes"],
      ] as [string, string][])),
  ["UserKnownHostsFile", sshConfigWord(facts.knownHostsFile)],
  ["GlobalKnownHostsFile", "/dev/null"],
  ["StrictHostKeyChecking", facts.trust === "first-use" ? "accept-new" : "yes"],
  // an Azure load balancer forgets idle connections after 4 minutes
  ["ServerAliveInterval", "60"],
  ...(facts.proxyJump === undefined ? [] : ([["ProxyJump", facts.proxyJump]] as [string, string][])),
];
