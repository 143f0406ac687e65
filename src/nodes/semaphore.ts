/** At most so many at once: a thousand nodes must not mean a thousand handshakes in the same second. First come, first served. */
export interface Semaphore {
  /** Runs the task when there is room; a task that waits is not cancelled by anything but its own signal. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function semaphore(size: number): Semaphore {
  let free = size;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    run: async (task) => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        release();
      }
    },
  };
}
