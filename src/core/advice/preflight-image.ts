/** The preflight's judgement of the image: whether it is there, and whether machines of the size boot it. */
import { type Checked, type Problem, known } from "./problem.ts";

export function judgeImage(checked: Checked): Problem[] {
  const { image: found, spec, region, newNodes } = checked;
  if (found === undefined || (newNodes === 0 && !spec.given.includes("coreosImage"))) return [];
  if (found === "missing")
    return [known(checked, "ImageNotFound", `the image ${spec.coreosImage ?? "of Flatcar stable"} is not there`)];
  const wanted = region?.sizes.get(spec.vmSize.toLowerCase());
  const problems: Problem[] = [];
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
      advice: "For Arm64 sizes: --coreos-image kinvolk:flatcar-container-linux-corevm:stable:latest.",
    });
  return problems;
}
