/** The preflight's judgement of the image: whether it is there, and whether machines of the size boot it. */
import { type ImageFacts, sameLocation } from "../region.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { twinFor, urnText } from "../spec/image.ts";
import { type Checked, type Problem, counts, known } from "./problem.ts";

export function judgeImage(checked: Checked): Problem[] {
  const { image: found, spec, region } = checked;
  if (found === undefined || !counts(checked, "coreosImage", "vmSize")) return [];
  if (found === "missing") {
    // one that went is nothing that another size is to blame for
    if (!counts(checked, "coreosImage")) return [];
    const message = `the image ${spec.coreosImage ?? `of ${PLATFORMS[spec.platform].title} (${PLATFORMS[spec.platform].image ?? ""})`} is not there`;
    return [
      spec.coreosImage?.startsWith("/") === true
        ? {
            check: "ImageNotFound",
            message,
            advice:
              "Check the id (`az resource list` shows yours), or give another --coreos-image; without the flag a new cluster gets the platform's own.",
          }
        : known(checked, "ImageNotFound", message),
    ];
  }
  const wanted = region?.sizes.get(spec.vmSize.toLowerCase());
  const problems: Problem[] = counts(checked, "coreosImage") ? judgeOwn(checked, found) : [];
  if (wanted !== undefined && found.generation !== undefined && !wanted.generations.includes(found.generation))
    problems.push({
      check: "GenerationMismatch",
      message: `${wanted.name} boots generation ${wanted.generations.join(" or ")} only; the image is generation ${found.generation}`,
      advice: "Choose another --vm-size, or the image's other sku (Flatcar: stable is V1, stable-gen2 is V2).",
    });
  if (
    wanted !== undefined &&
    found.architecture !== undefined &&
    found.architecture.toLowerCase() !== wanted.architecture.toLowerCase()
  )
    problems.push({
      check: "ArchitectureMismatch",
      message: `${wanted.name} is ${wanted.architecture}; the image is ${found.architecture}`,
      advice: instead(found.urn, wanted.architecture),
    });
  return problems;
}

// --- internal ---

/** What an id names, in a gallery or not: it may be of any system, made of a machine with all that was in it, and in some locations only. */
function judgeOwn(checked: Checked, { system, state, locations }: Partial<ImageFacts>): Problem[] {
  const problems: Problem[] = [];
  const another = "Give another --coreos-image";
  if (system !== undefined && !/^linux$/i.test(system))
    problems.push({ check: "ImageNotLinux", message: `the image is of ${system}`, advice: `${another}, of Linux.` });
  if (/^specialized$/i.test(state ?? ""))
    problems.push({
      check: "ImageSpecialized",
      message: "the image is specialized, the copy of one machine: Azure tells machines of it no name, SSH key or user-data",
      advice: `${another}, of a machine that was generalized (\`az vm generalize\`) before it became one.`,
    });
  if (locations !== undefined && !locations.some((one) => sameLocation(one, checked.location)))
    problems.push(
      known(
        checked,
        "GalleryImageNotFound",
        `the gallery has the image ${checked.spec.coreosImage ?? ""} in ${locations.join(", ")}, not in ${checked.location}`,
        {
          ...((checked.knownNodes ?? 0) > 0 && { there: "stands" }),
          ...(checked.spec.coreosImage !== undefined && { image: { name: checked.spec.coreosImage } }),
          instead: [...(checked.instead ?? []), `--location ${locations[0]}`],
        },
      ),
    );
  return problems;
}

function instead(urn: ImageFacts["urn"] | undefined, architecture: string): string {
  const twin = urn === undefined ? undefined : twinFor(architecture, urn);
  return twin === undefined
    ? `Choose another --vm-size, or an image for ${architecture}; without --coreos-image the size's own is taken.`
    : `Give --coreos-image ${urnText({ ...twin, version: "latest" })}, or leave it out: the size's own is then taken.`;
}
