/** list: the clusters of the subscription, a line each. */
import { EXIT } from "../core/errors.ts";
import { table } from "../report/table.ts";
import { columnsOf } from "../report/wrap.ts";
import { duration } from "../core/words.ts";
import type { Invocation } from "./invocation.ts";
import { type ClusterState, type KnownCluster, knownClusters } from "../operations/cluster/known-clusters.ts";
import { openSession } from "./session.ts";

/** What `--json` prints for each cluster, in an array. */
export interface ListDocument {
  readonly schema: "azure-coreos-cluster/list/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly host: string;
  readonly ip: string;
  /** Machines that are there. */
  readonly nodes: number;
  /** Machines that were asked for. */
  readonly wanted: number;
  readonly expires?: string;
  readonly state: ClusterState;
}

export async function list(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  const session = await openSession(invocation, { looks: true });
  try {
    const clusters = await knownClusters(session, given.resourceGroup);
    if (given.json === true) world.stdout.write(`${JSON.stringify(clusters.map(listDocument))}\n`);
    else if (clusters.length === 0)
      session.say(
        `No clusters of this tool in the ${given.resourceGroup === undefined ? "" : `resource group ${given.resourceGroup} of the `}subscription ${session.subscription}.`,
      );
    else world.stdout.write(renderList(clusters, session.clock.now(), columnsOf(world.stdout)));
    return EXIT.done;
  } finally {
    await session.close();
  }
}

export const listDocument = (one: KnownCluster): ListDocument => ({
  schema: "azure-coreos-cluster/list/1",
  name: one.name,
  resourceGroup: one.groupName,
  location: one.location,
  host: one.host,
  ip: one.ip,
  nodes: one.nodes,
  wanted: one.wanted,
  ...(one.expires === undefined ? {} : { expires: new Date(one.expires).toISOString() }),
  state: one.state,
});

/**
 * The table.
 * @param now milliseconds since 1970
 * @param columns of the terminal, where there is one
 */
export const renderList = (clusters: readonly KnownCluster[], now: number, columns?: number): string =>
  table(
    ["NAME", "GROUP", "LOCATION", "NODES", "ADDRESS", "AGE", "EXPIRES", "STATE"],
    clusters.map((one) => [
      one.name,
      one.groupName,
      one.location,
      one.nodes === one.wanted ? String(one.nodes) : `${one.nodes} of ${one.wanted}`,
      one.ip === "" ? "-" : one.ip,
      one.madeAt === undefined ? "-" : duration(now - one.madeAt),
      one.expires === undefined
        ? "-"
        : one.expires <= now
          ? `${duration(now - one.expires)} ago`
          : `in ${duration(one.expires - now)}`,
      one.state,
    ]),
    {
      columns,
      drop: [
        ...(clusters.every(({ name, groupName }) => groupName.toLowerCase() === name) ? ["GROUP"] : []),
        "AGE",
        "LOCATION",
        "ADDRESS",
        "GROUP",
        "EXPIRES",
      ],
    },
  );
