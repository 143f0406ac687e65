/** Finds a cluster again from Azure alone: its group, its claim (the public address that holds what was chosen), its kept flags. */
import type { PublicIPAddress } from "@azure/arm-network";
import type { GroupFacts } from "../../azure/lookups/groups.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { normalLocation } from "../../core/region.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { readClaim } from "../../core/plan/read-tags.ts";
import { type Choices, isOurs } from "../../core/plan/tags.ts";
import { patiently } from "../../engine/patiently.ts";
import { refuseUnsafeFolder } from "../../prepare/cluster-folder.ts";
import type { Run } from "../run.ts";
import { claimsOf, ownerOf } from "./claims.ts";

export interface Claim {
  readonly id: string;
  readonly location: string;
  readonly address: string | undefined;
  readonly host: string | undefined;
  readonly tags: Record<string, string>;
  readonly choices: Choices;
  readonly kept: Partial<FlagValues>;
  /** Nodes that it is to have; undefined where an earlier version of the tool has written it. */
  readonly nodes: ReadonlySet<number> | undefined;
}

export interface FoundCluster {
  readonly groupName: string;
  readonly group: GroupFacts | undefined;
  /** The group exists and is not this cluster's own. */
  readonly foreignGroup: boolean;
  readonly claim: Claim | undefined;
  /** What of the group is the cluster's. */
  readonly owner: Owner;
}

/**
 * Looks for the cluster. Two reads at once.
 * @param written id of the claim, where this run has written it: a list may lag behind by seconds, a resource does not
 */
export async function findCluster(run: Run, name: string, groupName: string, written?: string): Promise<FoundCluster> {
  await refuseUnsafeFolder(run.dir, name);
  const { tools, lookups } = run;
  const [group, addresses] = await Promise.all([
    patiently(tools, (signal) => lookups.group(groupName, signal)),
    patiently(tools, (signal) => lookups.addresses(groupName, signal)),
  ]);
  const claims = claimsOf(addresses, name);
  if (claims.length > 1)
    throw new ClusterError(
      "ClaimTwice",
      `the group ${groupName} holds ${claims.length} public addresses that claim to be ${name}'s`,
      {
        source: "azure",
        exit: EXIT.conflict,
        advice: `Delete the one that no load balancer uses: ${claims.map((one) => one.name).join(", ")}.`,
      },
    );
  const found = claims[0] ?? (written === undefined ? undefined : await claimAt(run, written));
  const own = group !== undefined && isOurs(group.tags, name);
  return {
    groupName,
    group,
    foreignGroup: group !== undefined && !own,
    owner: ownerOf(run.subscription, { name, groupName, group, own, claims: found === undefined ? [] : [found] }),
    claim:
      found === undefined
        ? undefined
        : {
            id: found.id ?? "",
            location: normalLocation(found.location),
            address: addressText(found.ipAddress),
            host: hostName(found.dnsSettings?.fqdn),
            tags: found.tags ?? {},
            ...readClaim(found.tags ?? {}),
          },
  };
}

/** Both are written into files and typed into commands: what is no address and no host name is neither. */
const addressText = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\d.:a-fA-F]{2,45}$/.test(text) ? text : undefined;
const hostName = (text: string | undefined): string | undefined =>
  text !== undefined && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : undefined;

async function claimAt({ tools }: Run, id: string): Promise<PublicIPAddress | undefined> {
  const live = await patiently(tools, (signal) => tools.provider.get({ kind: "publicAddress", id }, signal));
  return live?.model as PublicIPAddress | undefined;
}

/** For commands that need a cluster: the error when there is none. */
export const noSuchCluster = (name: string, groupName: string): ClusterError =>
  new ClusterError("ClusterNotFound", `there is no cluster ${name} in the resource group ${groupName}`, {
    source: "azure",
    exit: EXIT.failed,
    advice: `\`azure-coreos-cluster list\` shows the clusters of the subscription; give --resource-group when ${name} is in a group of another name.`,
  });
