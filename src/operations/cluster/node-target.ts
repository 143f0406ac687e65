/** A node as src/nodes reaches it, made from what is known of the cluster; and the files that reaching it needs. */
import { defined } from "../../core/defined.ts";
import { join } from "node:path";
import { type Node, names } from "../../core/plan/cluster.ts";
import { doorOf } from "../../core/plan/door.ts";
import { USER } from "../../core/plan/resources/machine.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Choices } from "../../core/plan/tags.ts";
import type { Identity } from "../../nodes/identity.ts";
import type { Via } from "../../nodes/via.ts";
import type { EtcdClientTls, NodeTarget } from "../../nodes/target.ts";
import { etcdTlsFiles } from "../../prepare/etcd-tls.ts";
import { textAt } from "../../prepare/kept-file.ts";
import { expectedKeys } from "../../nodes/known-hosts.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

/** What all targets of a cluster share. */
export interface Reach {
  readonly spec: Pick<ClusterSpec, "name" | "vmNamePrefix" | "ssh" | "private" | "platform">;
  readonly choices: Pick<Choices, "members" | "etcdCa">;
  /** The resource group. */
  readonly group: string;
  /** The IP address of the load balancer; empty when it has none yet. */
  readonly host: string;
  /** With neither key nor agent when we cannot log in from here: see canLogIn. */
  readonly identity: Identity;
  readonly tls: boolean;
  /** Through jump hosts; undefined: straight. */
  readonly via: Via | undefined;
}

export const nodeTarget = (reach: Reach, node: Node): NodeTarget => ({
  index: node.index,
  name: names.machine(reach.spec, node.index),
  ...doorOf(reach.spec, reach.host, node),
  ...defined({ via: reach.via }),
  user: USER,
  hostKeys: node.hostKey === undefined ? [] : [node.hostKey.split(" ").slice(0, 2).join(" ")],
  identity: reach.identity,
  privateAddress: node.address,
  role: reach.choices.members.has(node.index) ? "member" : "gateway",
  tls: reach.tls,
});

/** One that was given no key, with those that it was met with before. @param knownHosts text of the cluster's own known_hosts */
export const knownTarget = (target: NodeTarget, knownHosts: string): NodeTarget =>
  target.hostKeys.length > 0 ? target : { ...target, hostKeys: expectedKeys(knownHosts, target.host, target.port) };

/** The cluster's own known_hosts. */
export const knownHostsFile = ({ dir }: { readonly dir: string }, cluster: string): string =>
  join(dir, cluster, FOLDER_FILES.knownHosts);

/** The operator's certificate for etcd, where it is in the cluster's folder. */
export function operatorTls(dir: string, cluster: string): EtcdClientTls | undefined {
  const files = etcdTlsFiles(join(dir, cluster));
  const [ca, certificate, key] = [textAt(files.ca), textAt(files.client), textAt(files.clientKey)];
  return ca === undefined || certificate === undefined || key === undefined ? undefined : { ca, certificate, key };
}
