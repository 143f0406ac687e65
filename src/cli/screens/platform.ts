/** platform on a terminal: what is found and said before, each step with its time, and where the platform is. The work is operations/platform/. */
import type { PlatformDocument } from "../../core/documents.ts";
import { EXIT } from "../../core/errors.ts";
import { plural } from "../../core/words.ts";
import { type Installation, carryOutInstall, planInstall } from "../../operations/platform/install.ts";
import { isPasswordKnown } from "../../operations/platform/password.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { type Action, actionNamed } from "../platform-actions.ts";
import { PLATFORM_MS } from "../../operations/time-limits.ts";
import { passwordOf, sayScript } from "./platform-words.ts";
import { type Session, openSession } from "../session.ts";

export async function platformCommand(invocation: Invocation): Promise<number> {
  const { given, args } = invocation;
  const action = actionNamed(args[1] ?? "", args[0] ?? "", given);
  const session = await openSession(
    { ...invocation, given: { timeout: PLATFORM_MS, ...given } },
    action === "status" ? { looks: true } : {},
  );
  try {
    return await SCREENS[action](session, invocation);
  } finally {
    session.endReport();
    await session.close();
  }
}

// --- internal ---

const SCREENS: Record<Action, (session: Session, invocation: Invocation) => Promise<number>> = {
  install,
  status: async (session, invocation) => (await import("./platform-status.ts")).showPlatformStatus(session, invocation),
  upgrade: async (session, invocation) => (await import("./platform-change.ts")).upgrade(session, invocation),
  uninstall: async (session, invocation) => (await import("./platform-change.ts")).uninstall(session, invocation),
};

async function install(session: Session, invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  const { certManager } = given;
  const installation = await planInstall(session, name, {
    ...given,
    certManager: certManager === undefined ? undefined : certManager === "yes",
  });
  try {
    sayPlan(session, name, installation);
    const { site, first, needsPassword } = installation;
    const known = needsPassword && given.passwordFile === undefined ? await isPasswordKnown(session, site, first) : true;
    const password = needsPassword ? await passwordOf(invocation, { known }) : undefined;
    session.report(installation.nodes.length, { doing: "being installed" });
    const document = await carryOutInstall(session, installation, password);
    session.endReport();
    session.hand(document);
    sayEnd(session, document);
    return EXIT.done;
  } finally {
    installation.site.access.close();
  }
}

function sayPlan(session: Session, name: string, { choices, script, notes, done, all, nodes }: Installation): void {
  if (session.simulated)
    session.say("Rehearsal: no machine was booted, so nobody installs anything; the steps are the real ones.");
  for (const note of notes) session.say(note);
  sayScript(session, "Installer", script);
  const servers = choices.servers.length;
  session.say(
    done === all
      ? `${name} is a platform already, at ${choices.domain}.`
      : `${name} becomes a platform at ${choices.domain}: ${servers} k3s ${plural("server", servers)}, ${nodes.length - servers} ${plural("agent", nodes.length - servers)}${done === 0 ? "" : `; ${done} of ${all} steps are done`}.`,
  );
}

function sayEnd(session: Session, { name, domain, controller, adminUsername, passwordFile }: PlatformDocument): void {
  session.say(
    [
      `${name} is a platform.`,
      "",
      "Next, with Drycc's own command (https://www.drycc.cc):",
      `  drycc login ${controller}       as ${adminUsername}${passwordFile === undefined ? "" : `, whose password is in ${passwordFile}`}`,
      `  drycc register ${controller}    for everybody else`,
      "  drycc create; git push drycc      in the folder of an application",
      "",
      `Applications are at APP.${domain}. How it is: ${session.next(`platform status ${name}`)}`,
    ].join("\n"),
  );
}
