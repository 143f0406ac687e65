/**
 * Free addresses of a subnet that is shared: others may have machines there. Who has which Azure tells with the network, or with the
 * interfaces of a few groups; address by address is asked only where something is in the subnet that nobody tells of.
 */
import type { VirtualNetwork } from "@azure/arm-network";
import { usableAddresses } from "../../core/addresses.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import { SUBNET } from "../../core/plan/resources/network.ts";
import type { SubnetFacts } from "../../core/region.ts";
import type { Snapshot } from "../cluster/snapshot.ts";
import { ask } from "../ask.ts";
import { unlessUnanswered } from "../cluster/allowed.ts";
import type { Run } from "../run.ts";

/** A subnet, and the network that it is in. */
export interface Place {
  readonly subnet: SubnetFacts;
  readonly networkId: string;
}

/** @param taken those of nodes. @throws ClusterError SubnetIsFull (exit 5) */
export async function freeAddresses(run: Run, place: Place, count: number, taken: ReadonlySet<string>): Promise<string[]> {
  if (count === 0) return [];
  const { subnet, networkId } = place;
  const { used, whole } = await usedAddresses(run, subnet);
  const candidates = usableAddresses(subnet.prefixes);
  const next = (most: number): string[] => take(candidates, most, (address) => !taken.has(address) && !used.has(address));
  if (whole) return enough(subnet, next(count), count);
  const free: string[] = [];
  for (;;) {
    const batch = next(Math.min(AT_ONCE, count - free.length));
    if (batch.length === 0) return enough(subnet, free, count);
    const answers = await Promise.all(
      batch.map((address) => ask(run, "addressFree", groupOf(networkId) ?? "", nameOf(networkId), address)),
    );
    free.push(...batch.filter((_, i) => answers[i] === true));
    if (free.length >= count) return free;
  }
}

/**
 * The cluster's own subnet, where others have something in it: a machine that somebody puts there gets the first free address from
 * Azure, which is the one of our next node. Undefined where all that is in it is the cluster's.
 */
export async function sharedSubnet(run: Run, snapshot: Snapshot): Promise<Place | undefined> {
  const network = [...snapshot.values()].find(({ kind }) => kind === "network");
  const own = ({ name }: { readonly name?: string }): boolean => name?.toLowerCase() === SUBNET;
  const there = (network?.model as VirtualNetwork | undefined)?.subnets?.find(own)?.ipConfigurations ?? [];
  const others = there.some(({ id = "" }) => !snapshot.has(id.toLowerCase().replace(/\/[^/]*ipconfigurations\/[^/]*$/, "")));
  if (network === undefined || !others) return undefined;
  const facts = await ask(run, "network", groupOf(network.id) ?? "", nameOf(network.id));
  const subnet = facts?.subnets.find(own);
  return subnet === undefined ? undefined : { subnet, networkId: network.id };
}

/** The groups whose interfaces tell who has an address that the subnet itself does not tell. */
export const groupsToAsk = (subnet: SubnetFacts): string[] =>
  [
    ...new Set(
      untoldIn(subnet)
        .filter((id) => INTERFACE.test(id))
        .map((id) => groupOf(id) ?? ""),
    ),
  ].slice(0, GROUPS);

// --- internal ---

const untoldIn = (subnet: SubnetFacts): string[] =>
  subnet.used.filter(({ address }) => address === undefined).map(({ id }) => id.toLowerCase());

const AT_ONCE = 32;
/** A list each: beyond it, asking for the addresses themselves is no more. */
const GROUPS = 5;

/** @returns `whole` false where something is there of which the address is not known */
async function usedAddresses(run: Run, subnet: SubnetFacts): Promise<{ used: Set<string>; whole: boolean }> {
  const told = subnet.used.flatMap(({ address }) => address ?? []);
  const untold = untoldIn(subnet);
  const lists = await Promise.all(
    groupsToAsk(subnet).map((group) => unlessUnanswered(() => ask(run, "interfaceAddresses", group))),
  );
  const found = new Map<string, string>(lists.flatMap((list) => [...(list ?? [])]));
  return {
    used: new Set([...told, ...untold.flatMap((id) => found.get(id) ?? [])]),
    whole: !subnet.opaque && untold.every((id) => found.has(id)),
  };
}

const INTERFACE = /\/providers\/microsoft\.network\/networkinterfaces\/[^/]+\/ipconfigurations\/[^/]+$/i;

function take(from: Generator<string>, most: number, fits: (address: string) => boolean): string[] {
  const taken: string[] = [];
  while (taken.length < most) {
    const { done, value } = from.next();
    if (done === true) break;
    if (fits(value)) taken.push(value);
  }
  return taken;
}

function enough(subnet: SubnetFacts, free: string[], count: number): string[] {
  if (free.length >= count) return free;
  throw new ClusterError("SubnetIsFull", `the subnet ${subnet.name} has ${free.length} free addresses; ${count} are needed`, {
    source: "azure",
    exit: EXIT.preflight,
    advice:
      "Ask for fewer nodes, or free addresses there; a new cluster can take another --subnet-names. Nothing was written to Azure.",
  });
}
