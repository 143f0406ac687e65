/**
 * Where a node's SSH is: at the load balancer's address, at the port of its NAT rule; in a private cluster at its own address, at port 22.
 * Who can reach the balancer there can reach the node, and a node never reaches itself through an internal balancer.
 */
import type { ClusterSpec } from "../spec/spec.ts";

export interface Door {
  readonly host: string;
  readonly port: number;
}

/** @param host the balancer's address or name @param node with its private address */
export const doorOf = (
  spec: Pick<ClusterSpec, "ssh" | "private">,
  host: string,
  node: { readonly index: number; readonly address: string },
): Door => (spec.private ? { host: node.address, port: 22 } : { host, port: spec.ssh + node.index });
