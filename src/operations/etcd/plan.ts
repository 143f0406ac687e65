/**
 * What etcd is to be: its members, the authority behind their certificates, and what each node is told of them. Chosen once
 * for a cluster; afterwards members come and go one at a time, through those that live (membership.ts).
 */
import { defined } from "../../core/defined.ts";
import { canLogIn } from "../../nodes/identity.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { names } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { EtcdConfig } from "../../core/node-config.ts";
import { memberCount, newMembers } from "../../core/spec/members.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { Choices } from "../../core/plan/tags.ts";
import { quorumOf } from "../../nodes/quorum.ts";
import { type EtcdCa, createEtcdCa, etcdTlsFiles, fingerprintOf, keptEtcdCa, prepareEtcdTls } from "../../prepare/etcd-tls.ts";
import { lacksCertificate } from "./certify.ts";
import type { NodePlace } from "../create/choose-nodes.ts";
import type { Claim, ClaimedCluster } from "../cluster/claim.ts";
import type { Mode } from "../mode.ts";
import { type Joins, planJoins } from "./membership.ts";
import { type Reach, nodeTarget, operatorTls } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";
import { missingFile } from "./authority.ts";

/**
 * Whether etcd speaks TLS. A cluster that exists does as its first members do, whatever is asked for now; a new one does, unless
 * what is asked for cannot: old CoreOS, Deis, a discovery service, a user's own file.
 */
export const usesTls = (spec: ClusterSpec, claim: Pick<Claim, "choices"> | undefined): boolean =>
  claim === undefined
    ? !spec.etcdPlain &&
      memberCount(spec) > 0 &&
      (PLATFORMS[spec.platform].etcd.tls === "yes" || (PLATFORMS[spec.platform].etcd.tls === "not with --deis" && !spec.deis)) &&
      spec.discoveryServiceUrl === undefined &&
      spec.customData === undefined
    : claim.choices.etcdCa !== undefined;

/** The bootstrap of the cluster's etcd as a node is told. */
export const etcdConfig = (spec: ClusterSpec, choices: Choices): EtcdConfig => ({
  mode: choices.discoveryUrl === undefined ? "static" : "discovery",
  members: [...choices.members].map(([index, address]) => ({ name: names.machine(spec, index), address })),
  token: `${spec.name}-${choices.id}`,
  ...defined({ discoveryUrl: choices.discoveryUrl }),
  state: "new",
  imageTag: spec.etcdVersion,
});

/** What etcd is to be, as far as this run can decide it. */
export interface EtcdWish {
  readonly places: readonly NodePlace[];
  readonly mode: Mode;
  /** The cluster's folder; absent: nothing is kept. */
  readonly folder: string | undefined;
  /** The members cannot be told of each other: a user's own file, or a discovery service. */
  readonly fixed: boolean;
}

export interface AuthorityWish extends Pick<EtcdWish, "folder" | "mode"> {
  readonly needed: "must" | "may" | "no";
  /** Members exist already, and trust an authority. */
  readonly exists: boolean;
}

/**
 * The authority for the certificates of new members. While no member exists the one in our folder (or a new one) becomes the
 * cluster's; afterwards only the cluster's own will do: members of two authorities would never talk to each other. Gateways
 * have a certificate for the clients on them, and can do without one ("may").
 */
export async function etcdAuthority(
  run: Run,
  spec: ClusterSpec,
  found: ClaimedCluster,
  { needed, exists, folder, mode }: AuthorityWish,
): Promise<EtcdCa | undefined> {
  if (needed === "no") return undefined;
  const now = run.outside.clock.now();
  if (folder === undefined) {
    // a dry run looks at what is there, and makes nothing
    const at = join(run.dir, spec.name);
    const kept = exists ? await keptEtcdCa(at) : undefined;
    return kept === undefined ? createEtcdCa(spec.name, now) : trusted(spec.name, found, at, kept);
  }
  let ca: EtcdCa;
  try {
    ca = await prepareEtcdTls({ folder, cluster: spec.name, exists, now });
  } catch (error) {
    const bearable = needed !== "must" || mode === "bare";
    if (!bearable || !(error instanceof ClusterError) || error.code !== "EtcdCaMissing") throw error;
    run.emit({
      kind: "note",
      id: "etcd",
      label: "etcd",
      code: error.code,
      message:
        needed === "must"
          ? `${error.message} The machines are made all the same; their etcd starts when the same command, run where that file is, brings them a certificate.`
          : `${error.message} They are made without one: what runs on them brings its own certificate to etcd.`,
    });
    return undefined;
  }
  return exists ? trusted(spec.name, found, folder, ca) : ca;
}

/**
 * Who is a member of a cluster that exists. Nodes that it had already stay what they are: a member whose machine is gone joins anew,
 * others never. New nodes join as far as more are wished (core/spec/members.ts). Both through the members that live: when
 * those cannot be reached the new nodes are gateways, and it is said.
 */
export async function membersOf(
  run: Run,
  spec: ClusterSpec,
  reach: Reach,
  { places, fixed, mode }: Pick<EtcdWish, "places" | "fixed" | "mode">,
): Promise<{ members: ReadonlyMap<number, string>; joins: Joins }> {
  const { tls } = reach;
  const fresh = places.filter((place) => !place.exists);
  const members = livingMembers(spec, reach.choices.members, places, fresh);
  // those that are made anew go one by one: the others are there then
  const there = places.filter((place) => isThere(place) && members.has(place.index));
  // one that was made without a certificate has not joined anything yet, whatever etcd knows of an earlier one in its place
  const bare = await withoutCertificate(run, reach, mode === "imagine" ? [] : there);
  const alive = there.filter((place) => !bare.includes(place));
  const wanted = freshMembers(spec, members, fresh);
  const again = fresh.filter((place) => members.has(place.index));
  // an earlier run may have ended between a machine and its joining
  const late = alive.filter((place) => place.joins === true);
  const joining = [...late, ...bare, ...again, ...wanted].sort((a, b) => a.index - b.index);
  const none = { members, joins: new Map() };
  if (fixed || joining.length === 0 || reach.host === "") return none;
  const notJoining = (code: string, why: string): typeof none => {
    // members of the first hour that never started can start as they were planned; others would be refused by etcd
    if (wanted.length > 0)
      run.emit({
        kind: "note",
        id: "etcd",
        label: "etcd",
        code,
        message: `The new nodes do not become etcd members (${why}); they reach etcd through a gateway on 127.0.0.1:2379.`,
      });
    return none;
  };
  if (alive.length < quorumOf(members.size))
    return notJoining("EtcdQuorum", `${alive.length} of ${members.size} members exist, and etcd agrees to nothing`);
  const all = new Map([...members, ...wanted.map((place) => [place.index, place.address] as const)]);
  // a rehearsal has no etcd to ask, and a dry run asks nobody: it is taken to agree
  if (run.simulated || mode === "imagine") return { members: all, joins: rehearsed(spec, members, [...again, ...wanted]) };
  const why = whyNotFromHere(run, spec, reach);
  if (why !== undefined) return notJoining("EtcdUnreachable", why);
  try {
    const joins = await planJoins(run, { reach, alive, tls: tls ? operatorTls(run.dir, spec.name) : undefined }, joining);
    return { members: all, joins };
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    return notJoining(error.code, error.message);
  }
}

/** Its machine is there today. */
export const isThere = ({ exists, anew }: Pick<NodePlace, "exists" | "anew">): boolean => exists || anew !== undefined;

/** The first nodes are etcd's members. */
export function chooseMembers(spec: ClusterSpec, places: readonly NodePlace[]): Map<number, string> {
  return new Map(places.slice(0, memberCount(spec)).map((place) => [place.index, place.address]));
}

// --- internal ---

/** Of the nodes without a machine those that become members beside these. */
function freshMembers(spec: ClusterSpec, members: ReadonlyMap<number, string>, fresh: readonly NodePlace[]): NodePlace[] {
  const known = new Set(fresh.flatMap(({ index, isNew }) => (isNew ? [] : [index])));
  const joining = new Set(newMembers(spec, members, { fresh: fresh.map(({ index }) => index), known }));
  return fresh.filter(({ index }) => joining.has(index));
}

/** @throws ClusterError EtcdCaWrong (exit 5) */
function trusted(name: string, { claim }: Pick<ClaimedCluster, "claim">, folder: string, ca: EtcdCa): EtcdCa {
  const wanted = claim?.choices.etcdCa;
  if (wanted === undefined || fingerprintOf(ca) === wanted) return ca;
  throw new ClusterError("EtcdCaWrong", `${join(folder, "etcd-ca.pem")} is not the authority that the members of ${name} trust`, {
    exit: EXIT.preflight,
    advice:
      "It is another cluster's of the same name. Put the right etcd-ca.pem and etcd-ca.key there (from where the cluster was made), and run again. Nothing was written to Azure.",
  });
}

/**
 * A member is a node of the cluster: one whose node was taken out is no member any more, whatever the tags say. When no member is
 * left, etcd is gone with its data, and the nodes that are made now begin it anew: an odd number of them.
 */
function livingMembers(
  spec: ClusterSpec,
  named: ReadonlyMap<number, string>,
  places: readonly NodePlace[],
  fresh: readonly NodePlace[],
): ReadonlyMap<number, string> {
  const members = new Map([...named].filter(([index]) => places.some((place) => place.index === index)));
  if (members.size > 0 || fresh.length === 0) return members.size > 0 ? members : named;
  return new Map(freshMembers(spec, members, fresh).map((place) => [place.index, place.address]));
}

/** Why members cannot be added from this machine, by this run; undefined where they can. */
function whyNotFromHere(run: Run, { name, waitFor }: ClusterSpec, { tls, identity }: Reach): string | undefined {
  const missing = tls ? missingFile(join(run.dir, name)) : undefined;
  if (missing !== undefined) return `${missing} is not here`;
  if (waitFor === "machines") return "with --wait-for machines nobody waits for them";
  return canLogIn(identity) ? undefined : "the cluster's private key is not here";
}

/** Members that wait for their certificate still, and can be brought it from here. */
async function withoutCertificate(run: Run, reach: Reach, there: readonly NodePlace[]): Promise<NodePlace[]> {
  const files = etcdTlsFiles(join(run.dir, reach.spec.name));
  if (run.simulated || !canLogIn(reach.identity) || reach.host === "" || !existsSync(files.caKey)) return [];
  const marked = there.filter((place) => place.uncertified === true);
  const bare = await Promise.all(marked.map((place) => lacksCertificate(run, nodeTarget(reach, place))));
  return marked.filter((_, i) => bare[i]);
}

/** What joiners would be told, each of those before it. */
function rehearsed(
  spec: ClusterSpec,
  members: ReadonlyMap<number, string>,
  joining: readonly { index: number; address: string }[],
): Joins {
  const known = new Map(members);
  return new Map(
    joining.map((place) => {
      known.set(place.index, place.address);
      return [
        place.index,
        { told: [...known].map(([index, address]) => ({ name: names.machine(spec, index), address })) },
      ] as const;
    }),
  );
}
