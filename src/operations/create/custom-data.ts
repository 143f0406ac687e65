/** A user's own cloud-init file (`--custom-data`), and the check that any user-data goes through before a machine gets it. */
import { defined } from "../../core/defined.ts";
import { pathExists } from "../../prepare/beside.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import { gunzipSync } from "node:zlib";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { checkUserDataFile, type UserDataOptions } from "../../core/user-data/check.ts";
import { customUserData, filledNotes, type CustomValues } from "../../core/user-data/custom.ts";
import { strictText } from "../../core/strict-text.ts";
import { ownPath } from "../files/own-path.ts";
import type { Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";
import type { Finding } from "../../core/user-data/check/finding.ts";

/** A file as it was given. */
export interface CustomFile {
  readonly bytes: Uint8Array;
  /** What can be filled in; absent for gzip, which is sent as it is, and for what is no text. */
  readonly text?: string;
}

export async function readCustom(run: Run, file: string): Promise<CustomFile> {
  try {
    return customFile(await readWhole(ownPath(run.outside, file)));
  } catch (error) {
    throw usageError(
      `--custom-data: cannot read ${file}`,
      `${whyUnread(error)} \`azure-coreos-cluster create-azure-user-data\` writes one from the templates.`,
    );
  }
}

export function customFile(bytes: Uint8Array): CustomFile {
  const text = strictText(bytes, "", "");
  return typeof text === "string" ? { bytes, text } : { bytes };
}

/** @throws ClusterError DiscoveryUrlMissing */
export const filledIn = ({ bytes, text }: CustomFile, values: CustomValues): string | Uint8Array =>
  text === undefined ? bytes : customUserData(text, values);

/** For the check: bounded, so that a bomb fills no memory. */
export const gunzip = (packed: Uint8Array, limit: number): Uint8Array => gunzipSync(packed, { maxOutputLength: limit });

/** Says what of the user's file is not sent as it is. */
export function noteFilled(run: Run, { text }: CustomFile): void {
  for (const { line, message } of filledNotes(text ?? "")) noteOnce(run, `line ${line}: ${message}`);
}

/** The user's own file: what a node would refuse is refused here, before anything is made, and what it would ignore is said. @throws ClusterError UserDataRefused (exit 5) */
export function refuseBadCustomData(run: Run, spec: ClusterSpec, userData: string | Uint8Array): void {
  const { errors, warnings } = checked(spec, userData, {
    isThere: (path) => pathExists(ownPath(run.outside, path)),
    ...defined({ file: spec.customData }),
  });
  for (const { line, message } of warnings) noteOnce(run, line === undefined ? message : `line ${line}: ${message}`);
  if (errors.length === 0) return;
  throw new ClusterError("UserDataRefused", `${spec.customData} would not work on a node:\n${listed(errors)}`, {
    exit: EXIT.preflight,
    advice: `Mend it; \`azure-coreos-cluster lint ${shellWord(spec.customData ?? "FILE")}${platformFlag(spec)}\` checks it again. Nothing was written to Azure.`,
  });
}

/** What was made from the templates, which people edit. @throws ClusterError UserDataRefused (exit 5) */
export function refuseBadTemplate(spec: ClusterSpec, userData: string | Uint8Array): void {
  const { errors } = checked(spec, userData);
  if (errors.length === 0) return;
  throw new ClusterError("UserDataRefused", `what the templates make would not work on a node:\n${listed(errors)}`, {
    exit: EXIT.preflight,
    advice:
      "Lines are those of the user-data that was made of them. Mend what you changed in templates/; if you changed nothing, it is a fault of azure-coreos-cluster: please report it. Nothing was written to Azure.",
  });
}

/** A user's own file decides whether there is an etcd of ours at all: all machines of a cluster have the same. */
export function refuseOtherCustomData(
  spec: ClusterSpec,
  before: string | undefined,
  now: string | undefined,
  fresh: number,
): void {
  // what every node was given is kept, but for what was filled in
  const same = `Give --custom-data with the file whose SHA-256 is ${before}; where nothing is filled in, each ${spec.name}/user-data-*.yaml is a copy (sha256sum)`;
  if (now === undefined && before !== undefined && fresh > 0)
    throw usageError(
      `${spec.name} was made with --custom-data, and the new machines need the same`,
      `${same}. If it is lost, no more machines can be made for this cluster: make another one.`,
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
            : fresh === 0
              ? `${same}; leave --custom-data out; or make another cluster.`
              : `${same}; or make another cluster.`,
      },
    );
}

// --- internal ---

const platformFlag = ({ platform }: ClusterSpec): string =>
  platform === FLAGS.platform.default ? "" : ` --platform ${platform}`;

function checked(
  { platform }: ClusterSpec,
  userData: string | Uint8Array,
  named: Partial<Pick<UserDataOptions, "file" | "isThere">> = {},
): { errors: Finding[]; warnings: Finding[] } {
  const bytes = typeof userData === "string" ? new TextEncoder().encode(userData) : userData;
  const findings = checkUserDataFile(bytes, { platform, gunzip, ...named });
  return {
    errors: findings.filter(({ level }) => level === "error"),
    warnings: findings.filter(({ level }) => level === "warning"),
  };
}

const listed = (errors: readonly Finding[]): string =>
  errors
    .map(
      ({ line, message, advice }) =>
        `  ${line === undefined ? "" : `line ${line}: `}${message}${advice === undefined ? "" : `\n      ${advice}`}`,
    )
    .join("\n");

/** A replacement prepares again for each node: it is one run all the same. */
const noted = new WeakMap<Run["lookups"], Set<string>>();

function noteOnce(run: Run, message: string): void {
  const seen = noted.get(run.lookups) ?? new Set<string>();
  noted.set(run.lookups, seen);
  if (seen.has(message)) return;
  seen.add(message);
  run.emit({ kind: "note", id: "custom-data", label: "custom data", message: `--custom-data: ${message}` });
}
