/** What help and the manual page say of a flag, and below all flags of a command. Pure, and of the tables alone. */
import type { Flag } from "../core/spec/flag.ts";
import { type Command, flagsOf } from "./commands.ts";

/** @param command whose help it is; absent: the page of all */
export function aboutFlag(flag: Flag<unknown>, command?: Command): string {
  const isNamed = command === undefined || command.takes.includes("<name>");
  const about = isNamed ? flag.about : (flag.unnamed ?? flag.about);
  const [, text = "", own] = /^([^]*?)( \[[^\]]*\])?$/.exec(about) ?? [];
  const also = (flag.also ?? []).map((name) => `; also --${name}`).join("");
  // what such a command does it does with the cluster's own values
  const goesOn = flag.kept !== undefined && command !== undefined && isNamed && !command.scopes.includes("create");
  return `${text}${also}${goesOn ? " [the cluster's]" : (own ?? presetOf(flag))}`;
}

export const EXIT_CODES =
  "0 done, 1 failed, 2 bad usage, 3 partly done, 4 sign-in or permission, 5 refused before anything was written, 6 out of time, 7 conflict, 130 interrupted.";

export const PRECEDENCE =
  "A flag beats the environment (AZURE_COREOS_CLUSTER_NUM_NODES and so on), which beats --config FILE.yaml, which beats what the cluster has kept, which beats the default.";

/** What stands below the flags; empty where a command has none. */
export function belowFlags(command: Command): string {
  const flags = flagsOf(command);
  if (flags.length === 0) return "";
  const precedence = command.scopes.includes("create")
    ? `${PRECEDENCE} A switch that is on is turned off by --http=false.`
    : "A flag beats the environment (AZURE_COREOS_CLUSTER_QUIET and so on), which beats the default.";
  const time = flags.some(([, { value }]) => value === "TIME") ? " TIME is written as 90s, 30m, 2h, 7d or 1h30m." : "";
  const passed = command.name === "ssh" ? ["ssh's own flags are passed on: -L 8080:localhost:80 -N.", ""] : [];
  return ["", ...passed, `${precedence}${time}`, "", `Exit codes: ${EXIT_CODES}`, ""].join("\n");
}

// --- internal ---

const presetOf = ({ default: preset }: Flag<unknown>): string =>
  preset === undefined || preset === false || (Array.isArray(preset) && preset.length === 0)
    ? ""
    : ` [${JSON.stringify(preset).replaceAll(/["[\]]/g, "")}]`;
