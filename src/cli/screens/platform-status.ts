/** platform status on a terminal. The work is operations/platform/status.ts. */
import type { PlatformStatusDocument } from "../../core/documents.ts";
import { lookAtPlatform } from "../../operations/platform/status.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import type { Session } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function showPlatformStatus(session: Session, invocation: Invocation): Promise<number> {
  const { given, world } = invocation;
  const where = inGroup(given);
  const { document, exit } = await lookAtPlatform(session, nameArgument(invocation), where);
  session.hand(document);
  if (given.json !== true) world.stdout.write(`${screen(document, session).join("\n")}\n`);
  return exit;
}

// --- internal ---

function screen(
  { name, domain, healthy, left, nodes, notReady, gateway, record }: PlatformStatusDocument,
  session: Session,
): string[] {
  const width = Math.max(...nodes.map((node) => node.name.length));
  return [
    `${name}, platform at ${domain}: ${healthy ? "healthy" : "not healthy"}${session.simulated ? " (rehearsal: no machine was booted)" : ""}`,
    ...nodes.map(
      (node) =>
        `  ${node.name.padEnd(width)}  ${node.role === "none" ? "not in k3s" : `${node.role}, ${node.ready ? "ready" : "NOT READY"}`}${node.version === undefined ? "" : `, ${node.version}`}`,
    ),
    `  gateway: ${gateway.map(({ port, answers }) => `${port} ${answers ? "answers" : "is silent"}`).join(", ")}`,
    `  *.${domain}: ${record.addresses.length === 0 ? "leads to nothing" : `${record.addresses.join(", ")}${record.leadsHere ? "" : ", which is not this cluster"}`}`,
    ...notReady.slice(0, MOST).map((pod) => `  ${pod}`),
    ...(notReady.length > MOST ? [`  and ${notReady.length - MOST} more pods`] : []),
    ...left.map(({ step, node }) => `  not done: ${step} on ${node}`),
    ...(left.length === 0 ? [] : [`What is not done: ${session.next(`platform install ${name}`)}`]),
  ];
}

const MOST = 20;
