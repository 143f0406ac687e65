/**
 * The preflight: all reads at once, within seconds, nothing written. What may not be asked is said and not taken for a refusal
 * (questions.ts); what Azure says no to is.
 */
import { defined } from "../../core/defined.ts";
import { groupGoing } from "../cluster/being-destroyed.ts";
import { asFarAsAllowed } from "../cluster/allowed.ts";
import { isForeign } from "../cluster/cluster.ts";
import type { Facts } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type ImageChoice, imageChoice } from "../../core/spec/image.ts";
import { refusal } from "../../core/advice/preflight.ts";
import { chosenSubnet } from "../../core/advice/preflight-network.ts";
import { type ImageFacts, type SizeFacts, type SubnetFacts, normalLocation } from "../../core/region.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { isOurs, wordOf } from "../../core/plan/tags.ts";
import { ask } from "../ask.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { type TakenPlace, type Wanted, choosePlace, hasCatalogue } from "./choose-place.ts";
import { aliasNote } from "./find-image.ts";
import { noteSubnet } from "./note-subnet.ts";
import { tolerant } from "./questions.ts";
import { notePreflight } from "./preflight-note.ts";

export interface Survey {
  /** The choice that was taken, and what can be told of others. */
  readonly taken: TakenPlace;
  readonly location: string;
  readonly size: SizeFacts | undefined;
  readonly faultDomains: number;
  readonly image: ImageChoice;
  readonly imageFacts: ImageFacts | undefined;
  /** Of an image that an id names. */
  readonly plan?: ImageFacts["plan"];
  readonly subnet: SubnetFacts | undefined;
  readonly networkId: string | undefined;
  readonly placementGroupId: string | undefined;
}

/** @param nodes those that are to be made, and those that it has or is to have already */
export async function survey(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  nodes: Pick<Wanted, "fresh" | "members" | "known" | "freed" | "command">,
): Promise<Survey> {
  const { emit } = run;
  emit({ kind: "phase", id: "preflight", label: "preflight", detail: "checking that it can be made; nothing is written" });
  const placement = spec.affinityGroup === undefined ? undefined : await placementGroup(run, spec, found.groupName);
  const locations = possibleLocations(spec, found, placement?.location);
  const asked = imageChoice(spec);
  aliasNote(run, asked);
  const taken = await choosePlace(run, { spec, found, locations, image: asked, ...nodes });
  const { answers, place, size, image: chosen } = taken;
  const { image, imageFacts, plan } = chosen;
  if (imageFacts === "missing" && !hasCatalogue(answers, place))
    notePreflight(run, "the image", "Not checked: the image (no catalogue here).");
  const { existing } = answers;
  if (existing === undefined && spec.virtualNetworkName !== undefined) throw networkNotReadable(spec.virtualNetworkName);
  const network = existing === "missing" ? undefined : existing;
  const subnet = network === undefined ? undefined : chosenSubnet(spec, network);
  if (subnet !== undefined) await noteSubnet(run, spec, subnet);
  emit({ kind: "phase", id: "preflight", label: "preflight", detail: "passed" });
  return {
    taken,
    location: place.location,
    size,
    // every region has at least two; where Azure does not say, two are always taken
    faultDomains: Math.min(place.region?.faultDomains ?? 2, 3),
    image,
    imageFacts: imageFacts === "missing" ? undefined : imageFacts,
    ...defined({ plan }),
    subnet,
    networkId: network?.id,
    placementGroupId: placement?.id,
  };
}

/** The image as the plan takes it; a VHD is handled by own-image.ts. */
export function imageReference({
  image,
  imageFacts,
  plan,
}: Pick<Survey, "image" | "imageFacts" | "plan">): Extract<Facts["image"], { reference: unknown }> {
  if (image.kind === "id") {
    const community = /^\/CommunityGalleries\//i.test(image.id);
    const shared = /^\/SharedGalleries\//i.test(image.id);
    return {
      reference: community
        ? { communityGalleryImageId: image.id }
        : shared
          ? { sharedGalleryImageId: image.id }
          : { id: image.id },
      ...defined({ plan }),
    };
  }
  if (image.kind !== "urn") throw new ClusterError("ImageNotPrepared", "a VHD is no image reference", { source: "bug" });
  return { reference: imageFacts?.urn ?? image.urn, ...defined({ plan: imageFacts?.plan }) };
}

// --- internal ---

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
      () => ask(run, "placementGroups"),
      () => ask(run, "placementGroupsIn", groupName),
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

/**
 * Those that the cluster may be in: where it is, where it is to be near to, where its group is; else all that were wished.
 * @throws ClusterError BeingDestroyed, LocationFixed (exit 7)
 */
function possibleLocations(spec: ClusterSpec, found: ClaimedCluster, placement: string | undefined): readonly string[] {
  if (found.group?.deleting === true) throw groupGoing(found.groupName);
  const wished = spec.locations.map(normalLocation);
  if (found.claim !== undefined) {
    const { location } = found.claim;
    if (spec.given.includes("location") && !wished.includes(location) && placement === undefined)
      throw new ClusterError("LocationFixed", `the cluster ${spec.name} is in ${location}, not in ${either(spec.locations)}`, {
        exit: EXIT.conflict,
        advice: "A cluster does not move. Leave --location out, or make another cluster.",
      });
    return [location];
  }
  const possible = placement === undefined ? wished : [placement];
  if (found.group === undefined || isForeign(found)) return possible;
  const there = normalLocation(found.group.location);
  if (!possible.includes(there))
    throw new ClusterError(
      "LocationFixed",
      `the resource group ${found.groupName} exists in ${there}, not in ${either(possible)}`,
      {
        source: "azure",
        exit: EXIT.conflict,
        advice: `Give --location ${there}, another name, or another --resource-group. Where nothing in it is to be kept, \`azure-coreos-cluster destroy ${spec.name}\` removes what was begun there; then the same command again.`,
      },
    );
  return [there];
}

const either = (all: readonly string[]): string => all.join(" or ");
