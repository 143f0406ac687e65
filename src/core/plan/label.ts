/** How a person calls a resource that is found rather than planned: from its kind, name and tags alone. */
import { names } from "./cluster.ts";
import { KINDS } from "./kinds.ts";
import { nameOf } from "./resource.ts";
import type { DoomedKind } from "./bodies.ts";
import type { Tags } from "./tags.ts";

export function labelOf(
  cluster: string,
  { id, kind, tags }: { readonly id: string; readonly kind: DoomedKind; readonly tags: Tags },
): string {
  const name = nameOf(id);
  const { word, label } = KINDS[kind];
  const named = {
    name,
    machine: name.replace(/-(nic|ip|os|data)$/i, ""),
    isClaim: tags["aoc-role"] === "claim",
    isGateways: name.toLowerCase() === `${names.natGateway(cluster)}-ip`.toLowerCase(),
  };
  return label?.(named) ?? word;
}
