/** The real discovery server of etcd (Debian: etcd-discovery), over a store of its own, on a loopback address of its own. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { healthy, newRoot, start } from "./booted.ts";

/** Starts it at `host`, and resolves with its URL when it answers. `endAll` of booted.ts ends it. */
export async function startDiscovery(host: string): Promise<string> {
  const own = `http://${host}:2379`;
  const peer = `http://${host}:2380`;
  const names = ["--name", "disc", "--data-dir", join(newRoot(), "data"), "--initial-cluster", `disc=${peer}`];
  const clients = ["--listen-client-urls", own, "--advertise-client-urls", own];
  const peers = ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer];
  const store = start("etcd", [...names, ...clients, ...peers], { ETCD_ENABLE_V2: "true", ETCD_UNSAFE_NO_FSYNC: "true" }, "");
  await healthy(own, [store]);
  const service = `http://${host}:8087`;
  start("discovery.etcd.io", ["--addr", `${host}:8087`, "--etcd", own, "--host", service], {}, "");
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await fetch(`${service}/health`)).status > 0) return service;
    } catch (error) {
      if (attempt > 100) throw error;
    }
    await sleep(100);
  }
}

/** A new URL for so many members. */
export async function discoveryUrl(service: string, size: number): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${service}/new?size=${size}`);
    if (response.ok) return await response.text();
    if (attempt > 100) throw new Error(`${service} answers ${response.status}`);
    await sleep(100);
  }
}
