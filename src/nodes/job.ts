/**
 * A piece of work that goes on on a node whoever is still connected: a transient unit of systemd, one at a time on a node. Its command, its
 * log, its exit code and a mark for each that is done lie in a folder of root's, so that whoever comes later knows how far it came.
 * What is secret travels on stdin into a file that the work deletes as soon as it has read it.
 */
import { ClusterError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import type { Connection } from "./connection.ts";
import { asRoot, firstLine } from "./as-root.ts";

/** Root's alone; it outlives a reboot. */
export const JOBS = "/var/lib/azure-coreos-cluster/platform";

export interface Job {
  /** A word; its mark is kept under it. */
  readonly name: string;
  /** A shell command. */
  readonly command: string;
  /** A shell test of what the command leaves behind: without it the mark does not count. */
  readonly proof: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** "running": another one is, or this one already. "done": nothing had to be done. */
export type JobStart = { readonly state: "started" | "done" } | { readonly state: "running"; readonly name: string };

export interface JobLook {
  /** "gone": it ended without a word, as when the node was rebooted under it. */
  readonly state: "running" | "ended" | "gone";
  readonly name: string;
  readonly code?: number;
  /** What it has written since the offset. */
  readonly output: Buffer;
}

/** Starts it unless it is done or something runs. Atomic: of two at once one starts it. @throws ClusterError JobNotStarted; what exec throws */
export async function startJob(connection: Connection, { name, command, environment, proof }: Job): Promise<JobStart> {
  const assignments = Object.entries(environment).map(([key, value]) => `${key}=${shellWord(value)}\n`);
  const { code, stdout, stderr } = await asRoot(connection, START, [UNIT, JOBS, name, command, RUN, proof], {
    stdin: assignments.join(""),
  });
  const [state, other = name] = stdout.trim().split(" ");
  if (code === 0 && state === "running") return { state, name: other };
  if (code === 0 && (state === "started" || state === "done")) return { state };
  throw new ClusterError("JobNotStarted", `${connection.target.name} did not start ${name}: ${firstLine(stderr)}`, {
    source: "node",
    advice: `Does ${connection.target.user} have sudo without a password there, and does systemd run?`,
  });
}

/** @param offset bytes of its output that are known */
export async function lookAtJob(connection: Connection, offset: number): Promise<JobLook> {
  const { stdout, stderr, code } = await asRoot(connection, LOOK, [UNIT, JOBS, String(offset + 1)], {});
  const [, state, name, ended, encoded = ""] = /^(running|ended|gone) (\S*) (\d*)\n([\s\S]*)$/.exec(stdout) ?? [];
  if (code !== 0 || state === undefined)
    throw new ClusterError("JobUnreadable", `${connection.target.name} does not say how far it is: ${firstLine(stderr)}`, {
      source: "node",
      advice: `The step goes on there; the same command follows it. What it keeps is in ${JOBS}, for root.`,
    });
  return {
    state: state as JobLook["state"],
    name: name ?? "",
    ...(ended === "" ? {} : { code: Number(ended) }),
    output: Buffer.from(encoded, "base64"),
  };
}

// --- internal ---

const UNIT = "azure-coreos-cluster-platform";

/** The mark is there before the code, the code before the unit is over. */
const RUN = `cd "$1"; umask 077
set -a; . ./environment; set +a; rm -f environment
if /bin/sh ./command </dev/null >log 2>&1; then code=0; : >"done/$2"; else code=$?; fi
echo $code >code.new; mv code.new code`;

/** In files, for systemd would fill in variables of its own. The lock is let go before the work begins. */
const START = `umask 077; unit=$1 name=$3
mkdir -p "$2/done"; chmod 700 "$2"; cd "$2"
exec 9>lock; flock 9
if systemctl is-active --quiet "$unit"; then cat >/dev/null; echo "running $(cat job)"; exit; fi
if [ -e "done/$name" ] && sh -c "$6" >/dev/null 2>&1; then cat >/dev/null; echo "done"; exit; fi
rm -f code; : >log; printf %s "$name" >job
cat >environment; printf '%s\\n' "$4" >command; printf '%s\\n' "$5" >run
systemd-run --quiet --collect --unit="$unit" /bin/sh "$2/run" "$2" "$name" 9>&-
echo started`;

const LOOK = `cd "$2"
if systemctl is-active --quiet "$1"; then state=running; elif [ -e code ]; then state=ended; else state=gone; fi
code=
if [ $state = ended ]; then code=$(cat code); fi
echo "$state $(cat job) $code"
tail -c +"$3" log | head -c 65536 | base64 -w 0`;
