/**
 * The admin's password: given, or else made and kept in the cluster's folder (0600). While the installation lasts it also lies with the first node,
 * where root alone reads it: who goes on elsewhere goes on with the same, and of two at once the first one's counts.
 */
import { join } from "node:path";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { JOBS } from "../../nodes/job.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import { PRIVATE, keepAndRead, readKept, readableByOthers } from "../../prepare/kept-file.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import { ownPath } from "../files/own-path.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import type { Site } from "./reached.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

export interface Settled {
  readonly text: string;
  /** Where it is kept; absent for one that was given. */
  readonly file?: string;
}

/** Whether it is known already, and nobody needs to be asked. */
export const isPasswordKnown = async (run: Run, { access, cluster }: Site, first: NodeTarget): Promise<boolean> =>
  run.simulated ||
  (await keptPassword(run, cluster.spec.name)) !== undefined ||
  (await access.read(first, `${JOBS}/password`)) !== undefined;

/** What was made for a cluster's platform. */
export const keptPassword = async (run: Run, name: string): Promise<string | undefined> =>
  (await readKept(fileOf(run, name)))?.toString("utf8").trim();

/** @throws ClusterError PasswordChosen (exit 7) */
export async function settlePassword(
  run: Run,
  { access, cluster }: Site,
  first: NodeTarget,
  given: string | undefined,
): Promise<Settled> {
  if (run.simulated) return { text: "rehearsal" };
  const { name } = cluster.spec;
  const before = await access.read(first, `${JOBS}/password`);
  const kept = await keptPassword(run, name);
  const mine = given ?? kept ?? before ?? (await make(run, name));
  await access.put(first, "password", mine, { mode: "0600", keep: true });
  const there = (await access.read(first, `${JOBS}/password`)) ?? mine;
  if (there !== mine && given !== undefined)
    throw new ClusterError("PasswordChosen", "the installation was begun with another password of the admin", {
      source: "node",
      exit: EXIT.conflict,
      advice: "Leave the password out: the installation goes on with the first one.",
    });
  const file = fileOf(run, name);
  const mineToKeep = given === undefined && (await keptPassword(run, name)) !== undefined;
  // one that others may read is ours alone again
  if (mineToKeep && (there !== mine || (await readableByOthers(file)) !== undefined))
    await replaceFile(file, `${there}\n`, PRIVATE);
  return { text: there, ...(mineToKeep ? { file } : {}) };
}

export const forgetPassword = async ({ access }: Pick<Site, "access">, first: NodeTarget): Promise<void> =>
  void (await access.run(first, `rm -f ${JOBS}/password`));

/** @throws ClusterError Usage for a file that is none, or holds no password that does */
export async function passwordIn(outside: Pick<Run["outside"], "cwd" | "env">, file: string): Promise<string> {
  const text = await readWhole(ownPath(outside, file)).catch((cause: unknown) => {
    throw usageError(
      `--password-file: cannot read ${file}`,
      `${whyUnread(cause)} Without the flag a password is asked for or made.`,
    );
  });
  return fitPassword(text.toString("utf8").replace(/\r?\n$/, ""), `--password-file ${file}`);
}

/** @throws ClusterError Usage */
export function fitPassword(text: string, what: string): string {
  if (isPassword(text)) return text;
  throw usageError(
    `${what} does not do as a password`,
    "8 to 200 letters, digits and . _ ~ + = / @ -, no number, and first a letter or digit: the installer writes it into a YAML file as it stands.",
  );
}

/** The installer writes it into a YAML file as it stands: nothing that YAML takes for a number, a comment or a map. */
export const isPassword = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._~+=/@-]{7,199}$/.test(text) && Number.isNaN(Number(text));

// --- internal ---

const fileOf = (run: Run, name: string): string => join(run.dir, name, FOLDER_FILES.platformPassword);

async function make(run: Run, name: string): Promise<string> {
  await clusterFolder(run.dir, name);
  const text = Buffer.from(run.outside.random(18))
    .toString("base64")
    .replaceAll(/[^A-Za-z0-9]/g, "x");
  return (await keepAndRead(fileOf(run, name), `${text}\n`, PRIVATE)).bytes.toString("utf8").trim();
}
