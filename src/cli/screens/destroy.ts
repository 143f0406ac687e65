/** destroy on a terminal: shows what will go, asks, and tells how it went. The work is operations/destroy.ts. */
import { accountWords, shortPlace } from "../../core/account.ts";
import type { Alike } from "../../core/documents.ts";
import { plain, plural } from "../../core/words.ts";
import { carryOutDestroy, checkDestroy, costOfDoom, planDestroy, withCost } from "../../operations/destroy.ts";
import { mayHold } from "../../operations/destroy/hidden.ts";
import { type Doom, isEmpty } from "../../operations/destroy/doom-survey.ts";
import { renderTotal } from "../../report/cost.ts";
import { renderDoom } from "../../report/doom.ts";
import { abilities } from "../../report/paint.ts";
import { lookElsewhere } from "../../operations/cluster/not-there.ts";
import { planEvents } from "../../report/plan.ts";
import { asks, confirm } from "../confirm.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { endWith } from "./outcome.ts";
import { type Session, inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function destroyCommand(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  return inSession(invocation, async (session) => {
    const head = sayHead(session);
    const doom = await planDestroy(session, name, {
      mustExist: given.mustExist === true,
      ...inGroup(given),
    });
    await head;
    if (isEmpty(doom)) {
      const { where, elsewhere } = await lookElsewhere(session, name);
      session.say([`Nothing of ${name} is there: looked ${where}.`, ...(elsewhere === undefined ? [] : [elsewhere])].join("\n"));
      sayKept(session, doom.kept);
      return endWith(session, invocation, await carryOutDestroy(session, doom), () => undefined);
    }
    showDoom(session, invocation, doom);
    const cost = costOfDoom(session, doom);
    await checkDestroy(session, doom);
    // nobody who is not asked waits for it
    const shown = asks(invocation);
    if (shown && given.quiet !== true) session.say(renderTotal(await cost));
    // what is said here is all that is said with --quiet
    const what =
      given.quiet === true
        ? ` (${doom.ours.length} ${plural("resource", doom.ours.length)} in the group ${doom.located.groupName}, for good)`
        : "";
    await confirm(invocation, `Type the name ${name} to destroy it${what}, in ${accountWords(await session.account())}:`, name);
    session.report(doom.ours.filter((one) => one.kind === "machine").length, {
      doing: "being deleted",
      head: { title: `${name}, ${shortPlace(await session.account())}: being destroyed` },
    });
    const group = doom.whole ? [{ id: doom.scope, label: `resource group ${doom.located.groupName}` }] : [];
    for (const event of planEvents([...doom.ours, ...group])) session.emit(event);
    const outcome = await withCost(await carryOutDestroy(session, doom), cost);
    session.endReport();
    if (outcome.error === undefined) session.say(`Nothing of ${name} is left.`);
    if (!shown) session.say(renderTotal(await cost));
    sayKept(session, outcome.document.kept);
    return endWith(session, invocation, outcome, () => undefined);
  });
}

/** What looks like the cluster's and was kept: why, and how it is deleted by hand. */
export function sayKept(session: Session, kept: readonly Alike[]): void {
  for (const { id, why, command } of kept.slice(0, SHOWN)) session.say(plain(`Kept: ${id}: ${why}. To delete it: ${command}`));
  if (kept.length > SHOWN) session.say(`Kept as well: ${kept.length - SHOWN} more; --json names them all.`);
}

// --- internal ---

const claimless = ({ movedTo }: Doom["located"]): string =>
  movedTo === undefined
    ? "It is half made: nothing says what was chosen for it."
    : `More of it is in the resource group ${movedTo}: somebody has moved it there, and it stays.`;

const SHOWN = 20;

/** The text that is shown before anything is deleted. */
function showDoom(session: Session, { world, given }: Invocation, doom: Doom): void {
  const { located, ours, foreign, strange, whole, hidden } = doom;
  if (given.quiet === true) return;
  const { color } = abilities(world.env, world.stderr);
  session.say(
    renderDoom({
      name: located.name,
      resourceGroup: located.groupName,
      location: located.claims[0]?.location ?? located.group?.location,
      whole,
      hidden: hidden && mayHold(hidden),
      going: ours,
      foreign: foreign.map((one) => one.id),
      strange: whole ? [] : strange.map((one) => one.id),
      notes: [
        ...(session.simulated ? ["Rehearsal: Azure is simulated, nothing real is deleted."] : []),
        ...(located.claims.length > 0 ? [] : [claimless(located)]),
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
