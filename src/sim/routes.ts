/**
 * Which part of the simulation answers a path. The order matters: what is no resource comes before what may be one.
 * Longer than most: it is a table of paths, and its order is its meaning.
 */
import { addressOf, dotted } from "../core/ipv4.ts";
import { ArmError, refuse } from "./arm-error.ts";
import { type Address, groupIdOf, keyOf, parseAddress } from "./arm-id.ts";
import { answerDeployment } from "./deployment-requests.ts";
import { answerEmbedded } from "./embedded-requests.ts";
import { answerGroup, listGroups } from "./group-requests.ts";
import { dig, listIn, object, propertiesOf } from "./json.ts";
import { listKind, listResources } from "./list-requests.ts";
import { answerLocks } from "./locks.ts";
import { answerMachine, withInstanceView } from "./machine-requests.ts";
import { answer, type SimAnswer } from "./message.ts";
import { pollOperation } from "./operation.ts";
import { answerPreflight, answerProvider, answerSubscription, isUnregistered } from "./read-requests.ts";
import { bodyOf, checkVersion } from "./request-checks.ts";
import {
  deleteResource,
  type Desk,
  patchResource,
  readResource,
  shownResource,
  type RequestTarget,
  targetOf,
  writeResource,
} from "./resource-requests.ts";
import { virtualNetwork, withAddresses } from "./rules/network.ts";
import { holds, isReserved, prefixOf } from "./rules/subnet.ts";
import { takenAddresses } from "./rules/private-address.ts";

const MACHINES = "Microsoft.Compute/virtualMachines";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SCOPED = /^(.*)\/providers\/Microsoft\.Authorization\/(locks|permissions)(?:\/([^/]+))?$/i;

/** @throws ArmError */
export function route(desk: Desk): SimAnswer {
  const { call, cloud } = desk;
  const address = parseAddress(call.path);
  checkVersion(call);
  if (address === undefined) return refuse(404, "NotFound", `Nothing is simulated at ${call.path}.`);
  const { subscription, group, namespace, rest } = address;
  if (!GUID.test(subscription)) {
    refuse(400, "InvalidSubscriptionId", `The provided subscription identifier '${subscription}' is malformed or invalid.`);
  }
  const { subscriptions } = cloud.limits;
  if (subscriptions.length > 0 && !subscriptions.some((one) => keyOf(one) === keyOf(subscription))) {
    refuse(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
  }
  const scoped = SCOPED.exec(call.path);
  if (scoped !== null) return answerScoped(desk, subscription, scoped);
  const polled = pollAddress(address);
  if (polled !== undefined) {
    const monitor = polled.monitor || call.query.get("monitor") === "true";
    return pollOperation(cloud, call, { id: polled.id, monitor });
  }
  if (namespace === undefined) return answerPlain(desk, address) ?? nowhere(call.path);
  if (group === undefined && rest.length === 0) return answerProvider(desk, address);
  if (group === undefined && keyOf(rest[0] ?? "") === "register") return answerProvider(desk, address, { register: true });
  if (call.method !== "GET" && call.method !== "HEAD" && isUnregistered(desk, namespace)) {
    refuse(
      409,
      "MissingSubscriptionRegistration",
      `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
      {
        details: [
          {
            code: "MissingSubscriptionRegistration",
            message: `The subscription is not registered to use namespace '${namespace}'.`,
            target: namespace,
          },
        ],
      },
    );
  }
  return (
    answerDeployment(desk, address) ??
    (group === undefined ? answerPreflight(desk, address) : undefined) ??
    answerCollection(desk, address) ??
    answerEmbedded(desk, address) ??
    answerResource(desk, address) ??
    nowhere(call.path)
  );
}

const nowhere = (path: string): never =>
  refuse(404, "InvalidResourceType", `The resource type or action at ${path} is not known to the simulation.`);

/** Locks and permissions hang on any scope. */
function answerScoped({ cloud, call }: Desk, subscription: string, [, scope = "", what = "", name]: RegExpExecArray): SimAnswer {
  if (keyOf(what) === "locks") return answerLocks(cloud, call, { scope, name }, subscription);
  const { actions, notActions } = cloud.limits;
  return answer(200, { value: [{ actions, notActions, dataActions: [], notDataActions: [] }] });
}

/** Operation URLs: below `locations` of a provider, or `operationresults` of the subscription. */
function pollAddress({ group, namespace, rest, tail }: Address): { id: string; monitor: boolean } | undefined {
  if (group !== undefined) return undefined;
  if (namespace === undefined) {
    const [what, id] = tail;
    return keyOf(what ?? "") === "operationresults" && id !== undefined ? { id, monitor: true } : undefined;
  }
  const [first, , what, id] = rest;
  if (keyOf(first ?? "") !== "locations" || id === undefined) return undefined;
  const word = keyOf(what ?? "");
  if (!["operations", "operationresults", "asyncoperations"].includes(word)) return undefined;
  return { id, monitor: word !== "operations" };
}

/** Paths without a provider: subscription, groups, resources. */
function answerPlain(desk: Desk, { subscription, group, tail }: Address): SimAnswer | undefined {
  const word = keyOf(tail[0] ?? "");
  if (group !== undefined) {
    if (tail.length === 0) return answerGroup(desk, subscription, group);
    return word === "resources" ? listResources(desk, { subscription, group }) : undefined;
  }
  if (word === "resourcegroups") return listGroups(desk, subscription);
  if (word === "resources") return listResources(desk, { subscription, group: undefined });
  return answerSubscription(desk, subscription, tail);
}

/** A type without a last name: a list. */
function answerCollection(desk: Desk, address: Address): SimAnswer | undefined {
  const { namespace, rest, subscription, group } = address;
  if (desk.call.method !== "GET" || rest.length % 2 === 0) return undefined;
  const kind = desk.kindOf(`${namespace}/${rest.filter((_, index) => index % 2 === 0).join("/")}`);
  if (kind === undefined) return undefined;
  const below =
    rest.length === 1 || group === undefined
      ? undefined
      : keyOf(`${groupIdOf(subscription, group)}/providers/${namespace}/${rest.join("/")}/`);
  const listed = listKind(desk, kind, { subscription, group }, below);
  return kind.type === MACHINES && wantsView(desk) ? withViews(desk, listed) : listed;
}

const wantsView = ({ call }: Desk): boolean => keyOf(call.query.get("$expand") ?? "") === "instanceview";

/** A list of machines with `$expand=instanceView`: the power of all of them in one request. */
function withViews({ cloud }: Desk, listed: SimAnswer): SimAnswer {
  const page = object(JSON.parse(listed.body ?? "{}"));
  const value = listIn(page["value"]).map((machine) => {
    const entry = cloud.get(String(machine["id"]));
    return entry === undefined ? machine : withInstanceView(machine, entry, cloud.now());
  });
  return answer(listed.status, { ...page, value }, listed.headers);
}

function answerResource(desk: Desk, address: Address): SimAnswer | undefined {
  const { rest } = address;
  if (rest.length % 2 === 1) {
    const target = targetOf(desk, { ...address, rest: rest.slice(0, -1) });
    return target === undefined ? undefined : answerAction(desk, target, rest.at(-1) ?? "");
  }
  const target = targetOf(desk, address);
  if (target === undefined) return undefined;
  switch (desk.call.method) {
    case "GET":
    case "HEAD":
      return readWhole(desk, target);
    case "PUT":
      return writeResource(desk, target, bodyOf(desk.call));
    case "PATCH":
      return patchResource(desk, target);
    case "DELETE":
      return deleteResource(desk, target);
    default:
      throw new ArmError(405, "MethodNotAllowed", `The method ${desk.call.method} is not supported on ${target.kind.type}.`);
  }
}

function readWhole(desk: Desk, target: RequestTarget): SimAnswer {
  const read = readResource(desk, target);
  const { cloud, call } = desk;
  const entry = cloud.get(target.id);
  if (entry === undefined || call.method === "HEAD") return read;
  const expand = keyOf(call.query.get("$expand") ?? "");
  if (target.kind.type === MACHINES && wantsView(desk))
    return answer(200, withInstanceView(shownResource(target.kind, cloud, entry), entry, cloud.now()));
  if (target.kind.type === virtualNetwork.type && expand === "subnets/ipconfigurations")
    return answer(200, withAddresses(shownResource(target.kind, cloud, entry), cloud));
  return read;
}

/** What can be asked of one resource by a word after its name. */
function answerAction(desk: Desk, target: RequestTarget, action: string): SimAnswer | undefined {
  const { cloud, call } = desk;
  const word = keyOf(action);
  if (target.kind.type === MACHINES) return answerMachine(desk, target, action);
  const entry = cloud.get(target.id);
  if (entry === undefined) return readResource(desk, target);
  if (word === "listkeys" && call.method === "POST") {
    // No secret: nothing accepts it.
    const value = Buffer.from(`simulated key of ${entry.name}`.padEnd(64, ".")).toString("base64");
    return answer(200, { keys: ["key1", "key2"].map((keyName) => ({ keyName, value, permissions: "FULL" })) });
  }
  if (word === "checkipaddressavailability" && call.method === "GET") return addressAvailability(desk, target);
  return undefined;
}

function addressAvailability({ cloud, call }: Desk, target: RequestTarget): SimAnswer {
  const asked = addressOf(call.query.get("ipaddress") ?? "");
  if (asked === undefined) return refuse(400, "InvalidIPAddress", "The ipAddress query parameter is not a valid address.");
  for (const subnet of listIn(propertiesOf(cloud.get(target.id)?.resource)["subnets"])) {
    const prefix = prefixOf(String(dig(subnet, "properties", "addressPrefix")));
    if (prefix === undefined || !holds(prefix, asked)) continue;
    const taken = takenAddresses(cloud, String(subnet["id"]));
    const free: string[] = [];
    for (let at = prefix.first + 4; at < prefix.first + prefix.size - 1 && free.length < 5; at++)
      if (!taken.has(at)) free.push(dotted(at));
    const available = !taken.has(asked) && !isReserved(prefix, asked);
    return answer(200, { available, availableIPAddresses: available ? [] : free, isPlatformReserved: isReserved(prefix, asked) });
  }
  return refuse(
    400,
    "PrivateIPAddressNotInAnySubnet",
    `Private static IP address ${dotted(asked)} does not belong to any subnet of ${target.id}.`,
  );
}
