/** Bodies of a small cluster, in ARM's own shape: each passes as it is, and a test breaks the one thing it is about. */
import { type Arm, GROUP, KEY, of } from "./arm.ts";

export const vnetId = of("Network/virtualNetworks", "v");
export const subnetId = `${vnetId}/subnets/s`;
export const nsgId = of("Network/networkSecurityGroups", "nsg");
export const pipId = of("Network/publicIPAddresses", "pip");
export const lbId = of("Network/loadBalancers", "lb");
export const setId = of("Compute/availabilitySets", "set");
export const nicId = (index: number): string => of("Network/networkInterfaces", `nic-${index}`);
export const vmId = (index: number): string => of("Compute/virtualMachines", `vm-${index}`);
export const natId = (index: number): string => `${lbId}/inboundNatRules/ssh-${index}`;

const location = "westus";

export const group = (): object => ({ location, tags: { cluster: "c" } });

export const vnet = (): object => ({
  location,
  properties: {
    addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    subnets: [{ name: "s", properties: { addressPrefix: "10.0.0.0/24", defaultOutboundAccess: false } }],
  },
});

export const rule = (name: string, priority: number, port: string): object => ({
  name,
  properties: {
    protocol: "Tcp",
    access: "Allow",
    direction: "Inbound",
    priority,
    sourceAddressPrefix: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: port,
  },
});

export const nsg = (): object => ({ location, properties: { securityRules: [rule("ssh", 100, "22"), rule("http", 110, "80")] } });

export const pip = (label = "mycluster"): object => ({
  location,
  sku: { name: "Standard" },
  properties: { publicIPAllocationMethod: "Static", dnsSettings: { domainNameLabel: label } },
});

const part = (collection: string, name: string): object => ({ id: `${lbId}/${collection}/${name}` });
const frontend = (): object => part("frontendIPConfigurations", "f");

export const natRule = (index: number, port = 22001 + index): object => ({
  name: `ssh-${index}`,
  properties: { frontendIPConfiguration: frontend(), protocol: "Tcp", frontendPort: port, backendPort: 22 },
});

// oxlint-disable-next-line typescript/no-explicit-any -- tests change one thing deep inside
export const lb = (nodes = 3): any => ({
  location,
  sku: { name: "Standard" },
  properties: {
    frontendIPConfigurations: [{ name: "f", properties: { publicIPAddress: { id: pipId } } }],
    backendAddressPools: [{ name: "p" }],
    probes: [{ name: "http", properties: { protocol: "Http", port: 80, requestPath: "/health-check" } }],
    loadBalancingRules: [
      {
        name: "http",
        properties: {
          frontendIPConfiguration: frontend(),
          backendAddressPool: part("backendAddressPools", "p"),
          probe: part("probes", "http"),
          protocol: "Tcp",
          frontendPort: 80,
          backendPort: 80,
          disableOutboundSnat: true,
        },
      },
    ],
    inboundNatRules: Array.from({ length: nodes }, (_, index) => natRule(index)),
    outboundRules: [
      {
        name: "out",
        properties: {
          protocol: "All",
          frontendIPConfigurations: [frontend()],
          backendAddressPool: part("backendAddressPools", "p"),
          allocatedOutboundPorts: 1024,
        },
      },
    ],
  },
});

export const availabilitySet = (): object => ({
  location,
  sku: { name: "Aligned" },
  properties: { platformFaultDomainCount: 3, platformUpdateDomainCount: 5 },
});

// oxlint-disable-next-line typescript/no-explicit-any -- tests change one thing deep inside
export const nic = (index: number): any => ({
  location,
  properties: {
    enableAcceleratedNetworking: true,
    networkSecurityGroup: { id: nsgId },
    ipConfigurations: [
      {
        name: "primary",
        properties: {
          subnet: { id: subnetId },
          privateIPAllocationMethod: "Static",
          privateIPAddress: `10.0.0.${10 + index}`,
          loadBalancerBackendAddressPools: [part("backendAddressPools", "p")],
          loadBalancerInboundNatRules: [{ id: natId(index) }],
        },
      },
    ],
  },
});

// oxlint-disable-next-line typescript/no-explicit-any -- tests change one thing deep inside
export const vm = (index: number): any => ({
  location,
  properties: {
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    availabilitySet: { id: setId },
    storageProfile: {
      imageReference: {
        publisher: "kinvolk",
        offer: "flatcar-container-linux-corevm-amd64",
        sku: "stable-gen2",
        version: "latest",
      },
      osDisk: { createOption: "FromImage", deleteOption: "Delete", managedDisk: { storageAccountType: "Premium_LRS" } },
      dataDisks: [{ lun: 0, createOption: "Empty", diskSizeGB: 100, deleteOption: "Delete" }],
    },
    osProfile: {
      computerName: `vm-${index}`,
      adminUsername: "core",
      customData: Buffer.from("#cloud-config\n").toString("base64"),
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: "/home/core/.ssh/authorized_keys", keyData: KEY }] },
      },
    },
    networkProfile: { networkInterfaces: [{ id: nicId(index), properties: { primary: true, deleteOption: "Delete" } }] },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  },
});

/** Everything up to and with the availability set, without a node. */
export async function base(on: Arm, nodes = 3): Promise<void> {
  await on.make(GROUP, group());
  for (const [id, body] of [
    [vnetId, vnet()],
    [nsgId, nsg()],
    [pipId, pip()],
    [lbId, lb(nodes)],
    [setId, availabilitySet()],
  ] as const) {
    await on.make(id, body);
  }
}

export async function node(on: Arm, index: number): Promise<void> {
  await on.make(nicId(index), nic(index));
  await on.make(vmId(index), vm(index));
}
