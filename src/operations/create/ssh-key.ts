/**
 * The SSH key that a create works with: given, named by a thumbprint, the cluster's own, or made; with its private half where that is
 * on this machine. What would keep nodes from being asked is said here, before the first write.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Identity } from "../../nodes/identity.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { parseThumbprint, prepareSshKey } from "../../prepare/ssh-keys.ts";
import { beginOwnKey, refuseAnothersOwnKey } from "../../prepare/ssh-own-key.ts";
import { openSshLine, parseOpenSshPublicKey, sshThumbprint } from "../../prepare/ssh-public-key.ts";
import { type Subject, subjectOf } from "../../prepare/subject.ts";
import { ask } from "../ask.ts";
import { asFarAsAllowed } from "../cluster/allowed.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import { identityOf } from "../cluster/identity.ts";
import { withPrivateKey } from "../cluster/private-key.ts";
import type { Mode } from "../mode.ts";
import { pathForSsh } from "../files/own-path.ts";
import type { Run } from "../run.ts";

export type BegunKey = ReturnType<typeof beginOwnKey> | undefined;

/** Begins the key of a cluster that is likely to need a new one. What is wrong with the folder is said in its turn. */
export function beginKey(run: Run, { sshCert, sshThumb }: Partial<FlagValues>): BegunKey {
  if (sshCert !== undefined || sshThumb !== undefined || run.sshKey !== undefined) return undefined;
  return beginOwnKey({ dir: run.dir, subject: async () => (await subjectOf(run.dir)).subject }).catch(() => undefined);
}

/** @throws ClusterError what a file, a thumbprint or a key that is not the cluster's is refused with */
export async function prepareSsh(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  { mode, begun }: { readonly mode: Mode; readonly begun: BegunKey },
): Promise<SshKey> {
  const { sshCert, sshThumb } = spec;
  const clusterKey = found.claim?.choices.sshPublicKey;
  const chosen = sshCert !== undefined || sshThumb !== undefined || clusterKey !== undefined;
  if (mode === "imagine" && !chosen && run.sshKey === undefined) {
    await refuseAnothersOwnKey(run);
    return IMAGINED;
  }
  // a private key alone is asked for its public half
  const file = sshCert === undefined ? (chosen ? undefined : run.sshKey) : pathForSsh(run.outside, sshCert, "--ssh-cert");
  const stored = sshThumb === undefined || sshCert !== undefined ? {} : await storedKeys(run, found.groupName, sshThumb);
  const key = await prepareSshKey({
    dir: run.dir,
    subject: () => subjectHere(run),
    now: run.outside.clock.now(),
    begun,
    ...(file === undefined ? {} : { sshCert: file, named: sshCert === undefined ? "--ssh-key" : "--ssh-cert" }),
    ...defined({ sshThumb, clusterKey }),
    ...stored,
  });
  const whole = await withPrivateKey(run, spec.name, key);
  for (const message of whole.notes) run.emit({ kind: "note", id: "ssh-key", label: "SSH key", message });
  return whole;
}

/**
 * What nodes will be asked with. A key that cannot be used is said before anything is written: hours later it would look like a node's fault.
 * A public half alone may be meant so, for a colleague has the other one: then nobody is asked, unless --wait-for insists.
 */
export async function usableHere(run: Run, spec: ClusterSpec, ssh: SshKey): Promise<Identity> {
  if (ssh === IMAGINED) return { publicKey: ssh.publicKey };
  const { identity, lacking } = await identityOf(run, ssh);
  if (lacking === undefined || spec.waitFor === "machines") return identity;
  if (ssh.privateKeyFile === undefined && !spec.given.includes("waitFor")) {
    run.emit({ kind: "note", id: "readiness", label: "readiness", message: NOBODY_ASKS });
    return identity;
  }
  throw new ClusterError(lacking.code, `${lacking.message}, and so nodes cannot be asked`, {
    exit: EXIT.preflight,
    advice: [lacking.advice, "With --wait-for machines nobody logs in. Nothing was written to Azure."].filter(Boolean).join("\n"),
    cause: lacking,
  });
}

// --- internal ---

const NOBODY_ASKS =
  "The private key of the cluster is not on this machine, and no agent holds it: nodes are waited for until Azure calls them made, and whether they answer is not known.";

const IMAGINED: SshKey = { publicKey: "ssh-rsa (made when the cluster is)", made: false, files: [], notes: [] };

/** That of cert.conf: read only when a certificate is made. */
async function subjectHere(run: Run): Promise<Subject> {
  const { subject, notes } = await subjectOf(run.dir);
  for (const message of notes) run.emit({ kind: "note", id: "cert.conf", label: "cert.conf", message });
  return subject;
}

/** The SSH key stored in Azure that a thumbprint names. Other people's keys that cannot be read are passed over. */
async function storedKeys(run: Run, group: string, thumb: string): Promise<{ storedKey?: string; storedNote?: string }> {
  const wanted = parseThumbprint(thumb);
  const all = await asFarAsAllowed(
    () => ask(run, "sshKeys"),
    () => ask(run, "sshKeysIn", group),
  );
  const unreadable: string[] = [];
  for (const { id, publicKey } of all) {
    const line = oneLine(publicKey);
    if (line === undefined) unreadable.push(id.split("/").at(-1) ?? id);
    else if (sshThumbprint(line) === wanted) return { storedKey: line };
  }
  return unreadable.length === 0
    ? {}
    : { storedNote: `Keys stored in Azure that cannot be read and so were passed over: ${unreadable.join(", ")}.` };
}

function oneLine(publicKey: string): string | undefined {
  try {
    const { blob, comment } = parseOpenSshPublicKey(publicKey);
    return openSshLine(blob, comment);
  } catch {
    return undefined;
  }
}
