/** gc: destroys the clusters of which the time to live is over, and nothing else. */
import { ClusterError } from "../core/errors.ts";
import { duration } from "../core/words.ts";
import { type KnownCluster, knownClusters } from "./cluster/known-clusters.ts";
import { lookIn } from "./cluster/find.ts";
import { type Cluster, expiryIn, expiryOf } from "./cluster/cluster.ts";
import { type DestroyOutcome, carryOutDestroy, checkDestroy, destroyDocument } from "./destroy.ts";
import { surveyDoom } from "./destroy/doom-survey.ts";
import { USED } from "./destroy/used-by-others.ts";
import type { Run } from "./run.ts";
import type { InGroup } from "../core/spec/in-group.ts";

/** How one cluster ended: as destroy would say it, or what stood in the way. */
export type Swept = { readonly cluster: KnownCluster } & (DestroyOutcome | { readonly thrown: unknown });

/** Both steps, for a caller who has nobody to ask. */
export const collectExpired = async (run: Run, options: InGroup = {}): Promise<Swept[]> =>
  sweep(run, await expiredClusters(run, options));

/** Those of which the time is over. Reads only. */
export async function expiredClusters(run: Run, { resourceGroup }: InGroup = {}): Promise<KnownCluster[]> {
  const known = await knownClusters(run, resourceGroup);
  const now = timeOf(run);
  if (run.aheadOfAzure() > 0)
    run.say(`This machine's clock is ${duration(run.aheadOfAzure())} ahead of Azure's: what has expired is told by Azure's.`);
  return known.filter(({ expires }) => expires !== undefined && expires <= now);
}

/**
 * Destroys them. Each is worked on by itself: one that fails stops no other. One that another one uses (its network) is tried
 * again when that has gone, and only then is it a failure.
 */
export async function sweep(run: Run, clusters: readonly KnownCluster[]): Promise<Swept[]> {
  const swept = await Promise.all(
    clusters.map((cluster): Promise<Swept> =>
      sweepOne(run, cluster).then(
        (outcome) => ({ cluster, ...outcome }),
        (thrown: unknown) => ({ cluster, thrown }),
      ),
    ),
  );
  run.tools.signal.throwIfAborted();
  const used = swept.filter(isUsed).map(({ cluster }) => cluster);
  if (used.length === 0 || used.length === clusters.length) return swept;
  const again = await sweep(run, used);
  return swept.map((one) => again.find(({ cluster }) => cluster === one.cluster) ?? one);
}

// --- internal ---

/** The earlier of two clocks: nothing is destroyed because this machine's is ahead. */
const timeOf = (run: Run): number => run.clock.now() - Math.max(0, run.aheadOfAzure());

const isUsed = (one: Swept): boolean => "thrown" in one && one.thrown instanceof ClusterError && one.thrown.code === USED;

/** @throws what stood in the way */
async function sweepOne(run: Run, { name, groupName }: KnownCluster): Promise<DestroyOutcome> {
  if (run.stop.aborted) throw run.stop.reason;
  const located = await lookIn(run, name, groupName);
  const expires = expiryOf(located);
  // somebody may have given it more time since the list was read
  if (expires === undefined || expires > timeOf(run)) return spared(run, located, expires);
  const doom = await surveyDoom(run, located);
  await checkDestroy(run, doom);
  try {
    return await carryOutDestroy(run, doom, (tags) => {
      const now = expiryIn([tags]);
      if (now !== undefined && now > timeOf(run)) throw new MoreTime(now);
    });
  } catch (error) {
    if (error instanceof MoreTime) return await spared(run, located, error.expires);
    throw error;
  }
}

/** Somebody gave it more time between the look and the mark: nothing was deleted. */
class MoreTime extends Error {
  readonly expires: number;

  constructor(expires: number) {
    super("given more time");
    this.expires = expires;
  }
}

async function spared(run: Run, located: Cluster, expires: number | undefined): Promise<DestroyOutcome> {
  const { name, groupName } = located;
  run.emit({
    kind: "note",
    id: `gc/${groupName}/${name}`,
    label: name,
    message:
      expires === undefined
        ? `${name} is gone, or has no time to live any more.`
        : `${name} was given more time: it expires in ${duration(expires - timeOf(run))}.`,
  });
  return { document: await destroyDocument(run, located, { deleted: [], left: [] }) };
}
