/** Repeatable chance: a seed gives the same durations, ids and latencies in every run. Mulberry32, state in one number. */
export interface Random {
  /** 0 <= x < 1. */
  next(): number;
  between(least: number, most: number): number;
  uuid(): string;
  hex(digits: number): string;
  state(): number;
}

export function createRandom(seed: number): Random {
  let at = seed >>> 0;
  function next(): number {
    at = (at + 0x6d2b79f5) >>> 0;
    let t = at;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  function hex(digits: number): string {
    let out = "";
    while (out.length < digits) out += ((next() * 0x100000000) >>> 0).toString(16).padStart(8, "0");
    return out.slice(0, digits);
  }
  return {
    next,
    hex,
    between: (least, most) => least + (most - least) * next(),
    uuid: () => {
      const h = hex(32);
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
    },
    state: () => at,
  };
}
