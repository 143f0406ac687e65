/** The cluster's own known_hosts: the keys that we gave the nodes, under every name they are reached by. */
import type { ClusterDocument } from "../../core/documents.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { names } from "../../core/plan/cluster.ts";
import { ClusterError } from "../../core/errors.ts";
import { withoutHosts } from "../../core/outputs.ts";
import { expectedKeys, mergeKnownHosts, removeKnownHosts } from "../../nodes/known-hosts.ts";
import { PUBLIC } from "../../prepare/kept-file.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Carried } from "../create/carry-out.ts";
import type { Claim } from "./claim.ts";
import type { Prepared } from "../create/prepare.ts";
import { replaceFile } from "../replace-file.ts";
import type { Run } from "../run.ts";

export const knownHostsFile = (run: Pick<Run, "dir">, name: string): string => join(run.dir, name, "known_hosts");

/** Writes it. `unknown` are the nodes, by index, that made keys of their own which nobody has seen yet. */
export async function keepKnownHosts(
  run: Run,
  prepared: Prepared,
  carried: Carried,
  document: ClusterDocument,
): Promise<{ file: string; unknown: ReadonlySet<number> }> {
  const { spec, facts } = prepared;
  const file = knownHostsFile(run, spec.name);
  const unknown = new Set<number>();
  const hosts = [...new Set([document.host, document.ip].filter((host) => host !== ""))];
  const entries = facts.nodes.flatMap((node) => {
    // a machine that another run made meanwhile has that run's key
    const key = carried.hostKeys.get(node.index) ?? node.hostKey ?? carried.readiness.get(node.index)?.hostKey;
    if (key === undefined) unknown.add(node.index);
    return key === undefined || hosts.length === 0 ? [] : [{ hosts, port: spec.ssh + node.index, keys: [key] }];
  });
  await unlessGone(async () => {
    await clusterFolder(run.dir, spec.name);
    const before = await readFile(file, "utf8").catch(() => "");
    await replaceFile(file, mergeKnownHosts(before, entries), PUBLIC);
    for (const index of unknown)
      if (hosts.some((host) => expectedKeys(before, host, spec.ssh + index).length > 0)) unknown.delete(index);
  });
  return { file, unknown };
}

/** Writes the Host blocks beside it, and returns their file. */
export async function keepSshConfig(run: Run, name: string, config: string): Promise<string> {
  const file = sshConfigFile(run, name);
  await unlessGone(() => replaceFile(file, config, PUBLIC));
  return file;
}

/** Takes nodes that are gone out of it and out of the ssh config beside it, where those are on this machine. */
export async function forgetHosts(
  run: Run,
  spec: Pick<ClusterSpec, "name" | "ssh" | "vmNamePrefix">,
  { host, address }: Pick<Claim, "host" | "address">,
  gone: readonly number[],
): Promise<void> {
  const hosts = [host, address].filter((one) => one !== undefined);
  const entries = gone.map((index) => ({ hosts, port: spec.ssh + index }));
  const machines = gone.map((index) => names.machine(spec, index));
  await Promise.all([
    rewrite(knownHostsFile(run, spec.name), (text) => removeKnownHosts(text, entries)),
    rewrite(sshConfigFile(run, spec.name), (text) => withoutHosts(text, machines)),
  ]);
}

// --- internal ---

const sshConfigFile = (run: Pick<Run, "dir">, name: string): string => join(run.dir, name, "ssh_config");

/** A destroy at the same time may take the folder away: then there are no nodes to know, and why there are none is worth more. */
async function unlessGone(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ClusterError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== "ENOENT") throw error;
  }
}

async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before !== undefined && change(before) !== before) await replaceFile(file, change(before), PUBLIC);
}
