/** The private half of a cluster's SSH key, where it is on this machine. */
import { readFile } from "node:fs/promises";
import { prepareSshKey } from "../../prepare/ssh-keys.ts";
import { DEFAULT_SUBJECT } from "../../prepare/subject.ts";
import type { Run } from "../run.ts";

/** Its text; undefined when it is not in the folder. Nothing is ever made. */
export async function privateKeyOf(run: Run, clusterKey: string): Promise<string | undefined> {
  const { privateKeyFile } = await prepareSshKey({
    dir: run.dir,
    subject: DEFAULT_SUBJECT,
    now: run.outside.clock.now(),
    clusterKey,
  });
  return privateKeyFile === undefined ? undefined : readFile(privateKeyFile, "utf8");
}
