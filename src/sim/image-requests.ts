/** The marketplace's images as a location lists them: publishers, offers, SKUs, versions, and one version whole. */
import { refuse } from "./arm-error.ts";
import { byVersion } from "../core/spec/image.ts";
import { IMAGES, imagesOf } from "./catalogue/images.ts";
import type { JsonValue } from "./json.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";

interface ImagePath {
  readonly subscription: string;
  readonly location: string;
  /** publisher, "artifacttypes", "vmimage", "offers", offer, "skus", sku, "versions", version */
  readonly rest: readonly string[];
}

export function answerImages(call: Call, { subscription, location, rest }: ImagePath): SimAnswer | undefined {
  const [publisher, , , , offer, , sku, , version] = rest;
  const base = `/Subscriptions/${subscription}/Providers/Microsoft.Compute/Locations/${location}/Publishers`;
  const item = (name: string, path: string): JsonValue => ({ location, name, id: `${base}/${path}` });
  const unique = (names: readonly string[]): string[] => [...new Set(names)];
  if (publisher === undefined)
    return answer(
      200,
      unique(IMAGES.map((image) => image.publisher)).map((name) => item(name, name)),
    );
  const path = `${publisher}/ArtifactTypes/VMImage/Offers`;
  const images = imagesOf(publisher, offer, sku);
  if (images.length === 0) refuse(404, "NotFound", `Artifact: ${rest.includes("versions") ? "VMImage" : "Offer"} was not found.`);
  if (offer === undefined)
    return answer(
      200,
      unique(images.map((image) => image.offer)).map((name) => item(name, `${path}/${name}`)),
    );
  if (sku === undefined)
    return answer(
      200,
      images.map((image) => item(image.sku, `${path}/${offer}/Skus/${image.sku}`)),
    );
  const image = images[0];
  if (image === undefined) return undefined;
  const at = `${path}/${offer}/Skus/${sku}/Versions`;
  if (version === undefined) {
    const sorted = [...image.versions].sort(byVersion);
    if (/desc/i.test(call.query.get("$orderby") ?? "")) sorted.reverse();
    const top = call.query.get("$top");
    return answer(
      200,
      (top === undefined ? sorted : sorted.slice(0, Number(top))).map((name) => item(name, `${at}/${name}`)),
    );
  }
  const exact = version === "latest" ? [...image.versions].sort(byVersion).at(-1) : image.versions.find((one) => one === version);
  if (exact === undefined) return refuse(404, "NotFound", "Artifact: VMImage was not found.");
  return answer(200, {
    ...item(exact, `${at}/${exact}`),
    properties: {
      ...(image.plan ? { plan: { publisher: image.publisher, name: image.sku, product: image.offer } } : {}),
      osDiskImage: { operatingSystem: "Linux", sizeInGb: 30 },
      dataDiskImages: [],
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
      hyperVGeneration: image.generation,
      architecture: image.architecture,
      features: [{ name: "DiskControllerTypes", value: "SCSI, NVMe" }],
      imageDeprecationStatus: { imageState: "Active" },
    },
  });
}
