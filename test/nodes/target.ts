/** A NodeTarget on loopback, for the tests: root, 127.0.0.1, what a test does not say. */
import type { NodeTarget } from "../../src/nodes/target.ts";

export const nodeTarget = (
  port: number,
  { privateKey, ...more }: Partial<NodeTarget> & Pick<NodeTarget, "hostKeys"> & { readonly privateKey: string },
): NodeTarget => ({
  index: 0,
  name: `node-${more.index ?? 0}`,
  host: "127.0.0.1",
  port,
  user: "root",
  privateAddress: "127.0.0.1",
  role: "member",
  tls: false,
  identity: { publicKey: "", privateKey },
  ...more,
});
