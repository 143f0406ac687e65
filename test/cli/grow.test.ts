/** Rerun, growth and removal of nodes: what is there stays, what is missing comes, and nothing else is written. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { byHand, everything, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const ok = async (argv: string): Promise<{ stdout: string; stderr: string }> => {
  const { exit, stdout, stderr } = await azure.run(argv);
  expect(exit, stderr).toBe(0);
  return { stdout, stderr };
};
const written = (): string[] =>
  azure.exchanges
    .filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method))
    .map(({ method, url }) => `${method} ${new URL(url).pathname.split("/").at(-1)}`);
const userData = (machine: string): string =>
  Buffer.from(azure.puts().get(`virtualMachines/${machine}`).properties.osProfile.customData, "base64").toString();

test("a second run finds everything there and writes nothing", async () => {
  await ok("mycluster --deis --data-disk --pip");
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster");
  expect(written()).toEqual([]);
  expect(document.resources).toMatchObject({ created: 0, updated: 0 });
  expect(document.nodes.map((node) => node.state)).toEqual(["ready", "ready", "ready"]);
});

test("what an earlier run was told is kept: a rerun needs no flags", async () => {
  await ok("mycluster --deis --ssh 30000 --vm-size Large --ssh-from 10.0.0.0/8");
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster --num-nodes 4");
  expect(document.nodes[3]?.port).toBe(30_003);
  expect(azure.puts().get("virtualMachines/mycluster-coreos-3").properties.hardwareProfile.vmSize).toBe("Standard_D4s_v5");
  expect(azure.puts().get("loadBalancers/mycluster-lb").properties.loadBalancingRules).toHaveLength(3);
});

const SPOT = "--spot=all --max-price 0.05";
const LONG_NAMES = "--vm-name-prefix n";

/** What a cluster was made with, what is wished then, and for what that is refused of a cluster that is not there. */
const KEPT_TOGETHER: readonly (readonly [first: string, then: string, alone: string])[] = [
  [SPOT, "--num-nodes 4 --max-price 0.06", "--max-price is for spot machines"],
  ["--num-nodes 5", "--min-ready 4", "--min-ready 4 is more than --num-nodes 3"],
  ["--num-nodes 5 --etcd-members 3", "--etcd-members 5", "--etcd-members 5 needs as many nodes"],
  ["--num-nodes 1 --ssh 65534", "--ssh 65534", "beyond 65534"],
  ["--private", "--outbound nat", "--outbound goes with --private"],
  ["--platform ubuntu --etcd-members 3", "--platform ubuntu --deis --wait-for etcd", "there is to be no etcd"],
  ["--platform ubuntu --num-nodes 1", "--deis --num-nodes 2", "--deis needs at least 3 nodes"],
  ["--ssh 443 --http --nohttps", "--ssh 443 --http", "take port 443"],
  ["--platform ubuntu", "--num-nodes 4 --coreos-image Canonical:ubuntu-24_04-lts:server:latest", "is ubuntu's"],
];
test.each(some(KEPT_TOGETHER, 0, 3, 5, 7))(
  "what a cluster keeps goes together with what is wished now: %s, then %s",
  async (first, then, alone) => {
    await ok(`mycluster ${first}`);
    await ok(`mycluster ${then}`);
    const { exit, stderr } = await azure.run(`another ${then}`);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(alone)]);
  },
);

test("what cannot change may be said again, also beside what came later", async () => {
  await ok("mycluster --availability-set racks");
  await ok("mycluster --spot=all");
  await ok("mycluster --availability-set racks");
});

test("who may not look hears what a new cluster is refused for", async () => {
  const { exit, stderr } = await azure.run("mycluster --deis --num-nodes 2", {
    azure: () =>
      Promise.resolve({
        status: 403,
        headers: {},
        body: JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } }),
      }),
  });
  expect([exit, stderr]).toEqual([2, expect.stringContaining("--deis needs at least 3 nodes")]);
});

test("a name that fits beside the cluster's own prefix needs no prefix again", async () => {
  const name = "a".repeat(58);
  await ok(`${name} ${LONG_NAMES}`);
  await ok(`${name} --num-nodes 4`);
  const { exit, stderr } = await azure.run(`${"b".repeat(58)} --num-nodes 4`);
  expect([exit, stderr]).toEqual([2, expect.stringContaining("are longer than 63 characters")]);
});

test("--num-nodes 5 adds nodes 3 and 4 only; load balancer, claim and outputs follow", async () => {
  await ok("mycluster");
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster --num-nodes 5");
  expect(written().sort()).toEqual(
    [
      "PUT mycluster-lb",
      "PUT mycluster-coreos-3-nic",
      "PUT mycluster-coreos-4-nic",
      "PUT mycluster-coreos-3",
      "PUT mycluster-coreos-4",
      `PATCH ${written()
        .find((name) => name.includes("-ip-"))
        ?.slice(6)}`,
    ].sort(),
  );
  expect(document.nodes.map((node) => node.name)).toEqual([0, 1, 2, 3, 4].map((i) => `mycluster-coreos-${i}`));
  expect(document.etcd.members).toHaveLength(5);
});

test("a member that joins is told 'existing' and the members before it", async () => {
  await ok("mycluster");
  await ok("mycluster --num-nodes 5");
  expect(userData("mycluster-coreos-3")).toMatch(
    /ETCD_INITIAL_CLUSTER=mycluster-coreos-0=\S+,mycluster-coreos-1=\S+,mycluster-coreos-2=\S+,mycluster-coreos-3=https:\/\/10\.0\.0\.7:2380\n/,
  );
  expect(userData("mycluster-coreos-3")).toContain("ETCD_INITIAL_CLUSTER_STATE=existing");
  expect(userData("mycluster-coreos-4")).toContain(
    "mycluster-coreos-3=https://10.0.0.7:2380,mycluster-coreos-4=https://10.0.0.8:2380",
  );
});

test("nodes beyond the members are gateways to them", async () => {
  await ok("mycluster --num-nodes 5");
  await ok("mycluster --num-nodes 7");
  expect(userData("mycluster-coreos-6")).not.toContain("ETCD_NAME=");
  expect(userData("mycluster-coreos-6")).toContain("10.0.0.4:2379");
});

test("fewer nodes are refused, with a pointer to remove", async () => {
  await ok("mycluster");
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 2");
  expect([exit, stderr]).toEqual([2, expect.stringContaining("azure-coreos-cluster remove mycluster")]);
  expect(written()).toEqual([]);
});

test.each([
  ["--ssh 30000", "--ssh 22001"],
  ["--vm-name-prefix other", "--vm-name-prefix coreos"],
  ["--location eastus", "is in westus"],
  ["--etcd-plain", "was made without --etcd-plain; that cannot change\n"],
])("a choice that cannot change is refused with exit 7: %s", async (flag, message) => {
  await ok("mycluster --num-nodes 1");
  const { exit, stderr } = await azure.run(`mycluster ${flag}`);
  expect([exit, stderr]).toEqual([7, expect.stringContaining(message)]);
});

test("another size counts for new machines, and that is said", async () => {
  await ok("mycluster --num-nodes 1");
  azure.exchanges.length = 0;
  const { stderr } = await ok("mycluster --num-nodes 2 --vm-size Standard_D4s_v5");
  expect(stderr).toContain("counts for new machines; those that exist stay as they are.");
  expect([...azure.puts().keys()].filter((name) => name.startsWith("virtualMachines/"))).toEqual([
    "virtualMachines/mycluster-coreos-1",
  ]);
  expect((await ok("plan mycluster")).stderr).toContain("2 machines of Standard_D2s_v5 and Standard_D4s_v5 in");
  await ok("mycluster --vm-size Standard_D8s_v5");
  expect((await ok("plan mycluster")).stderr).toContain("2 machines of Standard_D2s_v5 and Standard_D4s_v5 in");
});

test("a switch that counts for new machines is said without a value", async () => {
  await ok("mycluster --num-nodes 1");
  expect((await ok("mycluster --num-nodes 2 --data-disk --dry-run")).stderr).toContain(
    "--data-disk counts for new machines; those that exist stay as they are.\n",
  );
  const { stderr } = await ok("mycluster --num-nodes 3 --data-disk --no-host-keys");
  expect(stderr).toContain("--no-host-keys counts for new machines; those that exist stay as they are.\n");
  const without = await azure.run("mycluster --num-nodes 4 --dry-run", { env: { AZURE_COREOS_CLUSTER_DATA_DISK: "no" } });
  expect(without.stderr).toContain("New machines are made without --data-disk; those that exist stay as they are.\n");
});

test("a failed machine is deleted and made again, on the interface that Azure kept for three minutes", async () => {
  azure.close();
  azure = ownAzure({
    faults: [
      {
        match: { method: "PUT", url: "mycluster-coreos-1\\?", nth: [1, 2] },
        effect: { failOperation: { code: "AllocationFailed", message: "no room" } },
      },
    ],
  });
  const first = await azure.run("mycluster");
  expect(first.exit).toBe(3);
  expect(first.stderr).toContain("AllocationFailed");
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster");
  expect(document.nodes.map((node) => node.state)).toEqual(["ready", "ready", "ready"]);
  expect(userData("mycluster-coreos-1")).toContain("ETCD_NAME=mycluster-coreos-1");
});

test("finished where the private key is not: made is all that can be known, and enough unless more is asked for", async () => {
  const real = ownAzure({ rehearsal: false });
  const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
  onTestFinished(() => rmSync(elsewhere, { recursive: true }));
  expect((await real.run("mycluster --wait-for machines")).exit).toBe(0);
  const { exit, document, stderr } = await real.json("mycluster", { dir: elsewhere });
  expect({ exit, states: document.nodes.map((node) => node.state) }).toEqual({
    exit: 0,
    states: ["created", "created", "created"],
  });
  expect(stderr).toContain("The private key of the cluster is not on this machine");
  // nobody has asked the nodes, and nobody can log in from here
  expect(stderr).not.toMatch(/nodes (are )?ready|ssh -F/);
  expect(stderr).toContain("ssh mycluster --ssh-key FILE");
  for (const command of ["", "plan "])
    expect(await real.run(`${command}mycluster --wait-for ssh`, { dir: elsewhere })).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining("ssh-add FILE\nWith --wait-for machines nobody logs in. Nothing was written"),
    });
});

test("a machine that somebody is deleting is waited for, and made again with user-data of its own", async () => {
  await ok("mycluster");
  const { status } = await byHand(
    azure,
    "DELETE",
    inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-1"),
  );
  expect(status).toBe(202);
  azure.exchanges.length = 0;
  await ok("mycluster");
  expect(userData("mycluster-coreos-1")).toContain("ETCD_NAME=mycluster-coreos-1");
});

test("a name that somebody else's interface has: the growth says which resource is to go, and writes nothing", async () => {
  await ok("mycluster --num-nodes 2 --wait-for machines");
  const nic = inGroup("mycluster", "Microsoft.Network/networkInterfaces", "mycluster-coreos-2-nic");
  const network = inGroup("mycluster", "Microsoft.Network/virtualNetworks", "mycluster-vnet");
  const subnet = { id: `/subscriptions/00000000-0000-0000-0000-000000000000${network}/subnets/nodes` };
  const theirs = { location: "westus", properties: { ipConfigurations: [{ name: "c", properties: { subnet } }] } };
  expect((await byHand(azure, "PUT", nic, theirs)).status).toBeLessThan(300);
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --wait-for machines");
  expect({ exit, written: written() }, stderr).toEqual({ exit: 7, written: [] });
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(
    /delete it \(`az resource delete --ids \S+mycluster-coreos-2-nic`\) and run the same command again/,
  );
  expect(stderr).not.toMatch(/^Choose another name/m);
});

test.each([
  [{ frontendPort: 22_003 }, "port 22003 of the load balancer is taken by the rule theirs"],
  [{ frontendPortRangeStart: 22_003, frontendPortRangeEnd: 22_010 }, "ports 22003, 22004 of the load balancer"],
])("a port that somebody's rule has is refused before anything is written, with the rule's name: %j", async (ports, said) => {
  await ok("mycluster --num-nodes 2");
  const id = inGroup("mycluster", "Microsoft.Network/loadBalancers", "mycluster-lb");
  const { properties } = (await byHand(azure, "GET", id)).body as Body;
  const [{ id: frontend }] = properties.frontendIPConfigurations;
  const rule = { ...ports, backendPort: 8080, protocol: "Tcp", frontendIPConfiguration: { id: frontend } };
  properties.inboundNatRules.push({ name: "theirs", properties: rule });
  expect((await byHand(azure, "PUT", id, { location: "westus", sku: { name: "Standard" }, properties })).status).toBe(200);
  azure.exchanges.length = 0;
  await ok("mycluster");
  const { exit, stderr } = await azure.run("mycluster --num-nodes 4");
  expect(exit, stderr).toBe(5);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(said);
  expect(stderr).toContain(
    "az network lb inbound-nat-rule delete --resource-group mycluster --lb-name mycluster-lb --name theirs",
  );
  expect(written()).toEqual([]);
});

test("a private address that somebody took before the interface was made: it is said who has it, and the way out that is said leads out", async () => {
  let [address, taken] = ["", false];
  const steal = async (request: Parameters<typeof azure.simulation.handle>[0]): ReturnType<typeof azure.simulation.handle> => {
    if (!taken && request.method === "PUT" && request.url.includes("networkInterfaces/mycluster-coreos-1-nic")) {
      taken = true;
      const { properties } = JSON.parse(request.body ?? "").properties.ipConfigurations[0];
      address = properties.privateIPAddress;
      for (const name of ["loadBalancerBackendAddressPools", "loadBalancerInboundNatRules", "publicIPAddress"])
        delete properties[name];
      await byHand(azure, "PUT", inGroup("mycluster", "Microsoft.Network/networkInterfaces", "theirs"), {
        location: "westus",
        properties: { ipConfigurations: [{ name: "a", properties }] },
      });
    }
    return azure.simulation.handle(request);
  };
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --wait-for machines", { azure: steal });
  expect([exit, taken]).toEqual([3, true]);
  expect(stderr).toMatch(/private address \S+ is in use by \/subscriptions\/\S+\/networkInterfaces\/theirs\./);
  expect(stderr).toContain(
    "`azure-coreos-cluster remove mycluster mycluster-coreos-1`, then `azure-coreos-cluster mycluster --num-nodes 3`",
  );
  expect((await azure.run("remove mycluster 1 --yes")).exit).toBe(0);
  await ok("mycluster --num-nodes 3 --wait-for machines");
  const { document } = await azure.json("status mycluster --no-nodes");
  expect(document.nodes.map(({ privateIp }) => privateIp)).not.toContain(address);
  expect(document.nodes).toHaveLength(3);
});

test.each(["virtualNetworks/", "virtualMachines/mycluster-coreos-0"])(
  "an operation that never ends in Azure's books, of %s that is there, holds up nothing for ever",
  async (what) => {
    let [operation, asked] = ["", 0];
    const { exit, stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines", {
      azure: async (request) => {
        const answer = await azure.simulation.handle(request);
        const url = answer.headers["azure-asyncoperation"];
        if (request.method === "PUT" && request.url.includes(what) && url !== undefined) operation = url;
        if (request.url !== operation) return answer;
        asked += 1;
        return { ...answer, status: 200, body: JSON.stringify({ status: "InProgress" }) };
      },
    });
    expect(exit, stderr).toBe(0);
    expect(asked).toBeGreaterThan(1);
    expect(stderr).toMatch(/made in 5 min \d+ s\./);
  },
);

test("one that fails while another run waits for it is not made without its user-data", async () => {
  azure.close();
  azure = ownAzure({
    faults: [
      {
        match: { method: "PUT", url: "mycluster-coreos-1\\?", nth: 1 },
        effect: { failOperation: { code: "AllocationFailed", message: "no room" } },
      },
    ],
  });
  let interrupt = (): void => undefined;
  const first = await azure.run("mycluster --wait-for machines", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT" && request.url.includes("virtualMachines/mycluster-coreos-1?"))
        [interrupt, interrupt].forEach((one) => one());
      return answer;
    },
  });
  expect(first.exit).toBe(130);
  azure.exchanges.length = 0;
  const second = await azure.run("mycluster --wait-for machines");
  expect({ exit: second.exit, put: azure.puts().has("virtualMachines/mycluster-coreos-1") }, second.stderr).toEqual({
    exit: 3,
    put: false,
  });
  expect(second.stderr).toContain("mycluster-coreos-1 failed or was deleted while this run was at work");
  const third = await azure.run("mycluster --wait-for machines");
  expect(third.exit, third.stderr).toBe(0);
  expect(userData("mycluster-coreos-1")).toContain("ETCD_NAME=mycluster-coreos-1");
});

test("remove takes a node's machine, disks, interface, address and NAT rule, and its index can be made again", async () => {
  await ok("mycluster --num-nodes 5 --pip");
  azure.exchanges.length = 0;
  await ok("remove mycluster 3 mycluster-coreos-4 --yes");
  const rules = azure
    .puts()
    .get("loadBalancers/mycluster-lb")
    .properties.inboundNatRules.map((rule: Body) => rule.name);
  expect(rules).toEqual(["ssh-0", "ssh-1", "ssh-2"]);
  const left = azure.simulation.save().entries.map(({ key }) => key);
  expect(left.filter((key) => /coreos-[34]/.test(key))).toEqual([]);
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster");
  expect([document.nodes.length, document.etcd.members.length]).toEqual([3, 3]);
  expect(written()).toEqual([]);
  const again = await azure.json("mycluster --num-nodes 4");
  expect(again.document.nodes.map((node) => node.index)).toEqual([0, 1, 2, 3]);
});

test("removing what is not there, or is no node, is bad usage; the last node is destroy's", async () => {
  await ok("mycluster --num-nodes 1");
  const none = await azure.run("remove mycluster 7 --yes");
  expect([none.exit, none.stderr]).toEqual([2, expect.stringContaining("mycluster-coreos-7 is not there")]);
  expect((await azure.run("remove mycluster seven --yes")).exit).toBe(2);
  const all = await azure.run("remove mycluster 0 --yes");
  expect([all.exit, all.stderr]).toEqual([2, expect.stringContaining("destroy mycluster")]);
  expect((await azure.run("remove mycluster 0")).exit).toBe(2);
});

const kindsLeft = (): string[] => azure.simulation.save().entries.map(({ key }) => key);
const failing = (nth: [number, number]) => ({
  faults: [
    {
      match: { method: "PUT", url: "virtualMachines/mycluster-coreos-1\\?", nth },
      effect: { status: 400, code: "BadThing", message: "no" },
    },
  ],
});

test("--rollback of a first run leaves nothing; of a growth it leaves the cluster as it was", async () => {
  azure.close();
  azure = ownAzure(failing([1, 9]));
  const { exit, stderr } = await azure.run("mycluster --rollback");
  expect([exit, stderr]).toEqual([1, expect.stringContaining("nothing of it is left")]);
  expect(kindsLeft()).toEqual([]);
  azure.close();
  azure = ownAzure(failing([1, 1]));
  await ok("mycluster --num-nodes 1");
  const before = kindsLeft().sort();
  expect((await azure.run("mycluster --num-nodes 3 --rollback")).exit).toBe(1);
  expect(kindsLeft().sort()).toEqual(before);
});

test.each([
  [2, 0],
  [3, 3],
])("--min-ready %i with two of three nodes ready ends with exit %i", async (ready, code) => {
  azure.close();
  azure = ownAzure(failing([1, 9]));
  const { exit, document } = await azure.json(`mycluster --min-ready ${ready}`);
  expect(exit).toBe(code);
  expect(document.nodes.map((node) => node.state)).toEqual(["ready", "failed", "ready"]);
});

test("a Deis cluster keeps three nodes: with fewer no later command would take it", async () => {
  await ok("mycluster --deis");
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("remove mycluster 2 --yes");
  expect([exit, stderr]).toEqual([2, expect.stringContaining("at least 3 nodes")]);
  expect(written()).toEqual([]);
});

test("with k3s in place of Deis one node is enough", async () => {
  await ok("mycluster --deis --platform ubuntu --num-nodes 2");
  await ok("remove mycluster 1 --yes");
  await ok("mycluster");
});

test("a removal that broke off after the machine was gone is ended by the same command", async () => {
  await ok("mycluster --num-nodes 4");
  // the balancer's answer never comes, and then the run is stopped
  const broken = await azure.run("remove mycluster 3 --yes --timeout 5m", {
    azure: (request) =>
      request.method === "PUT"
        ? Promise.reject(Object.assign(new Error("gone"), { code: "EPIPE" }))
        : azure.simulation.handle(request),
  });
  expect(broken.exit).not.toBe(0);
  await ok("remove mycluster 3 --yes");
  const rules = azure
    .puts()
    .get("loadBalancers/mycluster-lb")
    .properties.inboundNatRules.map((rule: Body) => rule.name);
  expect(rules).toEqual(["ssh-0", "ssh-1", "ssh-2"]);
  azure.exchanges.length = 0;
  const { document } = await azure.json("mycluster");
  expect([document.nodes.length, written()]).toEqual([3, []]);
});

test("finished elsewhere, without the etcd authority: the machines are made, and wait for their certificates", async () => {
  azure.close();
  azure = ownAzure({
    faults: [
      {
        match: { method: "PUT", url: "virtualMachines/mycluster-coreos-[12]\\?", nth: [1, 2] },
        effect: { status: 400, code: "BadThing", message: "no" },
      },
    ],
  });
  expect((await azure.run("mycluster")).exit).toBe(3);
  const elsewhere = mkdtempSync(join(tmpdir(), "acc-elsewhere-"));
  const { exit, stderr } = await azure.run("mycluster --wait-for machines", { dir: elsewhere });
  expect([exit, stderr]).toEqual([0, expect.stringContaining("etcd-ca.key is missing")]);
  expect(userData("mycluster-coreos-2")).toContain("ETCD_INITIAL_CLUSTER=mycluster-coreos-0=https://");
  expect(userData("mycluster-coreos-2")).not.toContain("CERTIFICATE");
  const tags = (name: string): Record<string, string> => azure.puts().get(`virtualMachines/${name}`).tags;
  expect([tags("mycluster-coreos-0")["aoc-etcd-certificate"], tags("mycluster-coreos-2")["aoc-etcd-certificate"]]).toEqual([
    undefined,
    "missing",
  ]);
  const keys = [0, 1, 2].map(
    (i) =>
      azure.puts().get(`virtualMachines/mycluster-coreos-${i}`).properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData,
  );
  expect(new Set(keys).size).toBe(1);
  rmSync(elsewhere, { recursive: true });
});

test.each([
  ["the cluster's own location", "westus", 0],
  ["the same in other words", "'West US'", 0],
  ["another", "eastus", 7],
])("a cluster does not move: --location with %s", async (_, location, exit) => {
  const azure = ownAzure();
  expect((await azure.run("abc --num-nodes 1 --wait-for machines")).exit).toBe(0);
  const before = JSON.stringify(azure.simulation.save().entries);
  const again = await azure.run(["abc", "--wait-for", "machines", "--location", location.replaceAll("'", "")]);
  expect(again.exit).toBe(exit);
  if (exit === 0) return;
  expect(again.stderr).toContain("the cluster abc is in westus, not in eastus");
  expect(again.stderr).toContain("(LocationFixed)");
  expect(JSON.stringify(azure.simulation.save().entries)).toBe(before);
});

test("a claim that is read as it was before it was written: the balancer gets the new node's rule all the same", async () => {
  await ok("abc --num-nodes 1 --wait-for machines");
  const claim = everything(azure).find((id) => id.includes("/publicIPAddresses/")) ?? "";
  const before = await byHand(azure, "GET", claim);
  let [written, refused] = [false, false];
  const { exit, stderr } = await azure.run("abc --num-nodes 2 --wait-for machines", {
    azure: async (request) => {
      const isClaim = request.url.includes(`${claim}?`);
      if (request.method === "GET" && isClaim && written && !refused)
        return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(before.body) };
      const answer = await azure.simulation.handle(request);
      if (request.method === "PATCH" && isClaim) written = true;
      if (request.method === "PUT" && request.url.includes("/networkInterfaces/") && answer.status === 400) refused = true;
      return answer;
    },
  });
  expect([refused, exit, stderr]).toEqual([true, 0, expect.stringContaining("InvalidResourceReference")]);
});
