/**
 * remove: takes named nodes out of a cluster. etcd's membership first, for a machine that is gone can no longer say goodbye;
 * then the machine with its disks, interface and address; then its NAT rule, and what the claim remembers.
 */
import type { LoadBalancer } from "@azure/arm-network";
import { clusterOf, names, nodeIndex } from "../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { nameOf as lastOf } from "../core/plan/resource.ts";
import { claim as claimResource } from "../core/plan/resources/address.ts";
import { loadBalancer } from "../core/plan/resources/load-balancer.ts";
import { type ClusterSpec, buildSpec } from "../core/spec/spec.ts";
import { converge } from "../engine/converge.ts";
import { patiently } from "../engine/patiently.ts";
import { plural } from "../core/words.ts";
import { type Snapshot, interfaceAddresses, machinesOf } from "../operations/create/choose-nodes.ts";
import { type Claim, findCluster, noSuchCluster } from "../operations/cluster/find-cluster.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { refuseForbidden } from "../operations/destroy/forbidden.ts";
import { forgetUserData } from "../operations/destroy/forget-files.ts";
import { forgetHosts } from "../operations/cluster/known-hosts.ts";
import { locate } from "../operations/cluster/locate.ts";
import { leaveEtcd } from "../operations/etcd/leaving.ts";
import type { KnownNode } from "../operations/etcd/membership.ts";
import { nodeNamed } from "../operations/cluster/node-name.ts";
import { intentOf, partsOf, removeParts, withParts } from "../operations/cluster/node-parts.ts";
import { confirm } from "./confirm.ts";
import { type Session, openSession } from "./session.ts";

export async function removeNodes(invocation: Invocation): Promise<number> {
  const session = await openSession(invocation);
  try {
    return await run(session, invocation);
  } finally {
    await session.close();
  }
}

async function run(session: Session, invocation: Invocation): Promise<number> {
  const { given, args, world } = invocation;
  const name = nameArgument(invocation);
  const { groupName } = await locate(session, name, given.resourceGroup);
  const found = await findCluster(session, name, groupName);
  if (found.claim === undefined) throw noSuchCluster(name, groupName);
  const { claim } = found;
  const { spec } = buildSpec(name, {}, claim.kept);
  const snapshot: Snapshot = await patiently(session.tools, (signal) => session.lookups.snapshot(groupName, signal));
  const going = args.slice(1).map((word) => nodeNamed(spec, word));
  const there = nodesOf(spec, snapshot, claim, going);
  const staying = there.filter((node) => !going.includes(node.index));
  const known = going.filter((index) => there.some((node) => node.index === index));
  if (known.length === 0) {
    session.say(`Nothing to do: ${args.slice(1).join(", ")} ${going.length === 1 ? "is" : "are"} not there.`);
    return printed(world, given.json === true, name, groupName, [], staying);
  }
  if (staying.length === 0)
    throw new ClusterError("LastNodes", `these are all the nodes of ${name}`, {
      exit: EXIT.usage,
      advice: `To remove the whole cluster: \`azure-coreos-cluster destroy ${name}\`.`,
    });
  // a cluster of fewer is refused by every later command
  if (spec.deis && staying.length < 3)
    throw new ClusterError(
      "DeisNodes",
      `${name} was made with --deis, which needs at least 3 nodes; ${staying.length} would stay`,
      {
        exit: EXIT.usage,
        advice: "Add nodes first, or remove fewer.",
      },
    );
  const which = known.map((index) => names.machine(spec, index));
  const parts = await partsOf(session, spec, groupName, known);
  session.say(
    `${name}: ${which.length} ${plural("node", which.length)} will be removed${withParts(parts, which.length)}: ${which.join(", ")}.`,
  );
  await refuseForbidden(session, intentOf(session, spec, claim, groupName, parts));
  await confirm(invocation, `Type the name ${name} to remove ${which.join(", ")}:`, name);
  session.report(which.length, undefined, "being removed");

  await leaveEtcd(session, spec, claim, there, known, given.force === true);
  await atOnce(
    known.map((index) =>
      removeParts(
        session,
        parts.filter((part) => part.node === index),
      ),
    ),
  );
  await forget(session, spec, claim, groupName, found.foreignGroup, there, staying);
  await forgetHosts(session, spec, claim, known);
  await forgetUserData(session.dir, name, claim.tags, known);
  session.emit({ kind: "end", id: "remove", label: name });
  session.endReport();
  session.say(`${which.join(", ")} removed; ${staying.length} ${plural("node", staying.length)} left.`);
  return printed(world, given.json === true, name, groupName, which, staying);
}

// --- internal ---

function printed(
  world: Invocation["world"],
  json: boolean,
  name: string,
  resourceGroup: string,
  removed: readonly string[],
  staying: readonly KnownNode[],
): number {
  if (json)
    world.stdout.write(
      `${JSON.stringify({ schema: "azure-coreos-cluster/remove/1", name, resourceGroup, removed, nodes: staying.map((node) => node.index) })}\n`,
    );
  return EXIT.done;
}

/**
 * Nodes of which anything is left: a machine, the interface of one that went half-way; and of those that are to go a NAT rule,
 * which goes last: a removal that broke off is so found again.
 */
function nodesOf(spec: ClusterSpec, snapshot: Snapshot, claim: Claim, going: readonly number[]): KnownNode[] {
  const balancer = [...snapshot.values()].find(
    (live) => live.kind === "loadBalancer" && lastOf(live.id) === names.loadBalancer(spec.name),
  );
  const rules = (balancer?.model as LoadBalancer | undefined)?.inboundNatRules ?? [];
  const half = going.filter(
    (index) => balancer?.state === "failed" || rules.some((rule) => rule.frontendPort === spec.ssh + index),
  );
  const addresses = new Map([...claim.choices.members, ...interfaceAddresses(spec, snapshot)]);
  const indexes = new Set([
    ...machinesOf(spec, snapshot),
    ...interfaceAddresses(spec, snapshot).map(([index]) => index),
    ...half,
  ]);
  return [...indexes]
    .sort((a, b) => a - b)
    .map((index) => {
      const machine = [...snapshot.values()].find(
        (live) => live.kind === "machine" && nodeIndex(spec, lastOf(live.id)) === index,
      );
      return { index, address: addresses.get(index) ?? "", hostKey: machine?.tags["aoc-host-key"] };
    });
}

/** Lets all of them end, then throws what the first one failed with. */
async function atOnce(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** The load balancer without the nodes' rules, and the claim without what it remembered of them. */
async function forget(
  session: Session,
  spec: ClusterSpec,
  claim: Claim,
  group: string,
  foreignGroup: boolean,
  before: readonly KnownNode[],
  staying: readonly KnownNode[],
): Promise<void> {
  const gone = before.filter((node) => !staying.includes(node)).map((node) => node.index);
  const members = new Map([...claim.choices.members].filter(([index]) => !gone.includes(index)));
  const cluster = clusterOf(Object.freeze({ ...spec, numNodes: staying.length }), {
    subscription: session.subscription,
    group,
    foreignGroup,
    location: claim.location,
    choices: { ...claim.choices, members },
    nodes: staying.map(({ index, address }) => ({ index, name: names.machine(spec, index), address, userData: "" })),
    image: { reference: {} },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
    ...(spec.virtualNetworkName === undefined ? {} : { subnetId: "elsewhere" }),
    ...(claim.tags["aoc-expires"] === undefined ? {} : { expires: claim.tags["aoc-expires"] }),
  });
  await converge(claimResource(cluster), session.tools, { cluster: spec.name });
  // last: by its rules a removal that broke off is known
  await converge(loadBalancer(cluster), session.tools, { cluster: spec.name });
}
