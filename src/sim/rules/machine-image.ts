/** The image of a machine: it is there, its plan comes along exactly when it has one, and the size can boot it. */
import { refuse } from "../arm-error.ts";
import { byVersion, imagesOf } from "../catalogue/images.ts";
import type { Size } from "../catalogue/sizes.ts";
import { dig, object, textIn } from "../json.ts";
import type { Change } from "../kind.ts";

/** @throws ArmError 404 PlatformImageNotFound, NotFound; 400 VMMarketplaceInvalidInput, BadRequest */
export function checkImage({ cloud, body, properties, location }: Change, size: Size): void {
  const reference = object(dig(properties, "storageProfile", "imageReference"));
  const id = textIn(reference["id"]) ?? textIn(reference["sharedGalleryImageId"]) ?? textIn(reference["communityGalleryImageId"]);
  if (id !== undefined) {
    // Galleries are not simulated: their versions pass.
    if (!/\/providers\/Microsoft\.Compute\/images\//i.test(id)) return;
    const image = cloud.get(id);
    if (image === undefined)
      refuse(404, "NotFound", `The Image '${id}' cannot be found in '${location}' region.`, { target: "imageReference" });
    if (image.location !== location)
      refuse(400, "InvalidParameter", `The image ${id} is in region ${image.location}, not in ${location}.`, {
        target: "imageReference",
      });
    return;
  }
  const [publisher, offer, sku, version] = ["publisher", "offer", "sku", "version"].map(
    (name) => textIn(reference[name]) ?? "",
  ) as [string, string, string, string];
  const [image] = imagesOf(publisher, offer, sku);
  const sorted = [...(image?.versions ?? [])].sort(byVersion);
  if (image === undefined || (version !== "latest" && !sorted.includes(version))) {
    return refuse(
      404,
      "PlatformImageNotFound",
      `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile`,
      { target: "imageReference" },
    );
  }
  const plan = body["plan"];
  if (image.plan && plan === undefined) {
    refuse(
      400,
      "VMMarketplaceInvalidInput",
      "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request.",
    );
  }
  if (!image.plan && plan !== undefined) {
    refuse(
      400,
      "VMMarketplaceInvalidInput",
      "Creating a virtual machine from a non Marketplace image does not need Plan information in the request.",
    );
  }
  if (
    plan !== undefined &&
    (dig(plan, "publisher") !== publisher || dig(plan, "product") !== offer || dig(plan, "name") !== sku)
  ) {
    refuse(400, "VMMarketplaceInvalidInput", "The Plan information in the request does not match the image.");
  }
  if (image.architecture !== size.architecture) {
    refuse(
      400,
      "BadRequest",
      `Cannot create a VM of size '${size.name}' because this VM size only supports a CPU Architecture of '${size.architecture}', but an image or disk with CPU Architecture '${image.architecture}' was given.`,
    );
  }
  if (!size.generations.includes(image.generation)) {
    refuse(
      400,
      "BadRequest",
      `The selected VM size '${size.name}' cannot boot Hypervisor Generation '${image.generation === "V1" ? 1 : 2}'.`,
    );
  }
}
