/** New members that are rolled back leave etcd before their machines go, through those that were members before. */
import type { Gone } from "../../core/documents.ts";
import { names } from "../../core/plan/cluster.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import { withWay } from "../cluster/way.ts";
import { operatorTls } from "../cluster/node-target.ts";
import { tellGateways } from "../etcd/gateways.ts";
import { leave } from "../etcd/membership.ts";
import type { Run } from "../run.ts";
import type { Prepared } from "./prepared.ts";

/**
 * The last that came leaves first. Returns the nodes that could not: their machines stay, for quorum's sake.
 * @param made what this run made, by lower-case id
 */
export async function unjoin(
  run: Run,
  { spec, facts, found, materials }: Pick<Prepared, "spec" | "facts" | "found" | "materials">,
  made: ReadonlyMap<string, Gone>,
): Promise<Set<number>> {
  const staying = new Set<number>();
  const before = found.claim;
  if (run.simulated || before === undefined) return staying;
  const group = groupId(run.subscription, facts.group);
  const machineOf = (index: number): string => resourceId(group, "machine", names.machine(spec, index)).toLowerCase();
  const joined = facts.nodes.filter(({ index }) => materials.joins.has(index) && made.has(machineOf(index)));
  if (joined.length === 0) return staying;
  const { identity, choices, tls } = materials;
  const shared = { spec, choices, group: facts.group, host: before.address ?? "", tls };
  const reach = await withWay(run, shared, { identity, nodes: facts.nodes });
  const alive = facts.nodes.filter(({ index }) => before.choices.members.has(index));
  const etcd = { reach, alive, tls: tls ? operatorTls(run.dir, spec.name) : undefined };
  run.changesNodes();
  for (const [nth, node] of joined.toReversed().entries()) {
    try {
      await leave(run, etcd, node, { quorumPatienceMs: nth === 0 ? 5000 : 45_000 });
    } catch (error) {
      run.tools.signal.throwIfAborted();
      staying.add(node.index);
      run.emit({
        kind: "note",
        id: `rollback/etcd/${node.name}`,
        label: "rollback",
        message: `${node.name} stays: it could not leave etcd (${(error as Error).message}). \`azure-coreos-cluster remove ${spec.name} ${node.name}\` takes it out.`,
      });
    }
  }
  // they may have been told of those that came
  const members = facts.nodes.filter(({ index }) => before.choices.members.has(index) || staying.has(index));
  const others = facts.nodes.filter(({ userData }) => userData === "");
  await tellGateways(run, { ...reach, choices: before.choices }, others, members);
  return staying;
}
