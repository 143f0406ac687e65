/** start on a terminal: which machines, how they come, and which did not. The work is operations/start.ts. */
import { are, plural, someOf } from "../../core/words.ts";
import type { StartDocument } from "../../core/documents.ts";
import type { LiveCluster } from "../../operations/cluster/live-cluster.ts";
import { type NotUp, type Started, knownFaults, startCluster } from "../../operations/start.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { sameCauses, namesOf } from "../../report/same-cause.ts";
import { type Session, inSession } from "../session.ts";
import { groupFlag, inGroup } from "../../core/spec/in-group.ts";

export async function startCommand(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  return inSession(invocation, async (session) => {
    const where = inGroup(given);
    await sayHead(session);
    const started = await startCluster(session, name, where, (live, off) => {
      session.say(`${name}: ${whatToStart(live, off.length)}`);
      session.report(live.nodes.length, { doing: "being started" });
    });
    session.endReport();
    session.hand(started.document);
    sayStarted(session, started);
    return started.exit;
  });
}

// --- internal ---

function whatToStart({ nodes }: LiveCluster, off: number): string {
  const there = nodes.filter(({ provisioning }) => provisioning !== undefined);
  if (there.length === 0) return "no machine is left.";
  if (off > 0) return `${off} ${plural("machine", off)} to start.`;
  const being = there.filter(({ power }) => power === undefined).length;
  return being === 0
    ? "every machine has power already."
    : `no machine to start; ${being} ${plural("machine", being)} ${are(being)} still being made.`;
}

const SHOWN = 10;

/** What is said of a cluster that is not up. */
const NOT_UP: Record<NotUp, (document: StartDocument) => string> = {
  lost: ({ name, resourceGroup }) =>
    "Too few machines are left for it to be up. It counts as stopped no more: " +
    `\`azure-coreos-cluster create ${name}${groupFlag(name, resourceGroup)}\` makes what is missing.`,
  silent: ({ name }) =>
    `No node answers here. Their machines have power and are paid for, so it counts as stopped no more; whether it is up nobody has seen. ` +
    `\`azure-coreos-cluster status ${name}\` asks again. Check who may reach SSH (\`create\` changes it with --ssh-from).`,
  "no quorum": () => "Too few for etcd: it counts as stopped until `start` finds it up.",
  "none ready": () => "It counts as stopped until `start` finds a node that is ready.",
};

function sayStarted(session: Session, { document, note, why }: Started): void {
  const { name, ready, notReady } = document;
  if (session.simulated) session.say("Rehearsal: no machine was booted, and the health of the nodes is simulated.");
  const all = ready.length + notReady.length;
  if (note !== undefined && why === undefined) {
    const faults = knownFaults(document);
    const powered = faults.length === 0 ? "The machines" : someOf(all - faults.length, all, "machine");
    return session.say([`${powered} of ${name} have power. ${note}`, ...causes(faults)].join("\n"));
  }
  const state = why === undefined ? "" : ` ${NOT_UP[why](document)}`;
  session.say(
    [
      ...(note === undefined ? [] : [note]),
      `${someOf(ready.length, all, "node")} of ${name} ${are(all)} ready.${state}`,
      ...causes(notReady),
    ].join("\n"),
  );
}

const causes = (notReady: StartDocument["notReady"]): string[] => [
  ...sameCauses(notReady)
    .slice(0, SHOWN)
    .map(({ names, cause }) => `  ${namesOf(names)}: ${cause}`),
  ...(notReady.length > SHOWN ? [`  and ${notReady.length - SHOWN} more`] : []),
];
