/** The parts of the cluster's document that create and status share: a node, and how etcd came about. */
import { defined } from "./defined.ts";
import type { ClusterDocument, NodeDocument } from "./documents.ts";
import { names } from "./plan/cluster.ts";
import { doorOf } from "./plan/door.ts";
import { USER } from "./plan/resources/machine.ts";
import type { ClusterSpec } from "./spec/spec.ts";
import type { Choices } from "./plan/tags.ts";

export interface NodeFacts {
  readonly index: number;
  /** Name or address of the load balancer. */
  readonly host: string;
  /** Path of the private key; empty when it is not on this machine. */
  readonly identityFile: string;
  readonly privateIp: string;
  readonly publicIp?: string | undefined;
  readonly vmSize?: string | undefined;
  readonly zone?: string | undefined;
  readonly spot?: boolean | undefined;
  readonly state: string;
  readonly error?: NodeDocument["error"] | undefined;
}

export const nodeDocument = (
  spec: Pick<ClusterSpec, "name" | "vmNamePrefix" | "ssh" | "private">,
  node: NodeFacts,
): NodeDocument => ({
  index: node.index,
  name: names.machine(spec, node.index),
  ...doorOf(spec, node.host, { index: node.index, address: node.privateIp }),
  user: USER,
  identityFile: node.identityFile,
  privateIp: node.privateIp,
  ...defined({ publicIp: node.publicIp, zone: node.zone }),
  ...(node.spot === true ? { spot: true } : {}),
  state: node.state,
  ...defined({ vmSize: node.vmSize, error: node.error }),
});

export const etcdDocument = (
  spec: Pick<ClusterSpec, "name" | "vmNamePrefix">,
  { members, discoveryUrl, noEtcd }: Pick<Choices, "members" | "discoveryUrl" | "noEtcd">,
): ClusterDocument["etcd"] => ({
  mode: noEtcd === true ? "none" : discoveryUrl === undefined ? "static" : "discovery",
  members: [...members.keys()].map((index) => names.machine(spec, index)),
  ...defined({ discoveryUrl }),
});
