/**
 * What forbids a command that deletes, or takes and gives power: management locks and missing rights, asked for before the first change, so
 * that it never stops half way for a reason that could be known.
 */
import { AzureError, isMisdirected } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { allows } from "../../core/permissions.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";

export interface Intent {
  /** Id of the group. */
  readonly scope: string;
  /** Ids of what is to be deleted. */
  readonly deletes: readonly string[];
  /** Ids of what is to be changed, or started or deallocated: only a read-only lock forbids that. */
  readonly writes?: readonly string[];
  /** The whole group goes, and everything in it. */
  readonly whole?: boolean;
  /** The rights that it takes, as role definitions name them. */
  readonly rights: readonly string[];
}

/**
 * Refuses what Azure would refuse.
 * @throws ClusterError ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function refuseForbidden(run: Run, intent: Intent): Promise<void> {
  const [locks, permissions] = await Promise.all([
    tolerant(run, "locks", () => patiently(run.tools, (signal) => run.lookups.locks(intent.scope, signal))),
    tolerant(run, "your rights", () => patiently(run.tools, (signal) => run.lookups.permissions(intent.scope, signal))),
  ]);
  const deletes = intent.deletes.map((id) => id.toLowerCase());
  const writes = (intent.writes ?? []).map((id) => id.toLowerCase());
  const scope = intent.scope.toLowerCase();
  const isDeletion = deletes.length > 0 || intent.whole === true;
  const nothing = `Nothing was ${isDeletion ? "deleted" : "changed"}.`;
  const forbidding = (locks ?? []).filter((lock) => {
    const at = lock.scope.toLowerCase();
    const readOnly = lock.level.toLowerCase() === "readonly";
    return (
      (`${scope}/`.startsWith(`${at}/`) && (isDeletion || readOnly)) ||
      deletes.some((id) => id === at || at.startsWith(`${id}/`)) ||
      (writes.includes(at) && readOnly) ||
      (intent.whole === true && at.startsWith(`${scope}/`))
    );
  });
  if (forbidding.length > 0)
    throw new ClusterError(
      "ScopeLocked",
      `${forbidding.length === 1 ? "a lock forbids" : `${forbidding.length} locks forbid`} it: ${forbidding.map((lock) => `${lock.name} (${lock.level}) on ${lock.scope}`).join(", ")}`,
      {
        source: "azure",
        exit: EXIT.preflight,
        advice: `${nothing} Remove the ${forbidding.length === 1 ? "lock" : "locks"}, if it is yours to do so, and run the same command again: \`az lock delete --ids ${forbidding.map((lock) => shellWord(lock.id)).join(" ")}\`.`,
        link: "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
      },
    );
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

// --- internal ---

/** What this sign-in may not ask is not known; then Azure itself refuses, at the first delete. */
async function tolerant<T>(run: Run, what: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AzureError) || error.status === 401 || error.status === undefined || isMisdirected(error)) throw error;
    run.say(`Not checked: ${what} (${error.code}).`);
    return undefined;
  }
}
