/** replace on a terminal: which nodes are made anew, the question, and how far it came. The work is operations/replace.ts. */
import { accountWords } from "../../core/account.ts";
import { usageError } from "../../core/errors.ts";
import { plural } from "../../core/words.ts";
import { carryOutReplace, planReplace } from "../../operations/replace.ts";
import type { ReplaceWish } from "../../operations/replace/noted.ts";
import { replaceMs } from "../../operations/time-limits.ts";
import { confirm } from "../confirm.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { endWith } from "./outcome.ts";
import { inSession } from "../session.ts";

export async function replaceCommand(invocation: Invocation): Promise<number> {
  const { given, args } = invocation;
  const name = nameArgument(invocation);
  return inSession({ ...invocation, given: { timeout: replaceMs(args.slice(1)), ...given } }, async (session) => {
    const { keepDataDisk = false, ...flags } = given;
    const wish: ReplaceWish = { given: flags, keepDataDisk };
    const head = sayHead(session);
    const replacement = await planReplace(session, name, args.slice(1), wish);
    await head;
    const { machines, before, absent, notes } = replacement;
    if (absent.length > 0)
      throw usageError(`${name} has no ${absent.join(", ")}`, "Nothing was deleted. `status` shows which nodes there are.");
    const [count, which] = [machines.length, machines.join(", ")];
    for (const note of notes) session.say(note);
    if (before.length > 0) session.say(`This goes on with a replacement that broke off: ${before.join(", ")} made anew already.`);
    session.say(
      `${name}: ${count} ${plural("node", count)} will be made anew${count === 1 ? "" : ", one after the other"}: ${which}. ${
        keepDataDisk
          ? "Data disks are kept; what is on system disks is gone."
          : `What is on ${count === 1 ? "its" : "their"} disks is gone.`
      }`,
    );
    await confirm(invocation, `Type the name ${name} to replace ${which}, in ${accountWords(await session.account())}:`, name);
    session.report(count, { doing: "being replaced" });
    const outcome = await carryOutReplace(session, replacement, wish);
    return endWith(session, invocation, outcome, () => session.say(`${which} made anew; all nodes of ${name} are ready.`));
  });
}
