/** How a cluster that is read differs from what was made, and what is near its end. */
import { defined } from "../../core/defined.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Drift } from "../../core/documents.ts";
import type { Facts } from "../../core/plan/cluster.ts";
import { astray, looseDisks, lostUserTags, missing, strays } from "../../core/plan/drift.ts";
import { changedNames, looseAddresses } from "../../core/plan/address-drift.ts";
import { changedRules } from "../../core/plan/rules-drift.ts";
import { planOf } from "../../core/plan/plan.ts";
import { groupId, nameOf } from "../../core/plan/resource.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { duration } from "../../core/words.ts";
import { subnetIn } from "./nodes-there.ts";
import { type Doom, oursOf } from "../destroy/doom-survey.ts";
import { type Cluster, isDoomed } from "./cluster.ts";
import { type MachineSeen, machineDrift } from "./machine-drift.ts";
import { stoppedSince } from "./stopped.ts";
import type { Run } from "../run.ts";
import type { LiveCluster } from "./live-cluster.ts";

interface Seen extends Pick<LiveCluster, "claim" | "spec" | "nodes"> {
  readonly snapshot: Snapshot;
}

/** In the order in which it is told. */
export function driftOf(run: Run, doom: Doom, { expires, ...seen }: Seen & Pick<LiveCluster, "expires">): Drift[] {
  const { located, snapshot: all, foreign } = doom;
  const { claim, spec, nodes, snapshot } = seen;
  const planned = planOf(spec, factsOf(run, located, seen));
  const lost = astray(planned, all, spec.name, claim.choices);
  const machines = new Map(nodes.map((node) => [node.index, node.provisioning !== undefined]));
  const named = new Set(lost.map((one) => one.id?.toLowerCase()));
  const about: MachineSeen = {
    stopped: stoppedSince(claim.tags) !== undefined,
    place: { cluster: spec.name, group: located.groupName },
    now: run.clock.now(),
  };
  return [
    ...(isDoomed(located) ? [{ kind: "being-destroyed" as const, message: `${spec.name} is being destroyed`, harm: true }] : []),
    ...expired(expires, run.clock.now()),
    ...missing(planned, all),
    ...lost,
    ...lostUserTags(planned, withGroup(run, located, snapshot), oursOf(doom), spec),
    ...strays(planned, snapshot, { spec, members: claim.choices.members.keys(), claimed: claim.nodes }),
    ...looseDisks(oursOf(doom), spec, machines),
    ...looseAddresses(snapshot, spec, machines),
    ...changedNames(planned, snapshot),
    ...nodes.flatMap((node) => machineDrift(node, about)),
    ...changedRules(planned, snapshot),
    ...(located.own ? foreign.filter(({ id }) => !named.has(id.toLowerCase())).map(foreignDrift) : []),
  ];
}

// --- internal ---

function expired(expires: number | undefined, now: number): Drift[] {
  if (expires === undefined || expires > now) return [];
  return [{ kind: "expired", message: `its time to live ended ${duration(now - expires)} ago: \`gc\` destroys it`, harm: false }];
}

const foreignDrift = ({ id }: { readonly id: string }): Drift => ({
  kind: "foreign-resource",
  message: `somebody else has ${id.replace(/^.*\/providers\//i, "")} in the cluster's group`,
  id,
  harm: false,
});

/** What carries tags: the group, where it is the cluster's own, too. */
const withGroup = (
  run: Run,
  { own, group, groupName }: Cluster,
  snapshot: Snapshot,
): ReadonlyMap<string, { readonly tags: Tags }> =>
  !own || group === undefined
    ? snapshot
    : new Map<string, { readonly tags: Tags }>([...snapshot, [groupId(run.subscription, groupName).toLowerCase(), group]]);

/** Facts for the plan of what should be there. Its bodies are compared in part only, so what no rule shows is left empty. */
function factsOf(run: Run, located: Cluster, { claim, spec, nodes, snapshot }: Seen): Facts {
  const ownPlacement = [...snapshot.values()].some(
    (live) => live.kind === "placementGroup" && nameOf(live.id).toLowerCase() === spec.affinityGroup?.toLowerCase(),
  );
  return {
    subscription: run.subscription,
    group: located.groupName,
    foreignGroup: !located.own,
    location: claim.location,
    choices: claim.choices,
    nodes: nodes.map(({ index, name, privateIp, addressed, zone, spot }) => ({
      index,
      name,
      address: privateIp,
      userData: "",
      ...defined({ zone }),
      ...(spot === true ? { spot } : {}),
      ...(addressed ? { publicAddress: true } : {}),
    })),
    ...(spec.virtualNetworkName === undefined ? {} : { subnetId: subnetIn(snapshot) ?? spec.virtualNetworkName }),
    ...(spec.affinityGroup === undefined || ownPlacement ? {} : { placementGroupId: spec.affinityGroup }),
    image: { reference: {} },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
  };
}
