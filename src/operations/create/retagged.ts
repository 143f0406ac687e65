/**
 * A policy writes the tags that say whose a resource is. Nothing more is made then, for no later command would know it; and what is there is
 * named, with the commands of Azure's own that it goes with: `destroy` deletes nothing without those tags, whoever has made it.
 */
import { ClusterError } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import type { Outcome } from "../../engine/convergence.ts";
import type { Result } from "../../engine/walk.ts";
import { TAGS_CHANGED } from "../../engine/whose.ts";
import type { Execution } from "./execution.ts";

type Results = ReadonlyMap<string, Result<Outcome>>;

export const isRetagged = (error: unknown): error is ClusterError => error instanceof ClusterError && error.code === TAGS_CHANGED;

/** The results, with what this run has made in the error that ends it. */
export function withWhatWasMade({ lost, retagged, prepared, byId, made }: Execution, results: Results): Results {
  const { snapshot, found, facts, spec } = prepared;
  const lostTags = [...retagged].filter((id) => !snapshot.has(id.toLowerCase()));
  if (!isRetagged(lost) || lostTags.length === 0) return results;
  const kinds = lostTags.map((id) => byId.get(id)?.kind);
  const labels = [...new Set([...made, ...lostTags])].map((id) => byId.get(id)?.label ?? id);
  const deletion = ["az resource delete --ids", ...lostTags.map(shellWord)].join(" ");
  const ways = kinds.includes("resourceGroup")
    ? `\`az group delete --name ${shellWord(facts.group)}\` removes it.`
    : `\`${deletion}\` removes what has lost its tags; ` +
      (found.claim === undefined
        ? `then \`azure-coreos-cluster destroy ${spec.name}\` the rest.`
        : "then run the same command again.");
  const error = new ClusterError(lost.code, lost.message, {
    source: lost.source,
    exit: lost.exit,
    advice: `${lost.advice ?? ""}\nMade: ${labels.join(", ")}. ${ways}`,
  });
  return new Map(
    [...results].map(([id, result]) => [
      id,
      result.state === "failed" && isRetagged(result.error) ? { ...result, error } : result,
    ]),
  );
}
