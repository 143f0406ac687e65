/** list: the clusters of the subscription, a line each. */
import { place } from "../../core/account.ts";
import type { ListDocument } from "../../core/documents.ts";
import { EXIT } from "../../core/errors.ts";
import { duration } from "../../core/words.ts";
import { listClusters } from "../../operations/list.ts";
import { table } from "../../report/table.ts";
import { columnsOf } from "../../report/wrap.ts";
import { sayHead } from "./head.ts";
import type { Invocation } from "../invocation.ts";
import { inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function listCommand(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  return inSession(
    invocation,
    async (session) => {
      const head = sayHead(session);
      const clusters = await listClusters(session, inGroup(given));
      await head;
      session.hand(clusters, { whole: given.resourceGroup === undefined });
      if (given.json === true) return EXIT.done;
      if (clusters.length === 0)
        session.say(
          `No clusters of this tool in the ${given.resourceGroup === undefined ? "" : `resource group ${given.resourceGroup} of the `}${place(await session.account())}.`,
        );
      else world.stdout.write(renderList(clusters, session.clock.now(), columnsOf(world.stdout)));
      return EXIT.done;
    },
    { looks: true },
  );
}

/**
 * The table.
 * @param now milliseconds since 1970
 * @param columns of the terminal, where there is one
 */
export function renderList(clusters: readonly ListDocument[], now: number, columns?: number): string {
  const zonal = clusters.some(({ zones }) => zones !== undefined);
  const spot = clusters.some((one) => one.spot !== undefined);
  return table(
    [
      "NAME",
      "GROUP",
      "LOCATION",
      "NODES",
      ...(zonal ? ["ZONES"] : []),
      ...(spot ? ["SPOT"] : []),
      "ADDRESS",
      "AGE",
      "EXPIRES",
      "STATE",
    ],
    clusters.map((one) => [
      one.name,
      one.resourceGroup,
      one.location,
      one.nodes === one.wanted ? String(one.nodes) : `${one.nodes} of ${one.wanted}`,
      ...(zonal ? [one.zones?.join(",") ?? "-"] : []),
      ...(spot ? [one.spot === undefined ? "-" : String(one.spot)] : []),
      one.ip === "" ? "-" : one.ip,
      one.createdAt === undefined ? "-" : duration(now - Date.parse(one.createdAt)),
      one.expires === undefined ? "-" : untilOrAgo(Date.parse(one.expires) - now),
      one.state,
    ]),
    {
      columns,
      drop: [
        ...(clusters.every(({ name, resourceGroup }) => resourceGroup.toLowerCase() === name) ? ["GROUP"] : []),
        "AGE",
        "LOCATION",
        ...(zonal ? ["ZONES"] : []),
        ...(spot ? ["SPOT"] : []),
        "ADDRESS",
        "GROUP",
        "EXPIRES",
      ],
    },
  );
}

const untilOrAgo = (ms: number): string => (ms <= 0 ? `${duration(-ms)} ago` : `in ${duration(ms)}`);
