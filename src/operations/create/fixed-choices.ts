/** What was chosen once for a cluster and is asked for again: the same, refused, or counting for new machines only. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { FLAGS, type FlagKey, type FlagValues, flagRows } from "../../core/spec/flags.ts";
import { asksForUrl } from "../../core/user-data/discovery-url.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";

/**
 * Sentences about flags that count for new machines only.
 * @throws ClusterError ChoiceFixed (exit 7) for another value of what cannot change
 */
export function changedChoices(given: Partial<FlagValues>, { claim }: ClaimedCluster): string[] {
  if (claim === undefined) return [];
  const notes = flagRows.flatMap((row) => changedChoice(row, given[row[0]], claim.kept[row[0]]));
  const members = claim.choices.members.size;
  if (given.etcdMembers !== undefined && (given.etcdMembers === 0) !== (claim.choices.noEtcd === true))
    throw choiceFixed("etcd-members", claim.choices.noEtcd === true ? 0 : members, given.etcdMembers);
  const platform = claim.kept.platform ?? FLAGS.platform.default;
  const { noEtcd } = PLATFORMS[platform].deis;
  if (given.deis === true && claim.kept.deis !== true && members > 0 && noEtcd !== undefined)
    notes.push(
      `--deis opens the endpoints, and this cluster keeps its etcd: ${noEtcd}. Drycc Workflow takes another cluster: \`azure-coreos-cluster create NAME --deis --platform ${platform}\`.`,
    );
  return notes;
}

/** As people write them: "WestUS" is "westus", and a URL's last slash says nothing. */
export function sameText(a: Value, b: Value): boolean {
  const [one, other] = [a, b].map((value) =>
    value === undefined ? "" : JSON.stringify(value).toLowerCase().replace(/\/"$/, '"'),
  );
  return one === other;
}

// --- internal ---

type Value = FlagValues[FlagKey];

function changedChoice([key, flag]: (typeof flagRows)[number], wanted: Value, kept: Value): string[] {
  const before = kept ?? (flag.default as Value);
  if (flag.kept === undefined || wanted === undefined || sameText(before, wanted)) return [];
  // what all zones share stands in all of them from the beginning, or in none for ever
  if (key === "zones" && isNone(before) !== isNone(wanted)) throw choiceFixed(flag.name, before, wanted);
  // what comes of it is known when it is known who joins: plan-notes.ts
  if (key === "etcdMembers") return [];
  // one that goes together with the cluster's network is the way out that it has
  if (key === "outbound") return [];
  // a service that is asked for a URL again: the cluster has one
  if (key === "discoveryServiceUrl" && before !== undefined && asksForUrl(String(wanted))) return [];
  if (flag.kept === "fixed") throw choiceFixed(flag.name, before, wanted);
  if (flag.kept === "everything") return [];
  // what the machines have is not what was wished last: none may have been made since
  if (wanted === false) return [`New machines are made without --${flag.name}; those that exist stay as they are.`];
  const value = wanted === true ? "" : ` ${said(wanted)}`;
  return [`--${flag.name}${value} counts for new machines; those that exist stay as they are.`];
}

const isNone = (value: Value): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

/** A list as it is typed, `none` where it is empty. */
const said = (value: Value): string => (value === undefined ? "(none)" : isNone(value) ? "none" : String(value));

const choiceFixed = (flag: string, before: Value, wanted: Value): ClusterError =>
  new ClusterError(
    "ChoiceFixed",
    typeof wanted === "boolean"
      ? `the cluster was made ${before === true ? "with" : "without"} --${flag}; that cannot change`
      : `the cluster was made with --${flag} ${said(before)}; that cannot change to ${said(wanted)}`,
    { exit: EXIT.conflict, advice: "Leave the flag out to go on with this cluster, or make another one under another name." },
  );
