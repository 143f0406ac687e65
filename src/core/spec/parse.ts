/** Parsers of single values as people type them: each returns the value or throws a usage error that says what is accepted. */
import { isSystemPlace, normalPath } from "./mount-point.ts";
import { usageError } from "../errors.ts";

export interface Parse<T> {
  (text: string): T;
  /** What it accepts, in the words of JSON Schema, for whoever checks a value before it is parsed: a text, where it says nothing. */
  readonly accepts?: Accepts;
}

/** Keywords of JSON Schema. A schema says no more than the parser does: what it refuses is refused here, too. */
export interface Accepts {
  readonly type: "string" | "integer" | "boolean" | readonly ("string" | "number" | "integer")[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of texts; how JavaScript reads it with the flag u. */
  readonly pattern?: string;
  readonly enum?: readonly (string | number)[];
}

/** A parser that says what it accepts. */
export const accepting = <T>(accepts: Accepts, parse: (text: string) => T): Parse<T> => Object.assign(parse, { accepts });

const TEXT: Accepts = { type: "string", pattern: "\\S" };

export const anyText: Parse<string> = accepting(TEXT, (value) => {
  if (value.trim() === "") throw usageError("an empty value is not accepted");
  return value;
});

/** Some tools take `-` for what a pipe brings, or for the screen: here it would be a file of that name. */
export const file: Parse<string> = accepting(TEXT, (value) => {
  if (value === "-")
    throw usageError(
      '"-" is no file here: give /dev/stdin for what a pipe brings, /dev/stdout for the screen, or ./- for a file of that name',
    );
  return anyText(value);
});

export const YES = /^(1|true|yes|on)$/i;
export const NO = /^(0|false|no|off)$/i;

export const flagValue: Parse<boolean> = accepting({ type: "boolean" }, (value) => {
  if (YES.test(value)) return true;
  if (NO.test(value) || value === "") return false;
  throw usageError(`"${value}" is neither true nor false`);
});

/** A switch that the command line alone takes with its speed (`--simulate=10x`). */
export const rehearsal: Parse<boolean> = accepting({ type: "boolean" }, (value) => {
  if (!/^[\d.]+x$/i.test(value)) return flagValue(value);
  throw usageError(
    `"${value}" is neither true nor false`,
    "In a file and in the environment how fast is simulate-speed, or AZURE_COREOS_CLUSTER_SIMULATE_SPEED; --simulate=10x is short for both.",
  );
});

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number): Parse<number> =>
  accepting({ type: "integer", minimum: min, maximum: max }, (value) => {
    const number = /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw usageError(`"${value}" is not a whole number from ${min} to ${max}`);
    return number;
  });

/** How many vote, of these numbers: of the others between them, which are even, it says why not. */
export const voters = (...counts: readonly number[]): Parse<number> =>
  accepting({ type: "integer", enum: counts }, (value) => {
    const count = integer(Math.min(...counts), Math.max(...counts))(value);
    if (counts.includes(count)) return count;
    throw usageError(
      `"${value}" is even: ${count} that vote bear no more failures than ${count - 1}`,
      `Give ${counts.slice(0, -1).join(", ")} or ${counts.at(-1)}.`,
    );
  });

export const oneOf = <const T extends string>(...values: readonly T[]): Parse<T> =>
  accepting({ type: "string", enum: values }, (value) => {
    const found = values.find((v) => v.toLowerCase() === value.toLowerCase());
    if (found === undefined) throw usageError(`"${value}" is none of ${values.join(", ")}`);
    return found;
  });

const UNIT: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest time that is accepted; far beyond it a date could no longer be written. */
const YEAR = 365 * 86_400_000;

const TIMES = "Write it as 90s, 30m, 2h, 7d or 1h30m.";

/** "90s", "30m", "2h", "1h30m", "7d" in milliseconds; more than nothing, and at most a year. */
export const timeSpan: Parse<number> = accepting(
  { type: "string", pattern: "^\\s*(?=.*[1-9])(\\d+(\\.\\d+)?[smhdSMHD])+\\s*$" },
  (value) => {
    const clean = value.trim().toLowerCase();
    // minutes to one, seconds to another: with a cluster's life at stake nobody guesses
    if (/^\d+(\.\d+)?$/.test(clean) && Number(clean) > 0)
      throw usageError(`${clean} what?`, `Give the unit too: ${clean}m are minutes, ${clean}h hours, ${clean}d days.`);
    const parts = [...clean.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
    const total = parts.reduce((sum, [, n, unit]) => sum + Number(n) * (UNIT[unit ?? "s"] ?? 0), 0);
    if (parts.map(([whole]) => whole).join("") !== clean || total <= 0)
      throw usageError(`"${value}" is no length of time`, TIMES);
    if (total > YEAR) throw usageError(`"${value}" is longer than a year`, "365d is the most that is accepted.");
    return total;
  },
);

/** An Azure location as ARM writes it: "West US" is westus. */
export const location: Parse<string> = accepting({ type: "string", pattern: "^[\\s_-]*[A-Za-z][A-Za-z0-9\\s_-]*$" }, (value) => {
  const name = value.toLowerCase().replaceAll(/[\s_-]/g, "");
  if (!/^[a-z]+[a-z0-9]*$/.test(name))
    throw usageError(`"${value}" is no Azure location`, "For example: westus, westeurope, eastus2.");
  return name;
});

/** The pattern of several that fit one, with commas between them. */
function listed(pattern: string): string {
  const one = pattern.startsWith("^") && pattern.endsWith("$") ? pattern.slice(1, -1) : `[^,]*${pattern}[^,]*`;
  return `^${one}(,${one})*$`;
}

/** Several that would do, in order of wish: "A, B" is "A,B". One alone is a wish, too. */
export const alternatives = (parse: Parse<string>): Parse<string> =>
  accepting({ type: "string", pattern: listed(parse.accepts?.pattern ?? "") }, (value) =>
    value
      .split(",")
      .map((one) => parse(one.trim()))
      .join(","),
  );

/** A tenant of Microsoft Entra: its id, or a domain of it, as the sign-in library accepts them. */
export const tenant: Parse<string> = accepting({ type: "string", pattern: "^\\s*[0-9a-zA-Z.-]+\\s*$" }, (value) => {
  const name = value.trim();
  // the last three stand for any tenant, where a person chooses his own on a page
  if (!/^[0-9a-zA-Z.-]+$/.test(name) || /^(common|organizations|consumers)$/i.test(name))
    throw usageError(
      `"${value}" is no tenant: its id is of the form 00000000-0000-0000-0000-000000000000, or a domain of it is given`,
      "`az account list --query '[].{name:name,tenant:tenantId}' --output table` shows yours.",
    );
  return name;
});

/** A GUID, lower case. */
const guid = (advice: string): Parse<string> =>
  accepting({ type: "string", pattern: "^\\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\s*$" }, (value) => {
    const id = value.trim().toLowerCase();
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
      throw usageError(`"${value}" is no id of the form 00000000-0000-0000-0000-000000000000`, advice);
    return id;
  });

export const subscriptionId = guid("`az account list --output table` shows yours.");
export const applicationId = guid(
  "`az ad app list --show-mine --query '[].{name:displayName,clientId:appId}' --output table` shows yours.",
);

/** A resource's own name: letters, digits, `_ . -`, as most of Azure's network and compute kinds take it. */
export const resourceName: Parse<string> = accepting(
  { type: "string", pattern: "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$" },
  (value) => {
    if (!/^[a-z0-9]([a-z0-9_.-]{0,78}[a-z0-9_])?$/i.test(value))
      throw usageError(
        `"${value}" is no name that Azure takes`,
        "1 to 80 letters, digits, dots, hyphens and underscores; it starts with a letter or digit.",
      );
    return value;
  },
);

export const groupName: Parse<string> = accepting(
  { type: "string", pattern: "^[\\p{L}\\p{N}_().-]{0,89}[\\p{L}\\p{N}_()-]$" },
  (value) => {
    if (!/^[\p{L}\p{N}_().-]{1,90}$/u.test(value) || value.endsWith("."))
      throw usageError(
        `"${value}" is no resource group name`,
        "1 to 90 letters, digits and _ ( ) - . ; it does not end with a dot.",
      );
    return value;
  },
);

/** What may stand in a host name: letters, digits and hyphens. */
export const hostPart: Parse<string> = accepting(
  { type: "string", pattern: "^[A-Za-z0-9]([A-Za-z0-9-]{0,40}[A-Za-z0-9])?$" },
  (value) => {
    if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/i.test(value))
      throw usageError(
        `"${value}" cannot be part of a machine's name`,
        "Letters, digits and hyphens, at most 42; it starts and ends with a letter or digit.",
      );
    return value.toLowerCase();
  },
);

/** Where the data disk goes: a plain absolute path, in its shortest form, where the system does not live. */
export const mountPoint: Parse<string> = accepting({ type: "string", pattern: "^/[A-Za-z0-9_./-]*$" }, (value) => {
  if (!/^\/[A-Za-z0-9_./-]*$/.test(value))
    throw usageError(`"${value}" is no absolute path of plain letters`, "For example /var/lib/docker.");
  const path = normalPath(value);
  if (isSystemPlace(path))
    throw usageError(
      `the data disk cannot be mounted at ${value}: the system itself lives there`,
      "Give a folder of its own, such as /var/lib/docker or /data.",
    );
  return path;
});

/** "10x", "10": how many times as fast. */
export const speed: Parse<number> = accepting(
  { type: ["number", "string"], minimum: 0.01, maximum: 9999.99, pattern: "^\\d{1,4}(\\.\\d{1,2})?[xX]?$" },
  (text) => {
    const value = Number(/^(\d{1,4}(?:\.\d{1,2})?)x?$/i.exec(text)?.[1]);
    if (value > 0) return value;
    throw usageError(`"${text}" is no speed`, "Give how many times as fast as Azure it is to be, for example 10x.");
  },
);

/** As systemd.unit(5) writes them; nothing that a shell could take for more. */
export const unitName: Parse<string> = (text) => {
  if (/^[A-Za-z0-9:_.@\\-]{1,256}$/.test(text) && !text.startsWith("-")) return text;
  throw usageError(`"${text}" is no name of a systemd unit`, "For example etcd-member, or docker.service.");
};
