/** What `--coreos-image` can be: a marketplace URN, an id, a VHD file or a VHD blob. */
import { usageError } from "../errors.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import type { ImageFacts } from "../region.ts";
import type { ClusterSpec } from "./spec.ts";

export type ImageChoice =
  | { readonly kind: "urn"; readonly urn: ImageFacts["urn"]; /** Of the Azure CLI, as it was given. */ readonly alias?: string }
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
  const classic = /__CoreOS-/i.test(image);
  if (!classic && isFile(image)) return { kind: "file", path: image };
  const alias = ALIASES[image.toLowerCase()];
  const [publisher, offer, sku, version = "latest", ...more] = (alias ?? image).split(":");
  if (publisher && offer && sku && more.length === 0)
    return { kind: "urn", urn: { publisher, offer, sku, version }, ...(alias === undefined ? {} : { alias: image }) };
  throw usageError(
    `--coreos-image "${image}" is no image that Azure has today`,
    classic
      ? "The CoreOS images of classic Azure are gone. Leave the flag out for Flatcar, their successor, or give your own image (an image id, or a .vhd) with --platform coreos."
      : /^\w[\w-]*$/.test(image)
        ? `Single words are aliases of the Azure CLI, and of those only Flatcar's are known here: ${Object.keys(ALIAS_NAMES).join(", ")}. \`az vm image list --output table\` shows the URN of an alias, \`az vm image list --all --publisher kinvolk --output table\` Flatcar's.`
        : "Give publisher:offer:sku:version, the id of an image or gallery version, or a .vhd file or blob URL.",
  );
}

/** Flatcar of the same channel for machines of another architecture; undefined for other images. The Arm64 one is generation 2 without saying so. */
export function flatcarFor(architecture: string, urn: ImageFacts["urn"]): ImageFacts["urn"] | undefined {
  const arm = /^arm64$/i.test(architecture);
  if (!/^kinvolk$/i.test(urn.publisher) || !(arm ? FLATCAR_X64 : FLATCAR_ARM64).test(urn.offer)) return undefined;
  return arm
    ? { ...urn, offer: "flatcar-container-linux-corevm", sku: urn.sku.replace(/-gen2$/i, "") }
    : { ...urn, offer: "flatcar-container-linux-corevm-amd64", sku: `${urn.sku}-gen2` };
}

export const urnText = ({ publisher, offer, sku, version }: ImageFacts["urn"]): string =>
  [publisher, offer, sku, version].join(":");

/** For `sort`, the oldest first: versions are numbers between points. */
export function byVersion(a: string, b: string): number {
  const [x, y] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(x.length, y.length); at++) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

// --- internal ---

const FLATCAR_X64 = /^flatcar-container-linux(-free|-corevm-amd64)?$/i;
const FLATCAR_ARM64 = /^flatcar-container-linux-corevm$/i;

/** Those of `az vm image list` that are Flatcar, old and new. */
const ALIAS_NAMES: Readonly<Record<string, string>> = {
  Flatcar: "kinvolk:flatcar-container-linux-free:stable:latest",
  FlatcarLinuxFreeGen2: "kinvolk:flatcar-container-linux-free:stable-gen2:latest",
};
const ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ALIAS_NAMES).map(([name, urn]) => [name.toLowerCase(), urn]),
);

/** By the endings that disk images have, packed or not; or a path: what is in it the file itself says (azure/vhd/footer.ts). */
const isFile = (text: string): boolean =>
  /\.(vhdx?|vmdk|vdi|qcow2?|img|raw|bin|iso|ova)(\.(bz2|gz|xz|zst|zip))?$/i.test(text) ||
  /\.(zip|gz|bz2|xz|zst)$/i.test(text) ||
  (/[/\\]/.test(text) && !text.includes(":")) ||
  /^[\w-]+(\.[\w-]+)+$/.test(text);
