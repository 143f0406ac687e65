/**
 * What is there: lists of a group or of the subscription, asked of each kind's own service. Those know at once what was made
 * or deleted; ARM's own list of everything (`contents`) may be minutes behind.
 */
import { isLoopback } from "../../core/loopback.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import type { Live } from "../../engine/provider.ts";
import type { Clients } from "../clients.ts";
import { listOf } from "../kind-operations.ts";
import { toLive } from "../live.ts";
import { all, isNoList, listed } from "../reading.ts";

export const inventoryReads = (clients: Clients) => ({
  /** All of a kind in a group; undefined where this ARM does not list it (another cloud's, an emulator's): ask for its resources by name. */
  async ofKind(kind: Kind, group: string, abortSignal: AbortSignal): Promise<Live[] | undefined> {
    const list = listOf(kind, clients, group, abortSignal);
    const models = list === undefined ? undefined : await listed(clients.endpoint, list, abortSignal);
    return models && livesIn(models as readonly { id?: string }[]);
  },

  /**
   * Everything in a group, whatever its kind; undefined where that is not told: the group is gone, or may hold what nobody sees. An
   * emulator on this machine that has no such list (`unlisted`) has nothing of anybody's.
   */
  async contents(group: string, abortSignal: AbortSignal): Promise<GroupMember[] | "unlisted" | undefined> {
    const { resources } = clients.resources;
    try {
      const found = await all(resources.listByResourceGroup(group, { abortSignal }), abortSignal);
      return found.map(({ id = "", type = "", tags = {} }) => ({ id, type, tags }));
    } catch (error) {
      if (!isNoList(error)) throw error;
      return isLoopback(clients.endpoint) && error.code !== "ResourceGroupNotFound" ? "unlisted" : undefined;
    }
  },

  /** What carries a cluster's name as its tag: of the subscription, or of one group. One request, for a look that may be wrong by minutes. */
  async tagged(name: string, group: string | undefined, abortSignal: AbortSignal): Promise<GroupMember[]> {
    const { resources } = clients.resources;
    const options = { abortSignal, filter: `tagName eq 'aoc-cluster' and tagValue eq '${name}'` };
    const list = group === undefined ? resources.list(options) : resources.listByResourceGroup(group, options);
    return (await all(list, abortSignal)).map(({ id = "", type = "", tags = {} }) => ({ id, type, tags }));
  },

  /** The machines of a group; none when the group does not exist. */
  async machinesIn(group: string, abortSignal: AbortSignal): Promise<Live[]> {
    const { virtualMachines } = clients.compute;
    return livesIn(await listed(clients.endpoint, virtualMachines.list(group, { abortSignal }), abortSignal));
  },

  /** Every machine of the subscription. */
  async machines(abortSignal: AbortSignal): Promise<Live[]> {
    const { virtualMachines } = clients.compute;
    return livesIn(await listed(clients.endpoint, virtualMachines.listAll({ abortSignal }), abortSignal));
  },
});

// --- internal ---

export interface GroupMember {
  readonly id: string;
  readonly type: string;
  readonly tags: Record<string, string>;
}

const livesIn = (models: readonly { id?: string }[] | undefined): Live[] =>
  (models ?? []).map((model) => toLive(model.id ?? "", model));
