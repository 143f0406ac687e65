/** What is in a cluster's group, of the kinds of a plan; what may bear a claim is as the look for the cluster has seen it. */
import { listedKinds } from "../../azure/kind-operations.ts";
import { toLive } from "../../azure/live.ts";
import { BEARER_KINDS } from "../../core/plan/bearer.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import type { Live } from "../../engine/provider.ts";
import type { Ahead } from "../ahead.ts";
import { ask } from "../ask.ts";
import type { Run } from "../run.ts";
import type { Cluster } from "./cluster.ts";

/** By lower-case id. */
export type Snapshot = ReadonlyMap<string, Live & { readonly kind: Kind }>;

/**
 * @param cluster without what may bear its claim that is looked for, too
 * @param unlisted told of each kind that this ARM does not list: ask for its resources by name
 */
export async function snapshotOf(
  run: Run,
  { groupName, bearers }: Pick<Cluster, "groupName"> & Partial<Pick<Cluster, "bearers">>,
  unlisted?: (kind: Kind) => void,
): Promise<Map<string, Live & { kind: Kind }>> {
  const known: Partial<Record<Kind, readonly { id?: string }[] | undefined>> = bearers ?? {};
  const found = await Promise.all(
    kindsOfSnapshot().map(async (kind) => {
      const there = known[kind]?.map((model) => toLive(model.id ?? "", model)) ?? (await ask(run, "ofKind", kind, groupName));
      if (there === undefined) unlisted?.(kind);
      return (there ?? []).map((live): [string, Live & { kind: Kind }] => [live.id.toLowerCase(), { ...live, kind }]);
    }),
  );
  return new Map(found.flat());
}

/** The same begun before its turn. What may bear a claim is looked for anyway. */
export function beginSnapshot({ begin }: Ahead, groupName: string): void {
  for (const kind of kindsOfSnapshot())
    if (!BEARER_KINDS.some((bearer) => bearer === kind)) void begin("ofKind", kind, groupName);
}

// --- internal ---

/** A storage account is found with its containers (operations/destroy/), for its name is everybody's. */
const kindsOfSnapshot = (): Kind[] => listedKinds().filter((kind) => kind !== "storageAccount");
