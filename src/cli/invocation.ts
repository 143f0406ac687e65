/** What a command gets: the world, its arguments, and the flags that were given, parsed. */
import type { FlagValues } from "../core/flags.ts";
import type { World } from "./world.ts";

export interface Invocation {
  readonly world: World;
  readonly command: string;
  /** Positional arguments. */
  readonly args: readonly string[];
  /** The command line after `--`, for a node. */
  readonly rest: readonly string[];
  /** Only what was given: on the command line, in the environment, in the configuration file. */
  readonly given: Partial<FlagValues>;
}

/**
 * `keep` writes what it makes into the cluster's folder; `imagine` (a dry run) makes nothing that stays; `bare` is `keep` without
 * the etcd authority: new members are made without a certificate, and get it later.
 */
export type Mode = "keep" | "imagine" | "bare";
