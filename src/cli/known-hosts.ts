/** The cluster's own known_hosts: the keys that we gave the nodes, under every name they are reached by. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDocument } from "../core/outputs.ts";
import { mergeKnownHosts } from "../nodes/known-hosts.ts";
import { PUBLIC, clusterFolder } from "../prepare/kept-file.ts";
import type { Carried } from "./carry-out.ts";
import type { Prepared } from "./prepare.ts";
import { replaceFile } from "./replace-file.ts";
import type { Session } from "./session.ts";

/** Writes it and returns its path. */
export async function keepKnownHosts(
  session: Session,
  prepared: Prepared,
  carried: Carried,
  document: ClusterDocument,
): Promise<string> {
  const { spec, facts } = prepared;
  const file = join(await clusterFolder(session.dir, spec.name), "known_hosts");
  const hosts = [...new Set([document.host, document.ip].filter((host) => host !== ""))];
  const entries = facts.nodes.flatMap((node) => {
    // a machine that another run made meanwhile has that run's key
    const key = carried.hostKeys.get(node.index) ?? node.hostKey ?? carried.readiness.get(node.index)?.hostKey;
    return key === undefined || hosts.length === 0 ? [] : [{ hosts, port: spec.ssh + node.index, keys: [key] }];
  });
  const before = await readFile(file, "utf8").catch(() => "");
  await replaceFile(file, mergeKnownHosts(before, entries), PUBLIC);
  return file;
}
