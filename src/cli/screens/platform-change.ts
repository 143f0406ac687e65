/** platform upgrade and uninstall on a terminal: which script is run, and whether it is really meant. The work is operations/platform/change.ts. */
import { accountWords } from "../../core/account.ts";
import { EXIT } from "../../core/errors.ts";
import { carryOutUninstall, carryOutUpgrade, planChange } from "../../operations/platform/change.ts";
import { confirm } from "../confirm.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import type { Session } from "../session.ts";
import { passwordOf, sayScript } from "./platform-words.ts";

export async function upgrade(session: Session, invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  const change = await planChange(session, name, "upgrade", given);
  try {
    sayScript(session, "Installer", change.script);
    const password = await passwordOf(invocation, { known: change.password !== undefined || session.simulated });
    session.report(1, { doing: "being upgraded" });
    const document = await carryOutUpgrade(session, change, password);
    session.endReport();
    session.hand(document);
    session.say(`The platform of ${name} is upgraded.`);
    return EXIT.done;
  } finally {
    change.site.access.close();
  }
}

export async function uninstall(session: Session, invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  const change = await planChange(session, name, "uninstall", given);
  try {
    sayScript(session, "Script", change.script);
    session.say(`${name}: Drycc, k3s and everything that runs on them, with their data, go from all nodes; the cluster stays.`);
    await confirm(
      { ...invocation, command: "platform uninstall" },
      `Type the name ${name} to uninstall its platform, in ${accountWords(await session.account())}:`,
      name,
    );
    session.report(change.site.cluster.nodes.length, { doing: "being uninstalled" });
    const document = await carryOutUninstall(session, change);
    session.endReport();
    session.hand(document);
    session.say(`${name} is a platform no more.`);
    return EXIT.done;
  } finally {
    change.site.access.close();
  }
}
