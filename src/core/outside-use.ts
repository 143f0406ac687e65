/**
 * Who uses a resource, as Azure's own model of it says: the interfaces in a network's subnets, the holder of an address, the
 * machines of an availability set. What is in use cannot be deleted, and Azure says so only after the rest is gone. Pure.
 */
import { KINDS } from "./plan/kinds.ts";
import type { DoomedKind } from "./plan/bodies.ts";

export interface Use {
  /** What is used. */
  readonly id: string;
  /** The whole resource that uses it, not its part: an interface, not its IP configuration. */
  readonly by: string;
}

/** Each use once, in the order of the model. */
export function usesOf({ id, kind, model }: { readonly id: string; readonly kind: DoomedKind; readonly model: unknown }): Use[] {
  const users = new Map(
    (KINDS[kind].usedBy ?? [])
      .flatMap((path) => at(model, path.split(".")))
      .map(resourceOf)
      .filter((user) => user !== undefined)
      .map((user) => [user.toLowerCase(), user]),
  );
  return [...users.values()].map((by) => ({ id, by }));
}

/** The machines that an image was made into, of all there are: an image does not know them. */
export const madeFrom = (image: string, machines: readonly { readonly id: string; readonly model: unknown }[]): Use[] =>
  machines
    .filter(({ model }) =>
      at(model, ["storageProfile", "imageReference", "id"]).some((id) => id.toLowerCase() === image.toLowerCase()),
    )
    .map(({ id }) => ({ id: image, by: id }));

/** Every resource that a model refers to, by its parts too; each once. */
export function resourcesIn(model: unknown): string[] {
  const ids = JSON.stringify(model).match(new RegExp(RESOURCE.source.slice(1), "gi")) ?? [];
  return [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()];
}

// --- internal ---

/** Every text at a path of names; arrays are looked through. */
function at(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => at(one, path));
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === "string" ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return at((value as Record<string, unknown>)[name], rest);
}

/** The resource that an id, perhaps of a part of one, belongs to. */
const resourceOf = (id: string): string | undefined => RESOURCE.exec(id)?.[0];

const RESOURCE = /^\/subscriptions\/[^/"]+\/resourceGroups\/[^/"]+\/providers\/[^/"]+\/[^/"]+\/[^/"]+/i;
