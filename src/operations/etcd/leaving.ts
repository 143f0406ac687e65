/** Nodes that leave a cluster leave its etcd first, each through the others: a machine that is gone can no longer say goodbye. */
import { join } from "node:path";
import { defined } from "../../core/defined.ts";
import { type Node, names } from "../../core/plan/cluster.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Claim } from "../cluster/claim.ts";
import { operatorTls } from "../cluster/node-target.ts";
import { identityFor } from "../cluster/identity.ts";
import { reachOf } from "../cluster/way.ts";
import type { Run } from "../run.ts";
import { recoverAuthority } from "./authority.ts";
import { tellGateways } from "./gateways.ts";
import { leave } from "./membership.ts";
import { prepareEtcdTls } from "../../prepare/etcd-tls.ts";

/** Nodes that leave a cluster. */
export interface Leaving {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  /** Nodes that exist. */
  readonly there: readonly Node[];
  /** Indexes of those that go. */
  readonly going: readonly number[];
}

/** What a command that can be forced says of it: where all members go, where etcd cannot be told, where it is lost. */
export interface ForceAdvice {
  readonly all: string;
  readonly untold: string;
  readonly lost: string;
}

export interface LeaveOptions {
  /** What stands in the way is said and passed over. */
  readonly force?: boolean;
  /** Of a command that can be forced. */
  readonly advice?: ForceAdvice;
  /** The nodes are made anew, and then need a certificate of etcd's authority. */
  readonly comeBack?: boolean;
}

/**
 * Those of `going` that are members leave, one at a time.
 * @throws ClusterError EtcdQuorum, PrivateKeyMissing, SshKeyEncrypted, EtcdCaMissing (exit 5); EtcdUnreachable, EtcdChangeRefused
 */
export async function leaveEtcd(
  run: Run,
  { spec, claim, there, going }: Leaving,
  { force = false, advice, comeBack = false }: LeaveOptions = {},
): Promise<void> {
  const members = there.filter((node) => claim.choices.members.has(node.index));
  const leaving = members.filter((node) => going.includes(node.index));
  if (leaving.length === 0 || !hasEtcd(claim.choices)) return;
  if (!force) refuseAllMembers({ claim, there, going }, advice);
  if (run.simulated) return;
  const { identity, lacking } = await identityFor(run, spec.name, claim.choices.sshPublicKey);
  if (lacking !== undefined && !force)
    throw new ClusterError(lacking.code, `etcd's members leave through the nodes, and ${lacking.message}`, {
      exit: EXIT.preflight,
      advice: `${lacking.advice ?? ""} ${advice?.untold ?? ""}`.trim(),
    });
  const reach = await reachOf(run, { spec, claim }, { identity, nodes: there });
  if (reach.tls) await recoverAuthority(run, reach, members);
  if (reach.tls && comeBack)
    await prepareEtcdTls({ folder: join(run.dir, spec.name), cluster: spec.name, exists: true, now: run.outside.clock.now() });
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
      if (!force) throw refused(error, nth, advice);
    }
  }
  // who comes back is a member again, most often at the same address
  if (comeBack) return;
  const staying = there.filter(({ index }) => !going.includes(index));
  await tellGateways(
    run,
    reach,
    staying,
    staying.filter(({ index }) => claim.choices.members.has(index)),
  );
}

/** @throws ClusterError EtcdQuorum (exit 5) */
export function refuseAllMembers(
  { claim: { choices }, there, going }: Pick<Leaving, "claim" | "there" | "going">,
  advice?: ForceAdvice,
): void {
  const leaving = there.filter(({ index }) => choices.members.has(index) && going.includes(index));
  if (!hasEtcd(choices) || leaving.length === 0 || leaving.length < choices.members.size) return;
  throw new ClusterError("EtcdQuorum", "these are all of etcd's members: without them its data is gone", {
    source: "node",
    exit: EXIT.preflight,
    ...defined({ advice: advice?.all }),
  });
}

// --- internal ---

/** What etcd says no to when nothing is changed yet is refused beforehand; later a part is done. @param left so many have left it by then */
function refused(error: unknown, left: number, force: ForceAdvice | undefined): unknown {
  if (!(error instanceof ClusterError)) return error;
  const { code, message, source, exit, advice = "", cause } = error;
  const more = code === "EtcdUnreachable" ? ` ${force?.lost ?? ""}` : "";
  return new ClusterError(code, message, {
    source,
    exit: left > 0 && exit === EXIT.failed ? EXIT.partly : code === "EtcdQuorum" ? EXIT.preflight : exit,
    ...(`${advice}${more}`.trim() === "" ? {} : { advice: `${advice}${more}`.trim() }),
    cause,
  });
}
