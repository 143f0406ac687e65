/** What a command gets: the world, its arguments, and the flags that were given, parsed. */
import type { FlagKey, FlagValues } from "../core/spec/flags.ts";
import { clusterName } from "../core/spec/spec.ts";
import type { World } from "./world.ts";

export interface Invocation {
  readonly world: World;
  readonly command: string;
  /** Positional arguments, the cluster's name first where there is one. */
  readonly args: readonly string[];
  /** The command line after `--`, for a node. */
  readonly rest: readonly string[];
  /** Flags of ssh itself, at `ssh`. */
  readonly passed?: readonly string[];
  /** Only what was given: on the command line, in the environment, in the configuration file. */
  readonly given: Partial<FlagValues>;
  /** Those of them that the configuration file alone says, which few commands read. */
  readonly inFile: ReadonlySet<FlagKey>;
  /** A file was not written, which is said: the command goes on to its result, and does not end with 0. */
  readonly unwritten?: () => void;
  /** Ends the command, whatever it still waits for: only while nothing was written. */
  readonly giveUp?: (reason: Error) => void;
}

/** The cluster's name out of the arguments. */
export const nameArgument = (invocation: Invocation): string => clusterName(invocation.args[0] ?? "");
