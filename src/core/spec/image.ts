/** What `--coreos-image` can be: a marketplace URN, an id, a VHD file or a VHD blob. */
import { usageError } from "../errors.ts";
import type { Platform } from "../node-config.ts";
import { shellWord } from "../quoting.ts";
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
  const image = (spec.coreosImage ?? PLATFORMS[spec.platform].image ?? "").trim();
  if (/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/(images|galleries)\//i.test(image))
    return { kind: "id", id: image };
  refuseNearly(image);
  const other = /^\/subscriptions\/.*\/(\w+)\/[^/]*$/i.exec(image)?.[1];
  if (other !== undefined)
    throw usageError(
      `--coreos-image ${image} is no id of an image (${other})`,
      "Of a disk or a snapshot make one: `az image create --resource-group GROUP --name NAME --os-type Linux --source ID`, and give its id.",
    );
  if (/^\/(CommunityGalleries|SharedGalleries)\//i.test(image)) return { kind: "id", id: image };
  if (/^https?:\/\//i.test(image)) {
    if (/\.vhd(\?|$)/i.test(image)) return { kind: "blob", url: image };
    throw usageError(
      `--coreos-image ${image.split("?")[0]} is no .vhd blob`,
      /\.(bz2|gz|xz|zst|zip)(\?|$)/i.test(image)
        ? "It is packed, and Azure unpacks nothing: download it, unpack it, and give the file."
        : "Give the URL of a page blob whose name ends in .vhd.",
    );
  }
  const classic = /__CoreOS-|^CoreOS(:|$)/i.test(image);
  if (!classic && isFile(image)) return { kind: "file", path: image };
  const alias = ALIASES[image.toLowerCase()];
  const [publisher, offer, sku, version, ...more] = (alias ?? image).split(":");
  if (!classic && publisher && offer && sku && more.length === 0)
    return {
      kind: "urn",
      urn: { publisher, offer, sku, version: version || "latest" },
      ...(alias === undefined ? {} : { alias: image }),
    };
  throw usageError(
    `--coreos-image "${image}" is no image that Azure has today`,
    classic
      ? "CoreOS ended in 2020, and its images have left Azure. Leave the flag out for Flatcar, their successor, or give your own image (an image id, or a .vhd) with --platform coreos."
      : /^\w[\w-]*$/.test(image)
        ? `Single words are aliases of the Azure CLI, and of those only Flatcar's are known here: ${Object.keys(ALIAS_NAMES).join(", ")}. \`az vm image list --output table\` shows the URN of an alias, \`az vm image list --all --publisher kinvolk --output table\` Flatcar's.`
        : "Give publisher:offer:sku:version, the id of an image or gallery version, or a .vhd file or blob URL.",
  );
}

/** The platform of a marketplace image whose publisher makes one system; undefined of all others. */
export function platformOf(image: string): Platform | undefined {
  const given = image.trim().toLowerCase();
  const [publisher = "", offer, sku] = (ALIASES[given] ?? given).split(":");
  return offer === undefined || sku === undefined ? undefined : PUBLISHERS.get(publisher);
}

/** The same system for machines of another architecture; undefined for images of which no twin is known. */
export function twinFor(architecture: string, urn: ImageFacts["urn"]): ImageFacts["urn"] | undefined {
  const arm = /^arm64$/i.test(architecture);
  const row = TWINS.find(
    ({ publisher, x64, arm64 }) => publisher.test(urn.publisher) && (arm ? x64 : arm64).test(`${urn.offer}:${urn.sku}`),
  );
  return row === undefined ? undefined : { ...urn, ...(arm ? row.toArm64(urn) : row.toX64(urn)) };
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

const IMAGE_ID =
  /\/subscriptions\/[^/?#]+\/resourceGroups\/[^/?#]+\/providers\/Microsoft\.Compute\/(images\/[^/?#]+|galleries\/[^/?#]+\/images\/[^/?#]+(\/versions\/[^/?#]+)?)/i;

/** An id or a URN in another form, with the right one: it would be taken for a file or a blob. */
function refuseNearly(image: string): void {
  const isAddress = /^https?:\/\//i.test(image);
  const id = isAddress ? IMAGE_ID.exec(image)?.[0] : /^subscriptions\/.*\/providers\//i.test(image) ? `/${image}` : undefined;
  const urn = /^[\w.-]+(\/[\w.-]+){2}\/(latest|\d+\.\d+\.\d+)$/i.test(image) ? image.replaceAll("/", ":") : undefined;
  const right = id ?? urn;
  if (right === undefined) return;
  const what =
    urn !== undefined
      ? "has slashes where a URN has colons"
      : isAddress
        ? "is the address of an image, not its id"
        : "is an id without its first slash";
  throw usageError(`--coreos-image ${image.split("?")[0]} ${what}`, `Give --coreos-image ${shellWord(right)}`);
}

const PUBLISHERS = new Map<string, Platform>([
  ["kinvolk", "flatcar"],
  ["canonical", "ubuntu"],
  ["debian", "debian"],
]);

type OfferAndSku = Pick<ImageFacts["urn"], "offer" | "sku">;

/** How publishers name one system for both architectures: offer:sku. The Arm64 ones are generation 2 without saying so. */
const TWINS: readonly {
  readonly publisher: RegExp;
  readonly x64: RegExp;
  readonly arm64: RegExp;
  readonly toArm64: (urn: OfferAndSku) => OfferAndSku;
  readonly toX64: (urn: OfferAndSku) => OfferAndSku;
}[] = [
  {
    publisher: /^kinvolk$/i,
    x64: /^flatcar-container-linux(-free|-corevm-amd64)?:/i,
    arm64: /^flatcar-container-linux-corevm:/i,
    toArm64: ({ sku }) => ({ offer: "flatcar-container-linux-corevm", sku: sku.replace(/-gen2$/i, "") }),
    toX64: ({ sku }) => ({ offer: "flatcar-container-linux-corevm-amd64", sku: `${sku}-gen2` }),
  },
  {
    publisher: /^canonical$/i,
    x64: /^ubuntu-[\w-]+:(server|minimal)(-gen1)?$/i,
    arm64: /^ubuntu-[\w-]+:(server|minimal)-arm64$/i,
    toArm64: ({ offer, sku }) => ({ offer, sku: `${sku.replace(/-gen1$/i, "")}-arm64` }),
    toX64: ({ offer, sku }) => ({ offer, sku: sku.replace(/-arm64$/i, "") }),
  },
  {
    publisher: /^debian$/i,
    x64: /^debian-\d+:\d+(-gen2)?$/i,
    arm64: /^debian-\d+:\d+-arm64$/i,
    toArm64: ({ offer, sku }) => ({ offer, sku: `${sku.replace(/-gen2$/i, "")}-arm64` }),
    toX64: ({ offer, sku }) => ({ offer, sku: sku.replace(/-arm64$/i, "-gen2") }),
  },
];

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
