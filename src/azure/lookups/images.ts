/** Images: of the marketplace, of a gallery, of the subscription. */
import { byVersion } from "../../core/spec/image.ts";
import type { ImageFacts } from "../../core/region.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import type { Clients } from "../clients.ts";
import { orAbsent } from "../reading.ts";

export const imageReads = ({ compute }: Clients) => ({
  /** A marketplace image; `latest` becomes the newest version there is. Undefined when there is none. */
  image: (location: string, urn: ImageFacts["urn"], abortSignal: AbortSignal): Promise<ImageFacts | undefined> =>
    orAbsent(async () => {
      const { publisher, offer, sku } = urn;
      let version: string | undefined = urn.version;
      if (version.toLowerCase() === "latest") {
        const versions = await compute.virtualMachineImages.list(location, publisher, offer, sku, { abortSignal });
        version = versions
          .map((one) => one.name ?? "")
          .sort(byVersion)
          .at(-1);
      }
      if (version === undefined) return undefined;
      const image = await compute.virtualMachineImages.get(location, publisher, offer, sku, version, { abortSignal });
      const plan = image.plan;
      return {
        urn: { publisher, offer, sku, version },
        ...(plan?.name
          ? { plan: { name: plan.name, publisher: plan.publisher ?? publisher, product: plan.product ?? offer } }
          : {}),
        ...(image.hyperVGeneration === undefined ? {} : { generation: image.hyperVGeneration }),
        ...(image.architecture === undefined ? {} : { architecture: image.architecture }),
      };
    }),

  /** Where an image or gallery version with this id is; undefined when there is none. */
  imageById: (id: string, abortSignal: AbortSignal): Promise<{ location?: string } | undefined> =>
    orAbsent(async () => {
      const group = groupOf(id) ?? "";
      const version = /\/galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i.exec(id);
      if (version === null) return { location: (await compute.images.get(group, nameOf(id), { abortSignal })).location };
      const [, gallery = "", image = "", number] = version;
      if (number === undefined || number.toLowerCase() === "latest")
        await compute.galleryImages.get(group, gallery, image, { abortSignal });
      else await compute.galleryImageVersions.get(group, gallery, image, number, { abortSignal });
      // a gallery replicates: its own location says nothing about where machines can be made
      return {};
    }),
});
