/** platform status: k3s' nodes and pods as its first server tells them, steps that are not done, and the gateway and the record seen from here. */
import { defined } from "../../core/defined.ts";
import type { PlatformStatusDocument } from "../../core/documents.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { schemaUri } from "../../core/schema-uri.ts";
import { probeEndpoints } from "../../nodes/endpoints.ts";
import type { Run } from "../run.ts";
import { listNodes, listPods, rows } from "./kubectl.ts";
import { type Installed, openPlatform } from "./reached.ts";
import { recordOf } from "./record.ts";
import { STEPS, placed } from "./steps.ts";
import type { InGroup } from "../../core/spec/in-group.ts";

/** Exit 0 when it is healthy, else 3. @throws ClusterError NoPlatform, NodeCommandFailed; what reaching the first server fails with */
export async function lookAtPlatform(
  run: Run,
  name: string,
  { resourceGroup }: InGroup = {},
): Promise<{ document: PlatformStatusDocument; exit: ExitCode }> {
  const site = await openPlatform(run, name, resourceGroup);
  try {
    const { cluster, choices } = site;
    const address = cluster.claim.address ?? "";
    const [left, nodes, notReady, gateway, addresses] = await Promise.all([
      stepsLeft(site),
      k3sNodes(run, site),
      podsNotReady(run, site),
      gatewayOf(run, address),
      choices.domain === `${address}.nip.io` ? [address] : recordOf(run, choices.domain, address).then((found) => found ?? []),
    ]);
    const record = { addresses, leadsHere: addresses.length > 0 && addresses.every((one) => one === address) };
    const healthy =
      left.length === 0 &&
      nodes.every(({ ready }) => ready) &&
      notReady.length === 0 &&
      gateway.every(({ answers }) => answers) &&
      record.leadsHere;
    const document: PlatformStatusDocument = {
      $schema: schemaUri("platform-status"),
      schema: "azure-coreos-cluster/platform-status/1",
      name,
      domain: choices.domain,
      healthy,
      left,
      nodes,
      notReady,
      gateway,
      record,
    };
    return { document, exit: healthy ? EXIT.done : EXIT.partly };
  } finally {
    site.access.close();
  }
}

// --- internal ---

const GATEWAY = [80, 443, 2222];

type Nodes = PlatformStatusDocument["nodes"];

/** A node that does not answer has what it has: k3s says that it is not ready. */
async function stepsLeft({ cluster, access, choices }: Installed): Promise<PlatformStatusDocument["left"]> {
  const looks = await Promise.all(
    cluster.nodes.map(async (node) => {
      const look = await access.look(node, undefined).catch((error: unknown) => {
        if (error instanceof ClusterError) return undefined;
        throw error;
      });
      return { index: node.index, name: node.name, look };
    }),
  );
  return STEPS.flatMap(({ name, on }) =>
    placed(on, looks, choices.servers)
      .filter(({ look }) => look !== undefined && !look.done.has(name))
      .map((node) => ({ step: name, node: node.name })),
  );
}

async function k3sNodes(run: Run, { cluster, access, first, choices }: Installed): Promise<Nodes> {
  const isServer = (index: number): boolean => choices.servers.includes(index);
  if (run.simulated)
    return cluster.nodes.map(({ name, index }) => ({ name, role: isServer(index) ? "server" : "agent", ready: true }));
  const known = new Map(
    rows(await access.run(first, listNodes)).map(([node = "", ready, version]) => [node, { ready: ready === "True", version }]),
  );
  return cluster.nodes.map(({ name, index }) => {
    const node = known.get(name);
    if (node === undefined) return { name, role: "none", ready: false };
    const { ready, version } = node;
    return { name, role: isServer(index) ? "server" : "agent", ready, ...defined({ version }) };
  });
}

async function podsNotReady(run: Run, { access, first }: Installed): Promise<string[]> {
  if (run.simulated) return [];
  return rows(await access.run(first, listPods)).flatMap(([space, pod, phase = "", ready = ""]) => {
    if (phase === "Succeeded" || (phase === "Running" && !ready.includes("false"))) return [];
    return [`${space}/${pod}: ${phase === "Running" ? "not all of it is ready" : phase}`];
  });
}

async function gatewayOf(run: Run, host: string): Promise<PlatformStatusDocument["gateway"]> {
  if (run.simulated) return GATEWAY.map((port) => ({ port, answers: true }));
  const probes = GATEWAY.map((port) => ({ host, port }));
  const states = await probeEndpoints(probes, { clock: run.outside.clock, signal: run.tools.signal });
  return states.map(({ port, state }) => ({ port, answers: state === "answering" }));
}
