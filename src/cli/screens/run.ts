/** run on a terminal: the nodes' output labelled and in their order. The work is operations/on-nodes.ts. */
import { defined } from "../../core/defined.ts";
import { usageError } from "../../core/errors.ts";
import { onNodes } from "../../operations/on-nodes.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { nodeLines } from "./node-lines.ts";
import { inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function runCommand(invocation: Invocation): Promise<number> {
  const { world, given, args, rest } = invocation;
  if (rest.length === 0)
    throw usageError("run needs a command", `For example: azure-coreos-cluster run ${args[0] ?? "NAME"} -- uptime`);
  return inSession(invocation, async (session) => {
    const document = await onNodes(session, nameArgument(invocation), rest.join(" "), {
      ...inGroup(given),
      ...defined({ nodeTimeout: given.nodeTimeout }),
      // a node's time limit may be longer than that of other commands
      withoutDeadline: given.timeout === undefined,
      ...(given.json === true ? {} : { onLines: (names) => nodeLines(world, Math.max(...names.map((name) => name.length))) }),
    });
    session.hand(document);
    return document.exit;
  });
}
