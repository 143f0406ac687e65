/** logs on a terminal: one node's as they are, several's with their names before each line. The work is operations/logs.ts. */
import { defined } from "../../core/defined.ts";
import { type LogsOptions, nodeLogs } from "../../operations/logs.ts";
import { shownLine } from "../../nodes/shown-output.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { nodeLines } from "./node-lines.ts";
import { inSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function logsCommand(invocation: Invocation): Promise<number> {
  const { world, given, args } = invocation;
  return inSession(
    invocation,
    async (session) => {
      const { document, exit } = await nodeLogs(session, nameArgument(invocation), optionsOf(invocation));
      session.hand(document);
      if (given.json !== true) {
        const labelled = nodeLines(world, Math.max(0, ...document.nodes.map(({ name }) => name.length)));
        const single = ({ bytes }: { bytes: Buffer }): void =>
          world.stdout.write(world.stdout.isTTY ? `${shownLine(bytes)}\n` : `${bytes.toString()}\n`);
        for (const { index, name, text, error } of document.nodes) {
          if (error !== undefined) session.say(`${name}: ${error.message}`);
          else if (text === "") session.say(`${name}: ${given.unit ?? "its console"} has written nothing yet.`);
          for (const line of text === "" ? [] : text.replace(/\n$/, "").split("\n"))
            (args[1] === undefined ? labelled : single)({ index, name, stream: "stdout", bytes: Buffer.from(line) });
        }
      }
      return exit;
    },
    { looks: true },
  );
}

// --- internal ---

const optionsOf = ({ given, args }: Invocation): LogsOptions => ({
  ...inGroup(given),
  ...defined({ node: args[1], unit: given.unit, lines: given.lines, nodeTimeout: given.nodeTimeout }),
});
