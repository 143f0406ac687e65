/**
 * Ports of the cluster's balancer that rules of others have, and its own rules need: Azure refuses the whole balancer for one port that is
 * there twice. Found before the claim is written, which would have new nodes that cannot be reached. Pure.
 */
import type { LoadBalancer } from "@azure/arm-network";
import type { Problem } from "../advice/problem.ts";
import { besideOthers } from "./beside.ts";
import { type AnyResource, groupOf, nameOf } from "./resource.ts";
import { shellWord } from "../quoting.ts";

/** @param live what is there of it */
export function takenPorts(resource: AnyResource, live: Parameters<typeof besideOthers>[1]): Problem[] {
  if (resource.kind !== "loadBalancer" || live === undefined) return [];
  const wanted = rulesOf(resource.body);
  const own = new Set(wanted.map(keyOf));
  const theirs = rulesOf(besideOthers(resource, live).body).filter((rule) => !own.has(keyOf(rule)));
  return wanted.flatMap((rule) => {
    const other = theirs.find((one) => isSamePort(one, rule));
    if (other === undefined) return [];
    return [
      {
        check: "PortTaken",
        message: `port ${rule.port} of the load balancer is taken by the rule ${other.name}, which somebody added; the cluster's own rule ${rule.name} needs it`,
        advice: `Give that rule another port, or delete it: \`az network lb ${other.nat ? "inbound-nat-rule" : "rule"} delete --resource-group ${shellWord(groupOf(resource.id) ?? "")} --lb-name ${shellWord(nameOf(resource.id))} --name ${shellWord(other.name)}\`.`,
      },
    ];
  });
}

// --- internal ---

interface Rule {
  readonly name: string;
  readonly nat: boolean;
  readonly port: number | undefined;
  readonly protocol: string;
  readonly frontend: string;
}

const rulesOf = ({ inboundNatRules = [], loadBalancingRules = [] }: LoadBalancer): Rule[] =>
  [...inboundNatRules.map((rule) => ({ rule, nat: true })), ...loadBalancingRules.map((rule) => ({ rule, nat: false }))].map(
    ({ rule: { name = "", frontendPort, protocol = "Tcp", frontendIPConfiguration }, nat }) => ({
      name,
      nat,
      port: frontendPort,
      protocol: protocol.toLowerCase(),
      frontend: nameOf(frontendIPConfiguration?.id ?? "").toLowerCase(),
    }),
  );

const keyOf = ({ name, nat }: Rule): string => `${nat} ${name.toLowerCase()}`;

const isSamePort = (one: Rule, other: Rule): boolean =>
  one.port === other.port &&
  one.frontend === other.frontend &&
  (one.protocol === other.protocol || [one.protocol, other.protocol].includes("all"));
