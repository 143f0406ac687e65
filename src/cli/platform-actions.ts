/** THE TABLE OF PLATFORM'S ACTIONS, and of the flags that each takes beside those of every command that logs in to nodes. */
import { usageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { shellWord } from "../core/quoting.ts";
import { FLAGS, type FlagKey, type FlagValues } from "../core/spec/flags.ts";

export type Action = keyof typeof TAKES;

const TAKES = {
  install: [
    "domain",
    "adminUsername",
    "passwordFile",
    "servers",
    "channel",
    "certManager",
    "clusterCidr",
    "serviceCidr",
    "installer",
    "installerSha256",
  ],
  status: [],
  upgrade: ["passwordFile", "installer", "installerSha256"],
  uninstall: ["installer", "installerSha256"],
} as const satisfies Record<string, readonly FlagKey[]>;

export const ACTIONS = Object.keys(TAKES) as Action[];

/**
 * @param name that of the cluster: the two may stand the other way round
 * @throws ClusterError Usage for no such action, and for a flag of another one
 */
export function actionNamed(word: string, name: string, given: Partial<FlagValues>): Action {
  const action = ACTIONS.find((one) => one === word);
  if (action === undefined) {
    const later = ACTIONS.find((one) => one === name);
    if (later !== undefined)
      throw usageError(
        `the name comes after what platform is to do, and "${word}" is nothing that it can`,
        `azure-coreos-cluster platform ${later} ${shellWord(word)}`,
      );
    const meant = nearest(word, ACTIONS, 2);
    throw usageError(
      `platform cannot ${word}${meant === undefined ? "" : `: did you mean "${meant}"?`}`,
      `It can ${ACTIONS.join(", ")}: azure-coreos-cluster platform install NAME`,
    );
  }
  const taken: readonly FlagKey[] = TAKES[action];
  const strange = TAKES.install.find((key) => given[key] !== undefined && !taken.includes(key));
  if (strange !== undefined)
    throw usageError(`--${FLAGS[strange].name} is no flag of platform ${action}`, "The installation's choices stay as they are.");
  return action;
}
