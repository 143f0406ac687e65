/** What advice is told of a create that failed: the cluster, as far as it is there, and what its machines are made from. */
import type { AdviceContext } from "../../core/advice/advice.ts";
import type { ChoicesDocument, ClusterDocument } from "../../core/documents.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { urnText } from "../../core/spec/image.ts";
import { machinesOf } from "../cluster/nodes-there.ts";
import type { Prepared } from "./prepared.ts";

/** What advice is to know of the cluster that failed. @param resources what there is of it now */
export function failureContext(
  { spec, facts, found, ours }: Prepared,
  { choices, resources }: { readonly choices?: ChoicesDocument | undefined; readonly resources?: ClusterDocument["resources"] },
): AdviceContext {
  const { created = 0, updated = 0, unchanged = 0 } = resources ?? {};
  const begun = found.own || ours.size + created + updated + unchanged > 0;
  return {
    tried: (choices?.passedOver ?? []).filter((one) => one.location === facts.location).map(({ vmSize }) => vmSize),
    name: spec.name,
    nodes: spec.numNodes,
    ...(spec.given.includes("numNodes") && { askedNodes: spec.numNodes }),
    vmSize: spec.vmSize,
    location: facts.location,
    resourceGroup: facts.group,
    groupThere: found.group !== undefined,
    ...imageOf(spec, facts),
    ...(machinesOf(spec, ours).length > 0 ? { there: "stands" } : begun ? { there: "begun" } : {}),
  };
}

// --- internal ---

function imageOf(spec: Prepared["spec"], { image }: Prepared["facts"]): Pick<AdviceContext, "image"> {
  if ("own" in image) return {};
  const { reference, plan } = image;
  const { publisher, offer, sku, version, id, communityGalleryImageId, sharedGalleryImageId } = reference;
  const name =
    publisher && offer && sku && version
      ? urnText({ publisher, offer, sku, version })
      : (id ?? communityGalleryImageId ?? sharedGalleryImageId);
  const own = PLATFORMS[spec.platform].image;
  return name === undefined
    ? {}
    : {
        image: {
          name,
          ...(plan && { plan: { name: plan.name ?? "", publisher: plan.publisher ?? "", product: plan.product ?? "" } }),
          ...(own && { default: own }),
        },
      };
}
