/** remove on a terminal: shows which nodes will go, asks, and tells what is left. The work is operations/remove.ts. */
import { accountWords } from "../../core/account.ts";
import { EXIT } from "../../core/errors.ts";
import { plural } from "../../core/words.ts";
import { withParts } from "../../operations/cluster/node-parts.ts";
import { type RemoveOptions, carryOutRemoval, checkRemoval } from "../../operations/remove.ts";
import { planRemoval, whereItIs } from "../../operations/remove/removal.ts";
import { confirm } from "../confirm.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { type Session, inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function removeCommand(invocation: Invocation): Promise<number> {
  return inSession(invocation, async (session) => {
    return await remove(session, invocation);
  });
}

// --- internal ---

async function remove(session: Session, invocation: Invocation): Promise<number> {
  const { given, args } = invocation;
  const name = nameArgument(invocation);
  const options: RemoveOptions = {
    force: given.force === true,
    ...inGroup(given),
  };
  const head = sayHead(session);
  const removal = await planRemoval(session, name, args.slice(1), options);
  await checkRemoval(session, removal, options);
  await head;
  const { machines, absent, parts, staying, elsewhere } = removal;
  const [count, which] = [machines.length, machines.join(", ")];
  if (absent.length > 0) session.say(`Not there: ${absent.join(", ")}.`);
  session.say(`${name}: ${count} ${plural("node", count)} will be removed${withParts(parts, count)}: ${which}.`);
  for (const disk of elsewhere) session.say(`The ${disk.label} stays: ${whereItIs(disk)}.`);
  await confirm(invocation, `Type the name ${name} to remove ${which}, in ${accountWords(await session.account())}:`, name);
  session.report(count, { doing: "being removed" });
  const document = await carryOutRemoval(session, removal, options);
  session.endReport();
  session.say(`${which} removed; ${staying.length} ${plural("node", staying.length)} left.`);
  session.hand(document);
  return EXIT.done;
}
