/** Nodes that leave a cluster leave its etcd first, each through the others: a machine that is gone can no longer say goodbye. */
import { type Node, names } from "../../core/plan/cluster.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Claim } from "../cluster/claim.ts";
import { type Reach, operatorTls } from "../cluster/node-target.ts";
import { identityFor } from "../cluster/identity.ts";
import { wayTo } from "../cluster/way.ts";
import type { Run } from "../run.ts";
import { recoverAuthority } from "./authority.ts";
import { leave } from "./membership.ts";
import { usesTls } from "./plan.ts";

/** Nodes that leave a cluster. */
export interface Leaving {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  /** Nodes that exist. */
  readonly there: readonly Node[];
  /** Indexes of those that go. */
  readonly going: readonly number[];
}

/** What is advised where somebody may go on all the same: that all members go, that etcd cannot be told, that it is lost. */
export interface AllTheSame {
  readonly all: string;
  readonly untold: string;
  readonly lost: string;
}

/**
 * Those of `going` that are members leave, one at a time. With `force` what stands in the way is said and passed over.
 * @param offer for whoever has a way to force it
 * @throws ClusterError EtcdQuorum, EtcdUnreachable, EtcdChangeRefused, PrivateKeyMissing, SshKeyEncrypted
 */
export async function leaveEtcd(
  run: Run,
  { spec, claim, there, going }: Leaving,
  force: boolean,
  offer?: AllTheSame,
): Promise<void> {
  const members = there.filter((node) => claim.choices.members.has(node.index));
  const leaving = members.filter((node) => going.includes(node.index));
  if (leaving.length === 0 || !hasEtcd(claim.choices)) return;
  const stays = claim.choices.members.size - leaving.length;
  if (stays < 1 && !force)
    throw new ClusterError("EtcdQuorum", "these are all of etcd's members: without them its data is gone", {
      source: "node",
      exit: EXIT.failed,
      ...(offer === undefined ? {} : { advice: offer.all }),
    });
  if (run.simulated) return;
  const { identity, lacking } = await identityFor(run, spec.name, claim.choices.sshPublicKey);
  if (lacking !== undefined && !force)
    throw new ClusterError(lacking.code, `etcd's members leave through the nodes, and ${lacking.message}`, {
      exit: EXIT.failed,
      advice: `${lacking.advice ?? ""} ${offer?.untold ?? ""}`.trim(),
    });
  const reach: Reach = {
    spec,
    choices: claim.choices,
    host: claim.address ?? "",
    identity,
    tls: usesTls(spec, claim),
    via: await wayTo(run, spec.name, { identity, nodeKeys: there.map(({ hostKey }) => hostKey) }),
  };
  if (reach.tls) await recoverAuthority(run, reach, members);
  const etcd = { reach, alive: members, tls: reach.tls ? operatorTls(run.dir, spec.name) : undefined };
  run.changesNodes();
  for (const [nth, node] of leaving.entries()) {
    const name = names.machine(spec, node.index);
    run.emit({ kind: "started", id: `etcd/${name}`, label: `etcd member ${name}`, detail: "leaving", node: node.index });
    try {
      await leave(run, etcd, node, { force, quorumPatienceMs: nth === 0 ? 5000 : 45_000 });
      run.emit({ kind: "done", id: `etcd/${name}`, label: `etcd member ${name}`, change: "deleted", node: node.index });
    } catch (error) {
      run.tools.signal.throwIfAborted();
      const { code, message } = error as ClusterError;
      run.emit({
        kind: force ? "skipped" : "failed",
        id: `etcd/${name}`,
        label: `etcd member ${name}`,
        code,
        message,
        node: node.index,
      });
      if (!force) throw code === "EtcdUnreachable" && offer !== undefined ? withAdvice(error as ClusterError, offer.lost) : error;
    }
  }
}

// --- internal ---

const withAdvice = (error: ClusterError, more: string): ClusterError =>
  new ClusterError(error.code, error.message, {
    source: error.source,
    exit: error.exit,
    advice: `${error.advice ?? ""} ${more}`.trim(),
    cause: error.cause,
  });
