/** An image of the user's own: a managed image made from a page blob. */
import { type Design, type OwnImage, names } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";

export const imageId = ({ spec, group }: Design): string => resourceId(group, "image", names.image(spec.name));

export const image = (cluster: Design, own: OwnImage): Resource<"image"> => ({
  kind: "image",
  id: imageId(cluster),
  label: "image",
  dependsOn: [cluster.group],
  body: {
    location: cluster.facts.location,
    tags: cluster.tags,
    hyperVGeneration: own.generation,
    storageProfile: { osDisk: { osType: "Linux", osState: "Generalized", blobUri: own.blobUrl, caching: "ReadWrite" } },
  },
});
