/** The cluster's own known_hosts: the keys that we gave the nodes, under every name they are reached by. */
import type { ClusterDocument } from "../../core/documents.ts";
import { join } from "node:path";
import { type Node, names } from "../../core/plan/cluster.ts";
import { type Door, doorOf } from "../../core/plan/door.ts";
import { ClusterError } from "../../core/errors.ts";
import { withoutHosts } from "../../core/outputs.ts";
import { type Hop, isTunnel } from "../../core/spec/hops.ts";
import { type KnownHost, expectedKeys, mergeKnownHosts, removeKnownHosts } from "../../nodes/known-hosts.ts";
import { hopsTo } from "./way.ts";
import { PUBLIC, textAt } from "../../prepare/kept-file.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Carried } from "../create/carry-out.ts";
import type { Claim } from "./claim.ts";
import type { Prepared } from "../create/prepared.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import { knownHostsFile } from "./node-target.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

/** A file of the cluster's folder, and why it was not written, where it was not: the nodes are there all the same. */
export interface KeptFile {
  readonly file: string;
  readonly unwritten: ClusterError | undefined;
}

/** Writes it. `unknown` are the nodes, by index, that made keys of their own which nobody has seen yet. */
export async function keepKnownHosts(
  run: Run,
  prepared: Prepared,
  carried: Carried,
  document: ClusterDocument,
): Promise<KeptFile & { unknown: ReadonlySet<number> }> {
  const { spec, facts } = prepared;
  const file = knownHostsFile(run, spec.name);
  const unknown = new Set<number>();
  const hosts = [...new Set([document.host, document.ip].filter((host) => host !== ""))];
  const doorsOf = (node: Pick<Node, "index" | "address">) => hosts.map((host) => doorOf(spec, host, node));
  const entries = facts.nodes.flatMap((node): KnownHost[] => {
    // a machine that another run made meanwhile has that run's key
    const key = carried.hostKeys.get(node.index) ?? node.hostKey ?? carried.readiness.get(node.index)?.hostKey;
    if (key === undefined) unknown.add(node.index);
    return key === undefined || hosts.length === 0 ? [] : [{ ...together(doorsOf(node)), keys: [key] }];
  });
  entries.push(
    ...tunnelHosts(
      hopsTo(run, spec.name),
      entries.flatMap(({ keys }) => keys),
    ),
  );
  const unwritten = await failureToWrite(async () => {
    await clusterFolder(run.dir, spec.name);
    const before = textAt(file) ?? "";
    for (const node of facts.nodes)
      if (doorsOf(node).some(({ host, port }) => expectedKeys(before, host, port).length > 0)) unknown.delete(node.index);
    await replaceFile(file, mergeKnownHosts(before, entries), PUBLIC);
  });
  return { file, unknown, unwritten };
}

/** At the end of a tunnel on this machine is a node of the cluster, whichever: as plain ssh is to know it. */
export const tunnelHosts = (hops: readonly Hop[], keys: readonly string[]): KnownHost[] =>
  keys.length === 0 ? [] : hops.filter(isTunnel).map(({ host, port }) => ({ hosts: [host], port, keys }));

/** Writes the Host blocks beside it. */
export async function keepSshConfig(run: Run, name: string, config: string): Promise<KeptFile> {
  const file = sshConfigFile(run, name);
  return { file, unwritten: await failureToWrite(() => replaceFile(file, config, PUBLIC)) };
}

/** A full disk, say. A destroy at the same time may take the folder away: then there are no nodes to know, and that is not said. */
export async function failureToWrite(write: () => Promise<void>): Promise<ClusterError | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== "FileNotWritten") throw error;
    return (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT" ? undefined : error;
  }
}

/** Takes nodes that are gone out of it and out of the ssh config beside it, where those are on this machine. */
export async function forgetHosts(
  run: Run,
  spec: Pick<ClusterSpec, "name" | "ssh" | "private" | "vmNamePrefix">,
  { host, address }: Pick<Claim, "host" | "address">,
  gone: readonly Pick<Node, "index" | "address">[],
): Promise<void> {
  const hosts = [host, address].filter((one) => one !== undefined);
  const entries = gone.map((node) => together(hosts.map((one) => doorOf(spec, one, node))));
  const machines = gone.map(({ index }) => names.machine(spec, index));
  await Promise.all([
    rewrite(knownHostsFile(run, spec.name), (text) => removeKnownHosts(text, entries)),
    rewrite(sshConfigFile(run, spec.name), (text) => withoutHosts(text, machines)),
  ]);
}

// --- internal ---

/** All of a node's doors have one port. */
const together = (doors: readonly Door[]): { hosts: string[]; port: number } => ({
  hosts: doors.map(({ host }) => host),
  port: doors[0]?.port ?? 22,
});

const sshConfigFile = (run: Pick<Run, "dir">, name: string): string => join(run.dir, name, FOLDER_FILES.sshConfig);

async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  const before = textAt(file);
  if (before !== undefined && change(before) !== before) await replaceFile(file, change(before), PUBLIC);
}
