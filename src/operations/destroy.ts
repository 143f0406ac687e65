/**
 * destroy, in three steps that a caller may look between: what will go (`planDestroy`), whether anything forbids it
 * (`checkDestroy`), and the deletion with the proof that nothing is left (`carryOutDestroy`). Doing it twice is no error.
 */
import { defined } from "../core/defined.ts";
import { groupFlag } from "../core/spec/in-group.ts";
import { askedFields } from "../core/account.ts";
import type { Alike, CostDocument, DestroyDocument } from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { refuseChangedClaim } from "./cluster/claim.ts";
import { refuseTaken } from "./cluster/let-go.ts";
import { findCluster, lookIn } from "./cluster/find.ts";
import { notThere } from "./cluster/not-there.ts";
import { endedByStop } from "../engine/tools.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { type Destroyed, awaitGroupGone, destroyCluster } from "./destroy/destroy-cluster.ts";
import { type Doom, destroyIntent, isEmpty, oursOf, provenMachines, refuseUntold, surveyNamed } from "./destroy/doom-survey.ts";
import { refuseForbidden } from "./destroy/forbidden.ts";
import { forgetFiles } from "./destroy/forget-files.ts";
import { refuseUsed } from "./destroy/used-by-others.ts";
import type { Tags } from "../core/plan/tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { foundCost } from "./price/costs.ts";
import { type Run, secondsOf } from "./run.ts";

export interface DestroyOutcome {
  readonly document: DestroyDocument;
  /** When something is left: what, and why. */
  readonly error?: ClusterError;
}

export interface DestroyOptions {
  readonly resourceGroup?: string;
  /** Nothing of it being there is an error: for scripts that would else destroy nothing in the wrong subscription. */
  readonly mustExist?: boolean;
}

/** All three steps, for a caller who has nobody to ask. */
export async function destroyNamed(run: Run, name: string, options: DestroyOptions = {}): Promise<DestroyOutcome> {
  const doom = await planDestroy(run, name, options);
  if (isEmpty(doom)) return carryOutDestroy(run, doom);
  const cost = costOfDoom(run, doom);
  await checkDestroy(run, doom);
  return withCost(await carryOutDestroy(run, doom), cost);
}

/** What it has cost until now: of what is there, asked beside what comes next. Never rejects, and comes within seconds. */
export const costOfDoom = (run: Run, doom: Doom): Promise<CostDocument> =>
  foundCost(run, oursOf(doom), doom.located.claims[0]?.location ?? doom.located.group?.location ?? "");

export const withCost = async (outcome: DestroyOutcome, cost: Promise<CostDocument>): Promise<DestroyOutcome> => ({
  ...outcome,
  document: { ...outcome.document, cost: await cost },
});

/**
 * What would go. Reads only; a group that is on its way out already is waited for.
 * @throws ClusterError ClusterNotFound (exit 1) for what must exist and does not
 */
export async function planDestroy(run: Run, name: string, { resourceGroup, mustExist }: DestroyOptions = {}): Promise<Doom> {
  const located = await findCluster(run, name, resourceGroup);
  const doom = await surveyNamed(run, await settled(run, located));
  // one that is on its way out when this comes was there
  if (mustExist === true && isEmpty(doom) && located.group?.deleting !== true) throw await notThere(run, name);
  return doom;
}

/**
 * Refuses what Azure would refuse half way, and what would harm others.
 * @throws ClusterError ScopeLocked, UsedByOthers, TakesAlong, ContentsUnknown (exit 5), AuthorizationFailed (exit 4), TagsChanged (exit 7)
 */
export async function checkDestroy(run: Run, doom: Doom): Promise<void> {
  refuseChangedClaim(doom.located);
  refuseUntold(doom);
  refuseTaken(doom.taken);
  await refuseForbidden(run, destroyIntent(doom));
  await refuseUsed(run, doom);
}

/** Destroys what was planned, and forgets the files of what is gone. @throws ClusterError Interrupted, Timeout, and refusals */
export async function carryOutDestroy(run: Run, doom: Doom, still?: (tags: Tags) => void): Promise<DestroyOutcome> {
  const destroyed = isEmpty(doom) ? NOTHING : await destroyAndForget(run, doom, still);
  const document = await destroyDocument(run, doom.located, destroyed, destroyed.kept ?? doom.kept);
  if (destroyed.left.length > 0) return { document, error: leftover(doom, destroyed, run.stop.aborted) };
  return { document, ...defined({ error: moreElsewhere(doom.located) }) };
}

export const destroyDocument = async (
  run: Run,
  { name, groupName }: Pick<Cluster, "name" | "groupName">,
  { deleted, left }: Destroyed,
  kept: readonly Alike[] = [],
): Promise<DestroyDocument> => ({
  $schema: schemaUri("destroy"),
  schema: "azure-coreos-cluster/destroy/1",
  name,
  resourceGroup: groupName,
  ...askedFields(await run.account()),
  deleted,
  left,
  kept,
  seconds: secondsOf(run),
});

// --- internal ---

const NOTHING: Destroyed = { deleted: [], left: [] };

async function destroyAndForget(run: Run, doom: Doom, still: ((tags: Tags) => void) | undefined): Promise<Destroyed> {
  try {
    const destroyed = await destroyCluster(run, doom, still);
    if (destroyed.left.length === 0)
      for (const claim of doom.located.claims) await forgetFiles(run, doom.located, claim.tags ?? {}, provenMachines(doom));
    return destroyed;
  } catch (error) {
    throw endedByStop(run.tools, error) ? error : continued(error, doom);
  }
}

async function settled(run: Run, located: Cluster): Promise<Cluster> {
  if (located.group?.deleting !== true) return located;
  run.say(`The resource group ${located.groupName} is being deleted already: waiting for it.`);
  await awaitGroupGone(run, located.groupName);
  return { ...(await lookIn(run, located.name, located.groupName)), ...defined({ movedTo: located.movedTo }) };
}

/** What was moved out of the group is no less paid for. */
const moreElsewhere = ({ name, movedTo }: Cluster): ClusterError | undefined =>
  movedTo === undefined
    ? undefined
    : new ClusterError("NotDestroyed", `${name} has more in the resource group ${movedTo}: somebody has moved it there`, {
        source: "azure",
        exit: EXIT.failed,
        advice: `To destroy that, too: \`azure-coreos-cluster destroy ${name}${groupFlag(name, movedTo)}\`.`,
      });

/** The error that says what is left, and why. */
function leftover({ located }: Doom, { left, failure }: Destroyed, interrupted: boolean): ClusterError {
  const shown = left.slice(0, 10).map((one) => `  ${one.id}`);
  const more = left.length > 10 ? [`  and ${left.length - 10} more`] : [];
  const again = `\`azure-coreos-cluster destroy ${located.name}${groupFlag(located.name, located.groupName)}\``;
  return new ClusterError(
    interrupted ? "Interrupted" : "NotDestroyed",
    `${left.length} ${left.length === 1 ? "resource" : "resources"} of ${located.name} ${left.length === 1 ? "is" : "are"} left:\n${[...shown, ...more].join("\n")}`,
    {
      source: "azure",
      exit: interrupted ? EXIT.interrupted : EXIT.failed,
      advice: `Continue with ${again}. What it cannot delete, \`az resource delete --ids ID\` may.`,
      ...defined({ cause: failure }),
    },
  );
}

/** What a broken-off run says. */
function continued(error: unknown, { located, whole }: Doom): unknown {
  if (!(error instanceof ClusterError) || (error.code !== "Interrupted" && error.code !== "Timeout")) return error;
  const again = `Run \`azure-coreos-cluster destroy ${located.name}\` again: it goes on from here, and ends when nothing is left.`;
  return new ClusterError(error.code, error.message, {
    source: error.source,
    exit: error.exit,
    advice: whole ? `Azure may go on deleting the resource group by itself. ${again}` : again,
    cause: error,
  });
}
