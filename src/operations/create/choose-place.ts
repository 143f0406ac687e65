/**
 * Where the machines go and of which size: the first of what was wished that Azure's answers do not refuse. A location comes before a
 * size: within the first location every size is tried, in order of wish, before the next location. Everything is asked at once, each
 * location once; nothing is written. When nothing fits, what would have fitted is looked up, and said with the refusal.
 */
import { defined } from "../../core/defined.ts";
import { whatFits } from "../../core/advice/fitting.ts";
import { judge, refusal } from "../../core/advice/preflight.ts";
import { type Checked, type Problem, counts } from "../../core/advice/problem.ts";
import { usageWithout } from "../../core/advice/size-demand.ts";
import type { PassedOver } from "../../core/documents.ts";
import type { ClusterError } from "../../core/errors.ts";
import { type FreshNodes, newMachines } from "../../core/plan/new-machines.ts";
import { type SizeFacts, nearLocations, normalLocation } from "../../core/region.ts";
import type { ImageChoice } from "../../core/spec/image.ts";
import { type FlagKey, type FlagValues, flagRows } from "../../core/spec/flags.ts";
import { type ClusterSpec, asWished } from "../../core/spec/spec.ts";
import { inTurn } from "../../core/spec/wishes.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Freed } from "../cluster/nodes-there.ts";
import type { Run } from "../run.ts";
import { sameText } from "./fixed-choices.ts";
import { type ImageFound, imageForSize } from "./find-image.ts";
import { type Answers, type PlaceAnswers, askAll, askPlace, tellForbidden } from "./questions.ts";
import { notePreflight } from "./preflight-note.ts";

/** What is to be made, and where it may go. */
export interface Wanted extends FreshNodes {
  readonly spec: ClusterSpec;
  readonly found: ClaimedCluster;
  /** In order of wish; one alone where the cluster, or what it is to be near to, is there already. */
  readonly locations: readonly string[];
  readonly image: ImageChoice;
  /** What those that are to be made anew give back first. */
  readonly freed?: Freed;
  /** What makes them anew, as a command to type. */
  readonly command?: string;
}

/** A size in a location, as Azure's answers judge it. */
export interface Candidate {
  readonly wanted: Wanted;
  readonly answers: Answers;
  readonly place: PlaceAnswers;
  /** What was judged; its spec has this size and location. */
  readonly checked: Checked;
  readonly size: SizeFacts | undefined;
  readonly image: ImageFound;
  readonly problems: readonly Problem[];
}

/** The first that fits, and what was passed over for it. */
export interface TakenPlace extends Candidate {
  /** What was asked of the locations that come after it in the wish. */
  readonly others: readonly PlaceAnswers[];
  readonly passedOver: readonly PassedOver[];
}

/** @throws ClusterError what is in the way of each (exit 5), with what would fit */
export async function choosePlace(run: Run, wanted: Wanted): Promise<TakenPlace> {
  const { spec, locations } = wanted;
  const forbidden: string[] = [];
  const [answers, places] = await Promise.all([
    askAll(run, wanted, forbidden),
    Promise.all(locations.map((one) => askPlace(run, wanted, one, forbidden))),
  ]);
  tellForbidden(run, forbidden);
  const refused: Candidate[] = [];
  for (const place of places)
    for (const vmSize of inTurn(spec.sizes, spec.vmSize)) {
      const candidate = await candidateOf(run, wanted, { answers, place, vmSize });
      if (candidate.problems.length > 0) refused.push(candidate);
      else return taken(run, candidate, refused, places.slice(places.indexOf(place) + 1));
    }
  throw await refusalOf(run, refused);
}

/** A size in a place that was asked about. */
export async function candidateOf(
  run: Run,
  wanted: Wanted,
  { answers, place, vmSize }: { readonly answers: Answers; readonly place: PlaceAnswers; readonly vmSize: string },
): Promise<Candidate> {
  const newNodes = wanted.fresh.length;
  const { location } = place;
  const size = place.region?.sizes.get(vmSize.toLowerCase());
  const chosen = chosenNow(wanted);
  const boots = size === undefined || !counts({ newNodes, chosen }, "vmSize") ? undefined : { ...size, location };
  const spec = Object.freeze({ ...wanted.spec, vmSize, location });
  const { plan } = answers.imageById === undefined || answers.imageById === "missing" ? {} : answers.imageById;
  const asked = { image: wanted.image, imageFacts: place.imageFacts, notes: [], ...defined({ plan }) };
  const booted = await imageForSize(run, spec, asked, boots);
  const checked = {
    ...checkedOf({ ...wanted, spec }, answers, { ...place, imageFacts: booted.imageFacts }),
    cloud: run.cloud,
    chosen,
  };
  // where no machine is made the cluster keeps its image: what is made later takes the same for its size
  const image = newNodes === 0 ? asked : booted;
  return { wanted, answers, place, checked, size, image, problems: [...judge(checked), ...elsewhere(answers, location)] };
}

/** An ARM that knows none of these questions (an emulator's) has no catalogue of images either: its 404 says nothing of this one. */
export const hasCatalogue = ({ compute }: Answers, { region, computeUsage }: PlaceAnswers): boolean =>
  compute !== undefined || region !== undefined || computeUsage !== undefined;

export const passedOver = (
  { checked: { spec, location } }: Candidate,
  { check, message }: Pick<Problem, "check" | "message">,
): PassedOver => ({
  vmSize: spec.vmSize,
  location,
  code: check,
  reason: message,
});

// --- internal ---

/** Says which was taken, where there was a choice. */
function taken(run: Run, candidate: Candidate, refused: readonly Candidate[], others: readonly PlaceAnswers[]): TakenPlace {
  const { wanted, checked, image } = candidate;
  const passed = refused.flatMap((one) => one.problems.slice(0, 1).map((problem) => passedOver(one, problem)));
  const { vmSize, location } = checked.spec;
  if (wanted.spec.sizes.length * wanted.locations.length > 1 && (wanted.fresh.length > 0 || passed.length > 0)) {
    const why = passed.map((one) => `${one.vmSize} in ${one.location}: ${one.reason}.`);
    const message = `Taken: ${vmSize} in ${location}${passed.length === 0 && vmSize === wanted.spec.sizes[0] ? ", the first of the wish" : ""}.`;
    run.emit({ kind: "note", id: "choice", label: "choice", message: [message, ...why].join(" ") });
  }
  for (const note of image.notes) notePreflight(run, "the image", note);
  return { ...candidate, passedOver: passed, others };
}

/** Flags that count for new machines, and are given as the cluster does not keep them yet. */
const chosenNow = ({ spec, found: { claim } }: Wanted): FlagKey[] =>
  claim === undefined
    ? []
    : flagRows.flatMap(([key, flag]) =>
        flag.kept === "new machines" &&
        spec.given.includes(key) &&
        !sameText(asWished(spec)[key], claim.kept[key] ?? (flag.default as FlagValues[FlagKey]))
          ? [key]
          : [],
      );

/** What is judged: the answers, beside what is to be made. */
function checkedOf(wanted: Wanted, answers: Answers, place: PlaceAnswers): Checked {
  const { spec, found, known, freed, command } = wanted;
  const machines = newMachines(spec, wanted);
  const { compute, network, imageById, existing, missingIdentities } = answers;
  const { location, region, networkUsage, labelFree, imageFacts } = place;
  const computeUsage = place.computeUsage && usageWithout(place.computeUsage, region, freed?.machines ?? []);
  const missing = (imageFacts === "missing" && hasCatalogue(answers, place)) || imageById === "missing";
  const image = missing ? ("missing" as const) : imageFacts === "missing" ? undefined : (imageFacts ?? imageById);
  return {
    spec,
    location,
    ...machines,
    knownNodes: known.size,
    ...defined({ command }),
    missingIdentities,
    newAddresses: newAddresses(spec, found, machines.newNodes) - (freed?.addresses ?? 0),
    providers: [compute, network].filter((one) => one !== undefined),
    ...defined({ region, computeUsage, networkUsage }),
    newLabel: found.claim === undefined && !spec.private,
    ...defined({ labelFree, image, network: existing }),
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

/** Why none of them will do, and what would. */
async function refusalOf(run: Run, refused: readonly Candidate[]): Promise<ClusterError> {
  const instead = whatFits(refused, await nearBy(run, refused));
  const problems = refused.flatMap(({ checked, answers }) => [
    ...judge({ ...checked, instead }),
    ...elsewhere(answers, checked.location),
  ]);
  return refusal([...new Map(problems.map((one) => [one.message, one])).values()]);
}

/**
 * The same in locations near by, which nobody wished: asked only now that nothing fits, two at the most. None where the cluster is bound
 * to its location, or something else than the location is in the way.
 */
async function nearBy(run: Run, refused: readonly Candidate[]): Promise<Checked[]> {
  const [first] = refused;
  const last = refused.at(-1);
  if (first === undefined || last === undefined) return [];
  const { wanted, answers } = first;
  const { spec, found, locations, image } = wanted;
  const bound = found.claim !== undefined || spec.affinityGroup !== undefined || spec.virtualNetworkName !== undefined;
  const own = found.group !== undefined && found.own;
  const curable = refused.every(({ problems }) => problems.every(({ check }) => OF_A_PLACE.has(check)));
  if (bound || own || image.kind === "id" || !curable) return [];
  const offered = new Set(answers.compute?.locations);
  const near = nearLocations(last.checked.location).filter((one) => offered.has(one) && !locations.includes(one));
  const places = await Promise.all(near.slice(0, MOST_NEAR).map((one) => askPlace(run, wanted, one, [])));
  const all = places.flatMap((place) =>
    inTurn(spec.sizes, spec.vmSize).map(async (vmSize) => (await candidateOf(run, wanted, { answers, place, vmSize })).checked),
  );
  return Promise.all(all);
}

const MOST_NEAR = 2;

/** What is otherwise in another location. */
const OF_A_PLACE: ReadonlySet<string> = new Set([
  "SkuNotAvailable",
  "QuotaExceeded",
  "PublicIPCountLimitReached",
  "DnsRecordInUse",
  "LocationNotAvailable",
  "AzureSpotIsNotSupportedForThisVMSize",
  "LocationNotSupportAvailabilityZones",
  "InvalidAvailabilityZone",
]);
