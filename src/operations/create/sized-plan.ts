/** The plan with one of the sizes that were wished: its machines and interfaces as that size takes them, the rest as it is. Pure. */
import type { Facts } from "../../core/plan/cluster.ts";
import { planOf } from "../../core/plan/plan.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import type { ImageFacts } from "../../core/region.ts";
import { urnText } from "../../core/spec/image.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Candidate } from "./choose-place.ts";
import { imageReference } from "./survey.ts";

export interface SizedPlan {
  readonly spec: ClusterSpec;
  readonly facts: Facts;
  readonly resources: readonly AnyResource[];
}

export function sizedPlan({ spec, facts }: SizedPlan, { checked, size, image }: Candidate): SizedPlan {
  const imageFacts = image.imageFacts === "missing" ? undefined : image.imageFacts;
  const chosen: ClusterSpec = Object.freeze({ ...spec, vmSize: checked.spec.vmSize });
  const own = "own" in facts.image;
  const withSize: Facts = {
    ...facts,
    ...sizeFacts(size),
    ...(own ? {} : { image: imageReference({ ...image, imageFacts }) }),
  };
  const pinned = own || imageFacts === undefined ? chosen : withImage(chosen, imageFacts.urn);
  return { spec: pinned, facts: withSize, resources: planOf(pinned, withSize) };
}

/** What the plan makes use of, of what a size can do. */
export const sizeFacts = (size: Candidate["size"]): Pick<Facts, "acceleratedNetworking" | "premiumDisks"> => ({
  acceleratedNetworking: size?.acceleratedNetworking ?? false,
  premiumDisks: size?.premiumDisks ?? false,
});

/** The image version that "latest" is today, kept with the cluster: nodes that are added later run the same. */
export const withImage = (spec: ClusterSpec, urn: ImageFacts["urn"]): ClusterSpec =>
  Object.freeze({ ...spec, coreosImage: urnText(urn) });
