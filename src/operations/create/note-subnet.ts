/** Looks at what a subnet of one's own brings along, its security group and its routes, and says what of it stands in the nodes' way. */
import { type Unread, routeNotes, securityNotes, wayOutNotes } from "../../core/advice/subnet-notes.ts";
import type { SubnetFacts } from "../../core/region.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { ask } from "../ask.ts";
import { unlessUnanswered } from "../cluster/allowed.ts";
import type { Run } from "../run.ts";
import { notePreflight } from "./preflight-note.ts";

/** Notes and no refusal: what may not be read is named. Two reads at most. */
export async function noteSubnet(run: Run, spec: ClusterSpec, subnet: SubnetFacts): Promise<void> {
  const { securityGroup, routeTable } = subnet;
  const orUnread = async <T>(read: () => Promise<T>): Promise<T | Unread> => (await unlessUnanswered(read)) ?? "unread";
  const [rules, routes] = await Promise.all([
    securityGroup === undefined ? undefined : orUnread(() => ask(run, "securityRules", securityGroup)),
    routeTable === undefined ? undefined : orUnread(() => ask(run, "routes", routeTable)),
  ]);
  const notes = [
    ...(rules === undefined ? [] : securityNotes(spec, subnet, rules)),
    ...(routes === undefined ? [] : routeNotes(spec, subnet, routes)),
    ...wayOutNotes(spec, subnet),
  ];
  for (const message of notes) notePreflight(run, "the subnet", message);
}
