/** Zones, spot machines, managed identities and the system disk, as whole commands over the simulation, which refuses what Azure refuses. */
import { describe, expect, test } from "vitest";
import type { ListDocument, StatusDocument } from "../../src/core/documents.ts";
import { addIdentity, byHand, inGroup } from "./azure-hand.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { type Body, START, type TestAzure, ownAzure } from "./world.ts";

type VirtualClock = ReturnType<typeof createVirtualClock>;

const machine = (azure: TestAzure, index: number): Body => azure.puts().get(`virtualMachines/mycluster-coreos-${index}`);
const kinds = (azure: TestAzure): Set<string> => new Set([...azure.puts().keys()].map((name) => name.split("/")[0] ?? ""));
const zones = (azure: TestAzure, nodes: number): unknown[] =>
  Array.from({ length: nodes }, (_, index) => machine(azure, index)?.zones);
const ok = async (azure: TestAzure, argv: string): Promise<string> => {
  const { exit, stdout, stderr } = await azure.run(argv);
  expect(exit, stderr).toBe(0);
  return stdout + stderr;
};
/** Azure's own way to try an eviction, or somebody's hand: the machine goes a while later. */
async function evict(azure: TestAzure, clock: VirtualClock, node: number): Promise<void> {
  const path = inGroup("mycluster", "Microsoft.Compute/virtualMachines", `mycluster-coreos-${node}`);
  expect((await byHand(azure, "POST", `${path}/simulateEviction`)).status).toBe(204);
  await clock.sleep(60_000);
}

describe("zones", () => {
  test("node i is in zone i mod n with its disks and its address; what all share is in all zones, and no set is made", async () => {
    const azure = ownAzure();
    const said = await ok(azure, "mycluster --location eastus --zones 1,2,3 --num-nodes 4 --pip --data-disk");
    expect(zones(azure, 4)).toEqual([["1"], ["2"], ["3"], ["1"]]);
    expect(said).toContain("4 machines of Standard_D2s_v5 in eastus (zones 1, 2 and 3)");
    expect(kinds(azure)).not.toContain("availabilitySets");
    expect(azure.puts().get("publicIPAddresses/mycluster-coreos-1-ip").zones).toEqual(["2"]);
    const claim = [...azure.puts()].find(([name]) => /mycluster-ip-/.test(name))?.[1];
    expect(claim.zones).toEqual(["1", "2", "3"]);
    const disk = await byHand(azure, "GET", inGroup("mycluster", "Microsoft.Compute/disks", "mycluster-coreos-2-data"));
    expect(disk.body).toMatchObject({ zones: ["3"] });
    azure.exchanges.length = 0;
    await ok(azure, "mycluster");
    expect(azure.puts().size).toBe(0);
  });

  test("a private cluster's balancer has its address in all zones", async () => {
    const azure = ownAzure();
    await ok(azure, "mycluster --location eastus --zones 1,2,3 --num-nodes 1 --private --wait-for machines");
    expect(azure.puts().get("loadBalancers/mycluster-lb").properties.frontendIPConfigurations[0].zones).toEqual(["1", "2", "3"]);
  });

  test("growth, and a machine that was killed, go where they went; status, list, plan and destroy say it", async () => {
    const azure = ownAzure();
    await ok(azure, "mycluster --location eastus --zones 2,3");
    await byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-1"));
    azure.exchanges.length = 0;
    const plan = JSON.parse((await azure.run("plan mycluster --num-nodes 5 --json")).stdout);
    expect(plan.resources.filter((one: Body) => one.kind === "machine").map((one: Body) => one.zone)).toEqual([
      "2",
      "3",
      "2",
      "3",
      "2",
    ]);
    await ok(azure, "mycluster --num-nodes 5");
    expect(zones(azure, 5)).toEqual([undefined, ["3"], undefined, ["3"], ["2"]]);
    const status = await azure.json<StatusDocument>("status mycluster");
    expect(status.document.nodes.map((node) => node.zone)).toEqual(["2", "3", "2", "3", "2"]);
    expect(status.document.drift).toEqual([]);
    expect(await ok(azure, "status mycluster")).toMatch(/NODE +STATE.* ZONE /);
    const list = await azure.json<ListDocument[]>("list");
    expect(list.document[0]).toMatchObject({ zones: ["2", "3"] });
    expect(await ok(azure, "list")).toMatch(/ZONES/);
    expect(await ok(azure, "destroy mycluster --yes")).toMatch(/5 machines: .*\(zones 2 and 3\)/);
  });

  test("other zones count for new machines, as where one is full; zones from none, or none from zones, never come", async () => {
    const azure = ownAzure();
    await ok(azure, "mycluster --location eastus --zones 1,2,3");
    azure.exchanges.length = 0;
    expect(await ok(azure, "mycluster --num-nodes 5 --zones 1,2")).toContain(
      "--zones 1,2 counts for new machines; those that exist stay as they are.",
    );
    expect(zones(azure, 5)).toEqual([undefined, undefined, undefined, ["2"], ["1"]]);
    const plain = ownAzure();
    await ok(plain, "mycluster --location eastus");
    const { exit, stderr } = await plain.run("mycluster --num-nodes 4 --zones 1");
    expect([exit, stderr]).toEqual([7, expect.stringContaining("was made with --zones none; that cannot change to 1\n")]);
    const back = await azure.run("plan mycluster --zones none");
    expect([back.exit, back.stderr]).toEqual([7, expect.stringContaining("made with --zones 1,2; that cannot change to none\n")]);
  });

  test.each(["publicIPAddresses/mycluster-coreos-1-ip", "virtualMachines/mycluster-coreos-1"])(
    "a run that is killed at %s goes on where it was, whatever zones are asked for then",
    async (piece) => {
      const azure = ownAzure();
      let interrupt = (): void => undefined;
      const killed = await azure.run("mycluster --location eastus --zones 1,2,3 --spot=all --pip --wait-for machines", {
        onInterrupt: (callback) => (interrupt = callback),
        azure: async (request) => {
          const answer = await azure.simulation.handle(request);
          if (request.method === "PUT" && request.url.includes(`${piece}?`)) [interrupt, interrupt].forEach((one) => one());
          return answer;
        },
      });
      expect(killed.exit).toBe(130);
      const again = await azure.json("mycluster --zones 3,1");
      expect([again.exit, again.document.nodes[1]]).toMatchObject([0, { zone: "2", spot: true }]);
      expect((await azure.json<StatusDocument>("status mycluster")).document.drift).toEqual([]);
    },
  );

  test("the NAT gateway of a large cluster has an address in all zones", async () => {
    const azure = ownAzure();
    const { stdout } = await azure.run("export mycluster --location eastus --zones 1,2,3 --num-nodes 101 --format arm");
    const template = JSON.parse(stdout) as { resources: Body[] };
    const named = (name: string): Body => template.resources.find((one) => one.name === name);
    expect(named("mycluster-nat-ip").zones).toEqual(["1", "2", "3"]);
    expect(named("mycluster-nat").zones).toBeUndefined();
    expect(named("mycluster-coreos-100").zones).toEqual(["2"]);
  });
});

describe("spot", () => {
  test("etcd's members are no spot machines and stand in the set; workers are, in none, behind the same balancer", async () => {
    const azure = ownAzure();
    const said = await ok(azure, "mycluster --spot --num-nodes 7 --etcd-members 3 --max-price 0.05");
    expect(said).toContain("Spot machines: nodes 3-6. Azure may take them away at any time; the same create makes them again.");
    expect(said).toContain("Not spot machines: nodes 0-2 (etcd's members).");
    expect(said).toContain("(4 of them spot)");
    const spot = { priority: "Spot", evictionPolicy: "Delete", billingProfile: { maxPrice: 0.05 } };
    expect(machine(azure, 3).properties).toMatchObject(spot);
    expect(machine(azure, 3).properties).not.toHaveProperty("availabilitySet");
    expect(machine(azure, 0).properties).not.toHaveProperty("priority");
    expect(machine(azure, 0).properties.availabilitySet.id).toMatch(/coreos-as$/);
    const nic = azure.puts().get("networkInterfaces/mycluster-coreos-3-nic").properties.ipConfigurations[0].properties;
    expect(nic.loadBalancerBackendAddressPools).toHaveLength(1);
    const { document } = await azure.json("mycluster");
    expect(document.nodes.map((node) => node.spot)).toEqual([undefined, undefined, undefined, true, true, true, true]);
    expect(document.resources).toMatchObject({ created: 0, updated: 0 });
    expect((await azure.json<ListDocument[]>("list")).document[0]).toMatchObject({ spot: 4 });
  });

  test("--spot where every node is a member makes no difference, and says so", async () => {
    const azure = ownAzure();
    const said = await ok(azure, "--spot mycluster");
    expect(said).toMatch(/--spot makes no difference: .* all 3 nodes are members\. --spot=all/);
    expect(machine(azure, 1).properties).not.toHaveProperty("priority");
  });

  test("one that Azure took is named with what is guessed of it, and made again by the same command", async () => {
    const clock = createVirtualClock(START);
    const azure = ownAzure({ clock });
    await ok(azure, "mycluster --spot --num-nodes 5 --etcd-members 3 --data-disk");
    await evict(azure, clock, 4);
    const { exit, document } = await azure.json<StatusDocument>("status mycluster");
    expect(exit).toBe(3);
    expect(document.nodes[4]).toMatchObject({ state: "missing", spot: true, reason: "gone (spot: perhaps evicted)" });
    expect(document.drift).toMatchObject([
      { kind: "missing-node", node: 4, message: expect.stringContaining("perhaps evicted") },
    ]);
    expect((await azure.run("status mycluster")).stdout).toContain("mycluster-coreos-4: gone (spot: perhaps evicted)");
    azure.exchanges.length = 0;
    const again = await azure.json("mycluster");
    expect(again.document.nodes.map((node) => node.state)).toEqual(["ready", "ready", "ready", "ready", "ready"]);
    expect(again.document.etcd.members).toHaveLength(3);
    expect([...azure.puts().keys()].filter((name) => name.startsWith("virtualMachines/"))).toEqual([
      "virtualMachines/mycluster-coreos-4",
    ]);
    expect(machine(azure, 4).properties.priority).toBe("Spot");
  });

  test("with --spot=all a member that Azure took comes back as a new member of the etcd that lives; no set is made", async () => {
    const clock = createVirtualClock(START);
    const azure = ownAzure({ clock });
    const said = await ok(azure, "mycluster --spot=all --affinity-group near");
    expect(said).toMatch(/Of etcd's members, nodes 0-2 are spot machines: .* all that it holds is lost/);
    expect(kinds(azure)).not.toContain("availabilitySets");
    expect(machine(azure, 0).properties.proximityPlacementGroup.id).toMatch(/near$/);
    await evict(azure, clock, 1);
    azure.exchanges.length = 0;
    await ok(azure, "mycluster");
    const data = Buffer.from(machine(azure, 1).properties.osProfile.customData, "base64").toString();
    expect(data).toContain("ETCD_INITIAL_CLUSTER_STATE=existing");
    expect(machine(azure, 1).properties.priority).toBe("Spot");
  });

  test("a price below today's is said with that price, and how to go on", async () => {
    const { exit, stderr } = await ownAzure().run("mycluster --spot=all --max-price 0.001");
    expect(exit).toBe(1);
    expect(stderr).toMatch(/more now than --max-price allows: 0\.02 USD an hour.*--max-price -1/s);
  });

  test("of a cluster that has none, new machines may be; and again none", async () => {
    const azure = ownAzure();
    await ok(azure, "mycluster --etcd-members 3");
    await ok(azure, "mycluster --num-nodes 4 --etcd-members 3 --spot");
    expect(machine(azure, 3).properties.priority).toBe("Spot");
    await ok(azure, "mycluster --num-nodes 6 --spot=none");
    expect(machine(azure, 5).properties).not.toHaveProperty("priority");
    expect((await azure.json<StatusDocument>("status mycluster")).document.nodes.map((node) => node.spot === true)).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
  });
});

describe("identity", () => {
  test("an id and a name give machines their identities; what Azure answers more is no change", async () => {
    const azure = ownAzure();
    const reader = await addIdentity(azure, "others", "reader");
    const writer = await addIdentity(azure, "home", "writer");
    await ok(azure, `mycluster --resource-group home --identity ${reader} --identity writer`);
    expect(machine(azure, 0).identity).toEqual({
      type: "UserAssigned",
      userAssignedIdentities: { [reader]: {}, [writer]: {} },
    });
    const live = await byHand(azure, "GET", inGroup("home", "Microsoft.Compute/virtualMachines", "mycluster-coreos-0"));
    expect(JSON.stringify(live.body["identity"])).toMatch(/"principalId":"[0-9a-f-]{36}"/);
    azure.exchanges.length = 0;
    await ok(azure, "mycluster --resource-group home");
    expect(azure.puts().size).toBe(0);
    const refused = await azure.run("mycluster --resource-group home --identity nobody");
    expect([refused.exit, azure.puts().size, refused.stderr]).toEqual([
      5,
      0,
      expect.stringContaining("userAssignedIdentities/nobody"),
    ]);
    expect(
      (await azure.json<StatusDocument>("status mycluster --resource-group home")).document.drift.filter(({ harm }) => harm),
    ).toEqual([]);
    const again = await ok(
      azure,
      `plan mycluster --resource-group home --identity WRITER,${reader.replace("resourceG", "resourceg")}`,
    );
    expect(again).toContain("Nothing to do");
    await byHand(azure, "DELETE", inGroup("home", "Microsoft.ManagedIdentity/userAssignedIdentities", "writer"));
    await ok(azure, "mycluster --resource-group home --vm-size Standard_D4s_v5");
    const grown = await azure.run("mycluster --resource-group home --num-nodes 4");
    expect([grown.exit, grown.stderr.replaceAll(/\s+/g, " ")]).toEqual([
      5,
      expect.stringMatching(/writer, which mycluster keeps for new machines .* in place of what was kept/),
    ]);
    expect(await ok(azure, "mycluster --resource-group home --identity none")).toContain(
      "--identity none counts for new machines",
    );
    expect(await ok(azure, "plan mycluster --resource-group home")).toContain("Nothing to do");
  });

  test("one that is not there is refused before the first write; one that may not be read is noted", async () => {
    const azure = ownAzure();
    const { exit, stderr } = await azure.run("mycluster --identity nobody");
    expect([exit, stderr]).toEqual([5, expect.stringMatching(/there is no managed identity .*\/userAssignedIdentities\/nobody/)]);
    expect(azure.puts().size).toBe(0);
    const noted = await azure.run("plan mycluster --identity nobody", {
      azure: (request) =>
        request.url.includes("userAssignedIdentities")
          ? Promise.resolve({ status: 403, headers: {}, body: '{"error":{"code":"AuthorizationFailed","message":"no"}}' })
          : azure.simulation.handle(request),
    });
    expect([noted.exit, noted.stderr]).toEqual([0, expect.stringContaining("Not checked: the identity nobody")]);
    const elsewhere = await azure.run("plan mycluster --identity nobody", {
      azure: (request) =>
        request.url.includes("userAssignedIdentities")
          ? Promise.resolve({ status: 404, headers: {}, body: '{"error":{"code":"InvalidResourceType","message":"no"}}' })
          : azure.simulation.handle(request),
    });
    expect([elsewhere.exit, elsewhere.stderr]).toEqual([0, expect.stringContaining("Not checked: the identity nobody")]);
  });
});

describe("the system disk", () => {
  test("has the size that was asked for, and a new machine of the cluster too", async () => {
    const azure = ownAzure();
    await ok(azure, "mycluster --os-disk-size 64");
    await ok(azure, "mycluster --num-nodes 4");
    for (const node of [0, 3]) expect(machine(azure, node).properties.storageProfile.osDisk.diskSizeGB).toBe(64);
  });
});

describe("refused before the first write", () => {
  test.each<[argv: string, exit: number, said: RegExp]>([
    ["--zones 4", 2, /"4" is no availability zone/],
    ["--zones 1 --affinity-group near", 2, /one datacenter, zones are several/],
    ["--zones 1 --availability-set racks", 2, /Azure puts no availability set into zones/],
    ["--spot=all --availability-set racks", 2, /no spot machine into an availability set/],
    ["--spot --cloud AzureChinaCloud", 2, /21Vianet/],
    ["--spot=some", 2, /none of workers, all, none/],
    ["--max-price 0.05", 2, /for spot machines, and none are asked for/],
    ["--spot --max-price 0", 2, /no price of an hour/],
    ["--spot --max-price -2", 2, /no price of an hour/],
    ["--spot --max-price 0.123456", 2, /five decimals at most/],
    ["--identity a/b", 2, /no user-assigned managed identity/],
    ["--os-disk-size 4096", 2, /from 1 to 4095/],
    ["--os-disk-size 20", 5, /smaller than the image, which has 30 GiB/],
    ["--zones 1,2", 5, /westus has no availability zones.*\n*.*Leave --zones out/s],
    ["--location eastus --zones 1,2,3 --vm-size Standard_D4s_v5", 5, /in zones 1 and 2 of eastus .* not in zone 3.*--zones 1,2/s],
    ["--spot=all --vm-size Standard_B2s_v2", 5, /cannot be a spot machine.*--vm-size Standard_D2s_v5/s],
    ["--spot=all --num-nodes 9 --vm-size Standard_D8s_v5", 5, /need 72 spot vCPUs in westus; 64 of 64 are free/],
  ])("%s", async (argv, exit, said) => {
    const azure = ownAzure({ limits: { restrictedSizes: ["eastus/3/Standard_D4s_v5"], spotCores: 64, cores: 16 } });
    const refused = await azure.run(`mycluster ${argv}`);
    expect([refused.exit, refused.stderr]).toEqual([exit, expect.stringMatching(said)]);
    expect(azure.puts().size).toBe(0);
  });

  test("spot machines take nothing of the quotas of others", async () => {
    const azure = ownAzure({ limits: { cores: 6, familyCores: 6 } });
    await ok(azure, "mycluster --spot --num-nodes 6 --etcd-members 3");
  });

  test("a data disk that was kept in another zone brings its machine there", async () => {
    const clock = createVirtualClock(START);
    const azure = ownAzure({ clock });
    await ok(azure, "mycluster --location eastus --zones 1,2,3 --data-disk");
    const path = inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-1");
    const { body } = await byHand(azure, "GET", path);
    const { storageProfile } = body["properties"] as Body;
    storageProfile.dataDisks[0].deleteOption = "Detach";
    expect(
      (await byHand(azure, "PUT", path, { ...body, properties: { ...(body["properties"] as Body), storageProfile } })).status,
    ).toBe(200);
    await clock.sleep(60_000);
    await byHand(azure, "DELETE", path);
    await clock.sleep(60_000);
    azure.exchanges.length = 0;
    await ok(azure, "mycluster --zones 3,1");
    expect(machine(azure, 1)).toMatchObject({ zones: ["2"] });
  });
});
