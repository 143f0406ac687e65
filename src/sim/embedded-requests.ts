/**
 * Parts of network resources by their own path: a subnet, a NAT rule. They live inside their parent, so writing one is a
 * write of the parent with the part put in or taken out, and the parent's rules judge it.
 */
import { refuse } from "./arm-error.ts";
import { type Address, keyOf } from "./arm-id.ts";
import { clone, type JsonValue, listIn, object, propertiesOf } from "./json.ts";
import { answer, type SimAnswer } from "./message.ts";
import { bodyOf, checkMatch, checkVersion } from "./request-checks.ts";
import { type Desk, shownResource, targetOf, writeResource } from "./resource-requests.ts";

/** Collections by parent type; true: ARM lets the part be written by itself. */
const COLLECTIONS: Record<string, Record<string, boolean>> = {
  "microsoft.network/virtualnetworks": { subnets: true },
  "microsoft.network/networksecuritygroups": { securityRules: true, defaultSecurityRules: false },
  "microsoft.network/networkinterfaces": { ipConfigurations: false },
  "microsoft.network/loadbalancers": {
    inboundNatRules: true,
    backendAddressPools: true,
    frontendIPConfigurations: false,
    loadBalancingRules: false,
    probes: false,
    outboundRules: false,
  },
};

/** Undefined when the address is no part of anything. */
export function answerEmbedded(desk: Desk, address: Address): SimAnswer | undefined {
  const { namespace, rest } = address;
  if (namespace === undefined || rest.length < 3 || rest.length > 4) return undefined;
  const collections = COLLECTIONS[keyOf(`${namespace}/${rest[0]}`)];
  const collection = Object.keys(collections ?? {}).find((name) => keyOf(name) === keyOf(rest[2] ?? ""));
  const target = targetOf(desk, { ...address, rest: rest.slice(0, 2) });
  if (collections === undefined || collection === undefined || target === undefined) return undefined;
  checkVersion(desk.call);
  const { cloud, call, kindOf } = desk;
  const parent = cloud.get(target.id);
  if (parent === undefined) {
    return refuse(
      404,
      call.method === "PUT" ? "ParentResourceNotFound" : "ResourceNotFound",
      `The Resource '${target.kind.type}/${target.name}' was not found.`,
    );
  }
  const name = rest[3];
  const part = (body: JsonValue): JsonValue | undefined =>
    listIn(propertiesOf(body)[collection]).find((one) => keyOf(String(one["name"])) === keyOf(name ?? ""));
  if (call.method === "GET") {
    const body = shownResource(kindOf(parent.type), cloud, parent);
    if (name === undefined) return answer(200, { value: propertiesOf(body)[collection] ?? [] });
    const found = part(body);
    if (found === undefined) return refuse(404, "NotFound", `Resource ${target.id}/${collection}/${name} not found.`);
    return answer(200, found, { etag: String(found["etag"]) });
  }
  if (collections[collection] !== true || name === undefined) {
    return refuse(405, "MethodNotAllowed", `The method ${call.method} is not supported on ${collection}.`);
  }
  const whole = clone(parent.resource);
  const others = listIn(propertiesOf(whole)[collection]).filter((one) => keyOf(String(one["name"])) !== keyOf(name));
  if (call.method === "DELETE") {
    if (part(whole) === undefined) return answer(204);
    checkMatch(call, part(whole));
    object(whole["properties"])[collection] = others;
    const { headers } = writeResource(desk, target, whole, { match: false });
    return answer(202, undefined, headers);
  }
  if (call.method !== "PUT")
    return refuse(405, "MethodNotAllowed", `The method ${call.method} is not supported on ${collection}.`);
  const fresh = part(whole) === undefined;
  checkMatch(call, part(whole));
  object(whole["properties"])[collection] = [...others, { ...bodyOf(call), name }];
  const { headers } = writeResource(desk, target, whole, { match: false });
  return answer(fresh ? 201 : 200, part(cloud.get(target.id)?.resource ?? {}), headers);
}
