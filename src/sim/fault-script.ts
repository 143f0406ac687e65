/**
 * Faults in one line, for the command line and for people: `TARGET:WHAT`. `machine-1:AllocationFailed`,
 * `loadBalancers:429+5x3`, `DELETE/network:hang`, `poll:503x2`. The grammar is in SPEC.md, "Faults".
 * Longer than most: half of it is the table of codes.
 */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import type { Fault, FaultAction, FaultMatch } from "./fault.ts";
import type { Limits } from "./limits.ts";

const FORM =
  /^(?:(\*|GET|HEAD|PUT|PATCH|POST|DELETE)[\s/])?([^:\s]+):([A-Za-z0-9=.-]+?)(?:\+(\d+))?(?:x(\d+|\*))?(?:@(\d+))?(?:%(\d+(?:\.\d+)?))?$/;

/** Words for kinds, with ARM's segment. ARM's own words (`loadBalancers`) work as well. */
const KIND_WORDS: Record<string, string> = {
  machine: "virtualMachines",
  vm: "virtualMachines",
  interface: "networkInterfaces",
  nic: "networkInterfaces",
  address: "publicIPAddresses",
  balancer: "loadBalancers",
  network: "virtualNetworks",
  nsg: "networkSecurityGroups",
  gateway: "natGateways",
  set: "availabilitySets",
  placement: "proximityPlacementGroups",
  key: "sshPublicKeys",
  image: "images",
  account: "storageAccounts",
  container: "containers",
  disk: "disks",
};

/** How a code reaches the client: on the request itself, with this status, or in the operation that fails later. */
const CODES: Record<string, readonly [status: number | "operation", message: string]> = {
  AllocationFailed: [
    "operation",
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance",
  ],
  ZonalAllocationFailed: [
    "operation",
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
  ],
  OverconstrainedAllocationRequest: [
    "operation",
    "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive: proximity placement group, VM size.",
  ],
  OverconstrainedZonalAllocationRequest: [
    "operation",
    "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive: availability zone, VM size.",
  ],
  OSProvisioningTimedOut: [
    "operation",
    "OS Provisioning for VM did not finish in the allotted time. The VM may still finish provisioning successfully. Please check provisioning state later.",
  ],
  OSProvisioningClientError: ["operation", "OS Provisioning failed for VM due to an error in the guest."],
  VMExtensionProvisioningError: [
    "operation",
    "VM has reported a failure when processing extension 'AzureMonitorLinuxAgent'. Error message: 'Unsupported operating system: flatcar'.",
  ],
  InternalExecutionError: ["operation", "An internal execution error occurred. Please retry later."],
  NetworkingInternalOperationError: [
    "operation",
    "An unexpected error occurred while processing the network profile of the VM. Please retry later.",
  ],
  VMStartTimedOut: [
    "operation",
    "VM did not start in the allotted time. The VM may still start successfully. Please check the power state later.",
  ],
  SkuNotAvailable: [
    409,
    "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions' is currently not available in this location. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.",
  ],
  OperationNotAllowed: [409, "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."],
  QuotaExceeded: [409, "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."],
  DnsRecordInUse: [400, "DNS record is already used by another public IP."],
  PublicIPCountLimitReached: [400, "Cannot create more than 10 public IP addresses for this subscription in this region."],
  MarketplacePurchaseEligibilityFailed: [
    400,
    "Marketplace purchase eligibilty check returned errors. See inner errors for details.",
  ],
  PlatformImageNotFound: [404, "The platform image is not available. Verify that all fields in the storage profile are correct."],
  RequestDisallowedByPolicy: [403, "Resource was disallowed by policy."],
  AuthorizationFailed: [
    403,
    "The client does not have authorization to perform this action over this scope or the scope is invalid.",
  ],
  LinkedAuthorizationFailed: [
    403,
    "The client has permission to perform this action; however, it does not have permission to perform an action on the linked scope(s) or the linked scope(s) are invalid.",
  ],
  InvalidAuthenticationTokenTenant: [401, "The access token is from the wrong issuer."],
  MissingSubscriptionRegistration: [409, "The subscription is not registered to use this namespace."],
  PropertyChangeNotAllowed: [409, "Changing this property is not allowed."],
  AnotherOperationInProgress: [409, "Another operation on this or dependent resource is in progress."],
  Conflict: [409, "The request failed due to conflict with a concurrent request."],
  RetryableError: [429, "A retryable error occurred."],
  CanceledAndSupersededDueToAnotherOperation: [409, "Operation was canceled and superseded by another operation."],
  SubscriptionRequestsThrottled: [429, "Number of requests for the subscription exceeded the limit."],
  TooManyRequests: [429, "The request is being throttled."],
  ResourceGroupBeingDeleted: [409, "The resource group is in deprovisioning state and cannot perform this operation."],
  NicReservedForAnotherVm: [400, "Nic(s) in request is reserved for another Virtual Machine for 180 seconds."],
  SubnetIsFull: [400, "Subnet does not have enough capacity for 1 IP addresses."],
  RegionDoesNotAllowProvisioning: [409, "The selected region is currently not accepting new customers."],
  RequestDisallowedByAzure: [403, "Resource was disallowed by Azure: This policy maintains a set of best available regions."],
  ScopeLocked: [409, "The scope cannot perform this operation because following scope(s) are locked."],
  StorageAccountAlreadyTaken: [409, "The storage account is already taken."],
  InternalServerError: [500, "Encountered internal server error."],
  ServiceUnavailable: [503, "The service is unavailable."],
  GatewayTimeout: [504, "The gateway did not receive a response within the specified time period."],
};

const ADVICE =
  "Write TARGET:WHAT, for example machine-1:AllocationFailed, loadBalancers:429+5x3, nic-0:reset-after, DELETE/network:hang, poll:503x2.";

/**
 * @param text `[METHOD/]TARGET:WHAT[+SECONDS][xTIMES][@NTH][%PERCENT]`
 * @throws ClusterError InvalidFault, which says what may stand there
 */
export function parseFault(text: string): Fault {
  const match = FORM.exec(text.trim());
  if (match === null) throw new ClusterError("InvalidFault", `I cannot read the fault '${text}'.`, { advice: ADVICE });
  const [, method, target = "", what = "", seconds, times, nth, percent] = match;
  const effect = actionOf(text, what, seconds);
  const { url, usual, body } = "lagMs" in effect ? listsOf(target) : targetOf(target);
  const verb = method ?? usual;
  const span = spanOf(effect, times, nth);
  return {
    match: {
      ...(verb === undefined || verb === "*" ? {} : { method: verb }),
      ...defined({ url, body, nth: span }),
      ...(percent === undefined ? {} : { probability: Number(percent) / 100 }),
    },
    effect,
  };
}

interface Aimed {
  readonly url: string | undefined;
  readonly usual: string | undefined;
  readonly body?: string;
}

function targetOf(target: string): Aimed {
  if (target === "any" || target === "*") return { url: undefined, usual: undefined };
  if (target === "poll") return { url: "/(operations|operationresults|asyncoperations)/", usual: "GET" };
  if (target === "group") return { url: "/resourcegroups/[^/?]+(\\?|$)", usual: "PUT" };
  if (target === "skus" || target === "usages") return { url: `/${target}(\\?|$)`, usual: "GET" };
  const sized = /^size-(?:([a-z0-9]+)\/)?(\w+)$/i.exec(target);
  // machines of a size, everywhere or in one location
  if (sized?.[2] !== undefined) return { url: MACHINE, usual: "PUT", body: having({ location: sized[1], vmSize: sized[2] }) };
  const started = /^start-(\d+)$/.exec(target)?.[1];
  if (started !== undefined) return { url: `/virtualMachines/([^/?]*-)?${started}/start(\\?|$)`, usual: "POST" };
  const numbered = /^([A-Za-z]+)-(\d+)$/.exec(target);
  const kind = ownRow(KIND_WORDS, numbered?.[1]?.toLowerCase() ?? "");
  // mycluster-coreos-1, and what belongs to it: mycluster-coreos-1-nic.
  if (kind !== undefined) return { url: `/${kind}/([^/?]*-)?${numbered?.[2]}(-[a-z]+)*(\\?|$)`, usual: "PUT" };
  const word = ownRow(KIND_WORDS, target.toLowerCase()) ?? target;
  const known = Object.values(KIND_WORDS).some((segment) => segment.toLowerCase() === word.toLowerCase());
  return { url: known ? `/${word}/[^/?]+(\\?|$)` : escape(word), usual: "PUT" };
}

/** Every object has a "constructor", and no table of ours. */
const ownRow = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What is behind is a list: of one kind, or every one. */
function listsOf(target: string): Aimed {
  if (target === "any" || target === "*") return { url: undefined, usual: "GET" };
  if (target === "group") return { url: "/resourcegroups(\\?|$)", usual: "GET" };
  return { url: `/${escape(ownRow(KIND_WORDS, target.toLowerCase()) ?? target)}(\\?|$)`, usual: "GET" };
}

function actionOf(text: string, what: string, seconds: string | undefined): FaultAction {
  const retry = seconds === undefined ? {} : { headers: { "retry-after": seconds } };
  if (/^[1-5]\d\d$/.test(what)) return { status: Number(what), ...retry };
  switch (what) {
    case "reset":
    case "reset-before":
      return { reset: "before" };
    case "reset-after":
      return { reset: "after" };
    case "hang":
    case "hang-before":
      return { hang: "before" };
    case "hang-after":
      return { hang: "after" };
    case "empty":
      return { emptyBody: true };
    case "lost":
      return { status: 500, code: "InternalServerError", message: "The answer was lost.", afterActing: true };
    default:
  }
  const slow = /^slow=(\d+(?:\.\d+)?)s?$/.exec(what)?.[1];
  if (slow !== undefined) return { delayMs: Number(slow) * 1000 };
  const lag = /^lag=(\d+(?:\.\d+)?)s?$/.exec(what)?.[1];
  if (lag !== undefined) return { lagMs: Number(lag) * 1000 };
  const tag = /^tag=(.+)$/.exec(what)?.[1];
  if (tag !== undefined) return { demandsTag: tag };
  if (!/^[A-Z][A-Za-z0-9]+$/.test(what)) {
    throw new ClusterError("InvalidFault", `The fault '${text}' does not say what is to happen: '${what}'.`, {
      advice: `After the colon stands a status (429), one of reset, reset-after, hang, hang-after, empty, lost, slow=30, lag=30, tag=CostCenter, or an error code of Azure such as ${Object.keys(CODES).slice(0, 4).join(", ")}.`,
    });
  }
  const [status, message] = ownRow(CODES, what) ?? ([400, `${what}, as the script wants it.`] as const);
  if (status === "operation") return { failOperation: { code: what, message } };
  return { status, code: what, message, ...retry };
}

/** A code stays until the script is changed; what a network does is over after once. */
function spanOf(effect: FaultAction, times: string | undefined, nth: string | undefined): FaultMatch["nth"] {
  if (nth !== undefined) return Number(nth);
  if (times === "*") return undefined;
  if (times !== undefined) return [1, Number(times)];
  const lasting =
    "failOperation" in effect || "lagMs" in effect || "demandsTag" in effect || ("code" in effect && effect.afterActing !== true);
  return lasting ? undefined : 1;
}

const MACHINE = "/virtualMachines/[^/?]+(\\?|$)";

/** From the body's begin, and not tried again from each of its letters: user-data makes it long. */
const having = (values: Readonly<Record<string, string | undefined>>): string =>
  `^${Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`(?=[^]*"${name}":\\s*"${escape(value)}")`]))
    .join("")}`;

const escape = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * What the subscription may not have, said like a fault: `quota-cores:10`, `quota-westus/standardDSv5Family:4`,
 * `size-Standard_D2s_v5:restricted`, `size-westus/Standard_D2s_v5:restricted`. Undefined for what is a fault.
 */
function parseLimit(text: string): Partial<Pick<Limits, "vcpus" | "restrictedSizes">> | undefined {
  const [, name, limit] = /^quota-((?:[a-z0-9]+\/)?\w+):(\d+)$/i.exec(text.trim()) ?? [];
  if (name !== undefined) return { vcpus: { [name]: Number(limit) } };
  const size = /^size-((?:[a-z0-9]+\/)?\w+):restricted$/i.exec(text.trim())?.[1];
  return size === undefined ? undefined : { restrictedSizes: [size] };
}

/** What a whole script makes of a simulation. @throws ClusterError InvalidFault */
export function parseScript(script: string): { faults: Fault[]; limits: Partial<Limits> } {
  const parts = script.split(/[,\s]+/).filter(Boolean);
  const limits = parts.map(parseLimit);
  const said = limits.filter((one) => one !== undefined);
  return {
    faults: parts.filter((_, index) => limits[index] === undefined).map((said) => ({ ...parseFault(said), said })),
    limits: {
      vcpus: Object.assign({}, ...said.map(({ vcpus }) => vcpus)) as Limits["vcpus"],
      restrictedSizes: said.flatMap(({ restrictedSizes = [] }) => restrictedSizes),
    },
  };
}

/** The codes that have their own text, for help and completion. */
export const FAULT_CODES: readonly string[] = Object.keys(CODES);
