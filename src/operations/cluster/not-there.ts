/**
 * A cluster that is not there: where was looked, and where it is instead, as far as the Azure CLI knows other subscriptions that the
 * same sign-in reaches. Whoever has another one selected would else read that nothing is there, while it costs money.
 */
import { defined } from "../../core/defined.ts";
import { groupFlag } from "../../core/spec/in-group.ts";
import { place, subscriptionWords } from "../../core/account.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { groupOf } from "../../core/plan/resource.ts";
import { isOurs } from "../../core/plan/tags.ts";
import { ifAnswered } from "../sign-in/account.ts";
import type { Cluster } from "./cluster.ts";
import type { OtherSubscription, Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";
import { few } from "../../core/words.ts";

export interface NotThere {
  /** "in the resource group x of the subscription ..." */
  readonly where: string;
  /** Where it is, or that it is nowhere else either; a sentence, absent where nobody could look. */
  readonly elsewhere?: string;
}

/** Looks for it in other subscriptions: one request each, at once, none of which has to be answered. */
export async function lookElsewhere(run: Run, name: string): Promise<NotThere> {
  const others = run.others.slice(0, MOST);
  const [account, seen] = await Promise.all([
    run.account(),
    Promise.all(others.map(async (other) => ({ other, groups: await groupsIn(run, other, name) }))),
  ]);
  const inAll = run.onlyIn === undefined ? "" : `the resource group ${run.onlyIn} of `;
  const where = `in ${inAll}the ${place(account)}`;
  const found = seen.flatMap(({ other, groups }) => (groups ?? []).map((group) => ({ other, group })));
  const asked = seen.filter(({ groups }) => groups !== undefined).map(({ other }) => subscriptionWords(other));
  const elsewhere = found.length > 0 ? foundIn(name, found) : asked.length > 0 ? nowhere(asked, run.onlyIn) : undefined;
  return { where, ...defined({ elsewhere }) };
}

/** The error of whoever needs it. */
export async function notThere(run: Run, name: string): Promise<ClusterError> {
  const { where, elsewhere } = await lookElsewhere(run, name);
  const hint =
    run.onlyIn === undefined
      ? "`azure-coreos-cluster list` shows the clusters of the subscription."
      : `\`azure-coreos-cluster list --resource-group ${shellWord(run.onlyIn)}\` shows the clusters of the group; without --resource-group the subscription is looked through.`;
  return new ClusterError("ClusterNotFound", `there is no cluster ${name} ${where}`, {
    source: "azure",
    exit: EXIT.failed,
    advice: elsewhere === undefined ? hint : `${elsewhere}\n${hint}`,
  });
}

/** The error of whoever needs it, where the group that was looked into is its own and it has been moved. */
export const movedAway = ({ name, groupName, movedTo = "" }: Pick<Cluster, "name" | "groupName" | "movedTo">): ClusterError =>
  new ClusterError("ClusterElsewhere", `${name} has been moved from the resource group ${groupName} to ${movedTo}`, {
    source: "azure",
    exit: EXIT.failed,
    advice: `Give --resource-group ${shellWord(movedTo)}: what has stayed in ${groupName} is not seen there until it is moved, too, or the rest is moved back (\`az resource move\`). To destroy all of it begin with \`azure-coreos-cluster destroy ${name}${groupFlag(name, groupName)}\`.`,
  });

// --- internal ---

const MOST = 20;

/** The groups that hold something of it; undefined where nobody answered. With `--resource-group` nothing beyond a group of that name is asked. */
async function groupsIn(run: Run, other: OtherSubscription, name: string): Promise<string[] | undefined> {
  const found = await ifAnswered(run.clock, run.tools.signal, async (signal) =>
    (await other.lookups()).tagged(name, run.onlyIn, signal),
  );
  const groups = found?.filter(({ tags }) => isOurs(tags, name)).map(({ id }) => groupOf(id) ?? "");
  return groups === undefined ? undefined : [...new Set(groups.filter((group) => group !== ""))];
}

function foundIn(name: string, found: readonly { readonly other: OtherSubscription; readonly group: string }[]): string {
  const places = found.map(({ other, group }) => {
    return `${subscriptionWords(other)}, in the resource group ${group}: add --subscription ${other.id}${groupFlag(name, group)}`;
  });
  return `A cluster of that name is in the subscription ${places.join("; another one in ")}.`;
}

const nowhere = (asked: readonly string[], group: string | undefined): string =>
  `It is not in ${group === undefined ? "" : `a group ${group} of `}the other subscriptions that the Azure CLI knows either: ${few(asked, 5)}.`;
