/**
 * Lines of nodes on a screen or in a file, each with the node's name before it. On a terminal control characters are shown, so that no
 * node can write as another or steer the terminal; elsewhere the bytes are the node's own.
 */
import { LINE_BYTES, type OutputLine } from "../../nodes/output-lines.ts";
import { shownLine } from "../../nodes/shown-output.ts";
import type { World } from "../world.ts";

/** @param width of the longest name */
export function nodeLines(world: Pick<World, "stdout" | "stderr">, width: number): (line: OutputLine) => void {
  return ({ name, stream, bytes, cutFrom }) => {
    const label = `${name.padEnd(width)} | `;
    const { [stream]: output, stderr } = world;
    output.write(output.isTTY ? `${label}${shownLine(bytes)}\n` : Buffer.concat([Buffer.from(label), bytes, Buffer.from("\n")]));
    if (cutFrom !== undefined)
      stderr.write(
        `${label}(a line of ${cutFrom} bytes was cut to ${LINE_BYTES}; \`azure-coreos-cluster ssh\` prints one node's output uncut)\n`,
      );
  };
}
