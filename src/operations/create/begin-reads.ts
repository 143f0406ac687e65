/**
 * What a create reads before its first write, begun as soon as what it needs is known: the name, the wish, an answer. A question's turn
 * comes later, with the step that judges its answer, and so does what is wrong with it; nothing is decided here. A cluster that is there
 * may be of another wish than the typed one: what differs is begun when its claim has told.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { ClusterError } from "../../core/errors.ts";
import { chosenSubnet } from "../../core/advice/preflight-network.ts";
import { groupId } from "../../core/plan/resource.ts";
import { type SubnetFacts, normalLocation } from "../../core/region.ts";
import { twinFor, imageChoice } from "../../core/spec/image.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { type ClusterSpec, buildSpec } from "../../core/spec/spec.ts";
import type { Ahead } from "../ahead.ts";
import { lookAhead } from "../ask.ts";
import { beginSnapshot } from "../cluster/snapshot.ts";
import type { Run } from "../run.ts";
import { groupsToAsk } from "./free-addresses.ts";

/** The same run, with an eye ahead. Whoever made it ends that. */
export type Looking = Run & { readonly ahead: Ahead };

export const looking = (run: Run): Looking => ({ ...run, ahead: lookAhead(run) });

interface Where {
  readonly subscription: string;
  readonly groupName: string;
}

/** The first round: what a new cluster needs; where there is a folder of the name, what is there of the cluster, too. */
export async function beginFirst({ ahead, dir }: Looking, name: string, given: Partial<FlagValues>, where: Where): Promise<void> {
  void ahead.begin("group", where.groupName);
  void ahead.begin("bearers", where.groupName);
  if (given.resourceGroup === undefined) void ahead.begin("allBearers");
  unlessRefused(() => beginOfWish(ahead, buildSpec(name, given).spec, where.groupName));
  // no proof, and none is needed
  const before = await access(join(dir, name)).then(
    () => true,
    () => false,
  );
  if (before) beginOfGroup(ahead, where);
}

/** What is asked because of what is wished, by location and once. */
export function beginOfWish(ahead: Ahead, spec: ClusterSpec, groupName: string): void {
  const image = imageChoice(spec);
  void ahead.begin("resourceProvider", "Microsoft.Compute");
  void ahead.begin("resourceProvider", "Microsoft.Network");
  if (spec.affinityGroup !== undefined) void ahead.begin("placementGroups");
  if (image.kind === "id" && image.id.toLowerCase().startsWith("/subscriptions/")) void ahead.begin("imageById", image.id);
  for (const id of spec.identity) void ahead.begin("identityExists", id);
  if (spec.sshThumb !== undefined && spec.sshCert === undefined) void ahead.begin("sshKeys");
  if (spec.virtualNetworkName !== undefined) beginNetwork(ahead, spec, spec.vnetResourceGroup ?? groupName);
  for (const location of spec.locations.map(normalLocation)) beginPlace(ahead, spec, location);
}

/** What is asked because there is a group. */
export function beginOfGroup(ahead: Ahead, { subscription, groupName }: Where): void {
  beginSnapshot(ahead, groupName);
  void ahead.begin("disks", groupName);
  void ahead.begin("locks", groupId(subscription, groupName).toLowerCase());
}

// --- internal ---

function beginPlace(ahead: Ahead, spec: ClusterSpec, location: string): void {
  const image = imageChoice(spec);
  const sizes = ahead.begin("sizes", location);
  void ahead.begin("computeUsage", location);
  void ahead.begin("networkUsage", location);
  if (!spec.private) void ahead.begin("dnsLabelFree", location, spec.name);
  if (image.kind !== "urn") return;
  void ahead.begin("image", location, image.urn);
  if (spec.given.includes("coreosImage")) return;
  // find-image.ts takes the same image for what the size turns out to be
  after(sizes, (region) => {
    for (const size of spec.sizes) {
      const urn = twinFor(region.sizes.get(size.toLowerCase())?.architecture ?? "", image.urn);
      if (urn !== undefined) void ahead.begin("image", location, urn);
    }
  });
}

function beginNetwork(ahead: Ahead, spec: ClusterSpec, group: string): void {
  after(ahead.begin("network", group, spec.virtualNetworkName ?? ""), (network) => {
    const subnet: SubnetFacts | undefined = network && chosenSubnet(spec, network);
    if (subnet === undefined) return;
    if (subnet.securityGroup !== undefined) void ahead.begin("securityRules", subnet.securityGroup);
    if (subnet.routeTable !== undefined) void ahead.begin("routes", subnet.routeTable);
    for (const one of groupsToAsk(subnet)) void ahead.begin("interfaceAddresses", one);
  });
}

/** What an answer makes worth asking. Whoever asks hears what is wrong with it. */
const after = <T>(answer: Promise<T>, begin: (answer: T) => void): void =>
  void answer.then((found) => unlessRefused(() => begin(found))).catch(() => undefined);

/** What is refused is refused in its turn, with everything known. */
function unlessRefused(begin: () => void): void {
  try {
    begin();
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
  }
}
