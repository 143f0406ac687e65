/**
 * Lines of several nodes, in the order of the nodes: those of the first that has not ended go on at once, the others' wait. Who has a
 * megabyte waiting is asked to pause: SSH then makes the command wait, and neither memory nor lines are lost.
 */
import type { Flow } from "./command.ts";
import type { OutputLine } from "./output-lines.ts";

export interface InOrder {
  line(position: number, line: OutputLine): void;
  /** How the position's output is stopped and let go on. */
  flows(position: number, flow: Flow): void;
  ended(position: number): void;
}

const WAITING_BYTES = 1 << 20;
/** What a line costs beside its text. */
const LINE_COST = 200;

export function inOrder(count: number, onLine: (line: OutputLine) => void): InOrder {
  const places = Array.from({ length: count }, () => ({
    lines: [] as OutputLine[],
    bytes: 0,
    ended: false,
    flow: undefined as Flow | undefined,
  }));
  let front = 0;
  return {
    line(position, line) {
      const place = places[position];
      if (position === front || place === undefined) return onLine(line);
      place.lines.push(line);
      place.bytes += line.bytes.length + LINE_COST;
      if (place.bytes > WAITING_BYTES) place.flow?.pause();
    },
    flows(position, flow) {
      const place = places[position];
      if (place !== undefined) place.flow = flow;
    },
    ended(position) {
      const place = places[position];
      if (place !== undefined) place.ended = true;
      while (places[front]?.ended === true) {
        front++;
        for (const line of places[front]?.lines.splice(0) ?? []) onLine(line);
        places[front]?.flow?.resume();
      }
    },
  };
}
