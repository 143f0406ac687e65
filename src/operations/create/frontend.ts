/** The address of a private cluster's load balancer: chosen once, before the first write, and kept with the claim. */
import { usableAddresses } from "../../core/addresses.ts";
import { SUBNET_PREFIX } from "../../core/plan/resources/network.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import type { NodePlace } from "./choose-nodes.ts";
import { freeAddresses } from "./free-addresses.ts";
import type { Survey } from "./survey.ts";

/** @returns undefined for a cluster with a public address. @throws ClusterError SubnetIsFull (exit 5) */
export async function chooseFrontend(
  run: Run,
  spec: ClusterSpec,
  { found, surveyed }: { readonly found: Pick<ClaimedCluster, "claim">; readonly surveyed: Survey },
  places: readonly NodePlace[],
): Promise<string | undefined> {
  const known = found.claim?.choices.frontend;
  if (!spec.private || known !== undefined) return known;
  // nodes have the first addresses of a network of our own: the last is nobody's
  if (surveyed.subnet === undefined) return [...usableAddresses([SUBNET_PREFIX])].at(-1);
  const taken = new Set(places.map(({ address }) => address));
  const [free] = await freeAddresses(run, { subnet: surveyed.subnet, networkId: surveyed.networkId ?? "" }, 1, taken);
  return free;
}
