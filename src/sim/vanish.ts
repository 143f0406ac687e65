/**
 * How things go: a resource takes along what is below it. Of a group that is deleted everything goes at one moment, unless
 * something outside of it refers to it: then what nothing outside holds goes, the rest stays, and the operation says why.
 */
import { ArmError, envelope, type ArmErrorBody, errorBodyOf } from "./arm-error.ts";
import { keyOf } from "./arm-id.ts";
import type { SimCloud } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import { references, textIn } from "./json.ts";
import type { KindOf } from "./kind.ts";

/** Takes an entry away with all that is below it, and what its kind says goes with it. */
export function vanish(cloud: SimCloud, kindOf: KindOf, entry: StoredResource): void {
  cloud.remove(entry.key);
  const below = `${entry.key}/`;
  if (entry.group === undefined) {
    for (const member of cloud.inGroup(entry.key)) cloud.remove(member.key);
  } else {
    for (const member of cloud.inGroup(entry.group)) if (member.key.startsWith(below)) cloud.remove(member.key);
    kindOf(entry.type)?.removed?.(cloud, entry);
  }
}

/** Deletes what is in a group, as far as it may go. Undefined when the group can go; else what Azure says of one that cannot. */
export function deleteMembers(cloud: SimCloud, kindOf: KindOf, group: StoredResource): ArmErrorBody | undefined {
  if (!isReferredTo(cloud, group.key)) return undefined;
  const held = new Map<string, { entry: StoredResource; error: ArmError }>();
  for (let before = Infinity; ;) {
    const members = cloud.inGroup(group.key);
    if (members.length === 0 || members.length === before) break;
    before = members.length;
    held.clear();
    for (const entry of members) {
      if (cloud.get(entry.key) === undefined) continue;
      const error = refusalOf(cloud, kindOf, entry);
      if (error === undefined) vanish(cloud, kindOf, entry);
      else held.set(entry.key, { entry, error });
    }
  }
  return held.size === 0 ? undefined : blocked(cloud, group, [...held.values()]);
}

// --- internal ---

/** Whether anything of another group refers to something in this one. */
function isReferredTo(cloud: SimCloud, key: string): boolean {
  for (const entry of cloud.all()) {
    if (entry.group === undefined || entry.group === key) continue;
    for (const id of references(entry.resource["properties"])) if (keyOf(id).startsWith(`${key}/`)) return true;
    if (keyOf(textIn(entry.resource["managedBy"]) ?? "").startsWith(`${key}/`)) return true;
  }
  return false;
}

function refusalOf(cloud: SimCloud, kindOf: KindOf, entry: StoredResource): ArmError | undefined {
  try {
    kindOf(entry.type)?.inUse?.(cloud, entry);
    return undefined;
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    // A group's deletion goes on for longer than an interface is reserved.
    return error.code === "NicReservedForAnotherVm" ? undefined : error;
  }
}

/** Code and sentences as in a public log (MicrosoftDocs/azure-docs#52282), where each detail's message is the inner answer as text. */
function blocked(
  cloud: SimCloud,
  group: StoredResource,
  held: readonly { entry: StoredResource; error: ArmError }[],
): ArmErrorBody {
  const names = held.map(({ entry }) => `${entry.type}/${entry.name}`).join(",");
  return {
    code: "ResourceGroupDeletionBlocked",
    message: `Deletion of resource group '${group.name}' failed as resources with identifiers '${names}' could not be deleted. The provisioning state of the resource group will be rolled back. The tracking Id is '${cloud.random.uuid()}'. Please check audit logs for more details.`,
    details: held.map(({ entry, error }) => ({
      code: error.code,
      target: entry.id,
      message: JSON.stringify(envelope(errorBodyOf(error))),
    })),
  };
}
