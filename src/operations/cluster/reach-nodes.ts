/**
 * The nodes of a running cluster as `ssh` and `run` reach them, found from Azure: addresses and ports, the host key that each was given
 * (a tag of its machine), and the private key in the folder, which is never made here.
 */
import { defined } from "../../core/defined.ts";
import { groupFlag } from "../../core/spec/in-group.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { waysIn } from "../../core/advice/private-network.ts";
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { USER } from "../../core/plan/resources/machine.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { provenOf } from "../../core/plan/proof.ts";
import { hostKeyIn, keptSpec } from "../../core/plan/read-tags.ts";
import { groupId, nameOf as lastOf, resourceId } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { connect } from "../../nodes/connection.ts";
import { tunnelHosts } from "./known-hosts.ts";
import { type KnownHost, mergeKnownHosts } from "../../nodes/known-hosts.ts";
import type { Identity } from "../../nodes/identity.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { PUBLIC, textAt } from "../../prepare/kept-file.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { interfaceAddresses, machinesOf } from "./nodes-there.ts";
import { type Astray, astrayMachines, refuseAstray } from "./astray.ts";
import { type Claim, claimNeeded } from "./claim.ts";
import type { Cluster } from "./cluster.ts";
import { findCluster } from "./find.ts";
import { nodeTarget, knownTarget, knownHostsFile } from "./node-target.ts";
import { hopsTo, keepProvenHops, reachOf } from "./way.ts";
import { replaceFile } from "../files/replace-file.ts";
import { identityFor } from "./identity.ts";
import { refuseStopped } from "./stopped.ts";
import type { Run } from "../run.ts";

export interface ReachedCluster {
  readonly cluster: Cluster;
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  /** In the order of their indexes; at least one. */
  readonly nodes: readonly NodeTarget[];
  readonly key: SshKey;
  /** What nodes are logged in to with: see canLogIn. */
  readonly identity: Identity;
  /** Machines of its nodes that are there and not among `nodes`, for they have lost the tags that say whose they are. */
  readonly astray: Astray;
  /** Why nobody can log in from here, when that is so. */
  readonly lacking?: ClusterError;
  /** The cluster's own known_hosts, brought up to date. */
  readonly knownHosts: string;
}

/** @throws ClusterError no such cluster, a stopped one, no address, no machine; and in a rehearsal, where none was booted */
export async function reachNodes(run: Run, name: string, group: string | undefined): Promise<ReachedCluster> {
  const cluster = await findCluster(run, name, group);
  refuseStopped(name, (await claimNeeded(run, cluster)).tags);
  if (run.simulated)
    throw new ClusterError(
      "NothingBooted",
      `no machine of ${name} was booted: Azure is simulated, so there is nothing to log in to`,
      {
        exit: EXIT.failed,
        advice: "Leave --simulate out to reach a real cluster.",
      },
    );
  return reachFound(run, cluster);
}

/** The same of a cluster that was found, for whoever has another way to nodes that cannot be logged in to. */
export async function reachFound(run: Run, cluster: Cluster): Promise<ReachedCluster> {
  const { name } = cluster;
  const claim = await claimNeeded(run, cluster);
  const spec = keptSpec(name, claim.kept);
  if (claim.address === undefined)
    throw new ClusterError("NoAddress", `${name} has no address yet`, {
      source: "azure",
      advice: `Run \`azure-coreos-cluster create ${name}${groupFlag(name, cluster.groupName)}\` again: it finishes the cluster.`,
    });
  const whole = await snapshotOf(run, cluster);
  const snapshot = provenOf(whole, cluster.owner);
  const astray = astrayMachines(run, { ...cluster, spec, claim }, whole);
  const { key, identity, lacking } = await identityFor(run, name, claim.choices.sshPublicKey);
  await clusterFolder(run.dir, name);
  const knownHosts = knownHostsFile(run, name);
  const known = textAt(knownHosts) ?? "";
  const addresses = new Map(interfaceAddresses(spec, snapshot));
  const there = machinesOf(spec, snapshot).map((index) => ({
    index,
    address: addresses.get(index) ?? "",
    hostKey: hostKeyOf(spec, snapshot, index),
  }));
  const reach = await reachOf(run, { spec, claim }, { identity, nodes: there });
  await keepProvenHops(run, name, reach.via);
  // one that was trusted on first use is known from then on
  const nodes = there.map((node) => knownTarget(nodeTarget(reach, node), known));
  if (nodes.length === 0) refuseAstray(astray);
  if (nodes.length === 0)
    throw new ClusterError("NoMachines", `${name} has no machines yet`, {
      source: "azure",
      advice: `Run \`azure-coreos-cluster create ${name}${groupFlag(name, cluster.groupName)}\` again: it finishes the cluster.`,
    });
  await keep(knownHosts, known, nodes, {
    host: spec.private ? undefined : claim.host,
    tunnels: tunnelHosts(
      hopsTo(run, name),
      nodes.flatMap(({ hostKeys }) => hostKeys),
    ),
  });
  return { cluster, spec, claim, nodes, astray, key, identity, ...defined({ lacking }), knownHosts };
}

/**
 * The cluster with the host keys of nodes that made their own (`--no-host-keys`), asked of them on first contact, said aloud and kept.
 * A node that does not answer stays unknown.
 */
export async function learnHostKeys(run: Run, cluster: ReachedCluster): Promise<ReachedCluster> {
  const { clock, signal } = { clock: run.outside.clock, signal: run.tools.signal };
  const nodes = await Promise.all(
    cluster.nodes.map(async (node) => {
      if (node.hostKeys.length > 0) return node;
      try {
        const connection = await connect(node, { clock, signal, trust: "first-use" });
        connection.close();
        run.say(`${node.name}: its host key was not known, and is trusted from now on (${connection.hostKey}).`);
        return { ...node, hostKeys: [connection.hostKey] };
      } catch {
        signal.throwIfAborted();
        return node;
      }
    }),
  );
  await keep(cluster.knownHosts, textAt(cluster.knownHosts) ?? "", nodes, {});
  return { ...cluster, nodes };
}

/** What to say when no node could be reached; undefined where being inside of the network would not help. */
export async function notInside(run: Run, { spec, cluster }: ReachedCluster): Promise<string | undefined> {
  if (!spec.private || hopsTo(run, spec.name).length > 0) return undefined;
  const machine = resourceId(groupId(run.subscription, cluster.groupName), "machine", names.machine(spec, 0));
  return `A private cluster is reached from inside its network only. ${waysIn(machine, USER)}`;
}

// --- internal ---

function hostKeyOf(spec: ClusterSpec, snapshot: Snapshot, index: number): string | undefined {
  const machine = [...snapshot.values()].find((live) => live.kind === "machine" && nodeIndex(spec, lastOf(live.id)) === index);
  return machine && hostKeyIn(machine);
}

async function keep(
  file: string,
  before: string,
  nodes: readonly NodeTarget[],
  { host, tunnels = [] }: { readonly host?: string | undefined; readonly tunnels?: readonly KnownHost[] },
): Promise<void> {
  const entries = nodes
    .filter(({ hostKeys }) => hostKeys.length > 0)
    .map((node) => ({ hosts: host === undefined ? [node.host] : [host, node.host], port: node.port, keys: node.hostKeys }));
  const text = mergeKnownHosts(before, [...entries, ...tunnels]);
  if (text !== before) await replaceFile(file, text, PUBLIC);
}
