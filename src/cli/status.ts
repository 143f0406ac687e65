/** status: how a cluster is, found from Azure alone and, with its keys at hand, from the nodes themselves. Changes nothing. */
import type { Drift } from "../core/plan/drift.ts";
import { endpointsOf } from "../core/plan/endpoints.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { etcdDocument, nodeDocument } from "../core/node-document.ts";
import { type ClusterDocument, type NodeDocument, clusterDocument } from "../core/outputs.ts";
import { prepareSshKey } from "../prepare/ssh-keys.ts";
import { DEFAULT_SUBJECT } from "../prepare/subject.ts";
import { abilities } from "../report/paint.ts";
import { renderStatus } from "../report/status.ts";
import { columnsOf } from "../report/wrap.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "../operations/cluster/live-cluster.ts";
import { type Located, locate } from "../operations/cluster/locate.ts";
import { type Health, askNodes } from "../operations/cluster/node-health.ts";
import { type Session, openSession } from "./session.ts";

export interface StatusNode extends NodeDocument {
  /** Azure's words; absent where there is no machine. */
  readonly power?: string;
  readonly provisioning?: string;
  /** "ready", how far a node came ("unreachable", "no-login", "ssh" ...), or "unknown" when it was not asked. */
  readonly health: string;
  readonly reason?: string;
  /** ISO time at which the machine was made. */
  readonly createdAt?: string;
}

/** What `--json` prints: create's document, and what only a look at what is there can tell. */
export interface StatusDocument extends Omit<ClusterDocument, "nodes"> {
  readonly nodes: readonly StatusNode[];
  readonly drift: readonly Drift[];
  readonly expires?: string;
  readonly simulated?: true;
}

const EVERY_MS = 5000;
/** A look again and again has no end of its own. */
const FOREVER_MS = 3650 * 86_400_000;

export async function status(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const watching = given.watch === true;
  const open = (): Promise<Session> =>
    openSession(
      watching && given.timeout === undefined ? { ...invocation, given: { ...given, timeout: FOREVER_MS } } : invocation,
      {
        looks: true,
      },
    );
  const until = invocation.world.clock.now() + (given.timeout ?? FOREVER_MS);
  let session = await open();
  try {
    for (let first = true; ; first = false) {
      const exit = await look(session, invocation, first);
      if (!watching || !(await again(session, until))) return exit;
      // what other commands have done to a rehearsal meanwhile is in its file
      if (given.simulate === true) {
        await session.close();
        session = await open();
      }
    }
  } finally {
    await session.close();
  }
}

// --- internal ---

/**
 * False when it was interrupted, or has looked for as long as `--timeout` says. Whoever watches sits in real time: a rehearsal's
 * clock would make a busy loop of it, and bring its clusters to the end of their time.
 */
async function again({ world: { clock }, stop }: Session, until: number): Promise<boolean> {
  if (stop.aborted || clock.now() + EVERY_MS > until) return false;
  return clock.sleep(EVERY_MS, stop).then(
    () => true,
    (error: unknown) => {
      if (stop.aborted) return false;
      throw error;
    },
  );
}

async function look(session: Session, invocation: Invocation, first: boolean): Promise<ExitCode> {
  const { given, world } = invocation;
  const name = nameArgument(invocation);
  const located = await locate(session, name, given.resourceGroup);
  if (located.claims.length === 0 && located.own) throw halfMade(located);
  const live = await readLiveCluster(session, located);
  const { privateKeyFile = "" } = await prepareSshKey({
    dir: session.dir,
    subject: DEFAULT_SUBJECT,
    now: session.world.clock.now(),
    clusterKey: live.claim.choices.sshPublicKey,
  });
  const health = await askNodes(session, live, live.nodes.filter(worthAsking), privateKeyFile);
  const document = documentOf(session, located, live, health, privateKeyFile);
  const healthy = document.nodes.filter(({ state }) => state === "ready" || state === "running").length;
  const { color, animate } = abilities(world.env, world.stdout);
  const framed = given.watch === true && animate && given.json !== true;
  if (given.json === true) world.stdout.write(`${JSON.stringify(document)}\n`);
  else {
    const text = renderStatus({
      ...viewOf(session, live, document, healthy, color),
      columns: columnsOf(world.stdout),
      ...(given.watch === true ? { lookedAt: world.clock.now() } : {}),
      ...(framed ? { rows: world.stdout.rows, ...(health.note === undefined ? {} : { note: health.note }) } : {}),
    });
    world.stdout.write(framed ? `\u001B[H\u001B[2J${text}` : text);
  }
  // what is drawn again would wipe it out: there it is part of the frame
  if (health.note !== undefined && first && !framed) session.say(health.note);
  if (document.nodes.length === 0 || healthy === 0) return EXIT.failed;
  return healthy < document.nodes.length || live.drift.some((one) => one.harm) ? EXIT.partly : EXIT.done;
}

/** A machine may answer long before Azure calls it made. */
const worthAsking = ({ provisioning, power }: LiveNode): boolean =>
  provisioning !== undefined && (power === undefined || power === "running" || power === "starting");

function documentOf(
  session: Session,
  { groupName }: Located,
  live: LiveCluster,
  health: Health,
  identityFile: string,
): StatusDocument {
  const { spec, claim, location, drift, resources, expires } = live;
  const nodes = live.nodes.map((node): StatusNode => {
    const asked = health.nodes.get(node.index);
    return {
      ...nodeDocument(spec, {
        index: node.index,
        host: claim.host ?? claim.address ?? "",
        identityFile,
        privateIp: node.privateIp,
        publicIp: node.addressed ? node.publicIp : undefined,
        state: stateOf(node, asked?.state),
      }),
      ...(node.power === undefined ? {} : { power: node.power }),
      ...(node.provisioning === undefined ? {} : { provisioning: node.provisioning }),
      health: asked?.state ?? "unknown",
      ...(asked?.reason === undefined ? {} : { reason: asked.reason }),
      ...(node.madeAt === undefined ? {} : { createdAt: new Date(node.madeAt).toISOString() }),
    };
  });
  const whole = clusterDocument(
    {
      name: spec.name,
      resourceGroup: groupName,
      location,
      host: claim.host ?? "",
      ip: claim.address ?? "",
      nodes,
      etcd: etcdDocument(spec, claim.choices),
      resources: { created: 0, unchanged: resources, updated: 0 },
      seconds: Math.round((session.clock.now() - session.startedAt) / 1000),
    },
    spec.deis,
  );
  return {
    ...whole,
    nodes,
    drift,
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    ...(session.simulated ? { simulated: true } : {}),
  };
}

/** One word a node: what Azure says where that is worse, else what the node itself says. */
function stateOf({ provisioning, power }: LiveNode, health: string | undefined): string {
  if (provisioning === undefined) return "missing";
  const made = provisioning.toLowerCase();
  // a node that answers is up, if Azure does not yet call its machine made
  if (health === "ready" && made !== "failed" && made !== "deleting") return "ready";
  if (made !== "succeeded" && made !== "updating") return made;
  if (power !== undefined && power !== "running") return power;
  return health ?? "running";
}

function viewOf(
  session: Session,
  live: LiveCluster,
  document: StatusDocument,
  healthy: number,
  color: boolean,
): Parameters<typeof renderStatus>[0] {
  const now = session.clock.now();
  return {
    ...document,
    nodes: document.nodes.map((node) => ({
      ...node,
      ...(node.createdAt === undefined ? {} : { ageMs: now - Date.parse(node.createdAt) }),
    })),
    healthy,
    endpoints: endpointsOf(live.spec).map(({ name, port }) => `${name} ${port}`),
    ...(live.expires === undefined ? {} : { expiresIn: live.expires - now }),
    color,
  };
}

const halfMade = ({ name, groupName, group }: Located): ClusterError =>
  new ClusterError(
    group?.deleting === true ? "BeingDestroyed" : "ClusterHalfMade",
    group?.deleting === true
      ? `${name} is being destroyed`
      : `${name} is half made: the resource group ${groupName} has no public address that says what was chosen for it`,
    {
      source: "azure",
      exit: EXIT.failed,
      advice:
        group?.deleting === true
          ? `\`azure-coreos-cluster destroy ${name}\` waits until it is gone.`
          : `Finish it by running create again, or remove it: \`azure-coreos-cluster destroy ${name}\`.`,
    },
  );
