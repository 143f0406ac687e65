/**
 * What cannot be computed is made once, first, and kept: the SSH key, the etcd authority and certificates, host keys, the
 * user-data of every machine that is yet to be made. Everything after is a function of spec and facts.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { Identity } from "../../nodes/identity.ts";
import { identityOf } from "../cluster/identity.ts";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { type ClusterSpec, memberCount } from "../../core/spec/spec.ts";
import type { Choices } from "../../core/plan/tags.ts";
import { fingerprintOf } from "../../prepare/etcd-tls.ts";
import { PRIVATE, clusterFolder } from "../../prepare/kept-file.ts";
import { prepareSshKey } from "../../prepare/ssh-keys.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { subjectOf } from "../../prepare/subject.ts";
import { recoverAuthority } from "../etcd/authority.ts";
import type { Place } from "./choose-nodes.ts";
import { readCustom, refuseOtherCustomData } from "./custom-data.ts";
import { chooseMembers, etcdAuthority, membersOf, usesTls } from "../etcd/plan.ts";
import type { Claim, FoundCluster } from "../cluster/find-cluster.ts";
import type { Mode } from "../mode.ts";
import type { Joins } from "../etcd/membership.ts";
import type { Reach } from "../cluster/node-target.ts";
import { type ChosenEtcd, freshNode, standingNode } from "./planned-node.ts";
import { replaceFile } from "../replace-file.ts";
import type { Run } from "../run.ts";
import { templateFolder } from "../templates.ts";

export interface Materials {
  readonly ssh: SshKey;
  /** What nodes are logged in to with; with neither key nor agent when that cannot be done from here. */
  readonly identity: Identity;
  readonly choices: Choices;
  readonly nodes: readonly PlannedNode[];
  readonly tls: boolean;
  /** Nodes that join an etcd that lives already, in their order. */
  readonly joins: Joins;
}

export async function prepareSsh(run: Run, spec: ClusterSpec, found: FoundCluster, mode: Mode): Promise<SshKey> {
  const { subject, notes } = await subjectOf(run.dir);
  for (const message of notes) run.emit({ kind: "note", id: "cert.conf", label: "cert.conf", message });
  const clusterKey = found.claim?.choices.sshPublicKey;
  const storedKey =
    spec.sshThumb === undefined || spec.sshCert !== undefined ? undefined : await storedSshKey(run, spec.sshThumb);
  if (mode === "imagine" && spec.sshCert === undefined && spec.sshThumb === undefined && clusterKey === undefined)
    return IMAGINED;
  const key = await prepareSshKey({
    dir: run.dir,
    subject,
    now: run.outside.clock.now(),
    ...(spec.sshCert === undefined ? {} : { sshCert: resolve(run.outside.cwd, spec.sshCert) }),
    ...(spec.sshThumb === undefined ? {} : { sshThumb: spec.sshThumb }),
    ...(clusterKey === undefined ? {} : { clusterKey }),
    ...(storedKey === undefined ? {} : { storedKey }),
  });
  for (const message of key.notes) run.emit({ kind: "note", id: "ssh-key", label: "SSH key", message });
  return key;
}

/** @throws ClusterError what a user's file, a discovery service or etcd's authority is refused with (exit 5) */
export async function prepareMaterials(
  run: Run,
  spec: ClusterSpec,
  found: FoundCluster,
  { places, ssh, mode }: { places: readonly Place[]; ssh: SshKey; mode: Mode },
): Promise<Materials> {
  const { claim } = found;
  const identity = await usableHere(run, spec, ssh);
  const folder = mode === "imagine" ? undefined : await clusterFolder(run.dir, spec.name);
  const { custom, customDataHash } = await chooseCustomData(run, spec, claim, places);
  const discoveryUrl = claim === undefined ? await chooseDiscoveryUrl(run, spec, mode) : claim.choices.discoveryUrl;
  const fixed = custom !== undefined || discoveryUrl !== undefined;
  const etcd = await chooseEtcd(run, spec, found, { places, identity, mode, folder, fixed });
  const choices: Choices = {
    ...(etcd.authority === undefined ? {} : { etcdCa: etcd.authority }),
    id: claim?.choices.id ?? word(run),
    sshPublicKey: claim?.choices.sshPublicKey ?? ssh.publicKey,
    members: etcd.members,
    ...(customDataHash === undefined ? {} : { customDataHash }),
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
  };
  const templates = custom === undefined ? await readTemplates() : {};
  const nodes = await Promise.all(
    places.map(async (place) =>
      place.exists ? standingNode(spec, place) : freshNode(run, { spec, choices, etcd, custom, templates }, place),
    ),
  );
  if (folder !== undefined) await keepUserData(folder, nodes);
  return { ssh, identity, choices, nodes, tls: etcd.tls, joins: etcd.joins };
}

// --- internal ---

const IMAGINED: SshKey = { publicKey: "ssh-rsa (made when the cluster is)", made: false, files: [], notes: [] };

/** The user's own file, if there is one, and its fingerprint: new machines of a cluster get the same. */
async function chooseCustomData(
  run: Run,
  spec: ClusterSpec,
  claim: Claim | undefined,
  places: readonly Place[],
): Promise<{ custom: string | undefined; customDataHash: string | undefined }> {
  const custom = spec.customData === undefined ? undefined : await readCustom(run, spec.customData);
  const hash = custom === undefined ? undefined : createHash("sha256").update(custom).digest("hex");
  if (claim !== undefined)
    refuseOtherCustomData(spec, claim.choices.customDataHash, hash, places.filter((place) => !place.exists).length);
  return { custom, customDataHash: hash ?? claim?.choices.customDataHash };
}

interface EtcdWish {
  readonly places: readonly Place[];
  readonly identity: Identity;
  readonly mode: Mode;
  readonly folder: string | undefined;
  /** The members cannot be told of each other: a user's own file, or a discovery service. */
  readonly fixed: boolean;
}

async function chooseEtcd(run: Run, spec: ClusterSpec, found: FoundCluster, wish: EtcdWish): Promise<ChosenEtcd> {
  const { places, mode, folder, fixed } = wish;
  const { claim } = found;
  const tls = usesTls(spec, claim);
  const reach = claim === undefined ? undefined : reachOf(spec, claim, wish.identity, tls);
  const standing = places.filter((place) => place.exists);
  const fresh = places.filter((place) => !place.exists);
  if (tls && reach !== undefined && mode !== "imagine" && places.some((place) => !place.exists || place.joins === true))
    await recoverAuthority(run, reach, standing);
  const { members, joins } =
    reach === undefined
      ? { members: chooseMembers(spec, places), joins: new Map() }
      : await membersOf(run, spec, reach, places, fixed, mode);
  const needed = !tls || fresh.length === 0 ? "no" : fresh.some((place) => members.has(place.index)) ? "must" : "may";
  const ca = await etcdAuthority(
    run,
    spec,
    found,
    needed,
    standing.some((place) => members.has(place.index)),
    folder,
    mode,
  );
  const before = claim?.choices.etcdCa;
  const authority = (folder === undefined ? before : undefined) ?? (ca === undefined ? before : fingerprintOf(ca));
  return { tls, members, joins, ca, authority };
}

const keepUserData = async (folder: string, nodes: readonly PlannedNode[]): Promise<void> =>
  void (await Promise.all(
    nodes
      .filter((node) => node.userData !== "")
      .map((node) => replaceFile(join(folder, `user-data-${node.index}.yaml`), node.userData, PRIVATE)),
  ));

/** A key under a passphrase without an agent is said before anything is written: hours later it would look like a node's fault. */
async function usableHere(run: Run, spec: ClusterSpec, ssh: SshKey): Promise<Identity> {
  const { identity, lacking } = await identityOf(run, ssh);
  if (lacking === undefined || ssh.privateKeyFile === undefined || spec.waitFor === "machines") return identity;
  throw new ClusterError(lacking.code, `${ssh.privateKeyFile}: ${lacking.message}`, {
    exit: EXIT.preflight,
    advice: `${lacking.advice ?? ""} With --wait-for machines nobody logs in.`.trim(),
    cause: lacking,
  });
}

/** How the nodes of a cluster that exists are reached. */
const reachOf = (spec: ClusterSpec, claim: Claim, identity: Identity, tls: boolean): Reach => ({
  spec,
  choices: claim.choices,
  host: claim.address ?? "",
  identity,
  tls,
});

/** A short word that no other creation of this name will have. */
const word = (run: Run): string => Buffer.from(run.outside.random(4)).toString("hex");

async function chooseDiscoveryUrl(run: Run, spec: ClusterSpec, mode: Mode): Promise<string | undefined> {
  if (spec.discoveryServiceUrl === undefined) return undefined;
  const { newDiscoveryUrl, parseDiscoveryUrl } = await import("../../prepare/discovery.ts");
  if (!/\/new\/?$/.test(new URL(spec.discoveryServiceUrl).pathname)) return parseDiscoveryUrl(spec.discoveryServiceUrl).url;
  if (mode === "imagine") return `${spec.discoveryServiceUrl.replace(/\/new\/?$/, "")}/asked-for-when-the-cluster-is-made`;
  return newDiscoveryUrl(fetch, spec.discoveryServiceUrl, memberCount(spec), run.tools.signal);
}

/** The SSH key stored in Azure that a thumbprint names. */
async function storedSshKey(run: Run, thumb: string): Promise<string | undefined> {
  const { parseThumbprint } = await import("../../prepare/ssh-keys.ts");
  const { sshThumbprint } = await import("../../prepare/ssh-public-key.ts");
  const wanted = parseThumbprint(thumb);
  const { patiently } = await import("../../engine/patiently.ts");
  const keys = await patiently(run.tools, (signal) => run.lookups.sshKeys(signal));
  return keys.find((key) => key.publicKey !== "" && sshThumbprint(key.publicKey) === wanted)?.publicKey;
}

const ALL_TEMPLATES = new Map<string, string>();

/** Every template file, read once a process. */
export async function readTemplates(): Promise<Record<string, string>> {
  if (ALL_TEMPLATES.size === 0) for (const [name, text] of await templateFolder()) ALL_TEMPLATES.set(name, text);
  return Object.fromEntries(ALL_TEMPLATES);
}
