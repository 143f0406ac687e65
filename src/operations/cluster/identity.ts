/** What we log in to a cluster's nodes with: the private half of its SSH key where it is on this machine, else the user's agent. */
import { defined } from "../../core/defined.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { type Identity, type Usable, usableIdentity } from "../../nodes/identity.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { textOf } from "../../prepare/key-text.ts";
import { readWhole } from "../../prepare/read-whole.ts";
import { clusterSshKey } from "../../prepare/ssh-cluster-key.ts";
import type { Run } from "../run.ts";
import { withPrivateKey } from "./private-key.ts";

/** Of a key that was found or made. In a rehearsal there is nothing to log in to, and no agent is asked. */
export async function identityOf(run: Run, { publicKey, privateKeyFile }: SshKey): Promise<Usable> {
  const privateKey = privateKeyFile === undefined ? undefined : textOf(await readWhole(privateKeyFile));
  const agent = run.outside.env["SSH_AUTH_SOCK"];
  const offered: Identity = {
    publicKey,
    ...defined({ privateKey }),
    ...(agent === undefined || agent === "" ? {} : { agent }),
  };
  if (run.simulated) return { identity: offered };
  const { identity, lacking } = await usableIdentity(offered, { clock: run.outside.clock, signal: run.tools.signal });
  return { identity, ...(lacking === undefined ? {} : { lacking: named(lacking, privateKeyFile) }) };
}

/** Of the cluster's key as Azure knows it. Nothing is ever made. @throws ClusterError SshKeyDiffers, of `--ssh-key` */
export async function identityFor(run: Run, cluster: string, clusterKey: string): Promise<Usable & { readonly key: SshKey }> {
  const found = await clusterSshKey({ dir: run.dir, now: run.outside.clock.now(), clusterKey });
  const key = await withPrivateKey(run, cluster, found);
  return { key, ...(await identityOf(run, key)) };
}

// --- internal ---

/** What is wrong with a file, with its name. */
function named(error: ClusterError, file: string | undefined): ClusterError {
  if (file === undefined) return error;
  const advice = error.advice?.replaceAll(/\bFILE\b/g, () => shellWord(file));
  return new ClusterError(error.code, `${error.message} (${file})`, {
    source: error.source,
    exit: EXIT.failed,
    ...defined({ advice }),
    cause: error.cause,
  });
}
