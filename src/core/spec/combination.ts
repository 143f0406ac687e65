/** A row of the combinations table: what cannot be wished together, and why. */
import type { FlagKey, FlagValues } from "./flags.ts";

/** What was wished, and which flags were typed for it. */
export type Wish = FlagValues & {
  readonly name: string;
  readonly given: readonly FlagKey[];
  /** It is of a cluster that exists: what is fixed there is nothing to give another value of. */
  readonly stands?: boolean;
};

/** A sentence, or what it is made from. */
type Said<T> = T | ((spec: Wish) => T);

export interface Combination {
  readonly when: (spec: Wish) => boolean;
  /** Flags that are kept, and whose kept value may make it fit: while one of them is not given, only a cluster that was read can tell. */
  readonly unlessKept?: readonly FlagKey[];
  /** A cluster that exists has decided it, and may be told again what it has: another value is refused as such (fixed choices). */
  readonly ofNew?: true;
  readonly why: Said<string>;
  /** What to give in its place; absent where the reason says it. */
  readonly instead?: Said<string | undefined>;
}

export const said = <T extends string | undefined>(text: Said<T>, spec: Wish): T =>
  typeof text === "function" ? text(spec) : text;
