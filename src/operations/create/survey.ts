/**
 * The preflight: all reads at once, within seconds, nothing written. What may not be asked is said and not taken for a refusal
 * (questions.ts); what Azure says no to is.
 */
import { asFarAsAllowed } from "../cluster/allowed.ts";
import { isForeign } from "../cluster/cluster.ts";
import type { Facts } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type ImageChoice, imageChoice } from "../../core/spec/image.ts";
import { judge, refusal } from "../../core/advice/preflight.ts";
import type { Checked, Problem } from "../../core/advice/problem.ts";
import { chosenSubnet } from "../../core/advice/preflight-network.ts";
import { type ImageFacts, type SizeFacts, type SubnetFacts, normalLocation } from "../../core/region.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { isOurs, wordOf } from "../../core/plan/tags.ts";
import { patiently } from "../../engine/patiently.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { aliasNote, imageForSize } from "./find-image.ts";
import { noteSubnet } from "./note-subnet.ts";
import { type Answers, askAll, tolerant } from "./questions.ts";

export interface Survey {
  readonly location: string;
  readonly size: SizeFacts | undefined;
  readonly faultDomains: number;
  readonly image: ImageChoice;
  readonly imageFacts: ImageFacts | undefined;
  readonly subnet: SubnetFacts | undefined;
  readonly networkId: string | undefined;
  readonly placementGroupId: string | undefined;
}

/** What is to be made: machines that are not there yet. */
export type NewMachines = Pick<Checked, "newNodes" | "newSpot" | "newZones">;

export async function survey(run: Run, spec: ClusterSpec, found: ClaimedCluster, wanted: NewMachines): Promise<Survey> {
  const { emit } = run;
  const { newNodes } = wanted;
  emit({ kind: "phase", id: "preflight", label: "preflight", detail: "checking that it can be made; nothing is written" });
  const placement = spec.affinityGroup === undefined ? undefined : await placementGroup(run, spec, found.groupName);
  const location = found.claim?.location ?? placement?.location ?? spec.location;
  refuseMoved(spec, found, location, placement !== undefined);
  const asked = imageChoice(spec);
  aliasNote(run, asked);
  const told = await askAll(run, spec, found, { location, image: asked });
  const size = told.region?.sizes.get(spec.vmSize.toLowerCase());
  const boots = size === undefined || newNodes === 0 ? undefined : { ...size, location };
  const { image, imageFacts } = await imageForSize(run, spec, { image: asked, imageFacts: told.imageFacts }, boots);
  const answers = { ...told, imageFacts };
  if (answers.imageFacts === "missing" && !hasCatalogue(answers))
    emit({ kind: "note", id: "preflight/the image", label: "preflight", message: "Not checked: the image (no catalogue here)." });
  const problems = [...judge(checkedOf(spec, found, { location, ...wanted }, answers)), ...elsewhere(answers, location)];
  if (problems.length > 0) throw refusal(problems);
  const { region, existing } = answers;
  if (existing === undefined && spec.virtualNetworkName !== undefined) throw networkNotReadable(spec.virtualNetworkName);
  const network = existing === "missing" ? undefined : existing;
  const subnet = network === undefined ? undefined : chosenSubnet(spec, network);
  if (subnet !== undefined) await noteSubnet(run, spec, subnet);
  emit({ kind: "phase", id: "preflight", label: "preflight", detail: "passed" });
  return {
    location,
    size,
    // every region has at least two; where Azure does not say, two are always taken
    faultDomains: Math.min(region?.faultDomains ?? 2, 3),
    image,
    imageFacts: imageFacts === "missing" ? undefined : imageFacts,
    subnet,
    networkId: network?.id,
    placementGroupId: placement?.id,
  };
}

/** The image as the plan takes it; a VHD is handled by own-image.ts. */
export function imageReference({ image, imageFacts }: Survey): Extract<Facts["image"], { reference: unknown }> {
  if (image.kind === "id") {
    const community = /^\/CommunityGalleries\//i.test(image.id);
    const shared = /^\/SharedGalleries\//i.test(image.id);
    return {
      reference: community
        ? { communityGalleryImageId: image.id }
        : shared
          ? { sharedGalleryImageId: image.id }
          : { id: image.id },
    };
  }
  if (image.kind !== "urn") throw new ClusterError("ImageNotPrepared", "a VHD is no image reference", { source: "bug" });
  return { reference: imageFacts?.urn ?? image.urn, ...(imageFacts?.plan === undefined ? {} : { plan: imageFacts.plan }) };
}

// --- internal ---

/** An ARM that knows none of these questions (an emulator's) has no catalogue of images either: its 404 says nothing of this one. */
const hasCatalogue = ({ compute, region, computeUsage }: Answers): boolean =>
  compute !== undefined || region !== undefined || computeUsage !== undefined;

/** What is judged: the answers, beside what is to be made. */
function checkedOf(
  spec: ClusterSpec,
  found: ClaimedCluster,
  wanted: NewMachines & Pick<Checked, "location">,
  answers: Answers,
): Checked {
  const { compute, network, region, computeUsage, networkUsage, labelFree, imageFacts, imageById, existing, missingIdentities } =
    answers;
  const missing = (imageFacts === "missing" && hasCatalogue(answers)) || imageById === "missing";
  const image = missing ? ("missing" as const) : imageFacts === "missing" ? undefined : (imageFacts ?? imageById);
  return {
    spec,
    ...wanted,
    ...(wanted.newNodes === 0 ? {} : { missingIdentities }),
    newAddresses: newAddresses(spec, found, wanted.newNodes),
    providers: [compute, network].filter((one) => one !== undefined),
    ...(region === undefined ? {} : { region }),
    ...(computeUsage === undefined ? {} : { computeUsage }),
    ...(networkUsage === undefined ? {} : { networkUsage }),
    newLabel: found.claim === undefined && !spec.private,
    ...(labelFree === undefined ? {} : { labelFree }),
    ...(image === undefined ? {} : { image }),
    ...(existing === undefined ? {} : { network: existing }),
  };
}

/** A private cluster has one at most, its NAT gateway's. */
function newAddresses(spec: ClusterSpec, { claim }: ClaimedCluster, newNodes: number): number {
  const own = spec.private && spec.virtualNetworkName !== undefined ? 0 : 1;
  return (claim === undefined ? own : 0) + (spec.pip ? newNodes : 0);
}

/** An image of one's own is taken in its own region only. */
function elsewhere({ imageById }: Answers, location: string): Problem[] {
  if (imageById === undefined || imageById === "missing" || imageById.location === undefined) return [];
  const there = normalLocation(imageById.location);
  if (there === location) return [];
  return [
    {
      check: "ImageElsewhere",
      message: `the image is in ${there}, the cluster would be in ${location}`,
      advice: `Give --location ${there}.`,
    },
  ];
}

const networkNotReadable = (name: string): ClusterError =>
  refusal([
    {
      check: "NetworkNotReadable",
      message: `the virtual network ${name} could not be read`,
      advice: "The nodes' addresses are chosen in it: a role with Microsoft.Network/virtualNetworks/read on it is needed.",
    },
  ]);

/** An existing proximity placement group of the name: in the cluster's group, or elsewhere in the subscription. */
async function placementGroup(
  run: Run,
  spec: ClusterSpec,
  groupName: string,
): Promise<{ id: string; location: string } | undefined> {
  const all = await tolerant(run, "proximity placement groups", () =>
    asFarAsAllowed(
      () => patiently(run.tools, (signal) => run.lookups.placementGroups(signal)),
      () => patiently(run.tools, (signal) => run.lookups.placementGroupsIn(groupName, signal)),
    ),
  );
  const named = (all ?? []).filter((one) => one.name.toLowerCase() === spec.affinityGroup?.toLowerCase());
  const inGroup = named.find((one) => one.id.toLowerCase().includes(`/resourcegroups/${groupName.toLowerCase()}/`));
  // one that this cluster made is part of its plan, not something that was there before
  if (inGroup !== undefined)
    return isOurs(inGroup.tags, spec.name) && wordOf(inGroup.tags) !== undefined
      ? undefined
      : { id: inGroup.id, location: normalLocation(inGroup.location) };
  if (named.length > 1)
    throw refusal([
      {
        check: "AffinityGroupAmbiguous",
        message: `${named.length} proximity placement groups are called ${spec.affinityGroup}`,
        advice: `Choose the resource group of one with --resource-group, or rename: ${named.map((one) => one.id).join(", ")}.`,
      },
    ]);
  const [only] = named;
  return only === undefined ? undefined : { id: only.id, location: normalLocation(only.location) };
}

/** A location that was asked for must be the one that the cluster is in. */
function refuseMoved(spec: ClusterSpec, found: ClaimedCluster, location: string, byPlacement: boolean): void {
  if (found.group?.deleting === true)
    throw new ClusterError("BeingDestroyed", `the resource group ${found.groupName} is being deleted`, {
      source: "azure",
      exit: EXIT.conflict,
      advice: "Wait until it is gone (`azure-coreos-cluster list` shows when), then run the same command again.",
    });
  if (found.claim !== undefined && spec.given.includes("location") && normalLocation(spec.location) !== location && !byPlacement)
    throw new ClusterError("LocationFixed", `the cluster ${spec.name} is in ${location}, not in ${spec.location}`, {
      exit: EXIT.conflict,
      advice: "A cluster does not move. Leave --location out, or make another cluster.",
    });
  if (
    found.group !== undefined &&
    !isForeign(found) &&
    normalLocation(found.group.location) !== location &&
    found.claim === undefined
  )
    throw new ClusterError(
      "LocationFixed",
      `the resource group ${found.groupName} exists in ${normalLocation(found.group.location)}, not in ${location}`,
      {
        source: "azure",
        exit: EXIT.conflict,
        advice: `Give --location ${normalLocation(found.group.location)}, another name, or another --resource-group.`,
      },
    );
}
