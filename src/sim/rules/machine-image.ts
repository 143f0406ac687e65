/** The image of a machine: it is there, its plan comes along exactly when it has one, and the size can boot it. */
import { invalid, refuse } from "../arm-error.ts";
import { type Image, imagesOf } from "../catalogue/images.ts";
import type { Size } from "../catalogue/sizes.ts";
import { dig, type JsonValue, object, textIn } from "../json.ts";
import type { Change } from "../kind.ts";

/** @throws ArmError 404 PlatformImageNotFound, NotFound; 400 VMMarketplaceInvalidInput, BadRequest */
export function checkImage(change: Change, size: Size): void {
  const reference = object(dig(change.properties, "storageProfile", "imageReference"));
  const id = textIn(reference["id"]) ?? textIn(reference["sharedGalleryImageId"]) ?? textIn(reference["communityGalleryImageId"]);
  if (id !== undefined) return checkOwnImage(change, id);
  const [publisher, offer, sku, version] = ["publisher", "offer", "sku", "version"].map(
    (name) => textIn(reference[name]) ?? "",
  ) as [string, string, string, string];
  const [image] = imagesOf(publisher, offer, sku);
  if (image === undefined || (version !== "latest" && !image.versions.includes(version))) {
    return refuse(
      404,
      "PlatformImageNotFound",
      `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile`,
      { target: "imageReference" },
    );
  }
  checkPlan(change.body["plan"], image, reference);
  checkBoots(size, image);
}

/** Galleries are not simulated: their versions pass. */
function checkOwnImage({ cloud, location }: Change, id: string): void {
  if (!/\/providers\/Microsoft\.Compute\/images\//i.test(id)) return;
  const target = "imageReference";
  const image = cloud.get(id);
  if (image === undefined) refuse(404, "NotFound", `The Image '${id}' cannot be found in '${location}' region.`, { target });
  if (image.location !== location) invalid(`The image ${id} is in region ${image.location}, not in ${location}.`, target);
}

function checkPlan(plan: unknown, image: Image, reference: JsonValue): void {
  const wrong = (message: string): never => refuse(400, "VMMarketplaceInvalidInput", message);
  if (image.plan && plan === undefined) {
    wrong(
      "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request.",
    );
  }
  if (plan === undefined) return;
  if (!image.plan)
    wrong("Creating a virtual machine from a non Marketplace image does not need Plan information in the request.");
  const [publisher, product, name] = ["publisher", "offer", "sku"].map((one) => textIn(reference[one]) ?? "");
  if (dig(plan, "publisher") !== publisher || dig(plan, "product") !== product || dig(plan, "name") !== name)
    wrong("The Plan information in the request does not match the image.");
}

function checkBoots(size: Size, image: Image): void {
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
