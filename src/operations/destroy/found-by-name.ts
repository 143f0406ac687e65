/**
 * What no list shows yet. A list may be seconds behind a creation, so that a destroy right after a create that was killed would
 * see nothing; a GET by name is never behind. Asked for are the names that can be computed, and what those that are there refer to.
 */
import { possibleSets } from "../../core/plan/resources/availability.ts";
import { storageAccountName, storageAccountSeed } from "../../azure/vhd/account.ts";
import { names } from "../../core/plan/cluster.ts";
import type { Found } from "../../core/found.ts";
import { resourcesIn } from "../../core/outside-use.ts";
import { kindOfId } from "../../core/plan/kinds.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import { type Owner, isProven } from "../../core/plan/proof.ts";
import { wordOf } from "../../core/plan/tags.ts";
import { keptFlag } from "../../core/plan/read-tags.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { localIds } from "./local-ids.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Run } from "../run.ts";

/** @param listed what the lists show of the group, whosever it is */
export async function foundByName(
  run: Run,
  { name, groupName, claims, owner }: Cluster,
  listed: readonly Pick<Found, "id" | "tags">[],
): Promise<Found[]> {
  const scope = groupId(run.subscription, groupName);
  const tags = claims[0]?.tags ?? {};
  const account = storageAccountName(storageAccountSeed(run.subscription, groupName, name));
  const claimOf = (id: string): Target => ({
    kind: "publicAddress",
    id: resourceId(scope, "publicAddress", names.claim(name, id)),
  });
  const wordsOf = (some: readonly Pick<Found, "id" | "tags">[]): string[] =>
    some.flatMap((one) => (isProven(one, owner) ? (wordOf(one.tags) ?? []) : []));
  const ids = claims.length > 0 ? [] : [...new Set([...(await localIds(run.dir, name)), ...wordsOf(listed)])];
  const ours = asker(run, owner, listed);
  const found = await ours([
    ...shared(scope, name, possibleSets(name, keptFlag(tags, "availabilitySet"), claims.length > 0)),
    { kind: "storageAccount", id: resourceId(scope, "storageAccount", account) },
    ...claims.map(({ kind, id }): Target => ({ kind, id })),
    ...ids.map(claimOf),
  ]);
  if (claims.length === 0) found.push(...(await ours(wordsOf(found).map(claimOf))));
  const spec = { name, vmNamePrefix: keptFlag(tags, "vmNamePrefix") };
  const count = claims.length === 0 ? 0 : keptFlag(tags, "numNodes");
  const shown = new Set(listed.map(({ id }) => id.toLowerCase()));
  const promised = Array.from({ length: count }, (_, index) => names.machine(spec, index));
  // of a machine that is listed everything else is found through it
  const missing = promised.filter((machine) => !shown.has(resourceId(scope, "machine", machine).toLowerCase()));
  found.push(...(await ours(missing.flatMap((machine) => nodeTargets(scope, machine)))));
  if (claims.length > 0 || listed.some((one) => isProven(one, owner))) return found;
  // nothing says how many nodes there are: some at a time, until some are all absent
  for (let from = 0; from < 1000; from += BLOCK) {
    const block = Array.from({ length: BLOCK }, (_, at) => names.machine(spec, from + at));
    const some = await ours(block.flatMap((machine) => nodeTargets(scope, machine)));
    found.push(...some);
    if (some.length === 0) break;
  }
  // the claim's own name is random, but the load balancer knows it as well; and it knows nodes of another prefix
  for (let fresh: readonly Found[] = found; fresh.length > 0;) {
    fresh = await ours(fresh.flatMap(({ model }) => resourcesIn(model)).flatMap((id) => targetOf(scope, id)));
    found.push(...fresh);
  }
  return found;
}

// --- internal ---

/** How many nodes are asked for at a time where nobody knows how many there are. */
const BLOCK = 10;

interface Target {
  readonly kind: Found["kind"];
  readonly id: string;
}

/** Asks for those that are there and carry the cluster's tags; each once, and none that a list shows. */
function asker({ tools }: Run, owner: Owner, listed: readonly Pick<Found, "id">[]) {
  const seen = new Set(listed.map(({ id }) => id.toLowerCase()));
  return async (targets: readonly Target[]): Promise<Found[]> => {
    const wanted = targets.filter(({ id }) => !seen.has(id.toLowerCase()) && seen.add(id.toLowerCase()));
    const there = await Promise.all(
      wanted.map(async (target) => ({
        ...target,
        live: await getPatiently(target, tools),
      })),
    );
    return there.flatMap(({ id, kind, live }) =>
      live === undefined || !isProven({ id, tags: live.tags }, owner) ? [] : [{ ...live, kind }],
    );
  };
}

function targetOf(scope: string, id: string): Target[] {
  const kind = kindOfId(id);
  if (kind === undefined || kind === "resourceGroup" || !id.toLowerCase().startsWith(`${scope.toLowerCase()}/`)) return [];
  return [{ kind, id }];
}

function shared(scope: string, name: string, sets: readonly string[]): Target[] {
  const at = (kind: Exclude<Kind, "resourceGroup">, resource: string): Target => ({
    kind,
    id: resourceId(scope, kind, resource),
  });
  return [
    at("loadBalancer", names.loadBalancer(name)),
    at("securityGroup", names.securityGroup(name)),
    at("network", names.network(name)),
    at("natGateway", names.natGateway(name)),
    at("publicAddress", `${names.natGateway(name)}-ip`),
    at("sshKey", names.sshKey(name)),
    at("image", names.image(name)),
    ...sets.map((set) => at("availabilitySet", set)),
  ];
}

const nodeTargets = (scope: string, machine: string): Target[] => [
  { kind: "machine", id: resourceId(scope, "machine", machine) },
  { kind: "networkInterface", id: resourceId(scope, "networkInterface", names.interface(machine)) },
  { kind: "publicAddress", id: resourceId(scope, "publicAddress", names.nodeAddress(machine)) },
];
