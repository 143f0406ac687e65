/** status: how a cluster is, found from Azure alone and, with its keys at hand, from the nodes themselves. Changes nothing. */
import type { StatusDocument, StatusNode } from "../core/documents.ts";
import { identityFor } from "./cluster/identity.ts";
import { endpointsOf } from "../core/plan/endpoints.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { etcdDocument, nodeDocument } from "../core/node-document.ts";
import { clusterDocument } from "../core/outputs.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "./cluster/live-cluster.ts";
import { findCluster } from "./cluster/find.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { type Health, askNodes } from "./cluster/node-health.ts";
import type { Run } from "./run.ts";

export interface Status {
  readonly document: StatusDocument;
  /** Nodes that are up. */
  readonly healthy: number;
  /** 0 when every node is up and nothing does harm, 3 when some are, 1 when none is. */
  readonly exit: ExitCode;
  /** A sentence about the look itself: that the nodes were not asked, and why. */
  readonly note?: string;
}

export interface StatusOptions {
  readonly resourceGroup?: string;
}

/** @throws ClusterError ClusterNotFound, ClusterHalfMade, BeingDestroyed (exit 1); ClaimDamaged, ClaimTwice (exit 7) */
export async function clusterStatus(run: Run, name: string, { resourceGroup }: StatusOptions = {}): Promise<Status> {
  const located = await findCluster(run, name, resourceGroup);
  if (located.claims.length === 0 && located.own) throw halfMade(located);
  const live = await readLiveCluster(run, located);
  const way = await identityFor(run, name, live.claim.choices.sshPublicKey);
  const { key } = way;
  const health = await askNodes(run, live, live.nodes.filter(worthAsking), way);
  const document = documentOf(run, located, live, health, key.privateKeyFile ?? "");
  const all = document.nodes.length;
  const healthy = document.nodes.filter(({ state }) => state === "ready" || state === "running").length;
  return {
    document,
    healthy,
    exit: healthy === 0 ? EXIT.failed : healthy < all || live.drift.some((one) => one.harm) ? EXIT.partly : EXIT.done,
    ...(health.note === undefined ? {} : { note: health.note }),
  };
}

// --- internal ---

/** A machine may answer long before Azure calls it made. */
const worthAsking = ({ provisioning, power }: LiveNode): boolean =>
  provisioning !== undefined && (power === undefined || power === "running" || power === "starting");

function documentOf(run: Run, { groupName }: Cluster, live: LiveCluster, health: Health, identityFile: string): StatusDocument {
  const { spec, claim, location, drift, resources, expires } = live;
  const nodes = live.nodes.map((node): StatusNode => {
    const asked = health.nodes.get(node.index);
    return {
      ...nodeDocument(spec, {
        index: node.index,
        host: claim.host ?? claim.address ?? "",
        identityFile,
        privateIp: node.privateIp,
        publicIp: node.addressed ? node.publicIp : undefined,
        state: stateOf(node, asked?.state),
      }),
      ...(node.power === undefined ? {} : { power: node.power }),
      ...(node.provisioning === undefined ? {} : { provisioning: node.provisioning }),
      health: asked?.state ?? "unknown",
      ...(asked?.reason === undefined ? {} : { reason: asked.reason }),
      ...(node.madeAt === undefined ? {} : { createdAt: new Date(node.madeAt).toISOString() }),
    };
  });
  const whole = clusterDocument(
    {
      name: spec.name,
      resourceGroup: groupName,
      location,
      host: claim.host ?? "",
      ip: claim.address ?? "",
      nodes,
      etcd: etcdDocument(spec, claim.choices),
      resources: { created: 0, unchanged: resources, updated: 0 },
      seconds: Math.round((run.clock.now() - run.startedAt) / 1000),
    },
    spec.deis,
  );
  return {
    ...whole,
    nodes,
    endpoints: endpointsOf(spec).map((endpoint) => ({ name: endpoint.name, port: endpoint.port })),
    drift,
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    ...(run.simulated ? { simulated: true } : {}),
  };
}

/** One word a node: what Azure says where that is worse, else what the node itself says. */
function stateOf({ provisioning, power }: LiveNode, health: string | undefined): string {
  if (provisioning === undefined) return "missing";
  const made = provisioning.toLowerCase();
  // a node that answers is up, if Azure does not yet call its machine made
  if (health === "ready" && made !== "failed" && made !== "deleting") return "ready";
  if (made !== "succeeded" && made !== "updating") return made;
  if (power !== undefined && power !== "running") return power;
  return health ?? "running";
}

const halfMade = ({ name, groupName, group }: Cluster): ClusterError =>
  new ClusterError(
    group?.deleting === true ? "BeingDestroyed" : "ClusterHalfMade",
    group?.deleting === true
      ? `${name} is being destroyed`
      : `${name} is half made: the resource group ${groupName} has nothing that says what was chosen for it`,
    {
      source: "azure",
      exit: EXIT.failed,
      advice:
        group?.deleting === true
          ? `\`azure-coreos-cluster destroy ${name}\` waits until it is gone.`
          : `Finish it by running create again, or remove it: \`azure-coreos-cluster destroy ${name}\`.`,
    },
  );
