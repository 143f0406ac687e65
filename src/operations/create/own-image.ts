/**
 * An image of the user's own (`--coreos-image` with a .vhd): looked at and checked before anything is written, and made ready for Azure
 * by a `stage` that carry-out.ts calls when the image's turn has come. An image that the cluster has already is not made again.
 * Longer than most: a file, a blob and what is there already are one question, and are read side by side.
 */
import { ownTags } from "../../core/plan/tags.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { withUserTags } from "../../core/plan/user-tags.ts";
import type { Snapshot } from "../cluster/snapshot.ts";
import type { Image } from "@azure/arm-compute";
import { CLOUDS } from "../../azure/clouds.ts";
import { inspectVhdBlob } from "../../azure/vhd/blob.ts";
import { IMAGE_CONTAINER, storageAccountName, storageAccountSeed } from "../../azure/vhd/account.ts";
import { parseBlobUrl, parseContainerUrl } from "../../azure/vhd/container.ts";
import { surveyVhd, vhdBlobName, type VhdSurvey } from "../../azure/vhd/survey.ts";
import { type OwnImage, names } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { refusal } from "../../core/advice/preflight.ts";
import { tooSmall } from "../../core/advice/preflight-machines.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { isProven } from "../../core/plan/proof.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import { unusedBeside } from "../../prepare/beside.ts";
import { checkContainer, openImageContainer, reaches, stageVhd } from "./image-upload.ts";
import { ownPath } from "../files/own-path.ts";
import type { Run } from "../run.ts";
import type { Survey } from "./survey.ts";

export interface ImageWish {
  readonly spec: ClusterSpec;
  readonly found: ClaimedCluster;
  readonly surveyed: Survey;
  readonly snapshot: Snapshot;
  /** The word of this creation of the cluster: for the tags of what is made. */
  readonly word: string;
  /** As it was given: with the signatures that URLs may carry. */
  readonly given: Partial<FlagValues>;
}

/**
 * Uploads what has to be uploaded, and says where it is; absent when there is nothing to do.
 * @param onMake told the id of a storage account that is not there and is about to be made
 */
export type StageImage = (onMake: (account: string) => void) => Promise<OwnImage>;

export interface PlannedImage {
  readonly image: OwnImage;
  readonly stage?: StageImage;
}

/** Reads only. Throws ClusterErrors: bad files, containers and blobs; another image than the cluster's own (exit 7). */
export async function ownImage(run: Run, wish: ImageWish): Promise<PlannedImage> {
  const { spec, found, surveyed } = wish;
  const there = imageThere(run, wish);
  const asBefore = !spec.given.includes("coreosImage") || found.claim?.kept.coreosImage === spec.coreosImage;
  if (there !== undefined && asBefore) return { image: there };
  // a tag says which file it was; which file of this machine is read, only who types it says
  if (surveyed.image.kind === "file" && !spec.given.includes("coreosImage")) throw fileAskedFor(spec);
  const wanted = await (surveyed.image.kind === "file" ? fromFile(run, wish, surveyed.image.path) : fromBlob(run, wish));
  if (there === undefined) return wanted;
  if (contentOf(there.blobUrl) !== contentOf(wanted.image.blobUrl)) throw imageFixed(spec, there);
  return { image: there };
}

/** The flags without the signatures of URLs, which are secrets: for what is kept, planned and shown. */
export function withoutSignature(given: Partial<FlagValues>): Partial<FlagValues> {
  const { coreosImage, blobContainerUrl } = given;
  const plain = (url: string): string => (/^https?:/i.test(url) ? url.replace(/\?.*$/s, "") : url);
  return {
    ...given,
    ...(coreosImage === undefined ? {} : { coreosImage: plain(coreosImage) }),
    ...(blobContainerUrl === undefined ? {} : { blobContainerUrl: plain(blobContainerUrl) }),
  };
}

// --- internal ---

/** The image that the cluster has, or is getting. One that failed is made again. */
function imageThere(run: Run, { spec, found, snapshot }: ImageWish): OwnImage | undefined {
  const id = resourceId(groupId(run.subscription, found.groupName), "image", names.image(spec.name));
  const live = snapshot.get(id.toLowerCase());
  if (live === undefined || live.state === "failed" || live.state === "deleting") return undefined;
  const { storageProfile, hyperVGeneration } = live.model as Image;
  const image: OwnImage = { blobUrl: storageProfile?.osDisk?.blobUri ?? "", generation: hyperVGeneration === "V1" ? "V1" : "V2" };
  // somebody else's of that name is refused when the plan meets it; nothing is uploaded for it
  if (!isProven(live, found.owner) || image.blobUrl !== "") return image;
  return undefined;
}

async function fromFile(run: Run, wish: ImageWish, path: string): Promise<PlannedImage> {
  const { spec, found, surveyed, given } = wish;
  const container = given.blobContainerUrl === undefined ? undefined : parseContainerUrl(given.blobContainerUrl);
  if (container !== undefined)
    await checkContainer(run, container, { cloud: run.cloud, location: surveyed.location, mayBeMissing: true });
  const vhd = await look(run, ownPath(run.outside, path), path);
  refuseSmall(spec, vhd.footer.virtualSize);
  const { generation } = generationOf(run, surveyed, vhd.footer.generation);
  const account = storageAccountName(storageAccountSeed(run.subscription, found.groupName, spec.name));
  const base = container?.url ?? `https://${account}.${CLOUDS[run.cloud].blobSuffix}/${IMAGE_CONTAINER}`;
  const image: OwnImage = { blobUrl: `${base}/${vhdBlobName(vhd)}`, generation };
  const stage: StageImage = async (onMake) => {
    const target = container ?? {
      account,
      group: groupId(run.subscription, found.groupName),
      location: surveyed.location,
      cluster: spec.name,
      tags: withUserTags(ownTags(spec.name, wish.word), spec.tag),
    };
    return { ...image, blobUrl: (await stageVhd(run, vhd, target, onMake)) ?? image.blobUrl };
  };
  return { image, stage };
}

async function fromBlob(run: Run, { spec, surveyed, given }: ImageWish): Promise<PlannedImage> {
  const { container, blob } = parseBlobUrl(given.coreosImage ?? spec.coreosImage ?? "");
  await checkContainer(run, container, { cloud: run.cloud, location: surveyed.location, mayBeMissing: false });
  if (!reaches(run, container)) {
    const generation = PLATFORMS[spec.platform].generation;
    note(
      run,
      `${container.url}/${blob} was not looked at, as no Azure is there: it is taken for an image of generation ${generation}.`,
    );
    return { image: { blobUrl: `${container.url}/${encoded(blob)}`, generation } };
  }
  const { url, footer } = await inspectVhdBlob(await openImageContainer(run, container), blob, run.tools.signal);
  refuseSmall(spec, footer.virtualSize);
  return { image: { blobUrl: url, generation: generationOf(run, surveyed, footer.generation).generation } };
}

function refuseSmall(spec: ClusterSpec, bytes: number): void {
  const problems = tooSmall(spec, Math.ceil(bytes / 1024 ** 3));
  if (problems.length > 0) throw refusal(problems);
}

/** Reads the file once. The screen's progress has not begun yet: a large file gets a line of its own. */
function look(run: Run, file: string, shown: string): Promise<VhdSurvey> {
  let said = false;
  return surveyVhd(file, {
    signal: AbortSignal.any([run.stop, run.tools.signal]),
    beside: unusedBeside,
    onRead: (_bytes, total) => {
      if (said || total < LARGE) return;
      said = true;
      run.say(`Reading ${shown} (${Math.ceil(total / 1024 ** 3)} GiB) to see what of it has to be uploaded ...`);
    },
  });
}

const LARGE = 1024 ** 3;

/** The generation that the image asks for; refused where the size does not boot it. */
function generationOf(
  run: Run,
  { size }: Survey,
  guess: { generation: "V1" | "V2"; reason: string },
): { generation: "V1" | "V2" } {
  const { generation, reason } = guess;
  if (size !== undefined && !size.generations.includes(generation))
    throw refusal([
      {
        check: "GenerationMismatch",
        message: `${size.name} boots generation ${size.generations.join(" or ")} only; the image is taken for generation ${generation}, since ${reason}`,
        advice: "Choose another --vm-size, or another image.",
      },
    ]);
  note(run, `The image is taken for generation ${generation} (${generation === "V2" ? "UEFI" : "BIOS"}), since ${reason}.`);
  return { generation };
}

/** What tells images apart: the content's digits that the tool writes into a blob's name, else the URL. */
const contentOf = (blobUrl: string): string => /-([0-9a-f]{16})\.vhd$/.exec(blobUrl)?.[1] ?? blobUrl.toLowerCase();

const encoded = (blob: string): string => blob.split("/").map(encodeURIComponent).join("/");

function imageFixed(spec: ClusterSpec, there: OwnImage): ClusterError {
  return new ClusterError(
    "ImageFixed",
    `${spec.name} has an image already, made from ${there.blobUrl}; ${spec.coreosImage} is another one`,
    {
      exit: EXIT.conflict,
      advice:
        "Leave --coreos-image out: new machines then run what the others run. For another image, make it as a resource of its own (`az image create`) and give its id.",
    },
  );
}

const fileAskedFor = (spec: ClusterSpec): ClusterError =>
  new ClusterError("ImageFileNeeded", `${spec.name} was begun with the image file ${spec.coreosImage}, and has no image yet`, {
    exit: EXIT.usage,
    advice: "Give --coreos-image with that file again. No file of this machine is read because a tag in Azure names it.",
  });

function note(run: Run, message: string): void {
  run.emit({ kind: "note", id: "image", label: "image", message });
}
