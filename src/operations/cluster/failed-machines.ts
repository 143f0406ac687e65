/**
 * Machines that Azure calls failed and that have worked: they stay, and are asked how they are as all others. Azure is asked first (two reads
 * a machine), and of a system that it has never heard of the node itself.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterface } from "@azure/arm-network";
import { type FailedMachine, type MachineView, type Past, isUnheard, pastOf } from "../../core/failed-machine.ts";
import { nodeIndex } from "../../core/plan/cluster.ts";
import { isAll } from "../../core/plan/let-in.ts";
import { hostKeyIn } from "../../core/plan/read-tags.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { madeAt } from "../../engine/machine-made.ts";
import { getPatiently, patiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { canLogIn } from "../../nodes/identity.ts";
import type { Run } from "../run.ts";
import type { Claim } from "./claim.ts";
import { identityFor } from "./identity.ts";
import { askNodes } from "./node-health.ts";
import { interfaceAddresses } from "./nodes-there.ts";
import type { Snapshot } from "./snapshot.ts";

/** One that stays, as it was seen. */
export interface KeptMachine extends FailedMachine {
  readonly id: string;
  readonly madeAt: number | undefined;
}

/** @param ours what is the cluster's @returns those that have worked, or that nobody can ask whether they have */
export async function keptMachines(
  run: Run,
  { spec, claim }: { readonly spec: ClusterSpec; readonly claim: Claim | undefined },
  ours: Snapshot,
): Promise<KeptMachine[]> {
  const all = [...ours.values()].flatMap((live) => {
    const node = live.kind === "machine" && live.state === "failed" ? nodeIndex(spec, nameOf(live.id)) : undefined;
    return node === undefined ? [] : [{ node, live }];
  });
  if (all.length === 0) return [];
  const failed = all.sort((a, b) => a.node - b.node);
  const looked = await Promise.all(failed.map(async (one) => ({ ...one, ...(await pastIn(run, one.live)) })));
  const answers = await askSilent(
    run,
    { spec, claim },
    ours,
    looked.filter(({ past }) => past === "silent"),
  );
  return looked.flatMap(({ node, live, past, view }): KeptMachine[] => {
    const answer = past === "silent" ? answers(node) : past === "worked";
    if (answer === false) return [];
    return [{ id: live.id, name: nameOf(live.id), node, madeAt: madeAt(live), view, unasked: answer === undefined }];
  });
}

/**
 * The same just before it would be deleted: of one that has failed since the first look nobody has asked the node.
 * @param seen what the first look saw of it: failed, unless it was to stay
 */
export async function hasWorked(run: Run, kept: readonly KeptMachine[], seen: Live | undefined, live: Live): Promise<boolean> {
  if (kept.some((one) => one.id.toLowerCase() === live.id.toLowerCase() && one.madeAt === madeAt(live))) return true;
  const wasJudged = seen?.state === "failed" && madeAt(seen) === madeAt(live);
  const { past } = await pastIn(run, live);
  return past === "worked" || (past === "silent" && !wasJudged);
}

// --- internal ---

/** Its own host key was shown, which it has from its user-data. */
const ANSWERS = new Set<string>(["ready", "ssh", "no-login"]);

async function pastIn(run: Run, { id, model }: Live): Promise<{ past: Past; view: MachineView }> {
  const machine = model as VirtualMachine;
  const nic = machine.networkProfile?.networkInterfaces?.[0]?.id;
  const [view, live] = await Promise.all([
    patiently(run.tools, (signal) => run.lookups.machineView(groupOf(id) ?? "", nameOf(id), signal)),
    nic === undefined ? undefined : getPatiently({ kind: "networkInterface", id: nic }, run.tools),
  ]);
  return { past: pastOf(machine, live?.model as NetworkInterface | undefined, view), view };
}

/**
 * Of each node whether it answers; undefined where silence says nothing: what is wrong may be the way from here. It says something where
 * another node of the cluster answers at the same time, and of a system that Azure waited for when others of the cluster were heard of. Nothing
 * was booted in a rehearsal.
 */
async function askSilent(
  run: Run,
  { spec, claim }: Parameters<typeof keptMachines>[1],
  ours: Snapshot,
  silent: readonly Silent[],
): Promise<(node: number) => boolean | undefined> {
  if (run.simulated || silent.length === 0) return () => false;
  if (claim?.address === undefined) return () => undefined;
  const way = await identityFor(run, spec.name, claim.choices.sshPublicKey);
  if (!canLogIn(way.identity)) return () => undefined;
  const addresses = new Map(interfaceAddresses(spec, ours));
  const heardOf = [...ours.values()].flatMap((live) => {
    const node = live.kind === "machine" && live.state === "succeeded" ? nodeIndex(spec, nameOf(live.id)) : undefined;
    return node === undefined ? [] : [{ node, live }];
  });
  const nodes = [...silent, ...heardOf.slice(0, WITNESSES)].map(({ node, live }) => ({
    index: node,
    id: live.id,
    privateIp: addresses.get(node) ?? "",
    hostKey: hostKeyIn(live),
  }));
  const health = await askNodes(run, { spec, claim }, nodes, way, { level: "ssh" });
  const answers = (node: number): boolean => ANSWERS.has(health.nodes.get(node)?.state ?? "");
  const isWitnessed = nodes.some(({ index }) => answers(index));
  const isOpen = !spec.private && isAll(spec.sshFrom);
  return (node) => {
    if (answers(node)) return true;
    const view = silent.find((one) => one.node === node)?.view;
    const isProof = isWitnessed || (isOpen && heardOf.length > 0 && view !== undefined && isUnheard(view));
    return isProof ? false : undefined;
  };
}

interface Silent {
  readonly node: number;
  readonly live: Live;
  readonly view: MachineView;
}

/** One that answers is enough, and may be down itself. */
const WITNESSES = 3;
