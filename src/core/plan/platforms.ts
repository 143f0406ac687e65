/** THE PLATFORMS TABLE: which image a platform boots by default, and how its etcd is asked for members; one row a platform. */
import type { Platform } from "../node-config.ts";

interface PlatformRow {
  /** URN publisher:offer:sku:version; absent where the user must bring an image. */
  readonly image?: string;
  readonly needsImage?: string;
  /** etcd's API for members: etcd2 has the old one alone. */
  readonly membership: "v3" | "v2";
  readonly etcdUnit: string;
}

export const PLATFORMS: Record<Platform, PlatformRow> = {
  // The corevm offer has the same content as the others and needs neither a purchase plan nor accepted terms.
  flatcar: {
    image: "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
    membership: "v3",
    etcdUnit: "etcd-member.service",
  },
  coreos: {
    needsImage:
      "CoreOS Container Linux ended in 2020 and its images left the marketplace in 2021. " +
      "Give your own with --coreos-image: an image id, or a .vhd file or blob URL.",
    membership: "v2",
    etcdUnit: "etcd2.service",
  },
};
