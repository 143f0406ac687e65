/**
 * What a run looks like while it goes on: a report takes events and nothing else. This module chooses the one for the
 * terminal and joins several (screen, events file, timings) into one. It never decides anything about the run.
 */
import { defined } from "../core/defined.ts";
import type { Clock } from "../core/clock.ts";
import type { Head } from "./frame-line.ts";
import { lines } from "./lines.ts";
import { live, realPulse } from "./live.ts";
import type { Pulse, Report, Screen } from "./screen.ts";

export type { Report } from "./screen.ts";

/** "auto": live on a terminal, lines elsewhere. "verbose": every event as a line. "quiet": failures and notes only. */
export type ReportMode = "auto" | "lines" | "quiet" | "verbose";

export interface ReportOptions {
  readonly stderr: Screen;
  readonly mode: ReportMode;
  readonly clock: Clock;
  /** From `abilities(env, stderr)` in paint.ts. */
  readonly color: boolean;
  /** False with TERM=dumb and in CI: lines even on a terminal. True when not given. */
  readonly animate?: boolean;
  readonly nodes: number;
  /** What is said of resources in work; "being made" when not given, "being deleted" for destroy. */
  readonly doing?: string;
  /** What stands above the live screen. */
  readonly head?: Head | undefined;
  /** When to draw; a test's own. */
  readonly pulse?: Pulse;
}

/** The report for this terminal and these flags. */
export function chooseReport(options: ReportOptions): Report {
  const { stderr, mode, nodes, color } = options;
  const doing = defined({ doing: options.doing });
  const isLive = mode === "auto" && stderr.isTTY && options.animate !== false;
  if (isLive)
    return live({
      screen: stderr,
      clock: options.clock,
      color,
      nodes,
      head: options.head,
      pulse: options.pulse ?? realPulse,
      ...doing,
    });
  return lines({ screen: stderr, color, nodes, mode: mode === "auto" ? "lines" : mode, ...doing });
}

/** Several reports as one. All are ended, even if one of them fails to; then the first failure is thrown. */
export function joined(reports: readonly Report[]): Report {
  return {
    event(event) {
      for (const report of reports) report.event(event);
    },
    end() {
      const failures: unknown[] = [];
      for (const report of reports) {
        try {
          report.end();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
