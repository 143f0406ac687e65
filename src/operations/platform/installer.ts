/**
 * Drycc's installer: fetched once, or read from a file, told by its digest, and the same bytes go to all nodes. Nobody runs what was
 * not looked at: with `--installer-sha256` another script than that one is refused before anything is sent.
 */
import { textUpTo } from "../../core/text-up-to.ts";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { isLoopback } from "../../core/loopback.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import { ownPath } from "../files/own-path.ts";
import type { Run } from "../run.ts";

export const INSTALLER = "https://www.drycc.cc/install.sh";

export interface Script {
  /** A URL, or an absolute path. */
  readonly source: string;
  readonly text: string;
  readonly sha256: string;
}

/** @throws ClusterError InstallerUnread, InstallerChanged (exit 5), Usage */
export async function readScript(run: Run, given: string, demanded: string | undefined): Promise<Script> {
  const source = /^https?:/i.test(given) ? given : ownPath(run.outside, given);
  // nothing is run, whatever it is
  if (run.simulated && source === given && isUrl(source)) return { source, text: "#!/bin/sh\n", sha256: demanded ?? NOT_FETCHED };
  const text = await (source === given && isUrl(source) ? fetched(run, source) : fromFile(source));
  const sha256 = createHash("sha256").update(text).digest("hex");
  if (demanded !== undefined && demanded !== sha256)
    throw new ClusterError("InstallerChanged", `${source} is not the script that was demanded: its SHA-256 is ${sha256}`, {
      exit: EXIT.preflight,
      advice: `--installer-sha256 is ${demanded}. Nothing was run. Read the script; if it is what you want, give its SHA-256.`,
    });
  if (!text.startsWith("#!"))
    throw new ClusterError("InstallerUnread", `${source} is no script`, {
      exit: EXIT.preflight,
      advice: "Nothing was run. --installer URL or FILE names another copy of it.",
    });
  return { source, text, sha256 };
}

/** Another script of the same folder, wherever that is. */
export const beside = (source: string, name: string): string =>
  isUrl(source) ? new URL(name, source).href : join(dirname(source), name);

/** "www.drycc.cc 443"; undefined for a file. */
export function hostOf(source: string): string | undefined {
  if (!isUrl(source)) return undefined;
  const { hostname, port, protocol } = new URL(source);
  return `${hostname} ${port === "" ? (protocol === "http:" ? "80" : "443") : port}`;
}

// --- internal ---

/** The digest of nothing known. */
const NOT_FETCHED = "0".repeat(64);

const isUrl = (source: string): boolean => /^https?:/i.test(source);
const DEADLINE_MS = 30_000;
const MOST_BYTES = 1 << 20;

async function fetched(run: Run, source: string): Promise<string> {
  if (!source.startsWith("https:") && !isLoopback(source))
    throw usageError(`--installer ${source}: a script that root runs is fetched over https`, "Give an https URL or a file.");
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const answer = await run.wayOut.fetch(source, { signal: AbortSignal.any([run.tools.signal, deadline]) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await textUpTo(answer, MOST_BYTES);
  } catch (cause) {
    run.tools.signal.throwIfAborted();
    throw new ClusterError(
      "InstallerUnread",
      `${source} could not be fetched: ${deadline.aborted ? "no answer within 30 s" : (cause as Error).message}`,
      { exit: EXIT.preflight, advice: "Nothing was run. --installer URL or FILE names another copy of it.", cause },
    );
  }
}

async function fromFile(source: string): Promise<string> {
  try {
    return (await readWhole(source)).toString("utf8");
  } catch (cause) {
    throw usageError(`--installer: cannot read ${source}`, `${whyUnread(cause)} An https URL is taken, too.`);
  }
}
