/** What a node consists of in Azure, by its known names: what there is of it, what it takes to delete that, and the deletion. */
import { names } from "../../core/plan/cluster.ts";
import { typeOf } from "../../core/plan/kinds.ts";
import { type Owner, isProven } from "../../core/plan/proof.ts";
import { groupId, nameOf, resourceId } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { aboutOf } from "../../engine/event.ts";
import { getPatiently, lookFor } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import type { Claim } from "./claim.ts";
import { deleteProven } from "./delete-proven.ts";
import { refuseHarm } from "./let-go.ts";
import type { Intent } from "../destroy/forbidden.ts";
import type { Run } from "../run.ts";

/** Something of a node that is there. */
export interface NodePart {
  readonly kind: "machine" | "networkInterface" | "publicAddress" | "disk";
  readonly id: string;
  readonly label: string;
  readonly node: number;
}

/** What a node may consist of, but for its disks: the machine before what hangs on it. */
export function possibleParts(run: Run, spec: ClusterSpec, group: string, nodes: Iterable<number>): NodePart[] {
  const base = groupId(run.subscription, group);
  return [...nodes].flatMap((node): NodePart[] => {
    const machine = names.machine(spec, node);
    const part = (kind: Exclude<NodePart["kind"], "disk">, name: string, label: string): NodePart => ({
      kind,
      id: resourceId(base, kind, name),
      label,
      node,
    });
    return [
      part("machine", machine, `machine ${machine}`),
      part("networkInterface", names.interface(machine), `interface of ${machine}`),
      part("publicAddress", names.nodeAddress(machine), `address of ${machine}`),
    ];
  });
}

/** What there is of the nodes, asked for by name, for a list may be behind, and proven by its tags: the machine before what hangs on it. */
export async function partsOf(
  run: Run,
  spec: ClusterSpec,
  { owner, groupName: group }: { readonly owner: Owner; readonly groupName: string },
  going: readonly number[],
): Promise<NodePart[]> {
  const possible = possibleParts(run, spec, group, going);
  const there = await Promise.all(possible.map((part) => getPatiently(part, run.tools)));
  return possible.filter(({ id }, index) => isProven({ id, tags: there[index]?.tags }, owner));
}

/** A disk that is not on its node's machine. */
export interface AwayDisk extends NodePart {
  /** The machine that holds it, by name: it stays there. Undefined where none does: it is paid for, and nobody sees it. */
  readonly holder: string | undefined;
}

export interface DiskOwners {
  readonly nodes: readonly number[];
  /** Those of the nodes whose machine has just gone: Azure lets go of its disks, or takes them along, a moment later. */
  readonly gone?: ReadonlySet<number>;
}

/**
 * Disks of the nodes that their machines do not hold, asked for by name and proven by their tags: kept for a machine that never came, left of
 * one whose deletion broke off, or given to another machine.
 */
export async function awayDisksOf(
  run: Run,
  spec: ClusterSpec,
  { owner, groupName: group }: { readonly owner: Owner; readonly groupName: string },
  { nodes, gone = new Set() }: DiskOwners,
): Promise<AwayDisk[]> {
  const base = groupId(run.subscription, group);
  const possible = nodes.flatMap((node) => {
    const machine = names.machine(spec, node);
    return [names.dataDisk(machine), names.osDisk(machine)].map((name): NodePart => ({
      kind: "disk",
      id: diskId(base, name),
      label: `disk ${name}`,
      node,
    }));
  });
  const isSettled = (live: Live | undefined): boolean => live === undefined || live.state === "deleting" || !isHeld(live);
  const there = await Promise.all(
    possible.map((part) => (gone.has(part.node) ? lookFor(part, run.tools, isSettled) : getPatiently(part, run.tools))),
  );
  return possible.flatMap((part, index): AwayDisk[] => {
    const live = there[index];
    if (live === undefined || live.state === "deleting" || !isProven({ id: part.id, tags: live.tags }, owner)) return [];
    const holder = holderOf(live);
    const own = resourceId(base, "machine", names.machine(spec, part.node));
    return holder?.toLowerCase() === own.toLowerCase() ? [] : [{ ...part, holder: holder && nameOf(holder) }];
  });
}

/** Those of them that no machine holds. */
export const looseDisksOf = async (...where: Parameters<typeof awayDisksOf>): Promise<NodePart[]> =>
  (await awayDisksOf(...where)).filter(({ holder }) => holder === undefined);

/** " with its disks, interface and address": what there is of them. */
export function withParts(parts: readonly NodePart[], nodes: number): string {
  const words = (
    [
      [["machine", "disk"], "disks", "disks"],
      [["networkInterface"], "interface", "interfaces"],
      [["publicAddress"], "address", "addresses"],
    ] as const
  )
    .filter(([kinds]) => parts.some((part) => kinds.some((kind) => kind === part.kind)))
    .map(([, one, several]) => (nodes === 1 ? one : several));
  if (words.length === 0) return "";
  const listed = words.length === 1 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  return ` with ${nodes === 1 ? "its" : "their"} ${listed}`;
}

export interface PartsGoing {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  readonly groupName: string;
  readonly parts: readonly NodePart[];
}

/** What it takes: the nodes go, the load balancer and the claim change. */
export function removalIntent(run: Run, { spec, claim, groupName, parts }: PartsGoing): Intent {
  const scope = groupId(run.subscription, groupName);
  const disks = parts
    .filter((part) => part.kind === "machine")
    .flatMap(({ node }) => {
      const machine = names.machine(spec, node);
      return [names.osDisk(machine), names.dataDisk(machine)].map((name) => diskId(scope, name));
    });
  return {
    scope,
    deletes: [...parts.map((part) => part.id), ...disks],
    writes: [resourceId(scope, "loadBalancer", names.loadBalancer(spec.name)), claim.id],
    rights: [
      ...new Set(parts.map((part) => `${typeOf(part.kind)}/delete`)),
      `${typeOf("loadBalancer")}/write`,
      `${typeOf(claim.kind)}/write`,
    ],
  };
}

/** Refuses what would harm others, before etcd is asked to let anybody go. @throws ClusterError NotOurs, TakesAlong */
export async function refuseHarmful(run: Run, owner: Owner, parts: readonly NodePart[]): Promise<void> {
  await Promise.all(
    parts.map(async (part) => {
      const live = part.kind === "machine" ? await getPatiently(part, run.tools) : undefined;
      if (live !== undefined) await refuseHarm(run, owner, live);
    }),
  );
}

/** Whether another run has made the node again, and wants it. */
export type ComesAgain = (node: number) => Promise<boolean>;

/**
 * The machine takes its disks, interface and address along (deleteOption); what it did not is deleted too, if it is still the
 * cluster's. What comes again stays. @throws ClusterError NotOurs, TakesAlong
 */
export async function removeParts(run: Run, owner: Owner, parts: readonly NodePart[], comesAgain: ComesAgain): Promise<void> {
  for (const part of parts) await removePart(run, owner, part, comesAgain);
}

// --- internal ---

async function removePart(run: Run, owner: Owner, part: NodePart, comesAgain: ComesAgain): Promise<void> {
  const wanted = async (): Promise<string | undefined> =>
    (await comesAgain(part.node)) ? "another run wants it again" : undefined;
  try {
    await deleteProven(
      run,
      owner,
      part,
      async (live) => (await wanted()) ?? (part.kind === "disk" && isHeld(live) ? "a machine has it by now" : undefined),
    );
  } catch (error) {
    // an interface that its new machine holds already is refused for that
    const detail = await wanted();
    if (detail === undefined) throw error;
    run.emit({ ...aboutOf(part), kind: "skipped", detail });
  }
}

const diskId = (scope: string, name: string): string => `${scope}/providers/${typeOf("disk")}/${name}`;

const holderOf = ({ model }: Live): string | undefined => (model as { managedBy?: string }).managedBy;
const isHeld = (disk: Live): boolean => holderOf(disk) !== undefined;
