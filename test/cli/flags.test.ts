/** Each flag of the old script, and each new one of create, by what arrives at Azure; not by inner values. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Body, type TestAzure, ownAzure, testAzure } from "./world.ts";
import { some } from "../long.ts";
import { tagAFlag } from "../kept-tags.ts";

const opened: TestAzure[] = [];
const azure = (options = {}): TestAzure => {
  const one = testAzure(options);
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** Runs create and gives the PUT bodies. */
async function created(
  argv: string,
  prepare?: (azure: TestAzure) => void | Promise<void>,
): Promise<{ puts: Map<string, Body>; azure: TestAzure; stdout: string; stderr: string }> {
  const one = azure();
  await prepare?.(one);
  const { exit, stdout, stderr } = await one.run(`mycluster ${argv} --wait-for machines`);
  expect(exit, stderr).toBe(0);
  return { puts: one.puts(), azure: one, stdout, stderr };
}

const vm = (puts: Map<string, Body>, i = 0): Body => puts.get(`virtualMachines/mycluster-coreos-${i}`);
const claim = (puts: Map<string, Body>): Body =>
  [...puts].find(([name]) => name.startsWith("publicIPAddresses/mycluster-ip-"))?.[1];
const customData = (body: Body): string => Buffer.from(body.properties.osProfile.customData, "base64").toString();

/** A virtual network that was there before. */
async function network(one: TestAzure, group: string, location = "westus", prefix = "10.9.0.0/24"): Promise<void> {
  const base = `https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/${group}`;
  const send = async (url: string, body: unknown): Promise<void> => {
    const answer = await one.simulation.handle({
      method: "PUT",
      url,
      headers: { authorization: "Bearer x", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status, answer.body).toBeLessThan(300);
  };
  await send(`${base}?api-version=2025-04-01`, { location });
  await send(`${base}/providers/Microsoft.Network/virtualNetworks/office?api-version=2026-01-01`, {
    location,
    properties: {
      addressSpace: { addressPrefixes: [prefix] },
      subnets: [{ name: "servers", properties: { addressPrefix: prefix } }],
    },
  });
}

test("NAME is the group, the DNS label and the machines' first name", async () => {
  const { puts } = await created("");
  expect(puts.get("resourcegroups/mycluster").location).toBe("westus");
  expect(claim(puts).properties.dnsSettings.domainNameLabel).toBe("mycluster");
  expect([...puts.keys()].filter((name) => name.startsWith("virtualMachines/")).sort()).toEqual(
    [0, 1, 2].map((i) => `virtualMachines/mycluster-coreos-${i}`),
  );
});

test("NAME may come last", async () => {
  const one = azure();
  expect((await one.run("--num-nodes 1 --wait-for machines mycluster")).exit).toBe(0);
  expect(vm(one.puts()).properties.osProfile.computerName).toBe("mycluster-coreos-0");
});

const NUMBERS = [
  ["--num-nodes 1", 1],
  ["--num-nodes 5", 5],
  ["--num-nodes=2", 2],
] as const;
test.each(some(NUMBERS, 1, 2))("%s makes %i machines", async (flag, count) => {
  const { puts } = await created(flag);
  expect([...puts.keys()].filter((name) => name.startsWith("virtualMachines/"))).toHaveLength(count);
});

const SIZES = [
  ["--vm-size Standard_D4s_v5", "Standard_D4s_v5"],
  ["--vm-size Small", "Standard_D2s_v5"],
  ["--vm-size Medium", "Standard_D2s_v5"],
  ["--vm-size Large", "Standard_D4s_v5"],
] as const;
test.each(some(SIZES, 0, 3))("%s asks for %s", async (flag, size) => {
  const { puts, stderr } = await created(`--num-nodes 1 ${flag}`);
  expect(vm(puts).properties.hardwareProfile.vmSize).toBe(size);
  if (!flag.includes("Standard")) expect(stderr).toContain("was retired in 2024");
});

test("--vm-name-prefix names the machines", async () => {
  const { puts } = await created("--vm-name-prefix node --num-nodes 1");
  expect(puts.get("virtualMachines/mycluster-node-0").properties.osProfile.computerName).toBe("mycluster-node-0");
});

test("--availability-set is made Aligned with the region's fault domains, and used", async () => {
  const { puts } = await created("--availability-set racks --num-nodes 1");
  const set = puts.get("availabilitySets/racks");
  expect(set.sku).toEqual({ name: "Aligned" });
  expect(set.properties).toMatchObject({ platformFaultDomainCount: 3, platformUpdateDomainCount: 5 });
  expect(vm(puts).properties.availabilitySet.id).toMatch(/availabilitySets\/racks$/);
});

test.each(["--location eastus", "--location=EastUS"])("%s places everything there", async (flag) => {
  const { puts } = await created(`--num-nodes 1 ${flag}`);
  expect(new Set([...puts.values()].map((body) => body.location))).toEqual(new Set(["eastus"]));
});

test('--location "West US" is westus', async () => {
  const one = azure();
  expect(
    (await one.run("mycluster --num-nodes 1 --wait-for machines", { env: { AZURE_COREOS_CLUSTER_LOCATION: "West US" } })).exit,
  ).toBe(0);
  expect(one.puts().get("resourcegroups/mycluster").location).toBe("westus");
});

test("--affinity-group becomes a proximity placement group of the availability set", async () => {
  const { puts } = await created("--affinity-group near --num-nodes 1");
  expect(puts.get("proximityPlacementGroups/near").location).toBe("westus");
  expect(puts.get("availabilitySets/coreos-as").properties.proximityPlacementGroup.id).toMatch(/proximityPlacementGroups\/near$/);
});

test("an existing --affinity-group gives the location, and is not touched", async () => {
  const { puts } = await created("--affinity-group near --num-nodes 1 --location westus", async (one) => {
    const base = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/other";
    const headers = { authorization: "Bearer x", "content-type": "application/json" };
    await one.simulation.handle({ method: "PUT", url: `${base}?api-version=2025-04-01`, headers, body: '{"location":"eastus"}' });
    await one.simulation.handle({
      method: "PUT",
      url: `${base}/providers/Microsoft.Compute/proximityPlacementGroups/near?api-version=2026-04-01`,
      headers,
      body: '{"location":"eastus","properties":{"proximityPlacementGroupType":"Standard"}}',
    });
    one.exchanges.length = 0;
  });
  expect(vm(puts).location).toBe("eastus");
  expect(puts.has("proximityPlacementGroups/near")).toBe(false);
});

test.each([
  ["", [22_001, 22_002, 22_003]],
  ["--ssh 30000", [30_000, 30_001, 30_002]],
  ["--ssh-port 30000", [30_000, 30_001, 30_002]],
])("node i is behind SSH port + i: %s", async (flag, ports) => {
  const { puts } = await created(flag);
  const rules = puts.get("loadBalancers/mycluster-lb").properties.inboundNatRules;
  expect(rules.map((rule: Body) => rule.properties.frontendPort)).toEqual(ports);
  expect(rules.map((rule: Body) => rule.properties.backendPort)).toEqual([22, 22, 22]);
  const joined = puts.get("networkInterfaces/mycluster-coreos-1-nic").properties.ipConfigurations[0].properties
    .loadBalancerInboundNatRules;
  expect(joined[0].id).toMatch(/inboundNatRules\/ssh-1$/);
});

test("without --ssh-cert a key is made, and the machines get its public half", async () => {
  const { puts, azure: one } = await created("--num-nodes 1");
  const { readFileSync, statSync } = await import("node:fs");
  const key = vm(puts).properties.osProfile.linuxConfiguration;
  expect(key.disablePasswordAuthentication).toBe(true);
  expect(key.ssh.publicKeys).toEqual([
    { path: "/home/core/.ssh/authorized_keys", keyData: readFileSync(join(one.dir, "ssh-cert.pub"), "utf8").trim() },
  ]);
  expect(statSync(join(one.dir, "ssh-cert.key")).mode & 0o777).toBe(0o600);
});

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRzXBBm6BIogyYJqZKZUYhCIhyWctszSFdgEVX9FbXE me@there";

test("--ssh-cert takes a public key of one's own", async () => {
  const { puts } = await created("--num-nodes 1 --ssh-cert id.pub", (one) =>
    writeFileSync(join(one.dir, "id.pub"), `${ED25519}\n`),
  );
  expect(vm(puts).properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData).toContain(ED25519.split(" ")[1]);
  expect(puts.get("sshPublicKeys/mycluster-ssh").properties.publicKey).toContain(ED25519.split(" ")[1]);
});

/** Stores SSH keys in another group of the subscription. */
async function storeKeys(one: TestAzure, keys: Record<string, string | undefined>): Promise<void> {
  const base = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/keys";
  const headers = { authorization: "Bearer x", "content-type": "application/json" };
  await one.simulation.handle({ method: "PUT", url: `${base}?api-version=2025-04-01`, headers, body: '{"location":"westus"}' });
  for (const [name, publicKey] of Object.entries(keys)) {
    const { status } = await one.simulation.handle({
      method: "PUT",
      url: `${base}/providers/Microsoft.Compute/sshPublicKeys/${name}?api-version=2026-04-01`,
      headers,
      body: JSON.stringify({ location: "westus", properties: publicKey === undefined ? {} : { publicKey } }),
    });
    expect(status).toBe(201);
  }
}

/** As Azure's generateKeyPair stores what it made: 64 columns, CRLF. */
const WRAPPED_RSA = `${readFileSync(new URL("../fixtures/azure-made.pub", import.meta.url), "utf8").replaceAll("\n", "\r\n")}\r\n`;

test.each([
  ["one of one's own", ED25519],
  ["one that Azure made, in wrapped lines", WRAPPED_RSA],
])("--ssh-thumb names an SSH key stored in Azure, %s, whatever else is stored", async (_, wanted) => {
  const { sshThumbprint } = await import("../../src/prepare/ssh-public-key.ts");
  const { puts } = await created(`--num-nodes 1 --ssh-thumb ${sshThumbprint(wanted).toLowerCase()}`, (one) =>
    storeKeys(one, { empty: undefined, wrapped: WRAPPED_RSA, mine: ED25519 }),
  );
  const { keyData } = vm(puts).properties.osProfile.linuxConfiguration.ssh.publicKeys[0];
  expect(keyData).not.toMatch(/[\r\n]/);
  expect(sshThumbprint(keyData)).toBe(sshThumbprint(wanted));
});

test.each(["--ssh-key", "--ssh-cert"])("%s FILE that is not there is named as it was typed", async (flag) => {
  const { stderr } = await azure().run(`mycluster --num-nodes 1 ${flag} nothing.pem`);
  expect(stderr).toMatch(new RegExp(`Error: ${flag}: cannot read \\S*nothing.pem\n`));
});

test("a --ssh-thumb that nothing has is refused before anything is made", async () => {
  const one = azure();
  await storeKeys(one, { empty: undefined, mine: ED25519 });
  const before = one.puts().size;
  const { exit, stderr } = await one.run(`mycluster --ssh-thumb ${"AB".repeat(20)}`);
  expect(exit).toBe(5);
  expect(stderr).toContain("AB".repeat(20));
  expect(stderr.replaceAll(/\s+/g, " ")).toContain("cannot be read and so were passed over: empty.");
  expect(one.puts().size).toBe(before);
});

test("cert.conf is read when a certificate is made of it, and stops no other command", async () => {
  const one = azure();
  writeFileSync(join(one.dir, "cert.conf"), "[ req ]\nprompt = no\ndistinguished_name = dn\n[ dn ]\nCN = $ENV::NOBODY\n");
  for (const command of ["plan mycluster", "mycluster --num-nodes 1", "status mycluster"])
    expect((await one.run(command)).stderr, command).not.toContain("cert.conf");
  for (const end of ["key", "pem", "cer", "pub"]) rmSync(join(one.dir, `ssh-cert.${end}`));
  const { exit, stderr } = await one.run("other --num-nodes 1");
  expect([exit, stderr]).toEqual([2, expect.stringContaining("cert.conf line 5: $ENV::NOBODY")]);
});

test("--subscription is in every path", async () => {
  const { azure: one } = await created("--num-nodes 1 --subscription 11111111-2222-3333-4444-555555555555");
  expect(one.exchanges.every(({ url }) => url.includes("/subscriptions/11111111-2222-3333-4444-555555555555"))).toBe(true);
});

test("--coreos-image takes a URN, with its purchase plan", async () => {
  const { puts } = await created("--num-nodes 1 --coreos-image kinvolk:flatcar-container-linux-free:stable-gen2:latest");
  expect(vm(puts).properties.storageProfile.imageReference).toMatchObject({
    publisher: "kinvolk",
    offer: "flatcar-container-linux-free",
    sku: "stable-gen2",
  });
  expect(vm(puts).properties.storageProfile.imageReference.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(vm(puts).plan).toEqual({ name: "stable-gen2", publisher: "kinvolk", product: "flatcar-container-linux-free" });
});

test("the default image needs no plan, and its version is kept for nodes that come later", async () => {
  const { puts } = await created("--num-nodes 1");
  const { publisher, offer, sku, version } = vm(puts).properties.storageProfile.imageReference;
  expect([publisher, offer, sku]).toEqual(["kinvolk", "flatcar-container-linux-corevm-amd64", "stable-gen2"]);
  expect(vm(puts).plan).toBeUndefined();
  expect(tagAFlag(claim(puts).tags)["aoc-coreos-image"]).toBe([publisher, offer, sku, version].join(":"));
});

test("--virtual-network-name and --subnet-names use what is there, and never change it", async () => {
  const { puts } = await created(
    "--num-nodes 2 --virtual-network-name office --subnet-names servers --vnet-resource-group lan",
    async (one) => {
      await network(one, "lan");
      one.exchanges.length = 0;
    },
  );
  const ip = puts.get("networkInterfaces/mycluster-coreos-0-nic").properties.ipConfigurations[0].properties;
  expect(ip.subnet.id).toMatch(/resourceGroups\/lan\/.*virtualNetworks\/office\/subnets\/servers$/);
  expect(ip.privateIPAddress).toBe("10.9.0.4");
  expect([...puts.keys()].some((name) => name.startsWith("virtualNetworks/"))).toBe(false);
  // the way out of somebody else's network is the load balancer
  expect(puts.get("loadBalancers/mycluster-lb").properties.outboundRules).toHaveLength(1);
});

test.each([
  ["--virtual-network-name nowhere", "there is no virtual network nowhere"],
  ["--virtual-network-name office --vnet-resource-group lan --subnet-names other", "has no subnet other"],
  ["--virtual-network-name office --vnet-resource-group lan --location eastus", "Give --location westus"],
])("refused in the preflight: %s", async (flags, message) => {
  const one = azure();
  await network(one, "lan");
  one.exchanges.length = 0;
  const { exit, stderr } = await one.run(`mycluster ${flags}`);
  expect([exit, stderr]).toEqual([5, expect.stringContaining(message)]);
  expect(one.puts().size).toBe(0);
});

test("--custom-data is what the machines get, with {0} and {1} filled in", async () => {
  const text =
    "#cloud-config\n\ncoreos:\n  units:\n    - name: hello.service\n      content: |\n        [Service]\n        Environment=ETCD_NAME={1} ETCD_DISCOVERY={0}\n        ExecStart=/bin/awk '{1}' {0}\n";
  const { puts } = await created(
    "--num-nodes 2 --custom-data mine.yaml --discovery-service-url http://127.0.0.1:1/0123abcd",
    (one) => writeFileSync(join(one.dir, "mine.yaml"), text),
  );
  expect(customData(vm(puts, 1))).toBe(
    text.replace("={1}", "=mycluster-coreos-1").replace("={0}", "=http://127.0.0.1:1/0123abcd"),
  );
});

test("--discovery-service-url bootstraps etcd by discovery, and no member list is given", async () => {
  const { puts } = await created("--discovery-service-url http://127.0.0.1:1/0123456789abcdef");
  expect(customData(vm(puts))).toContain("ETCD_DISCOVERY=http://127.0.0.1:1/0123456789abcdef");
  expect(customData(vm(puts))).not.toContain("ETCD_INITIAL_CLUSTER=");
});

test("without it etcd is told its members; no service is asked, with --no-discovery-url or not", async () => {
  const { puts } = await created("--no-discovery-url");
  expect(customData(vm(puts, 2))).toContain(
    "ETCD_INITIAL_CLUSTER=mycluster-coreos-0=https://10.0.0.4:2380,mycluster-coreos-1=https://10.0.0.5:2380,mycluster-coreos-2=https://10.0.0.6:2380",
  );
});

const MEMBERS = [
  ["--num-nodes 4", [3, 1]],
  ["--num-nodes 3 --etcd-members 1", [1, 2]],
  ["--num-nodes 5", [5, 0]],
  ["--num-nodes 9", [5, 4]],
  ["--num-nodes 9 --etcd-members 7", [7, 2]],
] as const;
test.each(some(MEMBERS, 0, 1))("%s: members and gateways", async (flags, [members, gateways]) => {
  const { puts } = await created(flags);
  const texts = [...puts].filter(([name]) => name.startsWith("virtualMachines/")).map(([, body]) => customData(body));
  expect([
    texts.filter((text) => text.includes("ETCD_NAME=")).length,
    texts.filter((text) => text.includes("127.0.0.1:2379") && !text.includes("ETCD_NAME=")).length,
  ]).toEqual([members, gateways]);
});

test("--pip gives every node an address that goes with it, and prints the DNS lines", async () => {
  const { puts, stdout } = await created("--num-nodes 2 --pip");
  const ip = puts.get("networkInterfaces/mycluster-coreos-1-nic").properties.ipConfigurations[0].properties.publicIPAddress;
  expect(ip.id).toMatch(/publicIPAddresses\/mycluster-coreos-1-ip$/);
  expect(ip.properties.deleteOption).toBe("Delete");
  expect(puts.get("publicIPAddresses/mycluster-coreos-1-ip").sku).toEqual({ name: "Standard", tier: "Regional" });
  expect(stdout).toMatch(/@ 10800 IN A [\d.]+\n@ 10800 IN A [\d.]+\n\* 10800 IN CNAME @/);
});

const ports = (puts: Map<string, Body>): number[] =>
  puts.get("loadBalancers/mycluster-lb").properties.loadBalancingRules.map((rule: Body) => rule.properties.frontendPort);
const doors = (puts: Map<string, Body>): string[] =>
  puts
    .get("networkSecurityGroups/mycluster-nsg")
    .properties.securityRules.map((rule: Body) => rule.properties.destinationPortRange);

const ENDPOINTS = [
  ["", [], ["22"]],
  ["--deis", [80, 443, 2222], ["22", "80", "443", "2222"]],
  ["--http --nohttps", [80], ["22", "80"]],
  ["--deis --no-https", [80, 2222], ["22", "80", "2222"]],
  ["--deis --nohttps", [80, 2222], ["22", "80", "2222"]],
  ["--nohttps", [], ["22"]],
  ["--http", [80, 443], ["22", "80", "443"]],
  ["--http --deis", [80, 443, 2222], ["22", "80", "443", "2222"]],
] as const;
test.each(some(ENDPOINTS, 0, 1, 2))("endpoints with '%s'", async (flags, rules, opened) => {
  const { puts } = await created(flags);
  expect(ports(puts)).toEqual(rules);
  expect(doors(puts)).toEqual(opened);
});

test("--deis: probes and idle timeouts as the original had them", async () => {
  const { puts } = await created("--deis");
  const { probes, loadBalancingRules } = puts.get("loadBalancers/mycluster-lb").properties;
  expect(probes.map((probe: Body) => [probe.properties.port, probe.properties.protocol, probe.properties.requestPath])).toEqual([
    [80, "Http", "/health-check"],
    [443, "Tcp", undefined],
    [2222, "Tcp", undefined],
  ]);
  expect(loadBalancingRules.map((rule: Body) => rule.properties.idleTimeoutInMinutes)).toEqual([4, 4, 20]);
});

test.each([
  ["--data-disk", 100],
  ["--data-disk --data-disk-size 25", 25],
])("%s: a disk of %i GiB that goes with the machine", async (flags, size) => {
  const { puts } = await created(`--num-nodes 1 ${flags}`);
  expect(vm(puts).properties.storageProfile.dataDisks).toMatchObject([
    {
      lun: 0,
      diskSizeGB: size,
      createOption: "Empty",
      deleteOption: "Delete",
      managedDisk: { storageAccountType: "Premium_LRS" },
    },
  ]);
  expect(customData(vm(puts))).toContain("Where=/var/lib/docker");
});

const CACHED = [
  [4095, "ReadOnly"],
  [4096, "None"],
  [8192, "None"],
] as const;
test.each(some(CACHED, 0, 1))("a data disk of %i GiB is cached as Azure can: %s", async (size, caching) => {
  const { puts } = await created(`--num-nodes 1 --data-disk --data-disk-size ${size}`);
  expect(vm(puts).properties.storageProfile.dataDisks).toMatchObject([{ diskSizeGB: size, caching }]);
});

test("--data-disk-mount mounts it elsewhere", async () => {
  const { puts } = await created("--num-nodes 1 --data-disk --data-disk-mount /srv/data");
  expect(customData(vm(puts))).toContain("Where=/srv/data");
});

test.each([
  ["", "mycluster.json"],
  ["state.json", "state.json"],
])("--output %s writes the state file", async (name, file) => {
  const { azure: one } = await created(`--num-nodes 1 --output ${name}`);
  const { readFileSync } = await import("node:fs");
  const state = JSON.parse(readFileSync(join(one.dir, file), "utf8")) as {
    name: string;
    vms: { port: number; identity: string }[];
    discovery_url: null;
  };
  expect(state).toMatchObject({
    name: "mycluster",
    discovery_url: null,
    vms: [{ name: "mycluster-coreos-0", port: 22_001, user: "core" }],
  });
});

test("--ssh-from narrows who may reach SSH", async () => {
  const { puts } = await created("--num-nodes 1 --ssh-from 203.0.113.7");
  expect(puts.get("networkSecurityGroups/mycluster-nsg").properties.securityRules[0].properties).toMatchObject({
    destinationPortRange: "22",
    sourceAddressPrefix: "203.0.113.7/32",
    access: "Allow",
  });
});

const RANGES = [
  "--ssh-from 10.1.0.0/16,192.0.2.7",
  "--ssh-from 10.1.0.0/16 --ssh-from 192.0.2.7",
  "--ssh-from 10.1.2.3 --ssh-from 10.1.9.9/16 --ssh-from 192.0.2.7",
] as const;
test.each(some(RANGES, 0, 2))("several may reach SSH: %s", async (flags) => {
  const { puts, azure: one } = await created(`--num-nodes 1 ${flags}`);
  const [rule] = puts.get("networkSecurityGroups/mycluster-nsg").properties.securityRules;
  expect(rule.properties.sourceAddressPrefixes).toEqual(["10.1.0.0/16", "192.0.2.7/32"]);
  expect(rule.properties.sourceAddressPrefix).toBeUndefined();
  // kept with the cluster, and nothing that differs
  one.exchanges.length = 0;
  expect((await one.run("mycluster --wait-for machines")).exit).toBe(0);
  expect([...one.puts().keys()]).toEqual([]);
  expect(JSON.parse((await one.run("status mycluster --json")).stdout).drift).toEqual([]);
});

test("who is not named any more reaches SSH no more: ranges of the other kind have a rule of their own", async () => {
  const { azure: one } = await created("--num-nodes 1 --http --ssh-from 10.0.0.0/8");
  const { stderr } = await one.run("mycluster --wait-for machines --ssh-from 2001:db8::/32");
  expect(stderr).toMatch(/~ rule allow-web: priority 110 -> 100; .*; \+ rule allow-ssh-ipv6; - rule allow-ssh\n/);
  const rules = one.puts().get("networkSecurityGroups/mycluster-nsg").properties.securityRules as { name: string }[];
  expect(rules.map(({ name }) => name)).toEqual(["allow-web", "allow-https", "allow-ssh-ipv6"]);
  expect(JSON.parse((await one.run("status mycluster --json --no-nodes")).stdout).drift).toEqual([]);
});

test("--resource-group puts the cluster into a group of that name", async () => {
  const { puts, azure: one } = await created("--num-nodes 1 --resource-group shared");
  expect(puts.has("resourcegroups/shared")).toBe(true);
  expect(one.exchanges.some(({ url }) => url.includes("/resourceGroups/mycluster/"))).toBe(false);
});

test("--ttl writes the time of death on the group and the claim", async () => {
  const { puts } = await created("--num-nodes 1 --ttl 2h");
  const at = puts.get("resourcegroups/mycluster").tags["aoc-expires"];
  expect(Date.parse(at) - Date.UTC(2026, 10, 22, 12)).toBeGreaterThanOrEqual(2 * 3_600_000);
  expect(claim(puts).tags["aoc-expires"]).toBe(at);
});

test("--platform coreos: etcd2 and fleet, without TLS", async () => {
  const image =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/images/providers/Microsoft.Compute/images/coreos";
  const { puts } = await created(`--platform coreos --coreos-image ${image}`, async (one) => {
    const base = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/images";
    const headers = { authorization: "Bearer x", "content-type": "application/json" };
    await one.simulation.handle({ method: "PUT", url: `${base}?api-version=2025-04-01`, headers, body: '{"location":"westus"}' });
    const disk = { osType: "Linux", osState: "Generalized", blobUri: "https://acc.blob.core.windows.net/vhds/coreos.vhd" };
    await one.simulation.handle({
      method: "PUT",
      url: `${image.replace("/subscriptions", "https://management.azure.com/subscriptions")}?api-version=2026-04-01`,
      headers,
      body: JSON.stringify({ location: "westus", properties: { hyperVGeneration: "V1", storageProfile: { osDisk: disk } } }),
    });
  });
  expect(vm(puts).properties.storageProfile.imageReference).toEqual({ id: image });
  expect(customData(vm(puts))).toMatch(/etcd2:[\s\S]*fleet:/);
});

test.each([
  ["--num-nodes 0", "--num-nodes"],
  ["--num-nodes 1001", "--num-nodes"],
  ["--num-nodes three", "--num-nodes"],
  ["--ssh 65000 --num-nodes 1000", "--ssh"],
  ["--deis --ssh 75 --num-nodes 10", "port 80"],
  ["--deis --num-nodes 2", "at least 3"],
  ["--etcd-members 2", "even"],
  ["--etcd-members 5 --num-nodes 3", "--etcd-members"],
  ["--no-such-flag", "no-such-flag"],
  ["--subnet-names x", "--virtual-network-name"],
  ["--platform coreos", "--coreos-image"],
  ["--coreos-image 2b171e93f07c4903bcad35bda10acf22__CoreOS-Stable-647.2.0", "Flatcar"],
  ["--arm-endpoint http://192.0.2.1", "loopback"],
  ["--custom-data nowhere.yaml", "nowhere.yaml"],
  ["--ttl 99999999999999h", "longer than a year"],
  ["--ttl 366d", "longer than a year"],
  ["--ttl 0", "no length of time"],
  ["--ttl 0s", "no length of time"],
  ["--timeout 0", "no length of time"],
  ["--ttl 2", "2 what?"],
  ["--timeout 1h30", "no length of time"],
  ["--simulate --arm-endpoint http://127.0.0.1:1", "two different Azures"],
  ["--dir /dev/null", "/dev/null is a file"],
  ["--dir /dev/null/x", "/dev/null is a file"],
  ["--dir /proc/x --simulate", "cannot be used as a folder"],
])("bad usage is refused with exit 2 and writes nothing: %s", async (flags, message) => {
  const one = azure();
  const { exit, stderr } = await one.run(`mycluster ${flags}`);
  expect([exit, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(one.puts().size).toBe(0);
});

test.each([
  ["config: other.yaml", /flags\.yaml: "config" cannot stand/],
  ["num-nodes: 3\n\tpip: true", /flags\.yaml:2: a tab in the indentation/],
  ["tag: `a`", /flags\.yaml:1: a value cannot begin with `: put it in quotes/],
  ["num-nodes:3", /flags\.yaml must hold lines/],
  ["num-nodes:3\npip: true", /flags\.yaml:1: a blank is missing after the colon of num-nodes:/],
  ["num-nodes: [3", /flags\.yaml:\d: .*lines such as "num-nodes: 5"/s],
  ["ttl: 2", /flags\.yaml: ttl: 2 what\?/],
])("a configuration file with %j is refused", async (text, message) => {
  const one = azure();
  writeFileSync(join(one.dir, "flags.yaml"), text);
  expect(await one.run("mycluster --config flags.yaml")).toMatchObject({ exit: 2, stderr: expect.stringMatching(message) });
});

test.each(["tag: [\n  owner=me\n]", "tag: {\n  owner: me\n}", 'tag:\n  - "owner=me\n"', "tag: [owner=me] # a\fb"])(
  "a configuration file with %j is taken",
  async (text) => {
    const one = azure();
    writeFileSync(join(one.dir, "flags.yaml"), `${text}\nnum-nodes: 2\n`);
    const { exit, stdout } = await one.run("plan mycluster --config flags.yaml --json");
    expect([exit, stdout]).toEqual([0, expect.stringContaining('"owner": "me')]);
  },
);

test("a misspelt variable of the environment is named, once, and what it may have meant", async () => {
  const env = { AZURE_COREOS_CLUSTER_NUM_NODE: "5", AZURE_COREOS_CLUSTER_XYZ: "1", AZURE_COREOS_CLUSTER_SSH_PORT: "30000" };
  const { exit, stdout, stderr } = await azure().run("mycluster --num-nodes 1 --wait-for machines", { env });
  expect(exit).toBe(0);
  expect(stdout).toContain("Port 30000");
  expect(stderr.match(/without effect/g)).toHaveLength(1);
  expect(stderr).toContain("AZURE_COREOS_CLUSTER_NUM_NODE (did you mean AZURE_COREOS_CLUSTER_NUM_NODES?)");
  expect(stderr).toContain("AZURE_COREOS_CLUSTER_XYZ:");
  expect((await azure().run("list --quiet", { env })).stderr).toBe("");
});

test.each([
  ["run --help", ["<name> -- CMD", "[5m]"], ["300000", "[-- CMD]"]],
  ["ssh --help", ["<name> [node] [-- CMD]", "ssh's own flags are passed on"], ["beats --config"]],
  // it takes what the cluster has kept
  [
    "replace --help",
    ["of the system disk [the cluster's]", "are mapped [the cluster's]", "[30m]"],
    ["[Standard_D2s_v5]", "[100]", "[the image's own]", "Of one command"],
  ],
  ["destroy --help", ["130 interrupted", "AZURE_COREOS_CLUSTER_", "1h30m", "Of this command:"], []],
  ["schema --help", [], ["Exit codes"]],
  ["lint --help", ["[flatcar]"], []],
  ["list --help", ["only the clusters in this resource group"], ["the cluster's name"]],
  ["gc --help", ["only the clusters in this resource group"], ["the cluster's name"]],
  [
    "create --help",
    [
      "[the cluster's name]",
      "; also --ssh-port [22001]",
      "[Standard_D2s_v5]",
      "beats --config",
      "AZURE_COREOS_CLUSTER_NUM_NODES",
      "130 interrupted",
      "7d",
      "Azure sees [*]",
    ],
    ["[["],
  ],
  ["status --help", ["with --json"], []],
])("%s says what is so", async (argv, says, saysNot) => {
  const { stdout } = await azure().run(argv);
  const flat = stdout.replaceAll(/\s+/g, " ");
  for (const words of says) expect(flat).toContain(words);
  for (const words of saysNot) expect(flat).not.toContain(words);
});

test.each([...COMMANDS.map(({ name }) => `${name} --help`), "--help"])("%s fits into the terminal", async (argv) => {
  for (const columns of [120, 80, 64]) {
    const { stdout } = await azure().run(argv, { terminal: { columns, rows: 40 } });
    expect(stdout.split("\n").filter((line) => line.length > columns && !line.startsWith("Usage:"))).toEqual([]);
  }
});

test("list --resource-group lists what is in that group", async () => {
  const one = azure();
  await one.run("mycluster --num-nodes 1 --wait-for machines");
  expect((await one.run("list --resource-group MyCluster")).stdout).toContain("mycluster");
  expect(await one.run("list --resource-group other")).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining("in the resource group other"),
  });
});

test.each([
  ["--arm-endpoint https://me:hunter2@arm.example", {}, ""],
  ["", { AZURE_ARM_ENDPOINT: "https://me:hunter2@arm.example/?x=y" }, ""],
  ["--config c.yaml", {}, "arm-endpoint: https://me:hunter2@arm.example"],
])("a password in the address of another Resource Manager is refused, and not shown: %j %j %j", async (flags, env, config) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "c.yaml"), config);
  const { exit, stdout, stderr } = await azure.run(`plan abc ${flags}`, { env });
  expect([exit, stderr]).toEqual([2, expect.stringContaining("https://arm.example")]);
  expect(stdout + stderr).not.toContain("hunter2");
  expect(azure.exchanges).toEqual([]);
});

test("--output into a folder that is not there is refused before anything is made", async () => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --output nowhere/abc.json");
  expect(exit).toBe(2);
  expect(stderr).toContain("nowhere/abc.json cannot be written");
  expect(azure.exchanges.filter(({ method }) => method !== "GET")).toEqual([]);
});

test("~ is the home folder in every flag's path, on the command line, in the environment and in a file", async () => {
  const one = ownAzure();
  const home = join(one.dir, "home");
  mkdirSync(home);
  writeFileSync(join(home, "flags.yaml"), "timings: ~/t.html\ncustom-data: ~/user-data\n");
  writeFileSync(join(home, "user-data"), "#cloud-config\n");
  const env = { HOME: home, AZURE_COREOS_CLUSTER_DIR: "~/d", AZURE_COREOS_CLUSTER_CONFIG: "~/flags.yaml" };
  const made = await one.run("abc --num-nodes 1 --wait-for machines --events=~/e --output=~/o.json", { env });
  expect(made.exit, made.stderr).toBe(0);
  expect(readdirSync(home).sort()).toEqual([".cache", "d", "e", "flags.yaml", "o.json", "t.html", "user-data"]);
  expect(readdirSync(join(home, "d"))).toContain("ssh-cert.key");
  expect(existsSync(join(one.dir, "~"))).toBe(false);
  expect((await one.run("emulate --profile=~/none", { env })).stderr).toContain(home);
  const homeless = await one.run("create-azure-user-data --dir=~/d");
  expect([homeless.exit, homeless.stderr]).toEqual([2, expect.stringContaining("HOME does not say where that is")]);
});
