/**
 * The plain way with Azure's SDK: clients and pollers as they come, `createOrUpdate` of a whole layer at once, the next layer when all of
 * it is there. A process of its own: `node bench/sdk-way.ts URL NODES`.
 */
import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import { ResourceManagementClient } from "@azure/arm-resources";
import { StorageManagementClient } from "@azure/arm-storage";
import type { TokenCredential } from "@azure/identity";
import { plannedOperationsOf } from "../src/azure/kind-operations.ts";
import { loopbackSignIn } from "../src/azure/pipeline.ts";
import type { AnyResource } from "../src/core/plan/resource.ts";
import { nameOf } from "../src/core/plan/resource.ts";
import { NAME, resourcesOf, SUBSCRIPTION } from "./plan.ts";

const [endpoint = "", nodes] = process.argv.slice(2);
const options = { endpoint, allowInsecureConnection: true };
// nobody signs in on loopback; the SDK's types do not say that it may be left out
const nobody = undefined as unknown as TokenCredential;
const clients = {
  compute: new ComputeManagementClient(nobody, SUBSCRIPTION, options),
  network: new NetworkManagementClient(nobody, SUBSCRIPTION, options),
  resources: new ResourceManagementClient(nobody, SUBSCRIPTION, options),
  storage: new StorageManagementClient(nobody, SUBSCRIPTION, options),
};
for (const { pipeline } of Object.values(clients)) pipeline.addPolicy(loopbackSignIn);
const all = { ...clients, operationErrors: new Map(), endpoint, read: () => Promise.resolve({}) };

for (const layer of layersOf(resourcesOf(Number(nodes))))
  await Promise.all(
    layer.map(async ({ kind, id, body }) => await plannedOperationsOf(kind).put(all, NAME, nameOf(id), body, {})),
  );

/** By how many steps lead to it. Dependencies come first in a plan. */
function layersOf(resources: readonly AnyResource[]): AnyResource[][] {
  const depth = new Map<string, number>();
  const layers: AnyResource[][] = [];
  for (const one of resources) {
    const at = Math.max(0, ...one.dependsOn.map((id) => (depth.get(id) ?? -1) + 1));
    depth.set(one.id, at);
    (layers[at] ??= []).push(one);
  }
  return layers;
}
