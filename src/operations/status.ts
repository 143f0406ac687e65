/** status: how a cluster is, found from Azure alone and, with its keys at hand, from the nodes themselves. Changes nothing. */
import { defined } from "../core/defined.ts";
import { goneSoon } from "./cluster/being-destroyed.ts";
import type { AskedDocument, CostDocument, Drift, StatusDocument, StatusNode } from "../core/documents.ts";
import { askedFields } from "../core/account.ts";
import { identityFor } from "./cluster/identity.ts";
import { type Opening, isAll, isOpen } from "../core/plan/let-in.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { etcdDocument, nodeDocument } from "../core/node-document.ts";
import { GONE_SPOT } from "../core/plan/spot.ts";
import { clusterDocument } from "../core/outputs.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { plural } from "../core/words.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "./cluster/live-cluster.ts";
import { lastingFileOf } from "./cluster/private-key.ts";
import { claimNeeded } from "./cluster/claim.ts";
import { stoppedSince } from "./cluster/stopped.ts";
import { findCluster } from "./cluster/find.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { type Health, askNodes } from "./cluster/node-health.ts";
import type { Asked } from "./price/ask.ts";
import { askForSpec, foundCost } from "./price/costs.ts";
import { type Run, secondsOf } from "./run.ts";

export interface Status {
  readonly document: StatusDocument;
  /** Nodes that say themselves that they are ready. */
  readonly healthy: number;
  /** 0 when every node was asked and is ready and nothing does harm, 3 when some are or could not be asked, 1 when none is. */
  readonly exit: ExitCode;
  /** A sentence about the look itself: that the nodes were not asked, and why. */
  readonly note?: string;
  /** For the next look. */
  readonly prices: Asked;
}

export interface LookOptions {
  readonly resourceGroup?: string;
  /** Prices of an earlier look: they do not change within the day. */
  readonly prices?: Asked;
  /** Nobody logs in to a node: what Azure says is enough, for the exit code too. */
  readonly noNodes?: boolean;
}

/** Azure says that it runs, or no more than that it is made; whether anything on it works nobody knows. */
const NOT_ASKED = "running, not asked";
const MADE_NOT_ASKED = "not asked";

/** A warning is due from here on. */
const CERTIFICATE_WARNING_MS = 60 * 86_400_000;

/** @throws ClusterError ClusterNotFound, ClusterHalfMade, BeingDestroyed (exit 1); ClaimDamaged, ClaimTwice (exit 7) */
export async function clusterStatus(
  run: Run,
  name: string,
  { resourceGroup, noNodes = false, prices: known }: LookOptions = {},
): Promise<Status> {
  const located = await findCluster(run, name, resourceGroup);
  if (located.claims.length === 0 && located.own && located.movedTo === undefined)
    throw located.group?.deleting === true ? goneSoon(located.name) : halfMade(located);
  const { location, kept } = await claimNeeded(run, located);
  const prices = known ?? askForSpec(run, kept, location);
  const live = await readLiveCluster(run, located);
  const way = await identityFor(run, name, live.claim.choices.sshPublicKey);
  const health = noNodes ? UNASKED : await askNodes(run, live, live.nodes.filter(worthAsking), way);
  const [cost, account] = await Promise.all([costOf(run, live, prices), run.account()]);
  const looked = { located, live, health, identityFile: lastingFileOf(way.key) ?? "" };
  const document = { ...documentOf(run, askedFields(account), looked), cost };
  return {
    document,
    healthy: document.states["ready"] ?? 0,
    exit: exitOf(document, noNodes),
    ...noteOf(document, health),
    prices,
  };
}

/** The same with other words for what has drifted: whoever typed the command knows what those that it advises need. */
export const withMessages = (document: StatusDocument, said: (text: string) => string): StatusDocument => ({
  ...document,
  drift: document.drift.map((one) => ({ ...one, message: said(one.message) })),
});

// --- internal ---

const costOf = (run: Run, { found, nodes, location }: LiveCluster, asked: Asked): Promise<CostDocument> =>
  foundCost(run, found, location, {
    asked,
    powerOf: new Map(nodes.map(({ id, power }) => [id.toLowerCase(), power])),
  });

const UNASKED: Health = { nodes: new Map(), note: "No node was asked (--no-nodes): what is shown is what Azure says." };

function exitOf({ states, nodes, drift, stopped }: StatusDocument, azureIsEnough: boolean): ExitCode {
  if (stopped !== undefined) return EXIT.partly;
  const [ready, unasked] = [states["ready"] ?? 0, (states[NOT_ASKED] ?? 0) + (states[MADE_NOT_ASKED] ?? 0)];
  if (ready + unasked === 0) return EXIT.failed;
  const enough = ready + (azureIsEnough ? unasked : 0) === nodes.length;
  return enough && !drift.some((one) => one.harm) ? EXIT.done : EXIT.partly;
}

function noteOf({ name, stopped, nodes }: StatusDocument, { note }: Health): Pick<Status, "note"> {
  if (stopped === undefined) return defined({ note });
  const start = `\`azure-coreos-cluster start ${name}\``;
  const on = nodes.filter(({ power }) => power === "running").length;
  if (on === 0) return { note: `${name} is stopped since ${stopped}: ${start} starts it.` };
  return {
    note: `${name} counts as stopped since ${stopped}, and ${on} of its machines ${on === 1 ? "has" : "have"} power: ${start} brings it up.`,
  };
}

/** A machine may answer long before Azure calls it made; one that goes is gone at any moment. */
const worthAsking = ({ provisioning, power }: LiveNode): boolean =>
  provisioning !== undefined &&
  provisioning.toLowerCase() !== "deleting" &&
  (power === undefined || power === "running" || power === "starting");

interface Look {
  readonly located: Cluster;
  readonly live: LiveCluster;
  readonly health: Health;
  readonly identityFile: string;
}

function documentOf(run: Run, asked: AskedDocument, { located, live, health, identityFile }: Look): Omit<StatusDocument, "cost"> {
  const { spec, claim, location, drift, openings, resources, expires } = live;
  const stopped = stoppedSince(claim.tags);
  const nodes = live.nodes.map((node): StatusNode => {
    const asked = health.nodes.get(node.index);
    return {
      ...nodeDocument(spec, {
        index: node.index,
        host: claim.host ?? claim.address ?? "",
        identityFile,
        privateIp: node.privateIp,
        publicIp: node.addressed ? node.publicIp : undefined,
        zone: node.zone,
        spot: node.spot,
        state: stateOf(node, asked?.state, stopped !== undefined),
        vmSize: node.vmSize,
      }),
      ...defined({ power: node.power, provisioning: node.provisioning }),
      health: asked?.state ?? "unknown",
      ...reasonOf(node, asked?.reason),
      ...(node.madeAt === undefined ? {} : { createdAt: new Date(node.madeAt).toISOString() }),
      ...defined({ system: asked?.system, rebootTo: asked?.rebootTo }),
      ...(asked?.certificateEnds === undefined ? {} : { certificateEnds: new Date(asked.certificateEnds).toISOString() }),
    };
  });
  const whole = clusterDocument(
    {
      name: spec.name,
      resourceGroup: located.groupName,
      location,
      host: claim.host ?? "",
      ip: claim.address ?? "",
      ...asked,
      nodes,
      etcd: etcdDocument(spec, claim.choices),
      choices: { vmSizes: spec.sizes, locations: [location], vmSize: spec.vmSize, location, passedOver: [] },
      resources: { created: 0, unchanged: resources, updated: 0 },
      seconds: secondsOf(run),
    },
    spec,
  );
  return {
    ...whole,
    $schema: schemaUri("status"),
    nodes,
    states: counted(nodes.map(({ state }) => state)),
    ...openFields(openings),
    drift: [...drift, ...endingCertificates(nodes, run.clock.now())],
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    ...defined({ stopped }),
    ...(run.simulated ? { simulated: true } : {}),
  };
}

function openFields(all: readonly Opening[]): Pick<StatusDocument, "endpoints" | "sshFrom" | "notOpen"> {
  const endpoints = all.filter(({ name }) => name !== "ssh");
  const closed = endpoints.filter((one) => !isOpen(one)).map(({ name, port }) => ({ name, port }));
  const ssh = all.find(({ name }) => name === "ssh")?.from ?? [];
  return {
    endpoints: endpoints.filter(isOpen).map(({ name, port, from }) => ({ name, port, ...(isAll(from) ? {} : { from }) })),
    ...(isAll(ssh) ? {} : { sshFrom: ssh }),
    ...(closed.length === 0 ? {} : { notOpen: closed }),
  };
}

/** Azure tells nobody why a machine is gone: of a spot machine that is guessed, and said to be. */
const reasonOf = ({ provisioning, spot }: LiveNode, asked: string | undefined): { reason?: string } => {
  const reason = provisioning === undefined && spot === true ? GONE_SPOT : asked;
  return defined({ reason });
};

/** One word a node: what Azure says where that is worse, else what the node itself says. */
function stateOf({ provisioning, power }: LiveNode, health: string | undefined, stopped: boolean): string {
  if (provisioning === undefined) return "missing";
  const made = provisioning.toLowerCase();
  // a node that answers is up, if Azure does not yet call its machine made
  if (health === "ready" && made !== "failed" && made !== "deleting") return "ready";
  if (made !== "succeeded" && made !== "updating") return made;
  if (stopped && power === "deallocated") return "stopped";
  if (power !== undefined && power !== "running") return power;
  return health ?? (power === "running" ? NOT_ASKED : MADE_NOT_ASKED);
}

const counted = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

/** One line for all of them: they were made in one go. */
function endingCertificates(nodes: readonly StatusNode[], now: number): Drift[] {
  const soon = nodes.filter(({ certificateEnds }) => Date.parse(certificateEnds ?? "") - now < CERTIFICATE_WARNING_MS);
  const [first, ...more] = soon.sort((a, b) => Date.parse(a.certificateEnds ?? "") - Date.parse(b.certificateEnds ?? ""));
  if (first === undefined) return [];
  const days = Math.floor((Date.parse(first.certificateEnds ?? "") - now) / 86_400_000);
  const whose = more.length === 0 ? first.name : `${first.name} and ${more.length} ${plural("other", more.length)}`;
  return [
    {
      kind: "etcd-certificate",
      message: `the etcd certificate of ${whose} ${days < 0 ? `ended ${-days} days ago` : `ends in ${days} ${plural("day", days)}`}: docs/operations.md says how it is renewed`,
      harm: days < 0,
    },
  ];
}

const halfMade = ({ name, groupName }: Cluster): ClusterError =>
  new ClusterError(
    "ClusterHalfMade",
    `${name} is half made: the resource group ${groupName} has nothing that says what was chosen for it`,
    {
      source: "azure",
      exit: EXIT.failed,
      advice: `Finish it by running create again, or remove it: \`azure-coreos-cluster destroy ${name}\`.`,
    },
  );
