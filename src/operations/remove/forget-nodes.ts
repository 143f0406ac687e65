/** Takes nodes out of what a cluster remembers, and what is left of them out of Azure. Their machines are gone by then, or come again meanwhile. */
import { defined } from "../../core/defined.ts";
import { destroyedMeanwhile } from "../cluster/being-destroyed.ts";
import { type Design, designOf, names } from "../../core/plan/cluster.ts";
import { ownTagsOf, withNodes } from "../../core/plan/claim-change.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { taggedNodes } from "../../core/plan/read-tags.ts";
import { claim as claimResource } from "../../core/plan/resources/claim.ts";
import { loadBalancer } from "../../core/plan/resources/load-balancer.ts";
import { converge } from "../../engine/converge.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { type ComesAgain, type NodePart, looseDisksOf, partsOf, removeParts } from "../cluster/node-parts.ts";
import { adaptBalancer, adaptClaim } from "../cluster/shared-changes.ts";
import { type ForceAdvice, type LeaveOptions, leaveEtcd } from "../etcd/leaving.ts";
import type { Run } from "../run.ts";
import type { Removal } from "./removal.ts";

/** Who removes the nodes of an etcd that is gone for good has a way to. */
export const FORCE_ADVICE: ForceAdvice = {
  all: "Remove other nodes, or add --force to lose etcd.",
  untold: "Or add --force to remove the machines without telling etcd.",
  lost: "If etcd is lost for good, --force removes the machines without telling it.",
};

/** The claim without what it remembered of the nodes, and the load balancer without their rules: cluster/shared-changes.ts. */
export async function forgetNodes(run: Run, removal: Removal, { force = false }: Pick<LeaveOptions, "force">): Promise<void> {
  const { spec, claim, going, known } = removal;
  const how = { cluster: spec.name, mustExist: () => destroyedMeanwhile(spec.name) };
  const cluster = clusterWith(run, removal, (index) => !going.includes(index));
  const before = withNodes(ownTagsOf(claim.tags), known);
  const wanted = claimResource(cluster);
  await converge(wanted, run.tools, { ...how, adapt: adaptClaim(cluster, before, wanted.body.tags ?? {}) });
  await removeRest(run, removal, { force, advice: FORCE_ADVICE });
  // last: by its rules a removal that broke off is known
  await converge(loadBalancer(cluster), run.tools, { ...how, adapt: adaptBalancer(run, cluster) });
}

/** Of each node one after the other, of all nodes at once. */
export const removeAll = (
  run: Run,
  owner: Owner,
  parts: readonly NodePart[],
  comesAgain: ComesAgain = () => Promise.resolve(false),
): Promise<void> =>
  atOnce([...Map.groupBy(parts, (part) => part.node).values()].map((ofOne) => removeParts(run, owner, ofOne, comesAgain)));

// --- internal ---

/** Lets all of them end, then throws what the first one failed with. */
async function atOnce(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** How often what is left of the nodes is deleted, when somebody makes them again and again, or Azure does not do what it says. */
const PASSES = 4;
/** A read may still show for seconds what has gone. */
const LAG_MS = 5000;

/**
 * What the machines have not taken along; and machines again, for a run that read the claim before it was changed may have made the
 * nodes anew, as missing. What is seen of them before a look at a claim that does not have them is such a run's, which makes no
 * more of it; what is seen with a claim that has them again is wanted.
 * @throws ClusterError NotRemoved (exit 3): the last look shows something of them all the same
 */
async function removeRest(run: Run, removal: Removal, leave: LeaveOptions): Promise<void> {
  const { spec, claim, groupName, owner, going, parts } = removal;
  const claimedNow = async (): Promise<ReadonlySet<number> | undefined> =>
    taggedNodes((await getPatiently(claim, run.tools))?.tags ?? {});
  let rest: readonly NodePart[] = parts.filter((part) => part.kind !== "machine");
  let before: readonly string[] = [];
  for (let pass = 1; ; pass++) {
    const where = { owner, groupName };
    const parts = await partsOf(run, spec, where, going);
    const machines = new Set(parts.filter((part) => part.kind === "machine").map((part) => part.node));
    const gone = new Set(going.filter((node) => !machines.has(node)));
    const disks = await looseDisksOf(run, spec, where, { nodes: going, gone });
    const seen = [...parts, ...disks];
    const claimed = await claimedNow();
    const doomed = [...seen, ...rest.filter(({ id }) => !seen.some((part) => part.id === id))].filter(
      (part) => claimed?.has(part.node) !== true,
    );
    if (doomed.length === 0) return;
    if (pass > PASSES) throw notRemoved(spec.name, doomed);
    if (doomed.some(({ id }) => before.includes(id))) await run.clock.sleep(LAG_MS, run.tools.signal);
    before = doomed.map(({ id }) => id);
    const again = doomed.filter((part) => part.kind === "machine").map((part) => part.node);
    if (again.length > 0) await leaveEtcd(run, { ...removal, going: again }, leave);
    await removeAll(run, owner, doomed, async (node) => (await claimedNow())?.has(node) === true);
    rest = [];
  }
}

const notRemoved = (name: string, left: readonly NodePart[]): ClusterError =>
  new ClusterError("NotRemoved", [`of what was to go ${name} still has:`, ...left.map(({ id }) => `  ${id}`)].join("\n"), {
    source: "azure",
    exit: EXIT.partly,
    advice:
      "Azure said that it is deleted, or somebody makes it again and again. It may cost money. Run the same command again: it goes on from here. " +
      "What it cannot delete, `az resource delete --ids ID` may.",
  });

/** The cluster with some of its nodes. */
function clusterWith(
  run: Run,
  { spec, claim, groupName: group, foreignGroup, there, known, subnetId }: Removal,
  has: (index: number) => boolean,
): Design {
  const members = new Map([...claim.choices.members].filter(([index]) => has(index)));
  const staying = [...known].filter(has).sort((a, b) => a - b);
  const addressOf = (index: number): string => there.find((node) => node.index === index)?.address ?? members.get(index) ?? "";
  return designOf(Object.freeze({ ...spec, numNodes: staying.length }), {
    subscription: run.subscription,
    group,
    foreignGroup,
    location: claim.location,
    choices: { ...claim.choices, members },
    nodes: staying.map((index) => ({ index, name: names.machine(spec, index), address: addressOf(index), userData: "" })),
    image: { reference: {} },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
    ...defined({ subnetId, expires: claim.tags["aoc-expires"] }),
  });
}
