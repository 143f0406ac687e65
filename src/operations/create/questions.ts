/**
 * The questions of the preflight, asked at once. What may not be asked (a right that only this question needs), or is not
 * answered, is said and left open: no answer is no refusal.
 */
import { nameOf } from "../../core/plan/resource.ts";
import type { ImageChoice } from "../../core/spec/image.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { ask } from "../ask.ts";
import { unlessUnanswered } from "../cluster/allowed.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { imageById } from "./find-image.ts";
import { notePreflight } from "./preflight-note.ts";

interface Wish {
  readonly spec: ClusterSpec;
  readonly found: ClaimedCluster;
  readonly image: ImageChoice;
}

/** What holds wherever the cluster goes. */
export type Answers = Awaited<ReturnType<typeof askAll>>;
/** What one location offers. */
export type PlaceAnswers = Awaited<ReturnType<typeof askPlace>>;

/** Undefined is an open question; "missing" says that there is none. */
export async function askAll(run: Run, { spec, found, image }: Wish, forbidden: string[]) {
  const networkGroup = spec.vnetResourceGroup ?? found.groupName;
  const networkName = spec.virtualNetworkName;
  const tolerate = tolerating(run, { forbidden });
  const [compute, network, byId, existing, noIdentities] = await Promise.all([
    tolerate("the Compute provider", () => ask(run, "resourceProvider", "Microsoft.Compute")),
    tolerate("the Network provider", () => ask(run, "resourceProvider", "Microsoft.Network")),
    image.kind === "id" && image.id.toLowerCase().startsWith("/subscriptions/")
      ? tolerant(run, "the image", () => imageById(run, image.id), { forbidden })
      : undefined,
    networkName === undefined
      ? undefined
      : tolerate(
          "the virtual network",
          async () => (await ask(run, "network", networkGroup, networkName)) ?? ("missing" as const),
        ),
    Promise.all(
      spec.identity.map(async (id) => {
        const there = await tolerate(`the identity ${nameOf(id)}`, () => ask(run, "identityExists", id));
        return there === false ? [id] : [];
      }),
    ),
  ]);
  return { compute, network, imageById: byId, existing, missingIdentities: noIdentities.flat() };
}

/** One list of sizes, of usages and of the rest for each location, however many sizes were wished. */
export async function askPlace(run: Run, { spec, found, image }: Wish, location: string, forbidden: string[]) {
  const tolerate = tolerating(run, { forbidden, where: ` in ${location}` });
  const [region, computeUsage, networkUsage, labelFree, imageFacts] = await Promise.all([
    tolerate("the sizes", () => ask(run, "sizes", location)),
    tolerate("the vCPU quota", () => ask(run, "computeUsage", location)),
    tolerate("the address quota", () => ask(run, "networkUsage", location)),
    found.claim === undefined && !spec.private
      ? tolerate("the DNS name", () => ask(run, "dnsLabelFree", location, spec.name))
      : undefined,
    image.kind === "urn"
      ? tolerate("the image", async () => (await ask(run, "image", location, image.urn)) ?? ("missing" as const))
      : undefined,
  ]);
  return { location, region, computeUsage, networkUsage, labelFree, imageFacts };
}

/** What this sign-in may not ask is said once, whatever the number of questions and locations. */
export function tellForbidden(run: Run, forbidden: readonly string[]): void {
  if (forbidden.length === 0) return;
  notePreflight(
    run,
    "forbidden",
    `Not checked: ${[...new Set(forbidden)].join(", ")} (this sign-in may not ask). Azure checks them when it is made.`,
    "AuthorizationFailed",
  );
}

interface Tolerance {
  readonly forbidden?: string[];
  readonly where?: string;
}

/**
 * Undefined, with a note, where this one question is not allowed or not answered; a refused sign-in, or a wrong subscription, ends the run.
 * @param how `forbidden`: where what is not allowed is collected, for one note about all of it; `where`: " in westus", of several it is to be told
 */
export async function tolerant<T>(
  run: Run,
  what: string,
  read: () => Promise<T>,
  { forbidden, where = "" }: Tolerance = {},
): Promise<T | undefined> {
  if (forbidden !== undefined && REFUSED.get(run.lookups)?.has(what) === true) return void forbidden.push(what);
  return unlessUnanswered(read, ({ status, code }) => {
    if (status === 403 && forbidden !== undefined) {
      REFUSED.set(run.lookups, (REFUSED.get(run.lookups) ?? new Set()).add(what));
      forbidden.push(what);
    } else {
      const why = status === 403 ? "this sign-in may not ask" : code;
      notePreflight(run, `${what}${where}`, `Not checked: ${what}${where} (${why}).`, code);
    }
  });
}

// --- internal ---

const tolerating =
  (run: Run, how: Tolerance) =>
  <T>(what: string, read: () => Promise<T>): Promise<T | undefined> =>
    tolerant(run, what, read, how);

/** What a run was not allowed to ask: a second preflight of it does not ask again. */
const REFUSED = new WeakMap<Run["lookups"], Set<string>>();
