/** What we log in to a cluster's nodes with: the private half of its SSH key where it is on this machine, else the user's agent. */
import { readFile } from "node:fs/promises";
import { type Identity, type Usable, usableIdentity } from "../../nodes/identity.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { prepareSshKey } from "../../prepare/ssh-keys.ts";
import { DEFAULT_SUBJECT } from "../../prepare/subject.ts";
import type { Run } from "../run.ts";

/** Of a key that was found or made. In a rehearsal there is nothing to log in to, and no agent is asked. */
export async function identityOf(run: Run, { publicKey, privateKeyFile }: SshKey): Promise<Usable> {
  const privateKey = privateKeyFile === undefined ? undefined : await readFile(privateKeyFile, "utf8");
  const agent = run.outside.env["SSH_AUTH_SOCK"];
  const offered: Identity = {
    publicKey,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(agent === undefined || agent === "" ? {} : { agent }),
  };
  return run.simulated ? { identity: offered } : usableIdentity(offered, { clock: run.outside.clock, signal: run.tools.signal });
}

/** Of the cluster's key as Azure knows it. Nothing is ever made. */
export async function identityFor(run: Run, clusterKey: string): Promise<Usable> {
  const key = await prepareSshKey({
    dir: run.dir,
    subject: DEFAULT_SUBJECT,
    now: run.outside.clock.now(),
    clusterKey,
  });
  return identityOf(run, key);
}
