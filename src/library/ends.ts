/** How pieces of work end for a program: what is half done is thrown, with how far it came. */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import { are, someOf } from "../core/words.ts";
import type { Started } from "../operations/start.ts";
import { inItsPlace } from "../core/own-commands.ts";
import { asClusterError } from "./arguments.ts";
import type { OptionsOf } from "./options.ts";
import type { GcResult } from "./results.ts";

export const notStarted = ({ document: { ready, notReady: rest }, exit, why }: Started): ClusterError =>
  new ClusterError(
    "NodesNotReady",
    `${someOf(ready.length, ready.length + rest.length, "node")} ${are(ready.length + rest.length)} ready: ${rest
      .map(({ name, reason }) => `${name}: ${reason}`)
      .slice(0, 10)
      .join("; ")}`,
    {
      source: "node",
      exit,
      advice: `${why === "lost" ? "`create` makes what is missing" : "The same call continues"}; \`status\` says how each node is.`,
    },
  );

export function notReady({
  document,
  exit,
  failure,
  missing,
  notChanged,
}: Awaited<ReturnType<typeof import("../operations/create.ts").createCluster>>) {
  const all = document.nodes.length;
  const why = missing.map(({ name, state, reason }) => `${name}: ${reason ?? state}`).slice(0, 10);
  const unchanged = notChanged.slice(0, 10).map((label) => `not changed: ${label}`);
  return new ClusterError(
    failure instanceof ClusterError ? failure.code : "NodesNotReady",
    `${someOf(all - missing.length, all, "node")} ${are(all)} ready: ${[...why, ...unchanged].join("; ")}`,
    {
      source: failure instanceof ClusterError ? failure.source : "node",
      exit,
      advice: "What was made stays. The same call continues; `status` says how each node is.",
      ...defined({ cause: failure }),
    },
  );
}

export function gcResult(
  one: Awaited<ReturnType<typeof import("../operations/gc.ts").collectExpired>>[number],
  given: OptionsOf<"azure">,
): GcResult {
  const { name, groupName: resourceGroup } = one.cluster;
  const thrown = "thrown" in one ? one.thrown : one.error;
  if (thrown === undefined && !("thrown" in one)) return one.document;
  const error = asClusterError(thrown, "gc", name);
  return { name, resourceGroup, error: inItsPlace(error, name, { ...given, resourceGroup }) };
}
