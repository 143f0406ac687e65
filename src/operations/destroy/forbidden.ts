/**
 * What forbids a command that deletes, or takes and gives power: management locks and missing rights, asked for before the first change, so
 * that it never stops half way for a reason that could be known.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { allows } from "../../core/permissions.ts";
import { ask } from "../ask.ts";
import { unlessUnanswered } from "../cluster/allowed.ts";
import { type Changes, locksOn, refuseLocks } from "../cluster/locks.ts";
import type { Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";

export interface Intent extends Changes {
  /** The rights that it takes, as role definitions name them. */
  readonly rights: readonly string[];
}

/**
 * Refuses what Azure would refuse. What this sign-in may not ask is not known; then Azure itself refuses, at the first delete.
 * @throws ClusterError ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function refuseForbidden(run: Run, intent: Intent): Promise<void> {
  const orSaid = <T>(what: string, read: () => Promise<T>): Promise<T | undefined> =>
    unlessUnanswered(read, ({ code }) => run.say(`Not checked: ${what} (${code}).`));
  const [locks, permissions] = await Promise.all([
    orSaid("locks", () => locksOn(run, intent.scope)),
    orSaid("your rights", () => ask(run, "permissions", intent.scope)),
  ]);
  const nothing = `Nothing was ${intent.deletes.length > 0 || intent.whole === true ? "deleted" : "changed"}.`;
  refuseLocks(locks ?? [], intent, nothing);
  // an empty answer says nothing: who may ask at all has some right
  const missing =
    permissions === undefined || permissions.length === 0 ? [] : intent.rights.filter((action) => !allows(permissions, action));
  if (missing.length > 0)
    throw new ClusterError("AuthorizationFailed", `you may not ${missing.join(", ")} on ${intent.scope}`, {
      source: "azure",
      exit: EXIT.signIn,
      advice: `${nothing} An owner gives the right with \`az role assignment create --assignee WHO --role Contributor --scope ${shellWord(intent.scope)}\` (WHO is yours: \`az ad signed-in-user show --query id -o tsv\`), or runs the same command.`,
      link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    });
}
