/** What Azure made of the machines so far, by node index, for those who wait for their nodes. */

export interface MachineNews {
  hasFailed(index: number): boolean;
  /** Resolves when Azure is done with the machine, one way or the other, or when it will not be asked for. */
  settled(index: number): Promise<unknown>;
}

/** The same, for who carries the plan out. */
export interface MachineReport extends MachineNews {
  failed(index: number): void;
  settle(index: number): void;
}

export function reportMachines(): MachineReport {
  const failed = new Set<number>();
  const end = nodeMoments();
  return {
    hasFailed: (index) => failed.has(index),
    settled: (index) => end(index).promise,
    failed: (index) => void failed.add(index),
    settle: (index) => end(index).resolve(),
  };
}

/** A moment of each node that may be waited for before anybody knows of it. */
export function nodeMoments(): (index: number) => PromiseWithResolvers<void> {
  const moments = new Map<number, PromiseWithResolvers<void>>();
  return (index) => {
    const known = moments.get(index) ?? Promise.withResolvers<void>();
    moments.set(index, known);
    return known;
  };
}
