/**
 * Which etcd the nodes run: a tag of quay.io/coreos/etcd. One line only, 3.5: the last with both the v2 and the v3 API, and the one that
 * Flatcar's etcd-member is made for. Kept with the cluster, so that a node that is added later runs the etcd of the first ones.
 */
import { usageError } from "./errors.ts";
import { type Parse, accepting } from "./spec/parse.ts";

/** The newest 3.5 (July 2026, tags of etcd-io/etcd). */
export const ETCD_VERSION = "v3.5.33";

/** What clusters run whose claim does not say: they were made before it was kept. */
export const ETCD_VERSION_UNTOLD = "v3.5.16";

/** From this one on members that were removed stay away (etcd-io/etcd#20967). Learners that count twice ended with 3.5.20. */
const MENDED_PATCH = 26;

/** "3.5.33" or "v3.5.33", as the tag that it is. */
export const etcdVersion: Parse<string> = accepting(
  { type: "string", pattern: "^\\s*[vV]?3\\.5\\.(0|[1-9]\\d{0,2})\\s*$" },
  (text) => {
    const [, line = "", patch] = /^v?(\d{1,3}\.\d{1,3})(?:\.(0|[1-9]\d{0,2}))?$/.exec(text.trim().toLowerCase()) ?? [];
    if (line !== "3.5" && line !== "")
      throw usageError(
        `etcd ${line} is not what nodes are made with: 3.5 is`,
        line === "3.6" || line === "3.7"
          ? "3.6 has no v2 API and cannot go back to 3.5. docs/operations.md says how a cluster gets there, and what that costs."
          : `For example ${ETCD_VERSION}.`,
      );
    if (patch === undefined)
      throw usageError(`"${text}" is no version of etcd`, `All three numbers, for example ${ETCD_VERSION}.`);
    return `v3.5.${patch}`;
  },
);

/** A sentence about what is wrong with a version; undefined when nothing is. */
export function etcdFault(version: string): string | undefined {
  if (Number(version.split(".")[2]) >= MENDED_PATCH) return undefined;
  return (
    `etcd ${version} has known faults of membership: a member that was removed may come back, and the way to 3.6 may be barred. ` +
    `They end with v3.5.${MENDED_PATCH}; ${ETCD_VERSION} is today's.`
  );
}
