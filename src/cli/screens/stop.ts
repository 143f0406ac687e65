/** stop on a terminal: what will be stopped, the question, and what is still paid for. The work is operations/stop.ts. */
import { accountWords } from "../../core/account.ts";
import type { StopDocument } from "../../core/documents.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { plural } from "../../core/words.ts";
import { type Stop, carryOutStop, planStop } from "../../operations/stop.ts";
import { renderRate } from "../../report/cost.ts";
import { confirm } from "../confirm.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { endWith } from "./outcome.ts";
import { type Session, inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function stopCommand(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  return inSession(invocation, async (session) => {
    const where = inGroup(given);
    const head = sayHead(session);
    const stop = await planStop(session, name, where);
    await head;
    if (stop.running.length > 0) {
      sayPlan(session, stop);
      await confirm(invocation, `Type the name ${name} to stop it, in ${accountWords(await session.account())}:`, name);
      session.report(stop.running.length, { doing: "being deallocated" });
    }
    return endWith(session, invocation, await carryOutStop(session, stop), (document) => sayStopped(session, document));
  });
}

// --- internal ---

function sayPlan(session: Session, { live, running, since }: Stop): void {
  const count = running.length;
  const again = since === undefined ? "" : ` A stop began at ${since}, and goes on.`;
  session.say(
    `${live.spec.name}: ${hasEtcd(live.claim.choices) ? "etcd ends, and " : ""}${count} ${plural("machine", count)} will be deallocated. Disks and addresses stay; what is in memory and on temporary disks is gone.${again}`,
  );
  if (session.simulated) session.say("Rehearsal: Azure is simulated, and no machine was booted.");
}

function sayStopped(session: Session, { name, since, cost, stopped }: StopDocument): void {
  const things = cost.items.map(({ what, count }) => `${count} ${what}`);
  session.say(
    [
      stopped.length === 0 ? `${name} is stopped since ${since}: nothing was left to do.` : `${name} is stopped.`,
      ...(things.length === 0 ? [] : [`Still paid for: ${things.join(", ")}: ${renderRate(cost)}.`]),
      `Start it: ${session.next(`start ${name}`)}`,
    ].join("\n"),
  );
}
