/**
 * What a reboot of many nodes remembers while it lasts, in the cluster's folder: which boot each node was in when it began. A run that
 * broke off goes on by it: who is in another boot is done. Losing it loses nothing but that: the next run begins anew.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BOOT_ID } from "../../nodes/reboot.ts";
import { clusterFolder } from "../../prepare/cluster-folder.ts";
import { PUBLIC } from "../../prepare/kept-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import { textAt } from "../../prepare/kept-file.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

export interface Noted {
  /** The creation that the nodes are of. */
  readonly cluster: string;
  /** ISO time of its beginning. */
  readonly begun: string;
  /** Indexes of the nodes that are to be rebooted. */
  readonly nodes: readonly number[];
  /** The boot that each was in, by index; absent for one that did not answer. */
  readonly boots: Readonly<Record<string, string>>;
  /** Indexes of those that are back. */
  readonly done: readonly number[];
}

/** A reboot of the same nodes that broke off within the last day. */
export async function notedReboot(run: Run, name: string, wanted: Pick<Noted, "cluster" | "nodes">): Promise<Noted | undefined> {
  const text = textAt(fileOf(run, name)) ?? "";
  const noted = parsed(text);
  const age = run.outside.clock.now() - Date.parse(noted?.begun ?? "");
  const same = noted?.cluster === wanted.cluster && noted.nodes.join() === wanted.nodes.join();
  return noted !== undefined && same && age >= 0 && age < DAY_MS ? noted : undefined;
}

export async function noteReboot(run: Run, name: string, noted: Noted): Promise<void> {
  await clusterFolder(run.dir, name);
  await replaceFile(fileOf(run, name), `${JSON.stringify(noted)}\n`, PUBLIC);
}

export const forgetReboot = (run: Run, name: string): Promise<void> => rm(fileOf(run, name), { force: true });

// --- internal ---

const DAY_MS = 86_400_000;

const fileOf = (run: Run, name: string): string => join(run.dir, name, FOLDER_FILES.reboot);

function parsed(text: string): Noted | undefined {
  try {
    const found = JSON.parse(text) as Partial<Noted> | null;
    const numbers = [found?.nodes, found?.done].every((list) => Array.isArray(list) && list.every(Number.isInteger));
    const boots = Object.values(found?.boots ?? { none: "" }).every((id) => typeof id === "string" && BOOT_ID.test(id));
    return numbers && boots && typeof found?.cluster === "string" && typeof found.begun === "string"
      ? (found as Noted)
      : undefined;
  } catch {
    return undefined;
  }
}
