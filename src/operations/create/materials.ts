/**
 * What cannot be computed is made once, first, and kept: the SSH key, the etcd authority and certificates, host keys, the
 * user-data of every machine that is yet to be made. Everything after is a function of spec and facts.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { identityOf } from "../cluster/identity.ts";
import type { Identity } from "../../nodes/identity.ts";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { names } from "../../core/plan/cluster.ts";
import type { HostKey, NodeConfig, NodeTls } from "../../core/node-config.ts";
import { type ClusterSpec, memberCount } from "../../core/spec/spec.ts";
import type { Choices } from "../../core/plan/tags.ts";
import { customUserData } from "../../core/user-data/custom.ts";
import { renderUserData } from "../../core/user-data/render.ts";
import { type EtcdCa, fingerprintOf, issueNodeCertificate } from "../../prepare/etcd-tls.ts";
import { generateHostKey } from "../../prepare/host-keys.ts";
import { PRIVATE, clusterFolder } from "../../prepare/kept-file.ts";
import { prepareSshKey } from "../../prepare/ssh-keys.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { subjectOf } from "../../prepare/subject.ts";
import { recoverAuthority } from "../etcd/authority.ts";
import type { Place } from "./choose-nodes.ts";
import { readCustom, refuseBadUserData, refuseOtherCustomData } from "./custom-data.ts";
import { chooseMembers, etcdAuthority, etcdConfig, membersOf, usesTls } from "../etcd/plan.ts";
import type { Claim, FoundCluster } from "../cluster/find-cluster.ts";
import type { Mode } from "../mode.ts";
import type { Joins } from "../etcd/membership.ts";
import type { Reach } from "../cluster/node-target.ts";
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

export async function prepareMaterials(
  run: Run,
  spec: ClusterSpec,
  found: FoundCluster,
  places: readonly Place[],
  ssh: SshKey,
  mode: Mode,
): Promise<Materials> {
  const identity = await usableHere(run, spec, ssh);
  const folder = mode === "imagine" ? undefined : await clusterFolder(run.dir, spec.name);
  const custom = spec.customData === undefined ? undefined : await readCustom(run, spec.customData);
  const customDataHash =
    custom === undefined ? found.claim?.choices.customDataHash : createHash("sha256").update(custom).digest("hex");
  const fresh = places.filter((place) => !place.exists);
  if (found.claim !== undefined)
    refuseOtherCustomData(
      spec,
      found.claim.choices.customDataHash,
      custom === undefined ? undefined : customDataHash,
      fresh.length,
    );
  const discoveryUrl = found.claim === undefined ? await chooseDiscoveryUrl(run, spec, mode) : found.claim.choices.discoveryUrl;
  const tls = usesTls(spec, found.claim);
  const reach = found.claim === undefined ? undefined : reachOf(spec, found.claim, identity, tls);
  if (tls && reach !== undefined && places.some((place) => !place.exists || place.joins === true) && mode !== "imagine")
    await recoverAuthority(
      run,
      reach,
      places.filter((place) => place.exists),
    );
  const { members, joins } =
    reach === undefined
      ? { members: chooseMembers(spec, places), joins: new Map() }
      : await membersOf(run, spec, reach, places, custom !== undefined || discoveryUrl !== undefined, mode);
  const ca = await etcdAuthority(
    run,
    spec,
    found,
    !tls || fresh.length === 0 ? "no" : fresh.some((place) => members.has(place.index)) ? "must" : "may",
    places.some((place) => place.exists && members.has(place.index)),
    folder,
    mode,
  );
  const etcdCa =
    (folder === undefined ? found.claim?.choices.etcdCa : undefined) ??
    (ca === undefined ? found.claim?.choices.etcdCa : fingerprintOf(ca));
  const choices: Choices = {
    ...(etcdCa === undefined ? {} : { etcdCa }),
    id: found.claim?.choices.id ?? word(run),
    sshPublicKey: found.claim?.choices.sshPublicKey ?? ssh.publicKey,
    members,
    ...(customDataHash === undefined ? {} : { customDataHash }),
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
  };
  const templates = custom === undefined ? await readTemplates() : {};
  const nodes = await Promise.all(
    places.map(async (place): Promise<PlannedNode> => {
      const name = names.machine(spec, place.index);
      if (place.exists)
        return {
          index: place.index,
          name,
          address: place.address,
          userData: "",
          ...(place.publicAddress ? { publicAddress: true } : {}),
          ...(place.hostKey === undefined ? {} : { hostKey: place.hostKey }),
          ...(place.uncertified === true ? { uncertified: true } : {}),
          ...(place.joins === true ? { joins: true } : {}),
        };
      // a user's own file has nowhere for a host key
      const hostKey = spec.noHostKeys || custom !== undefined ? undefined : await generateHostKey(name);
      const userData =
        custom === undefined
          ? renderUserData(await nodeConfig(run, spec, choices, place, tls, ca, hostKey, joins), templates)
          : customUserData(custom, { name, ...(discoveryUrl === undefined ? {} : { discoveryUrl }) });
      refuseBadUserData(spec, userData, custom !== undefined, run);
      return {
        index: place.index,
        name,
        address: place.address,
        userData,
        ...(place.keptDisk === undefined ? {} : { keptDisk: place.keptDisk }),
        ...(place.publicAddress ? { publicAddress: true } : {}),
        ...(hostKey === undefined ? {} : { hostKey: hostKey.publicKey }),
        ...(tls && ca === undefined && members.has(place.index) ? { uncertified: true } : {}),
        ...(joins.has(place.index) ? { joins: true } : {}),
      };
    }),
  );
  if (folder !== undefined)
    await Promise.all(
      nodes
        .filter((node) => node.userData !== "")
        .map((node) => replaceFile(join(folder, `user-data-${node.index}.yaml`), node.userData, PRIVATE)),
    );
  return { ssh, identity, choices, nodes, tls, joins };
}

// --- internal ---

const IMAGINED: SshKey = { publicKey: "ssh-rsa (made when the cluster is)", made: false, files: [], notes: [] };

async function nodeConfig(
  run: Run,
  spec: ClusterSpec,
  choices: Choices,
  place: Place,
  tls: boolean,
  ca: EtcdCa | undefined,
  hostKey: HostKey | undefined,
  joins: Joins,
): Promise<NodeConfig> {
  const told = joins.get(place.index)?.told;
  const name = names.machine(spec, place.index);
  const member = choices.members.has(place.index);
  const own: NodeTls | undefined =
    tls && ca !== undefined
      ? await issueNodeCertificate(ca, { name, address: place.address, now: run.outside.clock.now() })
      : undefined;
  return {
    platform: spec.platform,
    cluster: spec.name,
    name,
    index: place.index,
    address: place.address,
    role: member ? "member" : "gateway",
    etcd: told === undefined ? etcdConfig(spec, choices) : { ...etcdConfig(spec, choices), members: told, state: "existing" },
    deis: spec.deis,
    ...(own === undefined ? {} : { tls: own }),
    ...(tls && member && own === undefined ? { tlsLater: true } : {}),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(spec.dataDisk ? { dataDiskMount: spec.dataDiskMount } : {}),
  };
}

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
