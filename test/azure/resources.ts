/** One resource of each kind, in an order in which they can be made: each stands on those before it. */
import { type AnyResource, type Resource, groupId, resourceId } from "../../src/core/plan/resource.ts";
import type { Kind } from "../../src/core/plan/bodies.ts";
import { KEY } from "../sim/arm.ts";
import { SUBSCRIPTION } from "./simulated.ts";

const group = groupId(SUBSCRIPTION, "g");
const location = "westus";
const tags = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "c" };
const id = (kind: Exclude<Kind, "resourceGroup">, name: string): string => resourceId(group, kind, name);
const of = <K extends Exclude<Kind, "resourceGroup">>(kind: K, name: string, body: Resource<K>["body"]): Resource<K> => ({
  kind,
  id: id(kind, name),
  label: name,
  dependsOn: [],
  body,
});

const address = { location, tags, sku: { name: "Standard" }, publicIPAllocationMethod: "Static" };
const frontend = { id: `${id("loadBalancer", "lb")}/frontendIPConfigurations/f` };

export const EVERY_KIND: readonly AnyResource[] = [
  { kind: "resourceGroup", id: group, label: "g", dependsOn: [], body: { location, tags } },
  of("placementGroup", "near", { location, tags, proximityPlacementGroupType: "Standard" }),
  of("publicAddress", "ip", address),
  of("publicAddress", "nat-ip", address),
  of("sshKey", "key", { location, tags, publicKey: KEY }),
  of("securityGroup", "nsg", { location, tags }),
  of("natGateway", "nat", {
    location,
    tags,
    sku: { name: "Standard" },
    publicIpAddresses: [{ id: id("publicAddress", "nat-ip") }],
  }),
  of("network", "v", {
    location,
    tags,
    addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    subnets: [{ name: "s", addressPrefix: "10.0.0.0/24", natGateway: { id: id("natGateway", "nat") } }],
  }),
  of("availabilitySet", "set", {
    location,
    tags,
    sku: { name: "Aligned" },
    platformFaultDomainCount: 2,
    platformUpdateDomainCount: 5,
  }),
  of("loadBalancer", "lb", {
    location,
    tags,
    sku: { name: "Standard" },
    frontendIPConfigurations: [{ name: "f", publicIPAddress: { id: id("publicAddress", "ip") } }],
    backendAddressPools: [{ name: "p" }],
    inboundNatRules: [
      { name: "ssh-0", protocol: "Tcp", frontendPort: 22_001, backendPort: 22, frontendIPConfiguration: frontend },
    ],
  }),
  of("storageAccount", "accstorage", { location, tags, sku: { name: "Standard_LRS" }, kind: "StorageV2" }),
  of("blobContainer", "accstorage/vhds", {}),
  of("image", "image", {
    location,
    tags,
    hyperVGeneration: "V2",
    storageProfile: {
      osDisk: { osType: "Linux", osState: "Generalized", blobUri: "https://accstorage.blob.core.windows.net/vhds/a.vhd" },
    },
  }),
  of("networkInterface", "nic", {
    location,
    tags,
    networkSecurityGroup: { id: id("securityGroup", "nsg") },
    ipConfigurations: [
      {
        name: "primary",
        subnet: { id: `${id("network", "v")}/subnets/s` },
        privateIPAllocationMethod: "Static",
        privateIPAddress: "10.0.0.10",
      },
    ],
  }),
  of("machine", "vm", {
    location,
    tags,
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    availabilitySet: { id: id("availabilitySet", "set") },
    storageProfile: {
      imageReference: {
        publisher: "kinvolk",
        offer: "flatcar-container-linux-corevm-amd64",
        sku: "stable-gen2",
        version: "latest",
      },
      osDisk: {
        name: "vm-os",
        createOption: "FromImage",
        deleteOption: "Delete",
        managedDisk: { storageAccountType: "Premium_LRS" },
      },
    },
    osProfile: {
      computerName: "vm",
      adminUsername: "core",
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: "/home/core/.ssh/authorized_keys", keyData: KEY }] },
      },
    },
    networkProfile: { networkInterfaces: [{ id: id("networkInterface", "nic"), primary: true, deleteOption: "Detach" }] },
  }),
];

/** The one of a kind, and all that was made before it. */
export function upTo(kind: Kind): { readonly before: readonly AnyResource[]; readonly one: AnyResource } {
  const at = EVERY_KIND.findIndex((resource) => resource.kind === kind);
  return { before: EVERY_KIND.slice(0, at), one: EVERY_KIND[at] as AnyResource };
}
