/** What every report is, and what it is given to write on and to draw by. Types only, so that nothing imports in circles. */
import type { Event } from "../engine/event.ts";

export interface Report {
  event(event: Event): void;
  /** Say how it ended, restore the terminal, close files. A second call does nothing. */
  end(): void;
}

/** Where a screen is written. `columns` and `rows` are read at every frame, so that a resized window is followed. */
export interface Screen {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** Real time for drawing, apart from the run's own clock, which is virtual in a rehearsal. */
export interface Pulse {
  /** Milliseconds of real time, from any start. */
  now(): number;
  /** Calls back every `ms`, without keeping the process alive; returns the way to stop. */
  every(ms: number, callback: () => void): () => void;
}
