/** Marketplace images: Flatcar in its two offers, of which only `free` needs a plan, and Ubuntu and Debian, for both architectures. */
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

const generalPurpose = (publisher: string, offer: string, skus: readonly string[], versions: readonly string[]): Image[] =>
  skus.map((sku) => ({
    publisher,
    offer,
    sku,
    versions,
    plan: false,
    generation: "V2",
    architecture: sku.endsWith("arm64") ? "Arm64" : "x64",
  }));

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
  ...generalPurpose("Canonical", "ubuntu-24_04-lts", ["server", "server-arm64"], ["24.04.202510010", "24.04.202511050"]),
  ...generalPurpose("Debian", "debian-13", ["13-gen2", "13-arm64"], ["0.20260811.2567", "0.20260914.2601"]),
];

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const imagesOf = (publisher: string, offer?: string, sku?: string): Image[] =>
  IMAGES.filter(
    (image) =>
      same(image.publisher, publisher) &&
      (offer === undefined || same(image.offer, offer)) &&
      (sku === undefined || same(image.sku, sku)),
  );
