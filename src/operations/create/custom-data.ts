/** A user's own cloud-init file (`--custom-data`), and the check that any user-data goes through before a machine gets it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { checkUserData } from "../../core/user-data/check.ts";
import type { Run } from "../run.ts";

export async function readCustom(run: Run, file: string): Promise<string> {
  try {
    return await readFile(resolve(run.outside.cwd, file), "utf8");
  } catch (error) {
    throw usageError(
      `--custom-data: cannot read ${file}`,
      `${(error as Error).message}. \`azure-coreos-cluster create-azure-user-data\` writes one from the templates.`,
    );
  }
}

/** What a node would refuse or silently ignore is refused here, before anything is made. */
export function refuseBadUserData(spec: ClusterSpec, userData: string, custom: boolean, run: Run): void {
  const findings = checkUserData(userData, { platform: spec.platform });
  const errors = findings.filter((finding) => finding.level === "error");
  if (custom) for (const finding of findings.filter((one) => one.level === "warning")) noteOnce(run, finding.message);
  if (errors.length === 0) return;
  const list = errors
    .map((finding) => `  ${finding.line === undefined ? "" : `line ${finding.line}: `}${finding.message}`)
    .join("\n");
  throw new ClusterError(
    "UserDataRefused",
    `${custom ? spec.customData : "the rendered user-data"} would not work on a node:\n${list}`,
    {
      source: custom ? "user" : "bug",
      exit: EXIT.preflight,
      advice: custom
        ? `Mend it; \`azure-coreos-cluster lint ${spec.customData}\` checks it again. Nothing was written to Azure.`
        : "Check the templates if you changed them.",
    },
  );
}

const noted = new WeakMap<Run, Set<string>>();

function noteOnce(run: Run, message: string): void {
  const seen = noted.get(run) ?? new Set<string>();
  noted.set(run, seen);
  if (seen.has(message)) return;
  seen.add(message);
  run.emit({ kind: "note", id: "custom-data", label: "custom data", message: `--custom-data: ${message}` });
}

/** A user's own file decides whether there is an etcd of ours at all: all machines of a cluster have the same. */
export function refuseOtherCustomData(
  spec: ClusterSpec,
  before: string | undefined,
  now: string | undefined,
  fresh: number,
): void {
  if (now === undefined && before !== undefined && fresh > 0)
    throw usageError(
      `${spec.name} was made with --custom-data, and the new machines need the same`,
      `Give --custom-data with the file whose SHA-256 is ${before}.`,
    );
  if (now !== undefined && now !== before)
    throw new ClusterError(
      "ChoiceFixed",
      before === undefined
        ? `${spec.name} was made without --custom-data, and its machines cannot be given a file now`
        : `${spec.name} was made with another file than ${spec.customData}, and its machines keep that`,
      {
        exit: EXIT.conflict,
        advice:
          before === undefined
            ? "Leave --custom-data out, or make another cluster."
            : `Give the file whose SHA-256 is ${before}, leave --custom-data out, or make another cluster.`,
      },
    );
}
