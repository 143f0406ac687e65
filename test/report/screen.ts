/* eslint-disable no-control-regex -- a terminal's control characters are what is read */
/** A terminal and a pulse for tests: what was written, and what a person would see of it. */
import type { Event } from "../../src/engine/event.ts";
import type { Pulse, Screen } from "../../src/report/screen.ts";

export interface TestScreen extends Screen {
  columns: number;
  rows: number;
  /** Everything that was written. */
  raw: string;
  /** What stands on the terminal, with its cursor movements carried out and colours taken out. */
  seen(): string;
}

export function testScreen(isTTY = true, columns = 80, rows = 24): TestScreen {
  return {
    isTTY,
    columns,
    rows,
    raw: "",
    write(text) {
      this.raw += text;
    },
    seen() {
      return interpret(this.raw);
    },
  };
}

/** Cursor up, erase to the end of line or screen, return: what the live report uses. Anything else is a test's failure. */
function interpret(raw: string): string {
  const lines: string[] = [""];
  let row = 0;
  let column = 0;
  for (const [token] of raw.matchAll(/\u001B\[[?\d;]*[A-Za-z]|[\r\n]|[^\u001B\r\n]+/g)) {
    if (token === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= "";
    } else if (token === "\r") column = 0;
    else if (token.endsWith("A") && token.startsWith("\u001B")) row = Math.max(0, row - Number(token.slice(2, -1)));
    else if (token === "\u001B[K") lines[row] = lines[row]!.slice(0, column);
    else if (token === "\u001B[J") {
      lines.length = row + 1;
      lines[row] = lines[row]!.slice(0, column);
    } else if (token.startsWith("\u001B")) {
      if (!/^\u001B\[(\?25[lh]|\d+m)$/.test(token)) throw new Error(`unknown control sequence ${JSON.stringify(token)}`);
    } else {
      lines[row] = lines[row]!.slice(0, column).padEnd(column) + token + lines[row]!.slice(column + token.length);
      column += token.length;
    }
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

export interface TestPulse extends Pulse {
  time: number;
  /** The timer's callback, called by hand. */
  beat(): void;
  stopped: boolean;
}

export function testPulse(): TestPulse {
  let callback: (() => void) | undefined;
  return {
    time: 0,
    stopped: false,
    now() {
      return this.time;
    },
    every(_ms, each) {
      callback = each;
      return () => {
        this.stopped = true;
      };
    },
    beat() {
      callback?.();
    },
  };
}

const GROUP = "/subscriptions/s/resourceGroups/mycluster";

/** Short notation for events: seconds, kind, label, and the rest. */
export const event = (seconds: number, kind: Event["kind"], label: string, rest: Partial<Event> = {}): Event => ({
  at: seconds * 1000,
  kind,
  id: `${GROUP}/providers/x/${label.replaceAll(" ", "-")}`,
  label,
  ...rest,
});

/** The events of a run of `nodes` nodes: some go wrong as told, by label. */
export function run(nodes: number, failing: ReadonlyMap<string, string> = new Map()): Event[] {
  const events: Event[] = [
    event(0, "phase", "preflight", { id: "preflight" }),
    event(2, "done", "preflight", { id: "preflight" }),
  ];
  events.push(
    event(2, "plan", "machine", { id: "plan/machine", count: nodes }),
    event(2, "plan", "interface", { id: "plan/interface", count: nodes }),
  );
  for (const label of ["resource group mycluster", "virtual network", "load balancer"]) {
    events.push(event(2, "started", label), event(3, "waiting", label), event(5, "done", label, { change: "created" }));
  }
  for (let node = 0; node < nodes; node++) {
    const label = `interface of mycluster-coreos-${node}`;
    events.push(event(5, "started", label, { node }), event(6, "done", label, { node, change: "created" }));
  }
  for (let node = 0; node < nodes; node++) events.push(event(6, "started", `machine mycluster-coreos-${node}`, { node }));
  for (let node = 0; node < nodes; node++) {
    const label = `machine mycluster-coreos-${node}`;
    const message = failing.get(label);
    events.push(
      message === undefined
        ? event(60 + node, "done", label, { node, change: "created" })
        : event(60 + node, "failed", label, { node, code: "AllocationFailed", message }),
    );
  }
  return events;
}
