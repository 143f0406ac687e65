/**
 * Watches nodes become usable, each from the moment that Azure has accepted its machine: a node that answers is ready, even
 * if Azure has not yet called its machine done.
 */
import type { PublicIPAddress } from "@azure/arm-network";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlannedNode } from "../core/cluster.ts";
import { USER } from "../core/resources/machine.ts";
import { type NodeReadiness, type ReadyLevel, waitReady } from "../nodes/readiness.ts";
import type { EtcdClientTls, NodeTarget } from "../nodes/target.ts";
import { etcdTlsFiles } from "../prepare/etcd-tls.ts";
import type { Prepared } from "./create.ts";
import type { Session } from "./session.ts";

export interface NodeWatch {
  start(node: PlannedNode): void;
  /** Resolves when the node is ready; never rejects. */
  usable(node: PlannedNode): Promise<void>;
  all(): Promise<Map<number, NodeReadiness>>;
}

/** A rehearsal boots nothing: a node is taken to be up so long after Azure calls its machine done. */
const SIMULATED_BOOT_MS = 8000;

export async function watchNodes(
  session: Session,
  prepared: Prepared,
  address: PublicIPAddress | undefined,
  azure: { hasFailed(index: number): boolean; settled(index: number): Promise<unknown> },
): Promise<NodeWatch> {
  const level = await reachableLevel(session, prepared);
  const running = new Map<number, Promise<NodeReadiness>>();
  const ready = new Map<number, { promise: Promise<void>; resolve: () => void }>();
  const privateKey = prepared.materials.ssh.privateKeyFile === undefined ? "" : await readFile(prepared.materials.ssh.privateKeyFile, "utf8");
  const etcdTls = await operatorTls(session, prepared);

  const usable = (node: PlannedNode): Promise<void> => {
    const known = ready.get(node.index) ?? Promise.withResolvers<void>();
    ready.set(node.index, known);
    return known.promise;
  };
  return {
    usable,
    start(node) {
      if (running.has(node.index)) return;
      void usable(node);
      const one = watchOne(node).then((readiness) => {
        if (readiness.state === "ready" && !session.simulated) ready.get(node.index)?.resolve();
        return readiness;
      });
      one.catch(() => undefined);
      running.set(node.index, one);
    },
    async all() {
      const found = await Promise.all([...running].map(async ([index, promise]) => [index, await promise] as const));
      return new Map(found);
    },
  };

  async function watchOne(node: PlannedNode): Promise<NodeReadiness> {
    if (level === "machines") return { index: node.index, name: node.name, state: "created", timings: {}, attempts: 0 };
    if (session.simulated) return simulated(node);
    const [result] = await waitReady([targetOf(node)], {
      level,
      deadline: session.deadline,
      clock: session.clock,
      signal: session.tools.signal,
      emit: session.emit,
      trust: node.hostKey === undefined ? "first-use" : "strict",
      ...(etcdTls === undefined ? {} : { etcdTls }),
      machineState: (index) => (azure.hasFailed(index) ? "failed" : "unknown"),
    });
    return result as NodeReadiness;
  }

  async function simulated(node: PlannedNode): Promise<NodeReadiness> {
    await azure.settled(node.index);
    await session.clock.sleep(SIMULATED_BOOT_MS, session.tools.signal);
    const state = azure.hasFailed(node.index) ? "failed" : "ready";
    return { index: node.index, name: node.name, state, timings: {}, attempts: 0 };
  }

  function targetOf(node: PlannedNode): NodeTarget {
    const { spec, materials } = prepared;
    return {
      index: node.index,
      name: node.name,
      host: address?.ipAddress ?? address?.dnsSettings?.fqdn ?? "",
      port: spec.ssh + node.index,
      user: USER,
      hostKeys: node.hostKey === undefined ? [] : [node.hostKey.split(" ").slice(0, 2).join(" ")],
      privateKey,
      privateAddress: node.address,
      role: materials.choices.members.has(node.index) ? "member" : "gateway",
      tls: materials.tls,
    };
  }
}

// --- internal ---

/** How far nodes can be followed: not without the private key, and etcd not in a user's own file. */
async function reachableLevel(session: Session, { spec, materials }: Prepared): Promise<ReadyLevel> {
  if (spec.waitFor === "machines") return "machines";
  if (!session.simulated && materials.ssh.privateKeyFile === undefined) {
    session.emit({
      kind: "note",
      id: "readiness",
      label: "readiness",
      message: "The private key of the cluster is not on this machine: nodes are waited for until Azure calls them made, not until they answer.",
    });
    return "machines";
  }
  return spec.waitFor === "etcd" && materials.choices.customDataHash !== undefined && !spec.given.includes("waitFor") ? "ssh" : spec.waitFor;
}

/** The operator's certificate for etcd, where the cluster has one and it is here. */
export async function operatorTls(session: Pick<Session, "dir">, prepared: Pick<Prepared, "spec" | "materials">): Promise<EtcdClientTls | undefined> {
  if (!prepared.materials.tls) return undefined;
  const files = etcdTlsFiles(join(session.dir, prepared.spec.name));
  try {
    const [ca, certificate, key] = await Promise.all([files.ca, files.client, files.clientKey].map((file) => readFile(file, "utf8")));
    return { ca: ca ?? "", certificate: certificate ?? "", key: key ?? "" };
  } catch {
    return undefined;
  }
}
