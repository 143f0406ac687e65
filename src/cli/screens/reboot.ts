/** reboot on a terminal: which nodes, one after the other, and what is left when one does not come back. The work is operations/reboot.ts. */
import { defined } from "../../core/defined.ts";
import { plural } from "../../core/words.ts";
import { type Reboot, type RebootOptions, carryOutReboot, planReboot } from "../../operations/reboot.ts";
import { NODES_MS } from "../../operations/time-limits.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { endWith } from "./outcome.ts";
import { type Session, inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function rebootCommand(invocation: Invocation): Promise<number> {
  const { given, args } = invocation;
  return inSession({ ...invocation, given: { timeout: NODES_MS, ...given } }, async (session) => {
    const options: RebootOptions = {
      ...inGroup(given),
      ...defined({ parallel: given.parallel, nodeTimeout: given.nodeTimeout }),
    };
    const head = sayHead(session);
    const reboot = await planReboot(session, nameArgument(invocation), args.slice(1), options);
    await head;
    sayPlan(session, reboot, options.parallel ?? 1);
    session.report(reboot.nodes.length, { doing: "being rebooted" });
    const outcome = await carryOutReboot(session, reboot, options);
    return endWith(session, invocation, outcome, ({ name, rebooted: { length } }) =>
      session.say(`${length} ${plural("node", length)} of ${name} rebooted.`),
    );
  });
}

// --- internal ---

function sayPlan(session: Session, { nodes, noted, goesOn, etcd }: Reboot, parallel: number): void {
  const { name } = etcd.cluster.spec;
  const done = nodes.filter(({ index }) => noted.done.includes(index)).map((node) => node.name);
  if (goesOn)
    session.say(
      `Goes on with the reboot that began at ${noted.begun}${done.length === 0 ? "" : `; rebooted already: ${done.join(", ")}`}.`,
    );
  const [members, count] = [etcd.members.filter((one) => nodes.includes(one)).length, nodes.length - done.length];
  const left = nodes.filter(({ index }) => !noted.done.includes(index));
  const lanes = Math.min(parallel, left.filter((one) => !etcd.members.includes(one)).length);
  const how = lanes < 2 ? "one at a time" : `${lanes} at a time${members === 0 ? "" : ", etcd's members one at a time"}`;
  session.say(
    `${name}: ${count} ${plural("node", count)} to reboot, ${how}${members === 0 ? "" : `; etcd is healthy in between`}.`,
  );
  if (session.simulated) session.say("Rehearsal: no machine was booted, so Azure is asked to restart them.");
  if (members > 0 && etcd.members.length < 3)
    session.say(`etcd has ${etcd.members.length} ${plural("member", etcd.members.length)}: it serves nobody while one reboots.`);
}
