/**
 * The columns of the flags table, and the ways to write a row. A row's type gives the type of the flag's value, so that
 * ClusterSpec is inferred from the table.
 */
import { orNone } from "./none.ts";
import { type Parse, flagValue, oneOf, voters } from "./parse.ts";

export type FlagScope =
  | "azure"
  | "create"
  | "nodes"
  | "remove"
  | "destroy"
  | "status"
  | "gc"
  | "export"
  | "run"
  | "logs"
  | "reboot"
  | "replace"
  | "platform"
  | "emulate"
  | "keys"
  | "certificate"
  | "lint";

/**
 * What a kept value means for a cluster that exists, when the flag is given again with another one:
 *   fixed         it cannot change
 *   new machines  it counts for machines that are yet to be made; those that exist stay as they are
 *   everything    what exists is changed to it
 */
export type Kept = "fixed" | "new machines" | "everything";

/** A row as it is written; its section comes from where it stands. */
export interface Row<T> {
  readonly name: string;
  /** Other names of the same flag. */
  readonly also?: readonly string[];
  /** The placeholder of the value in the help; absent for a switch. */
  readonly value?: string;
  /** Of one value; of a flag that is `many`, one or several. */
  readonly parse: Parse<T>;
  readonly default?: T;
  /** The value may be left out: then this one is taken. */
  readonly optional?: string;
  /** All that is accepted, where that is a closed list. */
  readonly values?: readonly string[];
  /** For completion: values of Azure's last answers are offered beside these usual ones. */
  readonly offers?: { readonly cached: "locations" | "sizes" | "images"; readonly usual: readonly string[] };
  /** The value names a file, for completion. */
  readonly file?: boolean;
  /** It may be given several times, and all count. Any other flag that takes a value is refused when it is given twice. */
  readonly many?: boolean;
  /** Its one value may name several that would do, by commas, in order of wish; a file may have a list. */
  readonly ordered?: boolean;
  /** Of a flag that is `many`: an empty list means something, and is typed as `none`. It is the default, too: of an empty list nothing is kept. */
  readonly none?: boolean;
  /** Of a flag that is `many`: its values are KEY=VALUE, each key counts by itself, and the configuration file may hold a map of them. */
  readonly pairs?: boolean;
  readonly about: string;
  /** What is said instead at a command that takes no cluster's name. */
  readonly unnamed?: string;
  /** Which commands take it: "azure" is every command that talks to Azure, "create" is create, plan and export, "nodes" is every other that logs in to nodes. */
  readonly on: readonly FlagScope[];
  /** Azure's own variable of the environment, beside AZURE_COREOS_CLUSTER_NAME. */
  readonly env?: string;
  /** The value is kept with the cluster in Azure (plan/kept-flags.ts), and is what a later run takes when the flag is not given. */
  readonly kept?: Kept;
  /** Two values of which this is the same are one wish, and the kept one stays as it is written; absent: only equal ones are. */
  readonly alike?: (value: unknown) => string;
  /** What counts for a cluster that keeps no value: it was made before the flag was there. */
  readonly untold?: T;
}

export interface Flag<T> extends Row<T> {
  /** Where it stands in the help. */
  readonly section: string;
}

/** The scopes stay literal in a row's type: the library's options of a command are the flags that the command takes. */
type Written<T, S extends FlagScope> = Omit<Row<T>, "parse" | "default" | "untold" | "many" | "on"> & { on: readonly S[] };
/** The commands of a row, by name. */
export type On<S extends FlagScope> = { readonly on: readonly S[] };

/** A flag that always has a value. */
export const needed = <T, const S extends FlagScope>(
  row: Written<T, S> & { default: NoInfer<T>; untold?: NoInfer<T>; parse: Parse<T> },
): Row<T> & On<S> & { default: T } => row;
/** A flag that may be absent. */
export const maybe = <T, const S extends FlagScope>(row: Written<T, S> & { parse: Parse<T> }): Row<T | undefined> & On<S> => row;
/** A switch. */
export const toggle = <const S extends FlagScope>(
  row: Omit<Written<boolean, S>, "value">,
): Row<boolean> & On<S> & { default: boolean } => ({ ...row, parse: flagValue, default: false });
/** A flag that may be given several times. */
export const several = <T, const S extends FlagScope>(
  row: Written<T, S> & { default: NoInfer<readonly T[]>; parse: Parse<readonly T[]> },
): Row<readonly T[]> & On<S> & { default: readonly T[] } => ({
  ...row,
  many: true,
  ...(row.none === true ? { parse: orNone(row.parse) } : {}),
});

/** Of names that Azure takes whatever their case. */
export const anyCase = (value: unknown): string => String(value).toLowerCase();
/** Of images: in another case the name of a file or a blob is another one's. */
export const anyCaseButOfFiles = (value: unknown): string => (/\.vhd/i.test(String(value)) ? String(value) : anyCase(value));
/** Of lists whose order says nothing. */
export const anyOrder = (value: unknown): string => [value].flat().map(anyCase).sort().join();

/** The columns of a closed list. */
export const choice = <const T extends string>(...values: readonly T[]): { parse: Parse<T>; values: readonly T[] } => ({
  parse: oneOf(...values),
  values,
});
export const voting = (...counts: readonly number[]): { parse: Parse<number>; values: readonly string[] } => ({
  parse: voters(...counts),
  values: counts.map(String),
});

/** Rows that stand together in the help. */
export const section = <const R extends Record<string, Row<unknown>>>(
  title: string,
  rows: R,
): { readonly [K in keyof R]: R[K] & { readonly section: string } } =>
  Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, { ...row, section: title }])) as {
    [K in keyof R]: R[K] & { section: string };
  };
