/** The line that stands above everything else of a screen, and above an error: asked for beside the work, and sometimes slower than its failure. */
import type { World } from "./world.ts";

export interface HeadLine {
  /** Says it once it is there. */
  begin(line: () => Promise<string>): Promise<void>;
  /** Waits a moment for one that was begun; from then on none is said. */
  end(): Promise<void>;
}

export function headLine(say: (text: string) => void, { clock }: World): HeadLine {
  let over = false;
  let begun = Promise.resolve();
  let pending = false;
  return {
    begin(line) {
      pending = true;
      begun = line()
        .then((text) => {
          if (!over) say(text);
        })
        .finally(() => (pending = false));
      return begun;
    },
    async end() {
      const done = new AbortController();
      const said = begun.catch(() => undefined).finally(() => done.abort());
      if (pending) await Promise.race([said, clock.sleep(MOMENT_MS, done.signal).catch(() => undefined)]);
      over = true;
    },
  };
}

// --- internal ---

const MOMENT_MS = 500;
