/**
 * Ports of the cluster's balancer that rules of others have, and its own rules need: Azure refuses the whole balancer for one port that is
 * there twice. Found before the claim is written, which would have new nodes that cannot be reached. Pure.
 */
import type { InboundNatRule, LoadBalancer } from "@azure/arm-network";
import type { Problem } from "../advice/problem.ts";
import { besideOthers } from "./beside.ts";
import { type AnyResource, groupOf, nameOf } from "./resource.ts";
import { shellWord } from "../quoting.ts";
import { are, few, plural } from "../words.ts";

/** @param live what is there of it */
export function takenPorts(resource: AnyResource, live: Parameters<typeof besideOthers>[1]): Problem[] {
  if (resource.kind !== "loadBalancer" || live === undefined) return [];
  const wanted = rulesOf(resource.body);
  const own = new Set(wanted.map(keyOf));
  const theirs = rulesOf(besideOthers(resource, live).body).filter((rule) => !own.has(keyOf(rule)));
  return theirs.flatMap((other) => {
    const needed = wanted.filter((rule) => meets(rule, other));
    if (needed.length === 0) return [];
    const ports = `${plural("port", needed.length)} ${few(
      needed.map(({ from }) => String(from)),
      MOST_NAMED,
    )}`;
    const names = few(
      needed.map(({ name }) => name),
      MOST_NAMED,
    );
    return [
      {
        check: "PortTaken",
        message: `${ports} of the load balancer ${are(needed.length)} taken by ${rangeOf(other)}the rule ${other.name}, which somebody added; the cluster's own ${plural("rule", needed.length)} ${names} ${needed.length === 1 ? "needs it" : "need them"}`,
        advice: `Give that rule ${rangeOf(other) === "" ? "another port" : "other ports"}, or delete it: \`az network lb ${other.kind} delete --resource-group ${shellWord(groupOf(resource.id) ?? "")} --lb-name ${shellWord(nameOf(resource.id))} --name ${shellWord(other.name)}\`.`,
      },
    ];
  });
}

// --- internal ---

const MOST_NAMED = 3;

interface Rule {
  readonly name: string;
  /** As the Azure CLI calls it. */
  readonly kind: "inbound-nat-rule" | "inbound-nat-pool" | "rule";
  /** Its ports, both ends among them; undefined where Azure does not say. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly protocol: string;
  readonly frontend: string;
}

/** Of a NAT rule or a NAT pool: of a range Azure tells the port as 0. */
type Ports = Partial<Pick<InboundNatRule, "frontendPort" | "frontendPortRangeStart" | "frontendPortRangeEnd">> &
  Pick<InboundNatRule, "name" | "frontendIPConfiguration"> & { readonly protocol?: string };

const rulesOf = ({ inboundNatRules = [], inboundNatPools = [], loadBalancingRules = [] }: LoadBalancer): Rule[] => [
  ...inboundNatRules.map((rule) => ruleOf("inbound-nat-rule", rule)),
  ...inboundNatPools.map((pool) => ruleOf("inbound-nat-pool", pool)),
  ...loadBalancingRules.map((rule) => ruleOf("rule", rule)),
];

const ruleOf = (kind: Rule["kind"], { name = "", protocol = "Tcp", frontendIPConfiguration, ...ports }: Ports): Rule => ({
  name,
  kind,
  from: ports.frontendPort || ports.frontendPortRangeStart,
  to: ports.frontendPort || ports.frontendPortRangeEnd,
  protocol: protocol.toLowerCase(),
  frontend: nameOf(frontendIPConfiguration?.id ?? "").toLowerCase(),
});

const rangeOf = ({ from, to }: Rule): string => (from === to ? "" : `the range ${from} to ${to} of `);

const keyOf = ({ name, kind }: Rule): string => `${kind} ${name.toLowerCase()}`;

const meets = (one: Rule, other: Rule): boolean =>
  (one.from ?? Infinity) <= (other.to ?? 0) &&
  (other.from ?? Infinity) <= (one.to ?? 0) &&
  one.frontend === other.frontend &&
  (one.protocol === other.protocol || [one.protocol, other.protocol].includes("all"));
