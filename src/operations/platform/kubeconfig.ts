/**
 * kubeconfig: k3s' own, from the first server into the cluster's folder (0600), with an address that leads to the API from here: a port of this
 * machine that a tunnel ends at, or the cluster's own address where `--kube-api` opens it.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { ClusterError } from "../../core/errors.ts";
import { type Connection, connect } from "../../nodes/connection.ts";
import { type Tunnel, openTunnel } from "../../nodes/tunnel.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import { FOLDER_FILES, tunnelKubeconfig } from "../../prepare/folder-files.ts";
import { PRIVATE } from "../../prepare/kept-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import { type Installed, openPlatform } from "./reached.ts";
import type { InGroup } from "../../core/spec/in-group.ts";

export interface Kubeconfig {
  /** Absolute path. */
  readonly file: string;
  readonly server: string;
  /** The first server's index, where a tunnel has to lead there. */
  readonly through?: number;
}

/** The port of k3s' API, on each server. */
export const API_PORT = 6443;

/** @throws ClusterError NoPlatform, KubeconfigUnread; what reaching the first server fails with */
export async function keepKubeconfig(run: Run, name: string, { resourceGroup }: InGroup = {}): Promise<Kubeconfig> {
  const site = await openPlatform(run, name, resourceGroup);
  try {
    const { spec, claim } = site.cluster;
    const straight = spec.kubeApi.length > 0 && claim.host !== undefined;
    const server = `https://${straight ? claim.host : "127.0.0.1"}:${API_PORT}`;
    const file = await keep(run, site, FOLDER_FILES.kubeconfig, server);
    return { file, server, ...(straight ? {} : { through: site.first.index }) };
  } finally {
    site.access.close();
  }
}

/** The same for as long as a command lasts, through a tunnel of its own. @param work with the file's path */
export async function withKubeconfig(
  run: Run,
  name: string,
  work: (file: string) => Promise<number>,
  { resourceGroup }: InGroup = {},
): Promise<number> {
  const site = await openPlatform(run, name, resourceGroup);
  const { clock } = run.outside;
  let connection: Connection | undefined;
  let tunnel: Tunnel | undefined;
  let file: string | undefined;
  try {
    connection = await connect(site.first, { clock, signal: run.tools.signal, trust: "strict" });
    tunnel = await openTunnel(connection, API_PORT);
    // several at once have ports of their own
    file = await keep(run, site, tunnelKubeconfig(tunnel.port), `https://127.0.0.1:${tunnel.port}`);
    return await work(file);
  } finally {
    if (file !== undefined) await rm(file, { force: true });
    tunnel?.close();
    connection?.close();
    site.access.close();
  }
}

// --- internal ---

const SOURCE = "/etc/rancher/k3s/k3s.yaml";

async function keep(run: Run, { cluster, access, first }: Installed, file: string, server: string): Promise<string> {
  const { name } = cluster.spec;
  const path = join(await clusterFolder(run.dir, name), file);
  const text = run.simulated ? REHEARSED : await access.read(first, SOURCE);
  await replaceFile(path, rewritten(text ?? "", name, server), PRIVATE);
  return path;
}

interface Config {
  clusters: { name: string; cluster: { server: string } }[];
  users: { name: string }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  "current-context": string;
}

/** k3s calls all three of them "default": under the cluster's name they can be merged with others. @throws ClusterError KubeconfigUnread */
function rewritten(text: string, name: string, server: string): string {
  try {
    const config = load(text) as Config;
    const [cluster, user, context] = [config.clusters[0], config.users[0], config.contexts[0]];
    if (cluster === undefined || user === undefined || context === undefined) throw new Error("a part is missing");
    Object.assign(cluster, { name, cluster: { ...cluster.cluster, server } });
    user.name = name;
    Object.assign(context, { name, context: { ...context.context, cluster: name, user: name } });
    config["current-context"] = name;
    return dump(config, { lineWidth: -1 });
  } catch {
    // what stands in it is secret, and no part of a message
    throw new ClusterError("KubeconfigUnread", `${SOURCE} on the first server is no kubeconfig`, {
      source: "node",
      advice: "Is k3s up there? The installation may not have come that far: `platform status` tells.",
    });
  }
}

const REHEARSED = [
  "apiVersion: v1",
  "kind: Config",
  "clusters: [{ name: default, cluster: { server: 'https://127.0.0.1:6443' } }]",
  "users: [{ name: default, user: {} }]",
  "contexts: [{ name: default, context: { cluster: default, user: default } }]",
  "current-context: default",
].join("\n");
