/** Marketplace images: Flatcar in its two offers, of which only `free` needs a plan, and one Ubuntu for those who ask. */
export interface Image {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly versions: readonly string[];
  readonly plan: boolean;
  readonly generation: "V1" | "V2";
  readonly architecture: "x64" | "Arm64";
}

const VERSIONS: Record<string, readonly string[]> = {
  stable: ["4152.2.3", "4230.2.2", "4230.2.4", "4459.2.1"],
  beta: ["4459.1.0", "4547.1.1"],
  alpha: ["4593.0.0", "4628.0.0"],
  lts: ["3510.3.7", "4081.3.6"],
};

const flatcar = (offer: string, plan: boolean): Image[] =>
  Object.entries(VERSIONS).flatMap(([sku, versions]) => [
    { publisher: "kinvolk", offer, sku, versions, plan, generation: "V1" as const, architecture: "x64" as const },
    { publisher: "kinvolk", offer, sku: `${sku}-gen2`, versions, plan, generation: "V2" as const, architecture: "x64" as const },
  ]);

export const IMAGES: readonly Image[] = [
  ...flatcar("flatcar-container-linux-corevm-amd64", false),
  ...flatcar("flatcar-container-linux-free", true),
  ...Object.entries(VERSIONS).map(([sku, versions]): Image => ({
    publisher: "kinvolk",
    offer: "flatcar-container-linux-corevm",
    sku,
    versions,
    plan: false,
    generation: "V2",
    architecture: "Arm64",
  })),
  {
    publisher: "Canonical",
    offer: "ubuntu-24_04-lts",
    sku: "server",
    versions: ["24.04.202510010"],
    plan: false,
    generation: "V2",
    architecture: "x64",
  },
];

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const imagesOf = (publisher: string, offer?: string, sku?: string): Image[] =>
  IMAGES.filter(
    (image) =>
      same(image.publisher, publisher) &&
      (offer === undefined || same(image.offer, offer)) &&
      (sku === undefined || same(image.sku, sku)),
  );
