/**
 * What cannot be computed is made once, first, and kept: the SSH key, the etcd authority and certificates, host keys, the
 * user-data of every machine that is yet to be made. Everything after is a function of spec and facts.
 */
import { defined } from "../../core/defined.ts";
import type { Identity } from "../../nodes/identity.ts";
import { keepPrivateKeyPath } from "../cluster/private-key.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { memberCount } from "../../core/spec/members.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Choices } from "../../core/plan/tags.ts";
import { fingerprintOf } from "../../prepare/etcd-tls.ts";
import { PRIVATE } from "../../prepare/kept-file.ts";
import { clusterFolder, refuseUnsafeFolder } from "../../prepare/cluster-folder.ts";
import type { SshKey } from "../../prepare/ssh-key.ts";
import { recoverAuthority } from "../etcd/authority.ts";
import type { NodePlace } from "./choose-nodes.ts";
import { readCustom, refuseOtherCustomData, type CustomFile } from "./custom-data.ts";
import { type EtcdWish, chooseMembers, etcdAuthority, isThere, membersOf, usesTls } from "../etcd/plan.ts";
import type { Claim, ClaimedCluster } from "../cluster/claim.ts";
import type { Mode } from "../mode.ts";
import type { Joins } from "../etcd/membership.ts";
import { chooseDiscoveryUrl } from "./discovery-url.ts";
import { usableHere } from "./ssh-key.ts";
import { type ChosenEtcd, freshNode, standingNode } from "./planned-node.ts";
import { replaceFile } from "../files/replace-file.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { canLogIn } from "../../nodes/identity.ts";
import { keepHops, wayTo, reachOf } from "../cluster/way.ts";
import type { Run } from "../run.ts";
import { packagedFiles } from "../files/packaged-files.ts";
import { userDataFile } from "../../prepare/folder-files.ts";

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

/** @throws ClusterError what a user's file, a discovery service or etcd's authority is refused with (exit 5) */
export async function prepareMaterials(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  { places, frontend, ssh, mode }: { places: readonly NodePlace[]; frontend: string | undefined; ssh: SshKey; mode: Mode },
): Promise<Materials> {
  const { claim } = found;
  const identity = await usableHere(run, spec, ssh);
  const folder = mode === "imagine" ? undefined : await clusterFolder(run.dir, spec.name);
  if (folder !== undefined) await keepPrivateKeyPath(run, spec.name, ssh);
  if (mode === "imagine") await refuseUnsafeFolder(run.dir, spec.name);
  else {
    await refuseWrongWay(run, spec, identity, places);
    await keepHops(run, spec.name);
  }
  const { custom, customDataHash } = await chooseCustomData(run, spec, claim, places);
  const discoveryUrl = claim === undefined ? await chooseDiscoveryUrl(run, spec, mode) : claim.choices.discoveryUrl;
  const fixed = custom !== undefined || discoveryUrl !== undefined;
  const etcd = await chooseEtcd(run, spec, found, { places, identity, mode, folder, fixed });
  const choices: Choices = {
    ...defined({ etcdCa: etcd.authority }),
    id: claim?.choices.id ?? word(run),
    sshPublicKey: claim?.choices.sshPublicKey ?? ssh.publicKey,
    members: etcd.members,
    ...defined({ customDataHash }),
    ...(memberCount(spec) === 0 && (claim === undefined || claim.choices.noEtcd === true) ? { noEtcd: true } : {}),
    ...defined({ discoveryUrl, frontend }),
  };
  const templates = custom === undefined ? await readTemplates() : {};
  const common = { spec, choices, etcd, custom, templates, checked: new Set<string>() };
  const nodes = await Promise.all(
    places.map(async (place) => (place.exists ? standingNode(spec, place) : freshNode(run, common, place))),
  );
  if (folder !== undefined) await keepUserData(folder, nodes);
  return { ssh, identity, choices, nodes, tls: etcd.tls, joins: etcd.joins };
}

/** A hop that is wrong is found out before anything is made. @throws ClusterError what it was found to be, with exit code 5 */
export async function refuseWrongWay(
  run: Run,
  { name, waitFor }: Pick<ClusterSpec, "name" | "waitFor">,
  identity: Identity,
  nodes: readonly { readonly hostKey?: string | undefined }[],
): Promise<void> {
  if (waitFor === "machines" || !canLogIn(identity)) return;
  await (await wayTo(run, name, { identity, nodes }))?.check().catch(refusedBefore);
}

const ALL_TEMPLATES = new Map<string, string>();

// --- internal ---

/** Every template file, read once a process. */
async function readTemplates(): Promise<Record<string, string>> {
  if (ALL_TEMPLATES.size === 0) for (const [name, text] of await packagedFiles("templates")) ALL_TEMPLATES.set(name, text);
  return Object.fromEntries(ALL_TEMPLATES);
}

/** The user's own file, if there is one, and its fingerprint: new machines of a cluster get the same. */
async function chooseCustomData(
  run: Run,
  spec: ClusterSpec,
  claim: Claim | undefined,
  places: readonly NodePlace[],
): Promise<{ custom: CustomFile | undefined; customDataHash: string | undefined }> {
  const custom = spec.customData === undefined ? undefined : await readCustom(run, spec.customData);
  const hash = custom === undefined ? undefined : createHash("sha256").update(custom.bytes).digest("hex");
  if (claim !== undefined)
    refuseOtherCustomData(spec, claim.choices.customDataHash, hash, places.filter((place) => !place.exists).length);
  return { custom, customDataHash: hash ?? claim?.choices.customDataHash };
}

async function chooseEtcd(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  wish: EtcdWish & { readonly identity: Identity },
): Promise<ChosenEtcd> {
  const { places, mode, folder } = wish;
  const { claim } = found;
  if (claim === undefined ? memberCount(spec) === 0 : claim.choices.noEtcd === true)
    return { tls: false, members: new Map(), joins: new Map(), ca: undefined, authority: undefined };
  const tls = usesTls(spec, claim);
  const reach = claim === undefined ? undefined : await reachOf(run, { spec, claim }, { identity: wish.identity, nodes: places });
  const standing = places.filter((place) => place.exists);
  const fresh = places.filter((place) => !place.exists);
  if (tls && reach !== undefined && mode !== "imagine" && places.some((place) => !place.exists || place.joins === true))
    await recoverAuthority(run, reach, standing);
  const { members, joins } =
    reach === undefined ? { members: chooseMembers(spec, places), joins: new Map() } : await membersOf(run, spec, reach, wish);
  const needed = !tls || fresh.length === 0 ? "no" : fresh.some((place) => members.has(place.index)) ? "must" : "may";
  const exists = places.some((place) => isThere(place) && members.has(place.index));
  const ca = await etcdAuthority(run, spec, found, { needed, exists, folder, mode });
  const before = claim?.choices.etcdCa;
  const authority = (folder === undefined ? before : undefined) ?? (ca === undefined ? before : fingerprintOf(ca));
  return { tls, members, joins, ca, authority };
}

const keepUserData = async (folder: string, nodes: readonly PlannedNode[]): Promise<void> =>
  void (await Promise.all(
    nodes
      .filter((node) => node.userData !== "")
      .map((node) => replaceFile(join(folder, userDataFile(node.index)), node.userData, PRIVATE)),
  ));

/** @throws ClusterError what a jump host was found to be, with exit code 5 */
function refusedBefore(error: unknown): never {
  if (!(error instanceof ClusterError)) throw error;
  const { code, message, source, advice = "", cause } = error;
  const rest = "Nothing was written to Azure; `--wait-for machines` makes them without reaching them.";
  throw new ClusterError(code, message, { source, exit: EXIT.preflight, advice: `${advice} ${rest}`, cause });
}

/** A short word that no other creation of this name will have. */
const word = (run: Run): string => Buffer.from(run.outside.random(4)).toString("hex");
