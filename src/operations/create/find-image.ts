/**
 * What Azure knows of the image that was asked for: a marketplace image in the location, or whatever an id names, in the id's own
 * subscription. An id of elsewhere is often shared with machines alone: that this sign-in does not see it proves nothing.
 */
import { AzureError } from "../../core/advice/azure-error.ts";
import type { ImageFacts } from "../../core/region.ts";
import { type ImageChoice, twinFor, urnText } from "../../core/spec/image.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { ask } from "../ask.ts";
import type { Run } from "../run.ts";
import { notePreflight } from "./preflight-note.ts";

export type ById = Omit<ImageFacts, "urn"> & { readonly location?: string };

/** Undefined where it was not looked at, with a note. */
export async function imageById(run: Run, id: string): Promise<ById | "missing" | undefined> {
  const home = /^\/subscriptions\/([^/]+)\//i.exec(id)?.[1];
  const read = (): Promise<ById | undefined> => ask(run, "imageById", id);
  if (home === undefined || home.toLowerCase() === run.subscription.toLowerCase()) return (await read()) ?? "missing";
  try {
    const found = await read();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof AzureError) || ![401, 403, 404].includes(error.status ?? 0)) throw error;
  }
  notePreflight(
    run,
    "the image",
    `Not checked: the image, which is in the subscription ${home}, where this sign-in does not see it. Azure looks when machines are made.`,
  );
  return undefined;
}

/** What the machines are made from, with what Azure knows of it. */
export interface ImageFound {
  readonly image: ImageChoice;
  readonly imageFacts: ImageFacts | "missing" | undefined;
  /** The Marketplace's plan of one that an id names. */
  readonly plan?: ImageFacts["plan"];
  /** Sentences about it, for when it is taken. */
  readonly notes: readonly string[];
}

/**
 * The image for the architecture of the machines: where nobody named one now, the same system for that one is taken.
 * @param given what the spec names, with what Azure knows of it
 */
export async function imageForSize(
  run: Run,
  spec: ClusterSpec,
  given: Pick<ImageFound, "image" | "imageFacts">,
  size: { readonly name: string; readonly architecture: string; readonly location: string } | undefined,
): Promise<ImageFound> {
  const asked = { ...given, notes: [] };
  const { image } = asked;
  if (image.kind !== "urn" || size === undefined || spec.given.includes("coreosImage")) return asked;
  const urn = twinFor(size.architecture, image.urn);
  if (urn === undefined) return asked;
  const look = (version: string): Promise<ImageFacts | undefined> => ask(run, "image", size.location, { ...urn, version });
  // a kept version may be one that the other architecture never had
  const facts = (await look(urn.version)) ?? (urn.version === "latest" ? undefined : await look("latest"));
  const said = `${size.name} is ${size.architecture}: its machines run ${urnText(facts?.urn ?? urn)}.`;
  return { image: { kind: "urn", urn: facts?.urn ?? urn }, imageFacts: facts ?? "missing", notes: [said] };
}

/** What a word of the Azure CLI stands for. */
export function aliasNote(run: Run, image: ImageChoice): void {
  if (image.kind === "urn" && image.alias !== undefined)
    notePreflight(run, "the image", `--coreos-image ${image.alias} is the Azure CLI's word for ${urnText(image.urn)}.`);
}
