/** What of the endpoints and of SSH is open when a create is done: as its own look and its own writing say. */
import type { NetworkSecurityGroup } from "@azure/arm-network";
import { rulesSent } from "../../core/plan/beside-rules.ts";
import { type Opening, openings } from "../../core/plan/let-in.ts";
import { liveOf } from "./planned.ts";
import type { Prepared } from "./prepared.ts";

export function leftOpen({ spec, facts, resources, decisions, found, snapshot }: Prepared): Opening[] {
  const group = resources.find((one) => one.kind === "securityGroup");
  const live = group && liveOf(group, found, snapshot);
  const model = live?.model as NetworkSecurityGroup | undefined;
  const rules =
    group === undefined || live === undefined
      ? group?.body.securityRules
      : decisions.get(group.id) === "unchanged"
        ? model?.securityRules
        : rulesSent(group, live);
  return openings(spec, {
    group: group === undefined || rules === undefined ? undefined : { securityRules: rules },
    // a rule of the balancer that is missing is made
    balancer: resources.find((one) => one.kind === "loadBalancer")?.body,
    nodes: facts.nodes.map(({ address }) => address),
  });
}
