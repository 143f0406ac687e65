/**
 * What of a cluster somebody else uses: another cluster in its network, a machine that holds its disk. Azure would refuse to
 * delete that, in the middle of a destroy. So it is looked for before the first delete, and the users are named: another
 * cluster of ours by its name.
 */
import { groupFlag } from "../../core/spec/in-group.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { kindOfId } from "../../core/plan/kinds.ts";
import { labelOf } from "../../core/plan/label.ts";
import { type Use, madeFrom, usesOf } from "../../core/outside-use.ts";
import { groupOf, nameOf } from "../../core/plan/resource.ts";
import { isOwnerless, isProven } from "../../core/plan/proof.ts";
import { clusterIn, ownTags } from "../../core/plan/tags.ts";
import { getPatiently, patiently } from "../../engine/patiently.ts";
import { putBack } from "../../engine/whose.ts";
import { plural, few } from "../../core/words.ts";
import type { Doomed } from "../../core/doomed.ts";
import type { Doom } from "./doom-survey.ts";
import { asFarAsAllowed, unlessForbidden } from "../cluster/allowed.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Run } from "../run.ts";

/** The code of the refusal. */
export const USED = "UsedByOthers";

/** What is to go, of which cluster. */
export interface Going extends Pick<Doom, "scope" | "whole" | "found"> {
  readonly located: Pick<Cluster, "name" | "groupName" | "owner">;
  readonly ours: readonly Pick<Doomed, "id" | "kind" | "label">[];
}

/** @throws ClusterError UsedByOthers (exit 5): nothing was deleted */
export async function refuseUsed(run: Run, doom: Going): Promise<void> {
  const users = await outsiders(run, doom);
  if (users.length === 0) return;
  const { name } = doom.located;
  const clusters = new Map(users.flatMap((one) => (one.cluster === undefined ? [] : [[key(one.cluster), one.cluster]])));
  const others = users.filter((one) => one.cluster === undefined);
  const first = [...clusters.values()].map(
    (one) => `\`azure-coreos-cluster destroy ${one.name}${groupFlag(one.name, one.group)}\``,
  );
  throw new ClusterError(USED, [`others use what is ${name}'s:`, ...lines(doom, users)].join("\n"), {
    source: "azure",
    exit: EXIT.preflight,
    advice: [
      "Nothing was deleted.",
      ...(first.length === 0
        ? []
        : [
            `Destroy the other ${plural("cluster", first.length)} first, if ${first.length === 1 ? "it is" : "they are"} to go as well: ${first.join(", ")}.`,
          ]),
      ...(others.length === 0 ? [] : ["Delete what uses it, or detach it, if it is yours to do so.", ...lostTags(doom, others)]),
      "Then run the same command again.",
    ].join(" "),
  });
}

// --- internal ---

/** What is called like the cluster's own may be that, and have lost its tags. */
function lostTags({ located: { name, owner } }: Going, others: readonly User[]): string[] {
  const [word, ...more] = owner.ids;
  const bare = [...new Set(others.filter((one) => one.bare).map(({ by }) => by))];
  if (word === undefined || more.length > 0 || bare.length === 0) return [];
  const commands = bare.slice(0, 3).map((id) => `\`${putBack(id, ownTags(name, word))}\``);
  return [`What is ${name}'s and has lost its tags needs them back: ${commands.join(", ")}.`];
}

interface User extends Use {
  /** It is called like the cluster's own, and its tags do not say whose it is. */
  readonly bare: boolean;
  /** The cluster of this tool that it belongs to. */
  readonly cluster: { readonly name: string; readonly group: string } | undefined;
}

const key = (cluster: { readonly name: string; readonly group: string }): string =>
  `${cluster.group}/${cluster.name}`.toLowerCase();

/** How many users are looked at; each is a read. */
const LOOKED_AT = 40;

async function outsiders(run: Run, doom: Going): Promise<User[]> {
  const { located, scope, whole, ours, found } = doom;
  const mine = new Set(ours.map((one) => one.id.toLowerCase()));
  // with the group goes everything in it, whoever made it
  const goes = (id: string): boolean =>
    mine.has(id.toLowerCase()) || (whole && id.toLowerCase().startsWith(`${scope.toLowerCase()}/`));
  const uses = found.filter((one) => mine.has(one.id.toLowerCase())).flatMap(usesOf);
  const images = ours.filter((one) => one.kind === "image");
  const machines = images.length === 0 ? [] : await machinesSeen(run, located.groupName);
  const outside = [...uses, ...images.flatMap(({ id }) => madeFrom(id, machines))].filter((use) => !goes(use.by));
  const known = new Map(found.map((one) => [one.id.toLowerCase(), isGoing(one.model) ? ("gone" as const) : one.tags]));
  const looked = new Map<string, Promise<Record<string, string> | "gone" | undefined>>();
  const users = await Promise.all(
    outside.map(async (use): Promise<User[]> => {
      const at = use.by.toLowerCase();
      if (!looked.has(at))
        looked.set(at, known.has(at) || looked.size >= LOOKED_AT ? Promise.resolve(known.get(at)) : tagsOf(run, use.by));
      const tags = await looked.get(at);
      // what is gone, or is going, holds nothing for long; what is ours, and in no list yet, is found by the next look
      if (tags === "gone" || isProven({ id: use.by, tags }, located.owner)) return [];
      const named = clusterIn(tags);
      const name = named === located.name ? undefined : named;
      const bare = nameOf(use.by).toLowerCase().startsWith(`${located.name}-`) && isOwnerless(tags ?? {}, located.name);
      return [{ ...use, bare, cluster: name === undefined ? undefined : { name, group: groupOf(use.by) ?? "" } }];
    }),
  );
  return users.flat();
}

/** A sign-in with rights on one group sees that group's. */
const machinesSeen = ({ tools, lookups }: Run, group: string) =>
  asFarAsAllowed(
    () => patiently(tools, (signal) => lookups.machines(signal)),
    () => patiently(tools, (signal) => lookups.machinesIn(group, signal)),
  );

const isGoing = (model: unknown): boolean =>
  /^(deleting|deprovisioning)$/i.test((model as { provisioningState?: string }).provisioningState ?? "");

/** Undefined for what may not be read, or is of a type that we do not know. */
async function tagsOf(run: Run, id: string): Promise<Record<string, string> | "gone" | undefined> {
  const kind = kindOfId(id);
  if (kind === undefined) return undefined;
  return unlessForbidden(async () => {
    const live = await getPatiently({ id, kind }, run.tools);
    return live === undefined || live.state === "deleting" ? "gone" : live.tags;
  });
}

/** A line for each resource that is used: "virtual network: 3 interfaces of the cluster usenet". */
function lines(doom: Going, users: readonly User[]): string[] {
  const labels = new Map(doom.ours.map((one) => [one.id.toLowerCase(), one.label]));
  return [...Map.groupBy(users, (one) => one.id.toLowerCase())].map(([id, uses]) => {
    const clusters = [...Map.groupBy(uses, (one) => (one.cluster === undefined ? "" : key(one.cluster)))].map(([, group]) => {
      const [first] = group;
      if (first?.cluster === undefined)
        return few(
          group.map((one) => one.by),
          3,
        );
      return `the cluster ${first.cluster.name} in the resource group ${first.cluster.group} (${few(
        group.map((one) => labelFor(first.cluster?.name ?? "", one.by)),
        3,
      )})`;
    });
    return `  ${labels.get(id) ?? id}, by ${clusters.join(" and ")}`;
  });
}

function labelFor(cluster: string, id: string): string {
  const kind = kindOfId(id);
  return kind === undefined ? id : labelOf(cluster, { id, kind, tags: {} });
}
