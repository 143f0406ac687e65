/** The real SDK clients over `handle`: what they send is understood, and what they get is what they expect. */
import { describe, expect, test } from "vitest";
import { parseFault } from "../../src/sim/fault-script.ts";
import { type Arm, arm, type Clients, clients, KEY, of } from "./arm.ts";
import { base, lbId, nicId, nsgId, pipId, setId, subnetId, vmId } from "./shape.ts";

interface Poller<T> {
  poll(): Promise<unknown>;
  submitted(): Promise<void>;
  readonly isDone: boolean;
  readonly result: T | undefined;
}

/** Polls every five simulated seconds; the SDK's own loop would sleep in real time. */
async function drive<T>(on: Arm, poller: Poller<T>): Promise<T | undefined> {
  await poller.submitted();
  while (!poller.isDone) {
    await on.wait(5);
    await poller.poll();
  }
  return poller.result;
}

const location = "westus";

async function createAll(on: Arm, { compute, network, resources }: Clients): Promise<void> {
  await resources.resourceGroups.createOrUpdate("g", { location, tags: { cluster: "c" } });
  await Promise.all([
    drive(
      on,
      network.virtualNetworks.createOrUpdate("g", "v", {
        location,
        addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
        subnets: [{ name: "s", addressPrefix: "10.0.0.0/24", defaultOutboundAccess: false }],
      }),
    ),
    drive(
      on,
      network.networkSecurityGroups.createOrUpdate("g", "nsg", {
        location,
        securityRules: [
          {
            name: "ssh",
            protocol: "Tcp",
            access: "Allow",
            direction: "Inbound",
            priority: 100,
            sourceAddressPrefix: "*",
            sourcePortRange: "*",
            destinationAddressPrefix: "*",
            destinationPortRange: "22",
          },
        ],
      }),
    ),
    drive(
      on,
      network.publicIPAddresses.createOrUpdate("g", "pip", {
        location,
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
        dnsSettings: { domainNameLabel: "mycluster" },
      }),
    ),
    compute.availabilitySets.createOrUpdate("g", "set", { location, sku: { name: "Aligned" }, platformFaultDomainCount: 3 }),
  ]);
  await drive(
    on,
    network.loadBalancers.createOrUpdate("g", "lb", {
      location,
      sku: { name: "Standard" },
      frontendIPConfigurations: [{ name: "f", publicIPAddress: { id: pipId } }],
      backendAddressPools: [{ name: "p" }],
      inboundNatRules: [0, 1, 2].map((index) => ({
        name: `ssh-${index}`,
        protocol: "Tcp",
        frontendPort: 22001 + index,
        backendPort: 22,
        frontendIPConfiguration: { id: `${lbId}/frontendIPConfigurations/f` },
      })),
    }),
  );
}

async function createNode(on: Arm, { compute, network }: Clients, index: number): Promise<string | undefined> {
  await drive(
    on,
    network.networkInterfaces.createOrUpdate("g", `nic-${index}`, {
      location,
      networkSecurityGroup: { id: nsgId },
      ipConfigurations: [
        {
          name: "primary",
          subnet: { id: subnetId },
          loadBalancerBackendAddressPools: [{ id: `${lbId}/backendAddressPools/p` }],
          loadBalancerInboundNatRules: [{ id: `${lbId}/inboundNatRules/ssh-${index}` }],
        },
      ],
    }),
  );
  const machine = await drive(
    on,
    compute.virtualMachines.createOrUpdate("g", `vm-${index}`, {
      location,
      hardwareProfile: { vmSize: "Standard_D2s_v5" },
      availabilitySet: { id: setId },
      storageProfile: {
        imageReference: {
          publisher: "kinvolk",
          offer: "flatcar-container-linux-corevm-amd64",
          sku: "stable-gen2",
          version: "latest",
        },
        osDisk: { createOption: "FromImage", deleteOption: "Delete", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
      },
      osProfile: {
        computerName: `vm-${index}`,
        adminUsername: "core",
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: [{ path: "/home/core/.ssh/authorized_keys", keyData: KEY }] },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nicId(index), primary: true, deleteOption: "Delete" }] },
    }),
  );
  return machine?.provisioningState;
}

describe("three nodes through the SDK", () => {
  test("come up in parallel, are read back, and go with their group", async () => {
    const on = arm();
    const sdk = clients(on.simulation);
    await createAll(on, sdk);
    expect(await Promise.all([0, 1, 2].map((index) => createNode(on, sdk, index)))).toEqual([
      "Succeeded",
      "Succeeded",
      "Succeeded",
    ]);
    const lb = await sdk.network.loadBalancers.get("g", "lb");
    expect(lb.inboundNatRules?.map((rule) => rule.backendIPConfiguration?.id)).toEqual(
      [0, 1, 2].map((index) => `${nicId(index)}/ipConfigurations/primary`),
    );
    const nic = await sdk.network.networkInterfaces.get("g", "nic-0");
    expect(nic.virtualMachine?.id).toBe(vmId(0));
    const set = await sdk.compute.availabilitySets.get("g", "set");
    expect(set.virtualMachines?.map(({ id }) => id)).toEqual([0, 1, 2].map(vmId));
    const machine = await sdk.compute.virtualMachines.get("g", "vm-0", { expand: "instanceView" });
    expect(machine.instanceView?.statuses?.map(({ code }) => code)).toContain("PowerState/running");
    const boot = await sdk.network.publicIPAddresses.get("g", "pip");
    expect([boot.ipAddress, boot.dnsSettings?.fqdn]).toEqual(["203.0.113.1", "mycluster.westus.cloudapp.azure.com"]);

    await drive(on, sdk.compute.virtualMachines.delete("g", "vm-2"));
    const disks = [];
    for await (const disk of sdk.compute.disks.listByResourceGroup("g")) disks.push(disk);
    expect(disks).toHaveLength(2);
    await drive(on, sdk.resources.resourceGroups.delete("g"));
    await expect(sdk.resources.resourceGroups.get("g")).rejects.toMatchObject({ statusCode: 404, code: "ResourceGroupNotFound" });
  });

  test("one of which fails to be allocated: the poller says so", async () => {
    const on = arm({ faults: [parseFault("machine-1:AllocationFailed")] });
    const sdk = clients(on.simulation);
    await createAll(on, sdk);
    const outcomes = await Promise.allSettled([0, 1, 2].map((index) => createNode(on, sdk, index)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(String((outcomes[1] as PromiseRejectedResult).reason)).toMatch(/AllocationFailed/);
    expect((await sdk.compute.virtualMachines.get("g", "vm-1")).provisioningState).toBe("Failed");
  });
});

test("the address of every public IP can be chosen", async () => {
  const on = arm({ publicAddress: "127.0.0.1" });
  await base(on);
  expect((await clients(on.simulation).network.publicIPAddresses.get("g", "pip")).ipAddress).toBe("127.0.0.1");
});

test("a storage account and its container, by Location", async () => {
  const on = arm();
  const { resources, storage } = clients(on.simulation);
  await resources.resourceGroups.createOrUpdate("g", { location });
  const name = "account123";
  expect(
    (await storage.storageAccounts.checkNameAvailability({ name, type: "Microsoft.Storage/storageAccounts" })).nameAvailable,
  ).toBe(true);
  const account = await drive(
    on,
    storage.storageAccounts.create("g", name, { location, kind: "StorageV2", sku: { name: "Standard_LRS" } }),
  );
  expect(account?.primaryEndpoints?.blob).toBe(`https://${name}.blob.core.windows.net/`);
  expect(
    (await storage.storageAccounts.checkNameAvailability({ name, type: "Microsoft.Storage/storageAccounts" })).nameAvailable,
  ).toBe(false);
  await storage.blobContainers.create("g", name, "vhds", {});
  expect((await storage.blobContainers.get("g", name, "vhds")).publicAccess).toBe("None");
  expect((await storage.storageAccounts.listKeys("g", name)).keys).toHaveLength(2);
});

test("what a preflight asks through the SDK", async () => {
  const on = arm({ limits: { restrictedSizes: ["westus/Standard_D8s_v5"] } });
  const { compute, network, resources } = clients(on.simulation);
  const sizes = new Map<string, string | undefined>();
  for await (const sku of compute.resourceSkus.list({ filter: "location eq 'westus'" })) {
    sizes.set(`${sku.resourceType}/${sku.name}`, sku.restrictions?.[0]?.reasonCode ?? sku.capabilities?.[0]?.value);
  }
  expect([
    sizes.get("virtualMachines/Standard_D2s_v5"),
    sizes.get("virtualMachines/Standard_D8s_v5"),
    sizes.get("virtualMachines/Standard_A3"),
    sizes.get("availabilitySets/Aligned"),
  ]).toEqual(["2", "NotAvailableForSubscription", undefined, "3"]);
  const versions = await compute.virtualMachineImages.list(location, "kinvolk", "flatcar-container-linux-free", "stable", {
    top: 1,
    orderby: "name desc",
  });
  expect(versions.map(({ name }) => name)).toEqual(["4459.2.1"]);
  const image = await compute.virtualMachineImages.get(location, "kinvolk", "flatcar-container-linux-free", "stable", "4459.2.1");
  expect(image.plan).toEqual({ publisher: "kinvolk", name: "stable", product: "flatcar-container-linux-free" });
  expect(await network.checkDnsNameAvailability(location, "anything")).toMatchObject({ available: true });
  const provider = await resources.providers.get("Microsoft.Compute");
  expect(provider.registrationState).toBe("Registered");
  expect(provider.resourceTypes?.find(({ resourceType }) => resourceType === "virtualMachines")?.locations).toContain("West US");
  const usages = [];
  for await (const usage of compute.usage.list(location)) usages.push(usage.name.value);
  expect(usages).toEqual(expect.arrayContaining(["cores", "standardDSv5Family"]));
});

test("an SSH key resource is found among all of the subscription", async () => {
  const on = arm();
  const { compute, resources } = clients(on.simulation);
  await resources.resourceGroups.createOrUpdate("g", { location });
  await compute.sshPublicKeys.create("g", "key", { location, publicKey: KEY });
  const keys = [];
  for await (const key of compute.sshPublicKeys.listBySubscription()) keys.push([key.id, key.publicKey]);
  expect(keys).toEqual([[of("Compute/sshPublicKeys", "key"), KEY]]);
});

test("tags can be changed, groups and resources found by them", async () => {
  const on = arm();
  await base(on);
  const { network, resources } = clients(on.simulation);
  await network.loadBalancers.updateTags("g", "lb", { tags: { cluster: "d" } });
  const found = async (value: string): Promise<(string | undefined)[]> => {
    const names = [];
    for await (const one of resources.resources.list({ filter: `tagName eq 'cluster' and tagValue eq '${value}'` }))
      names.push(one.name);
    return names;
  };
  expect([await found("d"), await found("c")]).toEqual([["lb"], []]);
  const groups = [];
  for await (const one of resources.resourceGroups.list({ filter: "tagName eq 'cluster' and tagValue eq 'c'" }))
    groups.push(one.name);
  expect(groups).toEqual(["g"]);
});
