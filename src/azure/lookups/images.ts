/** Images: of the marketplace, of a gallery, of the subscription. */
import { defined } from "../../core/defined.ts";
import { byVersion } from "../../core/spec/image.ts";
import { type ImageFacts, normalLocation } from "../../core/region.ts";
import type { Clients } from "../clients.ts";
import { orAbsent } from "../reading.ts";

export const imageReads = ({ compute, resources }: Clients) => ({
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
      let text = "";
      const image = await compute.virtualMachineImages.get(location, publisher, offer, sku, version, {
        abortSignal,
        onResponse: (answer) => (text = answer.bodyAsText ?? ""),
      });
      // the SDK's model drops it
      const { properties } = JSON.parse(text === "" ? "{}" : text) as { properties?: Described };
      const plan = image.plan;
      return {
        urn: { publisher, offer, sku, version },
        ...(plan?.name
          ? { plan: { name: plan.name, publisher: plan.publisher ?? publisher, product: plan.product ?? offer } }
          : {}),
        ...defined({ generation: image.hyperVGeneration, architecture: image.architecture }),
        ...sizeOf(properties?.osDiskImage?.sizeInGb),
      };
    }),

  /**
   * What is known of an image or gallery version by its id; undefined when there is none. The id's own subscription is asked, which
   * may be another one than the cluster's: the SDK's typed clients know one each, so the generic read by id does.
   */
  imageById: (id: string, abortSignal: AbortSignal): Promise<ImageByIdFacts | undefined> =>
    orAbsent(async () => {
      const read = async (path: string, version: string): Promise<{ location?: string; properties: Described }> => {
        const { location, properties } = await resources.resources.getById(path.replace(/^\//, ""), version, { abortSignal });
        return { ...defined({ location }), properties: properties ?? {} };
      };
      const [, definition, number] = /^(.*\/galleries\/[^/]+\/images\/[^/]+)(?:\/versions\/([^/]+))?$/i.exec(id) ?? [];
      if (definition === undefined) {
        const { location, properties } = await read(id, IMAGES_VERSION);
        return { ...defined({ location }), ...described(properties) };
      }
      const version =
        number !== undefined && number.toLowerCase() !== "latest" ? (await read(id, GALLERIES_VERSION)).properties : {};
      // a gallery replicates: its own location says nothing about where machines can be made
      const { properties } = await read(definition, GALLERIES_VERSION);
      return {
        ...described(properties),
        ...sizeOf(version.storageProfile?.osDiskImage?.sizeInGB),
        ...replicated(version.publishingProfile?.targetRegions),
      };
    }),
});

// --- internal ---

type ImageByIdFacts = Omit<ImageFacts, "urn"> & { readonly location?: string };

interface Described {
  readonly hyperVGeneration?: unknown;
  readonly architecture?: unknown;
  /** Of a gallery's definition; an image has them with its disk. */
  readonly osType?: unknown;
  readonly osState?: unknown;
  /** Of a gallery's definition whose image came from the Marketplace: machines of it are refused without. */
  readonly purchasePlan?: { readonly name?: unknown; readonly publisher?: unknown; readonly product?: unknown };
  /** Of a gallery's version. */
  readonly publishingProfile?: { readonly targetRegions?: unknown };
  /** Of a marketplace image. */
  readonly osDiskImage?: { readonly sizeInGb?: unknown };
  /** Of an image, and of a gallery's version. */
  readonly storageProfile?: {
    readonly osDisk?: { readonly diskSizeGB?: unknown; readonly osType?: unknown; readonly osState?: unknown };
    readonly osDiskImage?: { readonly sizeInGB?: unknown };
  };
}

const sizeOf = (size: unknown): Pick<ImageFacts, "sizeGiB"> =>
  typeof size === "number" && Number.isInteger(size) && size > 0 ? { sizeGiB: size } : {};

const IMAGES_VERSION = "2024-07-01";
const GALLERIES_VERSION = "2024-03-03";

/** Names such as "East US", each with how many copies. */
function replicated(regions: unknown): Pick<ImageFacts, "locations"> {
  if (!Array.isArray(regions)) return {};
  const names = regions.flatMap((one: unknown) => {
    const name = typeof one === "object" && one !== null ? (one as { name?: unknown }).name : undefined;
    return typeof name === "string" ? [normalLocation(name)] : [];
  });
  return names.length === 0 ? {} : { locations: names };
}

/** It comes into a command that is advised, and may be somebody else's word. */
function planned(plan: Described["purchasePlan"]): Pick<ImageFacts, "plan"> {
  const [name, publisher, product] = [plan?.name, plan?.publisher, plan?.product].map((one) =>
    typeof one === "string" && /^[\w.-]{1,128}$/.test(one) ? one : undefined,
  );
  return name === undefined || publisher === undefined || product === undefined ? {} : { plan: { name, publisher, product } };
}

function described(image: Described): ImageByIdFacts {
  const { hyperVGeneration, architecture, osType, osState, purchasePlan, storageProfile } = image;
  const disk = storageProfile?.osDisk;
  const [system, state] = [osType ?? disk?.osType, osState ?? disk?.osState];
  return {
    ...(typeof hyperVGeneration === "string" ? { generation: hyperVGeneration } : {}),
    ...(typeof architecture === "string" ? { architecture } : {}),
    ...(typeof system === "string" ? { system } : {}),
    ...(typeof state === "string" ? { state } : {}),
    ...planned(purchasePlan),
    ...sizeOf(disk?.diskSizeGB),
  };
}
