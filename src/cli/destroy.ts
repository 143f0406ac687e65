/** destroy: shows what will go, asks, deletes it, and proves that nothing is left. Doing it twice is no error. */
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { clusterName } from "../core/spec/spec.ts";
import { planEvents } from "../report/plan.ts";
import { abilities } from "../report/paint.ts";
import { renderDoom } from "../report/doom.ts";
import { confirm } from "./confirm.ts";
import type { Gone } from "../operations/destroy/delete-until-gone.ts";
import { type Destroyed, awaitGroupGone, destroyCluster } from "../operations/destroy/destroy-cluster.ts";
import { type Doom, intentOf, isEmpty, surveyDoom } from "../operations/destroy/doom-survey.ts";
import { refuseForbidden } from "../operations/destroy/forbidden.ts";
import { forgetFiles } from "../operations/destroy/forget-files.ts";
import type { Invocation } from "./invocation.ts";
import { type Located, locate, lookIn } from "../operations/cluster/locate.ts";
import { type Session, openSession } from "./session.ts";
import { refuseUsed } from "../operations/destroy/used-by-others.ts";

/** What `--json` prints. */
export interface DestroyDocument {
  readonly schema: "azure-coreos-cluster/destroy/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly deleted: readonly Gone[];
  readonly left: readonly Gone[];
  readonly seconds: number;
}

export async function destroy(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = clusterName(invocation.args[0] ?? "");
  const session = await openSession(invocation);
  try {
    const located = await settled(session, await locate(session, name, given.resourceGroup));
    const doom = await surveyDoom(session, located);
    if (isEmpty(doom)) {
      session.say(
        `Nothing of ${name} is there${given.resourceGroup === undefined ? "" : ` in the resource group ${given.resourceGroup}`}.`,
      );
      return print(session, invocation, doom, { deleted: [], left: [] });
    }
    showDoom(session, invocation, doom);
    await refuseForbidden(session, intentOf(doom));
    await refuseUsed(session, doom);
    // what is said here is all that is said with --quiet
    const what = given.quiet === true ? `${doom.ours.length} resources in the group ${located.groupName}, for good` : "";
    await confirm(invocation, `Type the name ${name} to destroy it${what === "" ? "" : ` (${what})`}:`, name);
    session.report(doom.ours.filter((one) => one.kind === "machine").length, undefined, "being deleted");
    for (const event of planEvents(
      doom.whole ? [...doom.ours, { id: doom.scope, label: `resource group ${doom.located.groupName}` }] : doom.ours,
    ))
      session.emit(event);
    const destroyed = await carryOutDestroy(session, doom);
    session.endReport();
    if (destroyed.left.length === 0) session.say(`Nothing of ${name} is left.`);
    return print(session, invocation, doom, destroyed);
  } finally {
    await session.close();
  }
}

/** Destroys what a survey found, and forgets the files of what is gone. */
export async function carryOutDestroy(session: Session, doom: Doom): Promise<Destroyed> {
  try {
    const destroyed = await destroyCluster(session, doom);
    if (destroyed.left.length === 0)
      for (const claim of doom.located.claims) await forgetFiles(session.dir, doom.located.name, claim.tags ?? {});
    return destroyed;
  } catch (error) {
    throw continued(error, doom);
  }
}

/** The text that is shown before anything is deleted. */
export function showDoom(session: Session, { world, given }: Invocation, { located, ours, foreign, strange, whole }: Doom): void {
  if (given.quiet === true) return;
  const { color } = abilities(world.env, world.stderr);
  session.say(
    renderDoom({
      name: located.name,
      resourceGroup: located.groupName,
      location: located.claims[0]?.location ?? located.group?.location,
      whole,
      going: ours,
      foreign: foreign.map((one) => one.id),
      strange: whole ? [] : strange.map((one) => one.id),
      notes: [
        ...(session.simulated ? ["Rehearsal: Azure is simulated, nothing real is deleted."] : []),
        ...(located.claims.length === 0 ? ["It is half made: it has no public address that says what was chosen for it."] : []),
        ...(whole || strange.length === 0
          ? []
          : [
              `What has a question mark carries the tags of ${located.name}, but is nothing that this tool makes: delete it yourself.`,
            ]),
      ],
      color,
      columns: world.stderr.isTTY ? world.stderr.columns : 160,
    }),
  );
}

export const documentOf = (
  session: Session,
  { located }: Pick<Doom, "located">,
  { deleted, left }: Destroyed,
): DestroyDocument => ({
  schema: "azure-coreos-cluster/destroy/1",
  name: located.name,
  resourceGroup: located.groupName,
  deleted,
  left,
  seconds: Math.round((session.clock.now() - session.startedAt) / 1000),
});

/** The error that says what is left, and why. */
export function leftover({ located }: Doom, { left, failure }: Destroyed, interrupted: boolean): ClusterError {
  const shown = left.slice(0, 10).map((one) => `  ${one.id}`);
  const more = left.length > 10 ? [`  and ${left.length - 10} more`] : [];
  const again = `\`azure-coreos-cluster destroy ${located.name}${located.groupName.toLowerCase() === located.name ? "" : ` --resource-group ${located.groupName}`}\``;
  return new ClusterError(
    interrupted ? "Interrupted" : "NotDestroyed",
    `${left.length} ${left.length === 1 ? "resource" : "resources"} of ${located.name} ${left.length === 1 ? "is" : "are"} left:\n${[...shown, ...more].join("\n")}`,
    {
      source: "azure",
      exit: interrupted ? EXIT.interrupted : EXIT.failed,
      advice: `Continue with ${again}. What it cannot delete, \`az resource delete --ids ID\` may.`,
      ...(failure === undefined ? {} : { cause: failure }),
    },
  );
}

// --- internal ---

/** A group that is on its way out already is waited for. */
async function settled(session: Session, located: Located): Promise<Located> {
  if (located.group?.deleting !== true) return located;
  session.say(`The resource group ${located.groupName} is being deleted already: waiting for it.`);
  await awaitGroupGone(session, located.groupName);
  return lookIn(session, located.name, located.groupName);
}

function print(session: Session, { world, given }: Invocation, doom: Doom, destroyed: Destroyed): ExitCode {
  const interrupted = session.stop.aborted;
  if (given.json === true) world.stdout.write(`${JSON.stringify(documentOf(session, doom, destroyed))}\n`);
  if (destroyed.left.length === 0) return EXIT.done;
  const error = leftover(doom, destroyed, interrupted);
  if (given.json !== true) throw error;
  session.say(error.message);
  return error.exit;
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
