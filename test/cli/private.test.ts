/** Private clusters: nothing of theirs is reached from outside, the security group is the claim, and nodes are at their own addresses. */
import { expect, test } from "vitest";
import type { ListDocument, StatusDocument } from "../../src/core/documents.ts";
import { ownNetwork } from "../ports.ts";
import type { StartDocument } from "../../src/core/documents.ts";
import { silentHosts } from "../silent-hosts.ts";
import { addGroup, byHand, inGroup } from "./azure-hand.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

const created = (azure: TestAzure, argv: string) => azure.json(`mycluster --wait-for machines ${argv}`);

/** The last part of a resource's id, by a part of its type. */
const namesOf = (azure: TestAzure, type: string): string[] =>
  azure.simulation
    .save()
    .entries.filter((entry) => entry.type.toLowerCase().endsWith(`/${type}`.toLowerCase()))
    .map(({ key }) => key.slice(key.lastIndexOf("/") + 1));

test("the one public address is the NAT gateway's, and the documents name what is inside", async () => {
  const azure = ownAzure();
  const { document, stderr, exit } = await created(azure, "--private --deis");
  expect(exit, stderr).toBe(0);
  expect(namesOf(azure, "publicIPAddresses")).toEqual(["mycluster-nat-ip"]);
  expect(document).toMatchObject({ host: "10.0.15.254", ip: "10.0.15.254", deis: { domain: "10.0.15.254" } });
  expect(document.nodes.map(({ host, port, privateIp }) => `${host}:${port} ${privateIp}`)).toEqual([
    "10.0.0.4:22 10.0.0.4",
    "10.0.0.5:22 10.0.0.5",
    "10.0.0.6:22 10.0.0.6",
  ]);
  const { properties } = azure.puts().get("loadBalancers/mycluster-lb");
  expect(properties.frontendIPConfigurations[0].properties).toEqual({
    subnet: { id: expect.stringMatching(/mycluster-vnet\/subnets\/nodes$/) },
    privateIPAddress: "10.0.15.254",
    privateIPAllocationMethod: "Static",
    privateIPAddressVersion: "IPv4",
  });
  expect([properties.outboundRules, properties.inboundNatRules.length, properties.loadBalancingRules.length]).toEqual([[], 3, 3]);
  const status = await azure.json<StatusDocument>("status mycluster");
  expect(status.document).toMatchObject({ host: "10.0.15.254", drift: [], nodes: [{ host: "10.0.0.4", port: 22 }, {}, {}] });
  const list = await azure.json<ListDocument[]>("list");
  expect(list.document).toMatchObject([{ name: "mycluster", ip: "10.0.15.254", state: "complete", wanted: 3 }]);
  const text = await azure.run("status mycluster");
  expect(text.stdout).toContain("10.0.0.4:22");
});

test("it grows and shrinks by its claim, keeps what it is, and is destroyed whole in a group of others", async () => {
  const azure = ownAzure();
  await byHand(azure, "PUT", "/resourceGroups/shared", { location: "westus" });
  await byHand(azure, "PUT", inGroup("shared", "Microsoft.Network/networkSecurityGroups", "theirs"), { location: "westus" });
  const first = await created(azure, "--private --resource-group shared");
  expect(first.exit, first.stderr).toBe(0);
  for (const [argv, exit, says] of [
    ["--num-nodes 4 --http --ssh-from 10.0.0.0/8", 0, ""],
    ["--private", 0, ""],
    ["--private --outbound none --virtual-network-name hub", 7, "was made with"],
    ["--pip", 2, "--private none"],
  ] as const) {
    const again = await azure.run(`mycluster --wait-for machines --resource-group shared ${argv}`);
    expect([again.exit, again.stderr], argv).toEqual([exit, expect.stringContaining(says)]);
  }
  const group = azure.simulation.save().entries.find(({ key }) => key.endsWith("/mycluster-nsg"))?.resource as Body;
  expect(group.tags).toMatchObject({ "aoc-role": "claim", "aoc-nodes": "0-3" });
  expect(Object.values(group.tags).join("")).toMatch(/;http=true;.*;private=true;/);
  expect(group.properties.securityRules.map((rule: Body) => rule.name)).toEqual(["allow-ssh", "allow-web", "allow-https"]);
  expect((await azure.run("remove mycluster 3 --yes")).exit).toBe(0);
  const gone = await azure.run("destroy mycluster --yes");
  expect(gone.exit, gone.stderr).toBe(0);
  expect(azure.simulation.save().entries.map(({ key }) => key.slice(key.lastIndexOf("/") + 1))).toEqual(["shared", "theirs"]);
  // the claim tells others that a cluster is here: it goes last
  const deletes = azure.exchanges.filter(({ method }) => method === "DELETE").map(({ url }) => url.replace(/\?.*/, ""));
  expect(deletes.at(-1)).toMatch(/mycluster-nsg$/);
});

test("one that was made with a public address does not become private", async () => {
  const azure = ownAzure();
  await created(azure, "");
  const again = await azure.run("mycluster --private --wait-for machines");
  expect([again.exit, again.stderr]).toEqual([
    7,
    expect.stringMatching(/made without --private; that cannot change[\s\S]*another name/),
  ]);
});

test("in an existing network it takes free addresses, makes no gateway, and its way out is looked at", async () => {
  const azure = ownAzure();
  await byHand(azure, "PUT", "/resourceGroups/lan", { location: "westus" });
  const subnet = { name: "apps", properties: { addressPrefix: "10.1.1.0/28" } };
  await byHand(azure, "PUT", inGroup("lan", "Microsoft.Network/virtualNetworks", "hub"), {
    location: "westus",
    properties: { addressSpace: { addressPrefixes: ["10.1.0.0/16"] }, subnets: [subnet] },
  });
  const { document, exit, stderr } = await created(azure, "--private --virtual-network-name lan:hub");
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("neither a NAT gateway nor a route table");
  expect([document.ip, ...document.nodes.map(({ host }) => host)]).toEqual(["10.1.1.7", "10.1.1.4", "10.1.1.5", "10.1.1.6"]);
  expect([...namesOf(azure, "publicIPAddresses"), ...namesOf(azure, "natGateways")]).toEqual([]);
  const grown = await created(azure, "--num-nodes 5");
  expect(grown.document.nodes.map(({ host }) => host).slice(3)).toEqual(["10.1.1.8", "10.1.1.9"]);
  expect((await azure.run("remove mycluster 4 --yes")).exit).toBe(0);
  const status = await azure.json<StatusDocument>("status mycluster");
  expect(status.document.drift).toEqual([]);
});

test.each([
  ["--outbound nat", "--outbound goes with --private"],
  ["--private --outbound none", "goes with --virtual-network-name"],
])("refused before anything is made, where no cluster has the rest: %s", async (argv, says) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run(`mycluster ${argv}`);
  expect([exit, stderr, azure.puts().size]).toEqual([2, expect.stringContaining(says), 0]);
});

test.each([
  ["--private --outbound nat --virtual-network-name hub", "an existing one is never changed"],
  ["--private --pip", "--private none"],
])("refused before anything is asked: %s", async (argv, says) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run(`plan mycluster ${argv}`);
  expect([exit, stderr, azure.exchanges.length]).toEqual([2, expect.stringContaining(says), 0]);
});

/** A network of loopback addresses, in a group of somebody's. */
async function loopbackNetwork(azure: TestAzure): Promise<{ network: string; flags: string }> {
  const network = await ownNetwork();
  await addGroup(azure, "net");
  await byHand(azure, "PUT", inGroup("net", "Microsoft.Network/virtualNetworks", "corp"), {
    location: "westus",
    properties: {
      addressSpace: { addressPrefixes: [`${network}.0/24`] },
      subnets: [{ name: "apps", properties: { addressPrefix: `${network}.0/24` } }],
    },
  });
  return { network, flags: "--private --virtual-network-name corp --vnet-resource-group net --subnet-names apps" };
}

test("one Ctrl-C while nodes are waited for ends the waiting: all machines are made, and nothing is asked of Azure any more", async () => {
  const azure = ownAzure({ rehearsal: false });
  // where nothing listens
  const { flags } = await loopbackNetwork(azure);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(`mycluster ${flags} --num-nodes 1 --timeout 6h`, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (/virtualMachines/.test(request.url) && /"Succeeded"/.test(answer.body ?? "")) {
        interrupt();
        interrupt = () => undefined;
      }
      return answer;
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).toMatch(/node mycluster-coreos-0 {2}skipped/);
  expect(stderr).not.toMatch(/FAILED|failed/);
});

test("from elsewhere its nodes are not waited for: what is needed is said, what is made stays, exit code 3", async () => {
  const azure = ownAzure({ rehearsal: false });
  const { network, flags: inside } = await loopbackNetwork(azure);
  const addresses = [4, 5, 6].map((last) => `${network}.${last}`);
  await silentHosts(addresses, 22);
  const planned = await azure.run(`plan mycluster ${inside}`);
  expect(planned.stderr).toContain("reached from inside their network only; from elsewhere with --jump user@host");
  const { exit, document, stderr } = await azure.json(`mycluster ${inside} --timeout 1h`);
  expect([exit, document.nodes.map(({ state }) => state)], stderr).toEqual([3, ["unreachable", "unreachable", "unreachable"]]);
  expect(document.seconds).toBeLessThan(240);
  const id = "/subscriptions/[0-9a-f-]+/resourceGroups/mycluster/providers/Microsoft.Compute/virtualMachines/mycluster-coreos-0";
  expect(stderr.match(/none answers here/g)).toHaveLength(1);
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(
    new RegExp(
      `az network bastion tunnel --name BASTION .* --target-resource-id ${id} --resource-port 22 --port 2222.*--jump core@127.0.0.1:2222`,
    ),
  );
  expect(stderr).toContain("Continue: the same command again");

  // nor when they are started again: they have power, and that is all that can be known here
  expect((await azure.run("stop mycluster --yes")).exit).toBe(0);
  const started = await azure.json<StartDocument>("start mycluster --timeout 1h");
  expect([started.exit, started.document.up], started.stderr).toEqual([3, true]);
  expect(started.document.seconds).toBeLessThan(240);
  expect(started.stderr).toContain("No node answers here: a private cluster is reached from inside its network only");
});

test("a create that loses the name to a private one of the same moment takes its address back", async () => {
  const azure = ownAzure();
  const theirs = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "mycluster", "aoc-id": "ffffffff", "aoc-role": "claim" };
  const group = inGroup("mycluster", "Microsoft.Network/networkSecurityGroups", "mycluster-nsg");
  let taken: Promise<{ status: number }> | undefined;
  let before: string[] = [];
  const { exit, stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines", {
    azure: async (request) => {
      if (request.method === "PUT" && request.url.includes(group) && taken === undefined) {
        // its own address is there by then
        await azure.pass(15_000);
        before = namesOf(azure, "publicIPAddresses");
        await (taken = byHand(azure, "PUT", group, { location: "westus", tags: theirs, properties: {} }));
      }
      return azure.simulation.handle(request);
    },
  });
  expect(await taken).toMatchObject({ status: 201 });
  expect([exit, before.length, namesOf(azure, "publicIPAddresses")], stderr).toEqual([7, 1, []]);
});
