/**
 * THE ANSWERS TABLE: what Resource Manager's answers look like, a row a kind, as far as anybody here or in the SDK looks into them.
 * A kind is known by the path that was asked for. Texts where texts belong, lists where lists belong: what is behind can believe it.
 */
import type { AnswerShape } from "./shape.ts";

export interface Expected {
  readonly shape: AnswerShape;
  /** Statuses of a whole answer. */
  readonly statuses: readonly number[];
  /** What the `id` of a resource is, or that of each in a list begins with, in lower case; absent where ids say nothing. */
  readonly id?: string;
  readonly list?: boolean;
}

/** The part of a path that says that an operation is asked about, and not a resource. */
export const OPERATION = /\/(operations|operationresults|operationstatuses|asyncoperations)\//i;

/** @param url of the request */
export function expectedOf(method: string, url: string): Expected {
  const path = decoded(new URL(url).pathname).toLowerCase().replace(/\/+$/, "");
  const statuses = STATUSES[method] ?? ANY;
  if (OPERATION.test(path)) return { shape: RESULT, statuses: ANY };
  for (const [expression, shape] of PLACES) if (expression.test(path)) return { shape, statuses };
  const at = path.lastIndexOf("/providers/");
  const [namespace = "", ...segments] = at < 0 ? [] : path.slice(at + "/providers/".length).split("/");
  const shape = RESOURCES[[namespace, ...segments.filter((_, index) => index % 2 === 0)].join("/")];
  // another kind of a thing: whatever it answers
  if (shape === undefined || segments.length === 0) return { shape: {}, statuses: ANY };
  if (segments.length % 2 === 0) return { shape, statuses, id: path };
  return { shape: listOf(shape), statuses, id: `${path.slice(0, at)}/`, list: true };
}

/** Whether it is asked about groups or one resource that the tool makes: whether these are there Resource Manager says, and always in its own words. */
export function isResourceManagers(url: string): boolean {
  const { id, list } = expectedOf("GET", url);
  return (id !== undefined && list !== true) || GROUPS.test(new URL(url).pathname);
}

// --- internal ---

const GROUPS = /^\/subscriptions\/[^/]+\/resourcegroups(\/[^/]+)?\/?$/i;

const ANY = [200, 201, 202, 204];

const STATUSES: Record<string, readonly number[]> = {
  GET: [200],
  POST: [200],
  PUT: [200, 201, 202],
  PATCH: [200, 201, 202],
  DELETE: [200, 202, 204],
};

const REF: AnswerShape = { id: "text" };
const DISK: AnswerShape = { id: "text", storageAccountType: "text" };
const part = (properties: AnswerShape): AnswerShape => ({ id: "text", name: "text", properties });
const listOf = (one: AnswerShape): AnswerShape => ({ "value!": [one], nextLink: "text" });

const resource = (properties: { readonly [member: string]: AnswerShape } = {}): AnswerShape => ({
  "id!": "text",
  name: "text",
  type: "text",
  location: "text",
  etag: "text",
  managedBy: "text",
  sku: { name: "text" },
  zones: ["text"],
  tags: "tags",
  properties: { provisioningState: "text", ...properties },
});

/** What an operation says of itself, or what has come of it. */
const RESULT: AnswerShape = {
  id: "text",
  name: "text",
  status: "text",
  error: {},
  location: "text",
  tags: "tags",
  properties: { provisioningState: "text" },
};

/** By type, in lower case. */
const RESOURCES: Readonly<Record<string, AnswerShape>> = {
  "microsoft.network/virtualnetworks": resource({
    addressSpace: { addressPrefixes: ["text"] },
    subnets: [
      part({
        addressPrefix: "text",
        addressPrefixes: ["text"],
        natGateway: REF,
        networkSecurityGroup: REF,
        ipConfigurations: [part({ privateIPAddress: "text" })],
        routeTable: REF,
        delegations: [part({ serviceName: "text" })],
        applicationGatewayIPConfigurations: [REF],
        privateEndpoints: [REF],
        serviceAssociationLinks: [part({ link: "text" })],
        resourceNavigationLinks: [part({ link: "text" })],
        ipConfigurationProfiles: [REF],
      }),
    ],
  }),
  "microsoft.network/publicipaddresses": resource({
    ipAddress: "text",
    dnsSettings: { domainNameLabel: "text", fqdn: "text" },
    ipConfiguration: REF,
    natGateway: REF,
  }),
  "microsoft.network/networksecuritygroups": resource({
    securityRules: [
      part({
        priority: "number",
        direction: "text",
        access: "text",
        protocol: "text",
        sourceAddressPrefix: "text",
        destinationPortRange: "text",
        sourceAddressPrefixes: ["text"],
        destinationAddressPrefix: "text",
        destinationAddressPrefixes: ["text"],
        destinationPortRanges: ["text"],
      }),
    ],
    networkInterfaces: [REF],
    subnets: [REF],
  }),
  "microsoft.network/routetables": resource({
    routes: [part({ addressPrefix: "text", nextHopType: "text", nextHopIpAddress: "text" })],
  }),
  "microsoft.network/natgateways": resource({ publicIpAddresses: [REF], subnets: [REF] }),
  "microsoft.network/loadbalancers": resource({
    frontendIPConfigurations: [part({ publicIPAddress: REF })],
    backendAddressPools: [part({ backendIPConfigurations: [REF] })],
    loadBalancingRules: [part({ frontendPort: "number", backendPort: "number", protocol: "text", probe: REF })],
    probes: [part({ port: "number" })],
    inboundNatRules: [
      part({
        frontendPort: "number",
        frontendPortRangeStart: "number",
        frontendPortRangeEnd: "number",
        backendPort: "number",
        frontendIPConfiguration: REF,
        backendIPConfiguration: REF,
      }),
    ],
    inboundNatPools: [part({ frontendPortRangeStart: "number", frontendPortRangeEnd: "number", frontendIPConfiguration: REF })],
    outboundRules: [part({})],
  }),
  "microsoft.network/networkinterfaces": resource({
    ipConfigurations: [
      part({
        privateIPAddress: "text",
        subnet: REF,
        publicIPAddress: REF,
        loadBalancerBackendAddressPools: [REF],
        loadBalancerInboundNatRules: [REF],
      }),
    ],
    virtualMachine: REF,
    networkSecurityGroup: REF,
    macAddress: "text",
  }),
  "microsoft.compute/availabilitysets": resource({ virtualMachines: [REF], proximityPlacementGroup: REF }),
  "microsoft.compute/proximityplacementgroups": resource({ virtualMachines: [REF], availabilitySets: [REF] }),
  "microsoft.compute/sshpublickeys": resource({ publicKey: "text" }),
  "microsoft.compute/images": resource({
    hyperVGeneration: "text",
    storageProfile: { osDisk: { blobUri: "text", managedDisk: REF }, dataDisks: [{}] },
  }),
  "microsoft.compute/virtualmachines": resource({
    timeCreated: "time",
    priority: "text",
    hardwareProfile: { vmSize: "text" },
    storageProfile: {
      imageReference: { id: "text", publisher: "text", offer: "text", sku: "text", version: "text" },
      osDisk: { name: "text", diskSizeGB: "number", managedDisk: DISK },
      dataDisks: [{ lun: "number", name: "text", diskSizeGB: "number", managedDisk: DISK }],
    },
    osProfile: { computerName: "text", adminUsername: "text" },
    networkProfile: { networkInterfaces: [REF] },
    availabilitySet: REF,
    instanceView: { statuses: [{ code: "text" }] },
  }),
  "microsoft.compute/disks": resource({ timeCreated: "time", diskState: "text", diskSizeGB: "number" }),
  "microsoft.managedidentity/userassignedidentities": resource(),
  "microsoft.compute/galleries/images": resource(),
  "microsoft.compute/galleries/images/versions": resource(),
  "microsoft.storage/storageaccounts": resource({ primaryEndpoints: { blob: "text" } }),
  "microsoft.storage/storageaccounts/blobservices/containers": resource(),
};

/** What is no resource below a provider. The first that matches counts. */
const PLACES: readonly (readonly [RegExp, AnswerShape])[] = [
  [/^\/subscriptions\/[^/]+$/, { displayName: "text" }],
  [/^\/subscriptions\/[^/]+\/resources$/, listOf(resource())],
  [/^\/subscriptions\/[^/]+\/resourcegroups$/, listOf({ ...(resource() as object), "name!": "text" })],
  [/^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+$/, resource()],
  [/^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/resources$/, listOf(resource())],
  [/\/instanceview$/, { statuses: [{ code: "text" }], vmAgent: { statuses: [{ code: "text" }] } }],
  [/\/listkeys$/, { keys: [{ keyName: "text", value: "text" }] }],
  [/\/retrievebootdiagnosticsdata$/, { serialConsoleLogBlobUri: "text", consoleScreenshotBlobUri: "text" }],
  [/\/(checkdnsnameavailability|checkipaddressavailability)$/, { available: "flag" }],
  [/\/usages$/, listOf({ name: { value: "text", localizedValue: "text" }, "currentValue!": "number", "limit!": "number" })],
  [
    /\/providers\/microsoft\.compute\/skus$/,
    listOf({
      name: "text",
      resourceType: "text",
      family: "text",
      locations: ["text"],
      capabilities: [{ name: "text", value: "text" }],
      restrictions: [{ type: "text", reasonCode: "text" }],
    }),
  ],
  [/\/providers\/microsoft\.authorization\/locks$/, listOf({ id: "text", name: "text", properties: { level: "text" } })],
  [/\/providers\/microsoft\.authorization\/permissions$/, listOf({ actions: ["text"], notActions: ["text"] })],
  [/\/providers\/[^/]+$/, { registrationState: "text", resourceTypes: [{ resourceType: "text", locations: ["text"] }] }],
  [/\/publishers\/.*\/versions$/, [{ id: "text", name: "text" }]],
  [
    /\/publishers\/.*\/versions\/[^/]+$/,
    {
      id: "text",
      properties: {
        plan: { name: "text", publisher: "text", product: "text" },
        hyperVGeneration: "text",
        architecture: "text",
      },
    },
  ],
];

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
