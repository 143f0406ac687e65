/**
 * A node as the plan takes it: one that stands keeps what its machine was given; one that is yet to be made gets a host key, a
 * certificate for etcd and the user-data that brings them.
 */
import { defined } from "../../core/defined.ts";
import { type PlannedNode, names } from "../../core/plan/cluster.ts";
import type { HostKey, NodeConfig, NodeTls } from "../../core/node-config.ts";
import { isSpot } from "../../core/plan/spot.ts";
import type { Choices } from "../../core/plan/tags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { renderUserData } from "../../core/user-data/render.ts";
import { type EtcdCa, issueNodeCertificate } from "../../prepare/etcd-tls.ts";
import { generateHostKey } from "../../prepare/host-keys.ts";
import type { Joins } from "../etcd/membership.ts";
import { etcdConfig } from "../etcd/plan.ts";
import type { Run } from "../run.ts";
import type { NodePlace } from "./choose-nodes.ts";
import { filledIn, noteFilled, refuseBadCustomData, refuseBadTemplate, type CustomFile } from "./custom-data.ts";

/** What etcd is to be. */
export interface ChosenEtcd {
  readonly tls: boolean;
  readonly members: ReadonlyMap<number, string>;
  /** Nodes that join an etcd that lives already. */
  readonly joins: Joins;
  /** Signs certificates of new members; absent where it is not needed, or not here. */
  readonly ca: EtcdCa | undefined;
  /** Fingerprint of the authority that the cluster's members trust. */
  readonly authority: string | undefined;
}

/** What all fresh nodes have in common. */
export interface NodeMaterials {
  readonly spec: ClusterSpec;
  readonly choices: Choices;
  readonly etcd: ChosenEtcd;
  /** The user's own file. */
  readonly custom: CustomFile | undefined;
  readonly templates: Record<string, string>;
  /** Kinds of nodes whose user-data has been checked. */
  readonly checked: Set<string>;
}

export const standingNode = (spec: ClusterSpec, place: NodePlace): PlannedNode => ({
  index: place.index,
  name: names.machine(spec, place.index),
  address: place.address,
  userData: "",
  ...(place.publicAddress ? { publicAddress: true } : {}),
  ...defined({ zone: place.zone }),
  ...(place.spot === true ? { spot: true } : {}),
  ...defined({ hostKey: place.hostKey }),
  ...(place.uncertified === true ? { uncertified: true } : {}),
  ...(place.joins === true ? { joins: true } : {}),
});

/** @throws ClusterError UserDataRefused (exit 5) */
export async function freshNode(run: Run, materials: NodeMaterials, place: NodePlace): Promise<PlannedNode> {
  const { spec, choices, etcd, custom, templates } = materials;
  const name = names.machine(spec, place.index);
  // a user's own file has nowhere for a host key
  const hostKey = spec.noHostKeys || custom !== undefined ? undefined : await generateHostKey(name);
  const { discoveryUrl } = choices;
  let userData: string | Uint8Array;
  if (custom === undefined) {
    const config = await nodeConfig(run, materials, place, hostKey);
    userData = renderUserData(config, templates);
    if (isFirstOfItsKind(materials, config)) refuseBadTemplate(spec, userData);
  } else {
    userData = filledIn(custom, { name, ...defined({ discoveryUrl }) });
    noteFilled(run, custom);
    refuseBadCustomData(run, spec, userData);
  }
  return {
    index: place.index,
    name,
    address: place.address,
    userData,
    ...defined({ keptDisk: place.keptDisk }),
    ...(place.publicAddress ? { publicAddress: true } : {}),
    ...defined({ zone: place.zone }),
    ...(isSpot(spec, choices.members.has(place.index)) ? { spot: true } : {}),
    ...(hostKey === undefined ? {} : { hostKey: hostKey.publicKey }),
    ...(etcd.tls && etcd.ca === undefined && etcd.members.has(place.index) ? { uncertified: true } : {}),
    ...(etcd.joins.has(place.index) ? { joins: true } : {}),
  };
}

// --- internal ---

/** What is rendered from one template, for the same part in the cluster, differs in a name, an address and keys: one is checked for all. */
function isFirstOfItsKind({ checked }: NodeMaterials, { name, role, etcd, tls, tlsLater, hostKey }: NodeConfig): boolean {
  const kind = JSON.stringify([
    name.length,
    role,
    etcd.state,
    etcd.members.length,
    tls !== undefined,
    tlsLater,
    hostKey !== undefined,
  ]);
  const first = !checked.has(kind);
  checked.add(kind);
  return first;
}

async function nodeConfig(
  run: Run,
  { spec, choices, etcd }: NodeMaterials,
  place: NodePlace,
  hostKey: HostKey | undefined,
): Promise<NodeConfig> {
  const told = etcd.joins.get(place.index)?.told;
  const name = names.machine(spec, place.index);
  const member = choices.members.has(place.index);
  const own: NodeTls | undefined =
    etcd.tls && etcd.ca !== undefined
      ? await issueNodeCertificate(etcd.ca, { name, address: place.address, now: run.outside.clock.now() })
      : undefined;
  return {
    platform: spec.platform,
    cluster: spec.name,
    name,
    index: place.index,
    address: place.address,
    role: choices.noEtcd === true ? "none" : member ? "member" : "gateway",
    etcd: told === undefined ? etcdConfig(spec, choices) : { ...etcdConfig(spec, choices), members: told, state: "existing" },
    deis: spec.deis,
    ...defined({ tls: own }),
    ...(etcd.tls && member && own === undefined ? { tlsLater: true } : {}),
    ...defined({ hostKey }),
    ...(spec.dataDisk || place.keptDisk !== undefined ? { dataDiskMount: spec.dataDiskMount } : {}),
  };
}
