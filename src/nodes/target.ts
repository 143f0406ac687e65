/**
 * One node as the outside sees it: where its SSH answers, which key it must show, and where etcd is on it. Plain data but for the way there, made
 * by the caller from the plan and the materials; nothing here knows Azure. The private key is never printed.
 */
import type { Trust } from "../core/ssh-options.ts";
import type { Identity } from "./identity.ts";
import type { Via } from "./via.ts";

export interface NodeTarget {
  /** 0 and up: the order of output. */
  readonly index: number;
  /** The machine's name, which is also its ETCD_NAME. */
  readonly name: string;
  /** An IP *address*: a fresh DNS name takes minutes to be known everywhere. The load balancer's, or the node's own. */
  readonly host: string;
  /** The port of the NAT rule, 22001 + index by default; 22 at the node's own address. */
  readonly port: number;
  /** Through which jump hosts; absent: straight. */
  readonly via?: Via;
  /** The user to log in as: `core`, unless the image is another. */
  readonly user: string;
  /** Expected host keys, "ssh-ed25519 AAAA..." each; empty when none is known yet. */
  readonly hostKeys: readonly string[];
  readonly identity: Identity;
  /** The address inside the virtual network. */
  readonly privateAddress: string;
  readonly role: "member" | "gateway";
  /** Whether etcd speaks TLS and asks for a client certificate. */
  readonly tls: boolean;
  /** Where etcd answers as seen from the node; by default the private address of a member, 127.0.0.1 on a gateway. */
  readonly etcdAddress?: string;
  /** 2379 by default. */
  readonly etcdPort?: number;
}

/** The operator's client certificate for etcd, as PEM texts. */
export interface EtcdClientTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** One whose key nobody knows yet is believed at the first time. */
export const trustOf = ({ hostKeys }: Pick<NodeTarget, "hostKeys">): Trust => (hostKeys.length === 0 ? "first-use" : "strict");

/** Host and port of etcd as seen from the node itself. */
export const etcdEndpoint = (target: NodeTarget): { host: string; port: number } => ({
  host: target.etcdAddress ?? (target.role === "gateway" ? "127.0.0.1" : target.privateAddress),
  port: target.etcdPort ?? 2379,
});
