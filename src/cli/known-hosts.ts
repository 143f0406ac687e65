/** The cluster's own known_hosts: the keys that we gave the nodes, under every name they are reached by. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDocument } from "../core/outputs.ts";
import { mergeKnownHosts, removeKnownHosts } from "../nodes/known-hosts.ts";
import { PUBLIC, clusterFolder } from "../prepare/kept-file.ts";
import type { ClusterSpec } from "../core/spec.ts";
import type { Carried } from "./carry-out.ts";
import type { Claim } from "./find-cluster.ts";
import type { Prepared } from "./prepare.ts";
import { replaceFile } from "./replace-file.ts";
import type { Session } from "./session.ts";

export const knownHostsFile = (session: Pick<Session, "dir">, name: string): string => join(session.dir, name, "known_hosts");

/** Writes it and returns its path. */
export async function keepKnownHosts(
  session: Session,
  prepared: Prepared,
  carried: Carried,
  document: ClusterDocument,
): Promise<string> {
  const { spec, facts } = prepared;
  const file = knownHostsFile(session, spec.name);
  const hosts = [...new Set([document.host, document.ip].filter((host) => host !== ""))];
  const entries = facts.nodes.flatMap((node) => {
    // a machine that another run made meanwhile has that run's key
    const key = carried.hostKeys.get(node.index) ?? node.hostKey ?? carried.readiness.get(node.index)?.hostKey;
    return key === undefined || hosts.length === 0 ? [] : [{ hosts, port: spec.ssh + node.index, keys: [key] }];
  });
  const before = await readFile(file, "utf8").catch(() => "");
  const write = async (): Promise<void> => {
    await clusterFolder(session.dir, spec.name);
    await replaceFile(file, mergeKnownHosts(before, entries), PUBLIC);
  };
  // a destroy at this very moment may be taking the folder away
  await write().catch(write);
  return file;
}

/** Takes the lines of nodes that are gone out of it, where it is on this machine. */
export async function forgetHostKeys(
  session: Session,
  spec: Pick<ClusterSpec, "name" | "ssh">,
  { host, address }: Pick<Claim, "host" | "address">,
  gone: readonly number[],
): Promise<void> {
  const file = knownHostsFile(session, spec.name);
  const before = await readFile(file, "utf8").catch(() => undefined);
  const hosts = [host, address].filter((one) => one !== undefined);
  if (before === undefined) return;
  const after = removeKnownHosts(
    before,
    gone.map((index) => ({ hosts, port: spec.ssh + index })),
  );
  if (after !== before) await replaceFile(file, after, PUBLIC);
}
