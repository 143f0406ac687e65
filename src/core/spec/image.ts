/** What `--coreos-image` can be: a marketplace URN, an id, a VHD file or a VHD blob. */
import { usageError } from "../errors.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import type { ImageFacts } from "../region.ts";
import type { ClusterSpec } from "./spec.ts";

export type ImageChoice =
  | { readonly kind: "urn"; readonly urn: ImageFacts["urn"] }
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "blob"; readonly url: string }
  | { readonly kind: "file"; readonly path: string };

/** The image that a spec names, or its platform's own. */
export function imageChoice(spec: Pick<ClusterSpec, "coreosImage" | "platform">): ImageChoice {
  const image = spec.coreosImage ?? PLATFORMS[spec.platform].image ?? "";
  if (/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/(images|galleries)\//i.test(image))
    return { kind: "id", id: image };
  if (/^\/(CommunityGalleries|SharedGalleries)\//i.test(image)) return { kind: "id", id: image };
  if (/^https?:\/\//i.test(image)) {
    if (/\.vhd(\?|$)/i.test(image)) return { kind: "blob", url: image };
    throw usageError(
      `--coreos-image ${image.split("?")[0]} is no .vhd blob`,
      "Give the URL of a page blob whose name ends in .vhd.",
    );
  }
  if (/\.(vhdx?|vhd\.(bz2|gz|xz))$/i.test(image)) return { kind: "file", path: image };
  const [publisher, offer, sku, version = "latest", ...more] = image.split(":");
  if (publisher && offer && sku && more.length === 0) return { kind: "urn", urn: { publisher, offer, sku, version } };
  throw usageError(
    `--coreos-image "${image}" is no image that Azure has today`,
    /__CoreOS-/i.test(image)
      ? "The CoreOS images of classic Azure are gone. Leave the flag out for Flatcar, their successor, or give your own image (an image id, or a .vhd) with --platform coreos."
      : "Give publisher:offer:sku:version, the id of an image or gallery version, or a .vhd file or blob URL.",
  );
}

/** For `sort`, the oldest first: versions are numbers between points. */
export function byVersion(a: string, b: string): number {
  const [x, y] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(x.length, y.length); at++) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
