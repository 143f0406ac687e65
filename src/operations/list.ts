/** list: the clusters of the subscription, as Azure alone tells them. Reads only. */
import { type Account, askedFields } from "../core/account.ts";
import type { ListDocument } from "../core/documents.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { type KnownCluster, knownClusters } from "./cluster/known-clusters.ts";
import type { Run } from "./run.ts";
import type { InGroup } from "../core/spec/in-group.ts";

/** In the order of names. @throws ClusterError of Azure's refusals */
export async function listClusters(run: Run, { resourceGroup }: InGroup = {}): Promise<ListDocument[]> {
  const [clusters, account] = await Promise.all([knownClusters(run, resourceGroup), run.account()]);
  return clusters.map((one) => listDocument(account, one));
}

export const listDocument = (account: Account, one: KnownCluster): ListDocument => ({
  $schema: schemaUri("list"),
  schema: "azure-coreos-cluster/list/1",
  name: one.name,
  resourceGroup: one.groupName,
  location: one.location,
  host: one.host,
  ip: one.ip,
  ...askedFields(account),
  nodes: one.nodes,
  wanted: one.wanted,
  ...(one.zones.length === 0 ? {} : { zones: one.zones }),
  ...(one.spot === 0 ? {} : { spot: one.spot }),
  ...(one.madeAt === undefined ? {} : { createdAt: new Date(one.madeAt).toISOString() }),
  ...(one.expires === undefined ? {} : { expires: new Date(one.expires).toISOString() }),
  state: one.state,
});
