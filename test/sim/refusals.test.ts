/** Every refusal of the rules table as one row: what is asked for, after which status and code come back. */
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, type Limits } from "../../src/sim/limits.ts";
import { type Arm, arm, GROUP, KEY, of, SUB } from "./arm.ts";
import * as shape from "./shape.ts";
import {
  base,
  lb,
  lbId,
  nic,
  nicId,
  node,
  nsg,
  nsgId,
  pip,
  pipId,
  rule,
  setId,
  subnetId,
  vm,
  vmId,
  vnet,
  vnetId,
} from "./shape.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- tests change one thing deep inside
type Loose = any;
type Row = [what: string, status: number, code: string, path: string, body: Loose, before?: (on: Arm) => Promise<unknown>];

const limits: Partial<Limits> = {
  ...DEFAULT_LIMITS,
  writes: [9999, 999],
  publicAddresses: 3,
  cores: 20,
  familyCores: 8,
  takenLabels: ["taken", "eastus/there"],
  takenAccounts: ["takenaccount"],
  restrictedSizes: ["Standard_D4s_v5"],
};

/** A body with one thing changed. */
function but(body: object, change: (body: Loose) => void): Loose {
  const copy: Loose = structuredClone(body);
  change(copy);
  return copy;
}
const props = (body: object, change: (properties: Loose) => void): Loose => but(body, (copy) => change(copy.properties));
const lbWith = (change: (properties: Loose) => void): Loose => props(lb(), change);
/** A load balancer with its frontend in the subnet. Its outbound rule is left out where the address is what is wrong. */
const internal = (frontend: Loose = {}): Loose =>
  lbWith((p) => {
    p.frontendIPConfigurations[0].properties = {
      subnet: { id: subnetId },
      privateIPAddress: "10.0.0.200",
      privateIPAllocationMethod: "Static",
      ...frontend,
    };
    if (Object.keys(frontend).length > 0) p.outboundRules = [];
  });
const nicWith = (change: (config: Loose, properties: Loose) => void): Loose =>
  props(nic(5), (p) => {
    p.ipConfigurations[0].properties.loadBalancerInboundNatRules = [];
    change(p.ipConfigurations[0].properties, p);
  });
const vmWith = (change: (properties: Loose, body: Loose) => void): Loose => but(vm(0), (copy) => change(copy.properties, copy));
const other = (index: number): string => of("Network/publicIPAddresses", `pip-${index}`);
const rsa = (bits: number): string => {
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(bits / 8, 0xff)]);
  return `ssh-rsa ${Buffer.concat([field(Buffer.from("ssh-rsa")), field(Buffer.from([1, 0, 1])), field(modulus)]).toString("base64")}`;
};
const gateway = (sku: string, address = other(9)): object => ({
  location: "westus",
  sku: { name: sku },
  properties: { publicIpAddresses: [{ id: address }] },
});
const account = (change: (body: Loose) => void = () => {}): Loose =>
  but({ location: "westus", kind: "StorageV2", sku: { name: "Standard_LRS" }, properties: {} }, change);
const natGatewayId = of("Network/natGateways", "ng");
const newNic = nicId(5);
const newPip = other(1);
const vmNew = vmId(0);
const makeNic = (on: Arm): Promise<unknown> => on.make(nicId(0), nic(0));
const makeVm = (on: Arm): Promise<unknown> => node(on, 0);
const elsewhere = of("Network/virtualNetworks", "far");

const PUT: Row[] = [
  // ARM itself
  ["a group in a place that is none", 400, "LocationNotAvailableForResourceGroup", `${GROUP}2`, { location: "atlantis" }],
  ["a group without a place", 400, "LocationRequired", `${GROUP}2`, {}],
  ["a group moved", 409, "InvalidResourceGroupLocation", GROUP, { location: "eastus" }],
  ["a group named with a point at the end", 400, "InvalidResourceGroup", `${GROUP}.`, { location: "westus" }],
  ["a resource without a group", 404, "ResourceGroupNotFound", vnetId.replace("/g/", "/none/"), vnet()],
  [
    "a resource in no known place",
    400,
    "LocationNotAvailableForResourceType",
    `${vnetId}2`,
    but(vnet(), (b) => (b.location = "atlantis")),
  ],
  ["a resource without a place", 400, "LocationRequired", `${vnetId}2`, but(vnet(), (b) => delete b.location)],
  ["a resource moved", 409, "InvalidResourceLocation", vnetId, but(vnet(), (b) => (b.location = "eastus"))],
  ["a name with a blank", 400, "InvalidResourceName", of("Network/networkSecurityGroups", "n g"), nsg()],
  ["a member nobody knows", 400, "InvalidRequestContent", `${vnetId}2`, but(vnet(), (b) => (b.subnets = []))],
  ["a property nobody knows", 400, "InvalidRequestContent", `${vnetId}2`, props(vnet(), (p) => (p.adressSpace = 1))],
  ["a property that was left flat", 400, "InvalidRequestContent", vmNew, but(vm(0), (b) => (b.hardwareProfile = {}))],
  [
    "a property unknown deep inside",
    400,
    "InvalidRequestContent",
    vmNew,
    vmWith((p) => (p.storageProfile.osDisk.size = 1)),
    makeNic,
  ],
  [
    "fifty-one tags",
    400,
    "TooManyTags",
    vnetId,
    but(vnet(), (b) => (b.tags = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, "v"])))),
  ],
  ["a tag value of 257 letters", 400, "InvalidTagValueLength", vnetId, but(vnet(), (b) => (b.tags = { t: "v".repeat(257) }))],
  [
    "a child without its parent",
    404,
    "ParentResourceNotFound",
    of("Storage/storageAccounts", "none1/blobServices/default/containers/c12"),
    { properties: {} },
  ],
  ["a type nobody knows", 404, "InvalidResourceType", of("Compute/galaxies", "x"), { location: "westus" }],
  // Networks
  ["a network without a prefix", 400, "InvalidRequestFormat", `${vnetId}2`, props(vnet(), (p) => (p.addressSpace = {}))],
  [
    "a prefix with host bits",
    400,
    "InvalidCIDRNotation",
    `${vnetId}2`,
    props(vnet(), (p) => (p.addressSpace.addressPrefixes = ["10.0.0.1/16"])),
  ],
  [
    "a subnet outside its network",
    400,
    "NetcfgInvalidSubnet",
    `${vnetId}2`,
    props(vnet(), (p) => (p.subnets[0].properties.addressPrefix = "10.1.0.0/24")),
  ],
  [
    "subnets that overlap",
    400,
    "NetcfgSubnetRangesOverlap",
    `${vnetId}2`,
    props(vnet(), (p) => p.subnets.push({ name: "t", properties: { addressPrefix: "10.0.0.128/25" } })),
  ],
  [
    "a subnet of a missing group",
    400,
    "InvalidResourceReference",
    `${vnetId}2`,
    props(vnet(), (p) => (p.subnets[0].properties.networkSecurityGroup = { id: `${nsgId}x` })),
  ],
  ["a used subnet left out", 400, "InUseSubnetCannotBeDeleted", vnetId, props(vnet(), (p) => (p.subnets = [])), makeNic],
  // Security groups
  [
    "two rules of one priority",
    400,
    "SecurityRuleConflict",
    nsgId,
    props(nsg(), (p) => p.securityRules.push(rule("again", 100, "443"))),
  ],
  [
    "a priority below 100",
    400,
    "SecurityRuleInvalidPriority",
    nsgId,
    props(nsg(), (p) => p.securityRules.push(rule("low", 99, "443"))),
  ],
  [
    "a port beyond all",
    400,
    "SecurityRuleInvalidPortRange",
    nsgId,
    props(nsg(), (p) => p.securityRules.push(rule("high", 200, "70000"))),
  ],
  [
    "a range that does not begin with its first address",
    400,
    "SecurityRuleInvalidAddressPrefix",
    nsgId,
    props(nsg(), (p) => (p.securityRules[0].properties.sourceAddressPrefix = "50.206.209.68/27")),
  ],
  [
    "ranges of which one is in the other",
    400,
    "OverlappingSubnetsNotPermittedInSecurityRule",
    nsgId,
    props(nsg(), (p) => {
      delete p.securityRules[0].properties.sourceAddressPrefix;
      p.securityRules[0].properties.sourceAddressPrefixes = ["10.0.0.0/8", "10.0.0.0/16"];
    }),
  ],
  [
    "a direction that is none",
    400,
    "SecurityRuleInvalidParameter",
    nsgId,
    props(nsg(), (p) => (p.securityRules[0].properties.direction = "Up")),
  ],
  // Public addresses
  ["a Basic public IP", 400, "IPv4BasicSkuPublicIpCountLimitReached", newPip, but(pip("one"), (b) => delete b.sku)],
  [
    "a dynamic Standard IP",
    400,
    "StandardSkuPublicIPAddressesMustBeStatic",
    newPip,
    props(pip("one"), (p) => delete p.publicIPAllocationMethod),
  ],
  ["a label of this group", 400, "DnsRecordInUse", newPip, pip("mycluster")],
  ["a label of others", 400, "DnsRecordInUse", newPip, pip("taken")],
  ["a label with a reserved word", 400, "DomainNameLabelReserved", newPip, pip("windows-ci")],
  ["a label that starts with a digit", 400, "InvalidDomainNameLabel", newPip, pip("1abc")],
  [
    "one public IP too many",
    400,
    "PublicIPCountLimitReached",
    other(4),
    pip("four"),
    async (on) => [await on.make(other(2), pip("two")), await on.make(other(3), pip("three"))],
  ],
  // NAT gateways
  [
    "a gateway of another SKU than its address",
    400,
    "NatGatewayAndPublicIpSkuMismatch",
    natGatewayId,
    gateway("StandardV2"),
    (on) => on.make(other(9), pip("nine")),
  ],
  ["a gateway with a missing address", 400, "InvalidResourceReference", natGatewayId, gateway("Standard")],
  ["a gateway with the balancer's address", 400, "PublicIPAddressInUse", natGatewayId, gateway("Standard", pipId)],
  // Load balancers
  ["a Basic balancer", 400, "BasicSkuLoadBalancerRetired", `${lbId}2`, but(lb(), (b) => delete b.sku)],
  [
    "a balancer on another's address",
    400,
    "PublicIPAddressInUse",
    `${lbId}2`,
    JSON.parse(JSON.stringify(lb()).replaceAll("loadBalancers/lb/", "loadBalancers/lb2/")),
  ],
  [
    "a balancer with an address of another SKU",
    400,
    "DifferentSkuLoadBalancersAndPublicIPAddressNotAllowed",
    `${lbId}2`,
    JSON.parse(JSON.stringify(lb()).replaceAll("loadBalancers/lb/", "loadBalancers/lb2/").replaceAll(pipId, other(9))),
    (on) =>
      on.make(
        other(9),
        but(pip("nine"), (b) => (b.sku.name = "StandardV2")),
      ),
  ],
  [
    "rules on one port",
    400,
    "RulesUseSameFrontendPortProtocolAndIPConfig",
    lbId,
    lbWith((p) => p.inboundNatRules.push(shape.natRule(7, 80))),
  ],
  [
    "NAT rules on one port",
    400,
    "RulesUseSameFrontendPortProtocolAndIPConfig",
    lbId,
    lbWith((p) => p.inboundNatRules.push(shape.natRule(7, 22001))),
  ],
  [
    "an HTTP probe without a path",
    400,
    "ProbeRequestPathMissing",
    lbId,
    lbWith((p) => delete p.probes[0].properties.requestPath),
  ],
  ["a TCP probe with a path", 400, "ProbeRequestPathNotAllowed", lbId, lbWith((p) => (p.probes[0].properties.protocol = "Tcp"))],
  ["a probe every second", 400, "ProbeIntervalOutOfRange", lbId, lbWith((p) => (p.probes[0].properties.intervalInSeconds = 1))],
  ["a backend port of 0", 400, "InvalidPortRange", lbId, lbWith((p) => (p.inboundNatRules[0].properties.backendPort = 0))],
  [
    "a frontend port of 65535",
    400,
    "InvalidPortRange",
    lbId,
    lbWith((p) => (p.inboundNatRules[0].properties.frontendPort = 65535)),
  ],
  [
    "an idle timeout of 3",
    400,
    "IdleTimeoutOutOfRange",
    lbId,
    lbWith((p) => (p.loadBalancingRules[0].properties.idleTimeoutInMinutes = 3)),
  ],
  ["a rule without its probe", 400, "InvalidResourceReference", lbId, lbWith((p) => (p.probes = []))],
  ["a rule without its pool", 400, "InvalidResourceReference", lbId, lbWith((p) => (p.backendAddressPools = []))],
  [
    "a NAT rule without its frontend",
    400,
    "InvalidResourceReference",
    lbId,
    lbWith((p) => (p.inboundNatRules[0].properties.frontendIPConfiguration.id += "x")),
  ],
  ["two parts of one name", 400, "InvalidRequestFormat", lbId, lbWith((p) => p.probes.push(p.probes[0]))],
  [
    "a rule that leaves SNAT on beside an outbound rule",
    400,
    "LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIsReferencedByOutboundRule",
    lbId,
    lbWith((p) => delete p.loadBalancingRules[0].properties.disableOutboundSnat),
  ],
  [
    "outbound ports not by eights",
    400,
    "OutboundRuleInvalidAllocatedOutboundPorts",
    lbId,
    lbWith((p) => (p.outboundRules[0].properties.allocatedOutboundPorts = 1001)),
  ],
  [
    "an internal frontend that is public too",
    400,
    "LoadBalancerFrontendIPConfigCannotHaveSubnetAndPublicIP",
    lbId,
    lbWith((p) => (p.frontendIPConfigurations[0].properties.subnet = { id: subnetId })),
  ],
  ["a way out through an internal frontend", 400, "OutboundRuleCannotUsePrivateFrontendIPConfiguration", lbId, internal()],
  [
    "an internal frontend in a subnet that is not there",
    400,
    "InvalidResourceReference",
    lbId,
    internal({ subnet: { id: `${vnetId}/subnets/none` } }),
  ],
  [
    "an internal frontend outside of its subnet",
    400,
    "PrivateIPAddressNotInAnySubnet",
    lbId,
    internal({ privateIPAddress: "192.168.0.9" }),
  ],
  [
    "an internal frontend at an address that Azure keeps",
    400,
    "PrivateIPAddressInReservedRange",
    lbId,
    internal({ privateIPAddress: "10.0.0.3" }),
  ],
  [
    "an internal frontend at somebody's address",
    400,
    "PrivateIPAddressIsAllocated",
    lbId,
    internal({ privateIPAddress: "10.0.0.10" }),
    makeNic,
  ],
  ["1501 rules", 400, "LoadBalancerRuleCountLimitReached", lbId, lb(1500)],
  ["a NAT rule taken away from an interface", 400, "InvalidResourceReference", lbId, lb(0), makeNic],
  // Interfaces
  ["an interface without a subnet", 400, "SubnetNotSpecified", newNic, nicWith((c) => delete c.subnet)],
  [
    "an interface of IPv6 alone without a subnet",
    400,
    "SubnetNotSpecified",
    newNic,
    nicWith((c) => ((c.privateIPAddressVersion = "IPv6"), delete c.subnet)),
  ],
  [
    "a second configuration without a subnet",
    400,
    "SubnetNotSpecified",
    newNic,
    nicWith((_, p) => p.ipConfigurations.push({ name: "second", properties: {} })),
  ],
  [
    "an interface without configurations",
    400,
    "NetworkInterfaceMustHaveOneIpConfiguration",
    newNic,
    nicWith((_, p) => (p.ipConfigurations = [])),
  ],
  ["an interface in a missing subnet", 400, "InvalidResourceReference", newNic, nicWith((c) => (c.subnet.id += "x"))],
  [
    "an interface in another region's subnet",
    400,
    "InvalidResourceReference",
    newNic,
    nicWith((c) => (c.subnet.id = `${elsewhere}/subnets/s`)),
    (on) =>
      on.make(
        elsewhere,
        but(vnet(), (b) => (b.location = "eastus")),
      ),
  ],
  [
    "an interface with a missing group",
    400,
    "InvalidResourceReference",
    newNic,
    nicWith((_, p) => (p.networkSecurityGroup.id += "x")),
  ],
  [
    "an interface in a missing pool",
    400,
    "InvalidResourceReference",
    newNic,
    nicWith((c) => (c.loadBalancerBackendAddressPools[0].id += "x")),
  ],
  [
    "an interface with a missing NAT rule",
    400,
    "InvalidResourceReference",
    newNic,
    nicWith((c) => (c.loadBalancerInboundNatRules = [{ id: shape.natId(99) }])),
  ],
  [
    "an interface with another's NAT rule",
    400,
    "InboundNatRuleInUse",
    newNic,
    nicWith((c) => (c.loadBalancerInboundNatRules = [{ id: shape.natId(0) }])),
    makeNic,
  ],
  [
    "an address that is taken",
    400,
    "PrivateIPAddressIsAllocated",
    newNic,
    nicWith((c) => (c.privateIPAddress = "10.0.0.10")),
    makeNic,
  ],
  [
    "an address outside the subnet",
    400,
    "PrivateIPAddressNotInSubnet",
    newNic,
    nicWith((c) => (c.privateIPAddress = "10.0.1.10")),
  ],
  [
    "an address outside the network",
    400,
    "PrivateIPAddressNotInAnySubnet",
    newNic,
    nicWith((c) => (c.privateIPAddress = "192.168.0.10")),
  ],
  ["an address Azure keeps", 400, "PrivateIPAddressInReservedRange", newNic, nicWith((c) => (c.privateIPAddress = "10.0.0.3"))],
  ["the broadcast address", 400, "PrivateIPAddressInReservedRange", newNic, nicWith((c) => (c.privateIPAddress = "10.0.0.255"))],
  ["the balancer's public IP", 400, "PublicIPAddressInUse", newNic, nicWith((c) => (c.publicIPAddress = { id: pipId }))],
  // Placement
  [
    "more fault domains than the region has",
    400,
    "InvalidParameter",
    `${setId}2`,
    props(
      but(shape.availabilitySet(), (b) => (b.location = "westus2")),
      (p) => (p.platformFaultDomainCount = 3),
    ),
  ],
  [
    "21 update domains",
    400,
    "InvalidParameter",
    `${setId}2`,
    props(shape.availabilitySet(), (p) => (p.platformUpdateDomainCount = 21)),
  ],
  [
    "fault domains changed later",
    409,
    "PropertyChangeNotAllowed",
    setId,
    props(shape.availabilitySet(), (p) => (p.platformFaultDomainCount = 2)),
  ],
  [
    "a set in a missing placement group",
    404,
    "NotFound",
    `${setId}2`,
    props(shape.availabilitySet(), (p) => (p.proximityPlacementGroup = { id: of("Compute/proximityPlacementGroups", "x") })),
  ],
  [
    "an SSH key resource of 1024 bits",
    400,
    "InvalidParameter",
    of("Compute/sshPublicKeys", "k"),
    { location: "westus", properties: { publicKey: rsa(1024) } },
  ],
  // Machines
  ["a size that is retired", 400, "InvalidParameter", vmNew, vmWith((p) => (p.hardwareProfile.vmSize = "Standard_A3")), makeNic],
  [
    "a size that is not offered to us",
    409,
    "SkuNotAvailable",
    vmNew,
    vmWith((p) => (p.hardwareProfile.vmSize = "Standard_D4s_v5")),
    makeNic,
  ],
  [
    "more cores of a family than the quota",
    409,
    "OperationNotAllowed",
    vmNew,
    vmWith((p) => (p.hardwareProfile.vmSize = "Standard_D16s_v5")),
    makeNic,
  ],
  [
    "an image that is not there",
    404,
    "PlatformImageNotFound",
    vmNew,
    vmWith((p) => (p.storageProfile.imageReference.version = "1.2.3")),
    makeNic,
  ],
  [
    "an image with a plan, without the plan",
    400,
    "VMMarketplaceInvalidInput",
    vmNew,
    vmWith((p) => (p.storageProfile.imageReference.offer = "flatcar-container-linux-free")),
    makeNic,
  ],
  [
    "a plan for an image without one",
    400,
    "VMMarketplaceInvalidInput",
    vmNew,
    vmWith((_, b) => (b.plan = { publisher: "kinvolk", product: "x", name: "stable" })),
    makeNic,
  ],
  [
    "an image by an id that is not there",
    404,
    "NotFound",
    vmNew,
    vmWith((p) => (p.storageProfile.imageReference = { id: of("Compute/images", "x") })),
    makeNic,
  ],
  ["an x64 image on Arm64", 400, "BadRequest", vmNew, vmWith((p) => (p.hardwareProfile.vmSize = "Standard_D2ps_v5")), makeNic],
  [
    "a generation 1 image on v6",
    400,
    "BadRequest",
    vmNew,
    vmWith((p) => [(p.hardwareProfile.vmSize = "Standard_D2s_v6"), (p.storageProfile.imageReference.sku = "stable")]),
    makeNic,
  ],
  ["the user admin", 400, "InvalidParameter", vmNew, vmWith((p) => (p.osProfile.adminUsername = "admin")), makeNic],
  [
    "a key elsewhere",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.osProfile.linuxConfiguration.ssh.publicKeys[0].path = "/home/x/.ssh/authorized_keys")),
    makeNic,
  ],
  [
    "a key of 1024 bits",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData = rsa(1024))),
    makeNic,
  ],
  [
    "no key and no password",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.osProfile.linuxConfiguration.ssh.publicKeys = [])),
    makeNic,
  ],
  [
    "neither key nor password wanted",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => delete p.osProfile.linuxConfiguration),
    makeNic,
  ],
  [
    "custom data that is not base64",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.osProfile.customData = "#cloud-config")),
    makeNic,
  ],
  [
    "custom data of 65,536 bytes",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.osProfile.customData = Buffer.alloc(65_536).toString("base64"))),
    makeNic,
  ],
  [
    "one LUN twice",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => p.storageProfile.dataDisks.push(p.storageProfile.dataDisks[0])),
    makeNic,
  ],
  [
    "a cached data disk beyond 4,095 GiB",
    400,
    "BadRequest",
    vmNew,
    vmWith((p) => Object.assign(p.storageProfile.dataDisks[0], { diskSizeGB: 4096, caching: "ReadOnly" })),
    makeNic,
  ],
  [
    "an unmanaged disk",
    400,
    "BadRequest",
    vmNew,
    vmWith((p) => (p.storageProfile.osDisk.vhd = { uri: "https://a.blob.core.windows.net/c/d.vhd" })),
    makeNic,
  ],
  [
    "a premium disk where the size has none",
    400,
    "InvalidParameter",
    vmNew,
    vmWith((p) => (p.hardwareProfile.vmSize = "Standard_D2_v5")),
    makeNic,
  ],
  [
    "accelerated networking where the size has none",
    400,
    "VMSizeIsNotPermittedToEnableAcceleratedNetworking",
    vmNew,
    vmWith((p) => (p.hardwareProfile.vmSize = "Standard_B2ms")),
    makeNic,
  ],
  ["a missing interface", 404, "NotFound", vmNew, vm(0)],
  ["another's interface", 400, "NicInUse", vmId(1), but(vm(0), (b) => (b.properties.osProfile.computerName = "vm-1")), makeVm],
  [
    "a set that is not aligned",
    409,
    "OperationNotAllowed",
    vmNew,
    vmWith((p) => (p.availabilitySet.id = of("Compute/availabilitySets", "classic"))),
    async (on) => [
      await makeNic(on),
      await on.make(
        of("Compute/availabilitySets", "classic"),
        but(shape.availabilitySet(), (b) => delete b.sku),
      ),
    ],
  ],
  ["a missing set", 404, "NotFound", vmNew, vmWith((p) => (p.availabilitySet.id += "x")), makeNic],
  ["custom data changed later", 409, "PropertyChangeNotAllowed", vmNew, vmWith((p) => (p.osProfile.customData = "AAAA")), makeVm],
  ["a user changed later", 409, "PropertyChangeNotAllowed", vmNew, vmWith((p) => (p.osProfile.adminUsername = "kern")), makeVm],
  [
    "an image changed later",
    409,
    "PropertyChangeNotAllowed",
    vmNew,
    vmWith((p) => (p.storageProfile.imageReference.sku = "beta-gen2")),
    makeVm,
  ],
  // Images and storage
  [
    "an image from a blob without its generation",
    400,
    "InvalidParameter",
    of("Compute/images", "i"),
    {
      location: "westus",
      properties: {
        storageProfile: {
          osDisk: { osType: "Linux", osState: "Generalized", blobUri: "https://a.blob.core.windows.net/c/d.vhd" },
        },
      },
    },
  ],
  ["an account in capitals", 400, "AccountNameInvalid", of("Storage/storageAccounts", "Account"), account()],
  ["an account of others", 409, "StorageAccountAlreadyTaken", of("Storage/storageAccounts", "takenaccount"), account()],
  [
    "an account of the first kind",
    400,
    "InvalidRequestPropertyValue",
    of("Storage/storageAccounts", "mine123"),
    account((b) => (b.kind = "Storage")),
  ],
  [
    "a disk of no SKU",
    400,
    "InvalidParameter",
    of("Compute/disks", "d"),
    { location: "westus", sku: { name: "Fast" }, properties: { creationData: { createOption: "Empty" }, diskSizeGB: 10 } },
  ],
];

describe("a PUT is refused:", () => {
  for (const [what, status, code, path, body, before] of PUT) {
    test(`${what}: ${status} ${code}`, async () => {
      const on = arm({ limits });
      await base(on);
      await before?.(on);
      const given = await on.ask("PUT", path, body);
      expect([given.status, given.json.error.code]).toEqual([status, code]);
      expect(given.json.error.message.length).toBeGreaterThan(10);
    });
  }
});

/** Recorded: Azure takes these, whatever one expects. */
const TAKEN: [what: string, status: number, path: string, body: Loose, then: (on: Arm) => Promise<void>][] = [
  [
    "a balancer without the pool that an interface is in: the interface is let go of silently",
    200,
    lbId,
    lbWith((p) => ((p.backendAddressPools = []), (p.loadBalancingRules = []), (p.outboundRules = []))),
    async (on) => {
      const [config] = (await on.ask("GET", nicId(0))).json.properties.ipConfigurations;
      expect(config.properties.loadBalancerBackendAddressPools).toEqual([]);
      expect(config.properties.loadBalancerInboundNatRules).toEqual([{ id: shape.natId(0) }]);
    },
  ],
  [
    "a rule without a pool",
    200,
    lbId,
    lbWith((p) => delete p.loadBalancingRules[0].properties.backendAddressPool),
    async (on) => {
      const [rule] = (await on.ask("GET", lbId)).json.properties.loadBalancingRules;
      expect(rule.properties.backendAddressPool).toBeUndefined();
    },
  ],
  [
    "a second configuration, of IPv6, without a subnet",
    200,
    nicId(0),
    props(nic(0), (p) => p.ipConfigurations.push({ name: "six", properties: { privateIPAddressVersion: "IPv6" } })),
    async (on) => {
      const [, six] = (await on.ask("GET", nicId(0))).json.properties.ipConfigurations;
      expect(six.properties).toMatchObject({ privateIPAddressVersion: "IPv6", primary: false });
      expect(six.properties.privateIPAddress).toBeUndefined();
    },
  ],
];

describe("a PUT is taken:", () => {
  for (const [what, status, path, body, then] of TAKEN) {
    test(what, async () => {
      const on = arm({ limits });
      await base(on);
      await makeNic(on);
      const given = await on.ask("PUT", path, body);
      expect(given.status, given.body).toBe(status);
      await then(on);
    });
  }
});

describe("a DELETE is done at once: 200, and 204 when there is nothing", () => {
  const placed = { location: "westus", properties: {} };
  for (const [type, body] of [
    ["availabilitySets", shape.availabilitySet()],
    ["proximityPlacementGroups", placed],
    ["sshPublicKeys", { location: "westus", properties: { publicKey: KEY } }],
  ] as const) {
    test(type, async () => {
      const on = arm({ limits });
      await on.make(GROUP, shape.group());
      const path = of(`Compute/${type}`, "one");
      await on.make(path, body);
      const gone = await on.ask("DELETE", path);
      expect(gone.status).toBe(200);
      expect(Object.keys(gone.headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^location$|^azure-async/)]));
      expect((await on.ask("GET", path)).status).toBe(404);
      expect((await on.ask("DELETE", path)).status).toBe(204);
    });
  }
});

describe("template deployments are not run, and it is said in ARM's own words:", () => {
  const at = `${GROUP}/providers/Microsoft.Resources/deployments`;
  const template = { properties: { mode: "Incremental", template: { resources: [] } } };
  for (const [method, path, status, code] of [
    ["PUT", `${at}/one`, 400, "InvalidTemplateDeployment"],
    ["PUT", `/subscriptions/${SUB}/providers/microsoft.resources/Deployments/one`, 400, "InvalidTemplateDeployment"],
    ["POST", `${at}/one/validate`, 400, "InvalidTemplateDeployment"],
    ["POST", `${at}/one/whatIf`, 400, "InvalidTemplateDeployment"],
    ["GET", `${at}/one`, 404, "DeploymentNotFound"],
    ["GET", at.replace("/g/", "/none/"), 404, "ResourceGroupNotFound"],
  ] as const) {
    test(`${method} ${path.slice(path.indexOf("/providers"))}: ${status} ${code}`, async () => {
      const on = arm();
      await on.make(GROUP, shape.group());
      const given = await on.ask(method, path, method === "GET" ? undefined : template);
      expect([given.status, given.json.error.code]).toEqual([status, code]);
      if (status === 400) expect(given.json.error.message).toMatch(/simulation.*PUT of its own.*az resource create/);
    });
  }

  test("none is listed, and none is there to be deleted", async () => {
    const on = arm();
    await on.make(GROUP, shape.group());
    expect((await on.ask("GET", at)).json).toEqual({ value: [] });
    expect((await on.ask("HEAD", `${at}/one`)).status).toBe(404);
    expect((await on.ask("DELETE", `${at}/one`)).status).toBe(204);
  });
});

const DELETE: [what: string, status: number, code: string, path: string][] = [
  ["an interface of a machine", 400, "NicInUse", nicId(0)],
  ["a security group of an interface", 400, "InUseNetworkSecurityGroupCannotBeDeleted", nsgId],
  ["an address of a balancer", 400, "PublicIPAddressCannotBeDeleted", pipId],
  ["a network of an interface", 400, "InUseSubnetCannotBeDeleted", vnetId],
  ["a set of a machine", 409, "OperationNotAllowed", setId],
  ["a group that is not there", 404, "ResourceGroupNotFound", `${GROUP}2`],
];

describe("a DELETE is refused:", () => {
  for (const [what, status, code, path] of DELETE) {
    test(`${what}: ${status} ${code}`, async () => {
      const on = arm();
      await base(on);
      await node(on, 0);
      const given = await on.ask("DELETE", path);
      expect([given.status, given.json.error.code]).toEqual([status, code]);
    });
  }

  test("a disk of a machine: 409 OperationNotAllowed", async () => {
    const on = arm();
    await base(on);
    await node(on, 0);
    const [disk] = (await on.ask("GET", `${GROUP}/providers/Microsoft.Compute/disks`)).json.value;
    const given = await on.ask("DELETE", disk.id);
    expect([given.status, given.json.error.code]).toEqual([409, "OperationNotAllowed"]);
  });
});

const REQUESTS: [what: string, status: number, code: string, method: string, url: string, headers: Record<string, string>][] = [
  ["no api-version", 400, "MissingApiVersionParameter", "GET", GROUP, { authorization: "x" }],
  ["an api-version that is none", 400, "InvalidApiVersionParameter", "GET", `${GROUP}?api-version=new`, { authorization: "x" }],
  ["no Authorization", 401, "AuthenticationFailed", "GET", `${GROUP}?api-version=2025-04-01`, {}],
  [
    "a subscription that is no id",
    400,
    "InvalidSubscriptionId",
    "GET",
    "/subscriptions/mine?api-version=2025-04-01",
    { authorization: "x" },
  ],
  ["a body that is no JSON", 400, "InvalidRequestContent", "PUT", `${GROUP}?api-version=2025-04-01`, { authorization: "x" }],
];

describe("a request is refused:", () => {
  for (const [what, status, code, method, url, headers] of REQUESTS) {
    test(`${what}: ${status} ${code}`, async () => {
      const { simulation } = arm();
      const given = await simulation.handle({ method, url: `https://management.azure.com${url}`, headers, body: "{" });
      expect([given.status, JSON.parse(given.body ?? "").error.code]).toEqual([status, code]);
    });
  }

  test("a provider that is not registered, until it is: 409 MissingSubscriptionRegistration", async () => {
    const on = arm({ limits: { unregistered: ["Microsoft.Network"] } });
    await on.make(GROUP, shape.group());
    expect((await on.ask("PUT", vnetId, vnet())).json.error.code).toBe("MissingSubscriptionRegistration");
    const provider = `/subscriptions/${SUB}/providers/Microsoft.Network`;
    expect((await on.ask("GET", provider)).json.registrationState).toBe("NotRegistered");
    await on.ask("POST", `${provider}/register`);
    expect((await on.ask("PUT", vnetId, vnet())).status).toBe(201);
  });
});
