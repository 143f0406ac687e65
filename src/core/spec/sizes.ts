/**
 * Sizes of classic Azure, by the names that old command lines have, and today's size with the same cores (and of the large-memory
 * ones about the same memory). Names with `_v2` and later are sizes of today, and left as they are. The D series is still there, and is
 * mapped too: it is restricted in new subscriptions, and its machines are of generation 1
 * (https://learn.microsoft.com/azure/virtual-machines/sizes/retirement/retired-sizes-list).
 */
import { plural } from "../words.ts";

/** Today's name for a size, and a sentence about it when it is not the one that was given. The portal writes blanks: Standard D2s v5. */
export function currentSize(typed: string): { size: string; note?: string } {
  const given = typed.trim().replaceAll(/\s+/g, "_");
  const bare = given.toLowerCase().replace(/^(basic|standard)_/, "");
  const old = CLASSIC.get(bare);
  if (old === undefined) return { size: given };
  const cores = `${old.cores} ${plural("core", old.cores)}`;
  const retired = bare.startsWith("d")
    ? "is of the D series, which Azure retires on 1 May 2028"
    : "was retired in 2024 with classic Azure";
  const taken = old.cores === 1 ? `, and no general-purpose size of today has one core: ${old.size} (2 cores)` : `: ${old.size}`;
  return { size: old.size, note: `${given} (${cores}) ${retired}${taken} is taken` };
}

// --- internal ---

interface Classic {
  readonly cores: number;
  readonly size: string;
}

const general = (cores: number): Classic => ({ cores, size: `Standard_D${Math.max(2, cores)}s_v5` });
const memory = (cores: number): Classic => ({ cores, size: `Standard_E${cores}s_v5` });

const CLASSIC = new Map<string, Classic>([
  ["extrasmall", general(1)],
  ["small", general(1)],
  ["medium", general(2)],
  ["large", general(4)],
  ["extralarge", general(8)],
  ["a0", general(1)],
  ["a1", general(1)],
  ["a2", general(2)],
  ["a3", general(4)],
  ["a4", general(8)],
  ["a5", memory(2)],
  ["a6", memory(4)],
  ["a7", memory(8)],
  ["d1", general(1)],
  ["d2", general(2)],
  ["d3", general(4)],
  ["d4", general(8)],
  ["d11", memory(2)],
  ["d12", memory(4)],
  ["d13", memory(8)],
  ["d14", memory(16)],
]);
