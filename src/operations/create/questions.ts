/**
 * The questions of the preflight, asked at once. What may not be asked (a right that only this question needs), or is not
 * answered, is said and left open: no answer is no refusal.
 */
import { AzureError, isMisdirected } from "../../core/advice/azure-error.ts";
import { nameOf } from "../../core/plan/resource.ts";
import type { ImageChoice } from "../../core/spec/image.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { patiently } from "../../engine/patiently.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { imageById } from "./find-image.ts";

export type Answers = Awaited<ReturnType<typeof askAll>>;

/** Undefined is an open question; "missing" says that there is none. */
export async function askAll(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  { location, image }: { readonly location: string; readonly image: ImageChoice },
) {
  const { lookups } = run;
  const networkGroup = spec.vnetResourceGroup ?? found.groupName;
  const networkName = spec.virtualNetworkName;
  const forbidden: string[] = [];
  const ask = <T>(what: string, read: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> =>
    tolerant(run, what, () => patiently(run.tools, read), forbidden);
  const [compute, network, region, computeUsage, networkUsage, labelFree, imageFacts, byId, existing, noIdentities] =
    await Promise.all([
      ask("the Compute provider", (signal) => lookups.resourceProvider("Microsoft.Compute", signal)),
      ask("the Network provider", (signal) => lookups.resourceProvider("Microsoft.Network", signal)),
      ask("the sizes", (signal) => lookups.sizes(location, signal)),
      ask("the vCPU quota", (signal) => lookups.computeUsage(location, signal)),
      ask("the address quota", (signal) => lookups.networkUsage(location, signal)),
      found.claim === undefined && !spec.private
        ? ask("the DNS name", (signal) => lookups.dnsLabelFree(location, spec.name, signal))
        : undefined,
      image.kind === "urn"
        ? ask("the image", async (signal) => (await lookups.image(location, image.urn, signal)) ?? ("missing" as const))
        : undefined,
      image.kind === "id" && image.id.toLowerCase().startsWith("/subscriptions/")
        ? tolerant(run, "the image", () => imageById(run, image.id), forbidden)
        : undefined,
      networkName === undefined
        ? undefined
        : ask(
            "the virtual network",
            async (signal) => (await lookups.network(networkGroup, networkName, signal)) ?? ("missing" as const),
          ),
      Promise.all(
        spec.identity.map(async (id) => {
          const there = await ask(`the identity ${nameOf(id)}`, (signal) => lookups.identityExists(id, signal));
          return there === false ? [id] : [];
        }),
      ),
    ]);
  if (forbidden.length > 0)
    run.emit({
      kind: "note",
      id: "preflight/forbidden",
      label: "preflight",
      code: "AuthorizationFailed",
      message: `Not checked: ${forbidden.join(", ")} (this sign-in may not ask). Azure checks them when it is made.`,
    });
  return {
    compute,
    network,
    region,
    computeUsage,
    networkUsage,
    labelFree,
    imageFacts,
    imageById: byId,
    existing,
    missingIdentities: noIdentities.flat(),
  };
}

/**
 * Undefined, with a note, where this one question is not allowed or not answered; a refused sign-in, or a wrong subscription, ends the run.
 * @param forbidden where what is not allowed is collected, for one note about all of it
 */
export async function tolerant<T>(run: Run, what: string, read: () => Promise<T>, forbidden?: string[]): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AzureError) || error.status === 401 || isMisdirected(error)) throw error;
    if (error.status === 403 && forbidden !== undefined) return void forbidden.push(what);
    run.emit({
      kind: "note",
      id: `preflight/${what}`,
      label: "preflight",
      code: error.code,
      message:
        error.status === 403 ? `Not checked: ${what} (this sign-in may not ask).` : `Not checked: ${what} (${error.code}).`,
    });
    return undefined;
  }
}
