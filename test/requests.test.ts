/**
 * The requests of a set of representative runs, written as JSON lines to test-output/requests.jsonl: for a check against
 * Azure's own resource types, and for a person to read. Custom data is left out: it holds private host keys.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BY_HAND, addIdentity, byHand, inGroup } from "./cli/azure-hand.ts";
import { type VirtualClock, createVirtualClock } from "../src/sim/clock.ts";
import { START, type TestAzure, ownAzure, testAzure } from "./cli/world.ts";
import { some } from "./long.ts";

const GROW = "mycluster --num-nodes 5 --wait-for machines";
/** What others set there is sent back with the cluster's own parts. */
const OTHERS = "somebody sets what the plan says nothing of";
const DESTROY = "destroy mycluster --yes";

/** Each way to make a cluster, and what more happens to it where that asks for what the others do not. */
const RUNS: readonly (readonly [create: string, ...life: string[]])[] = [
  ["mycluster", GROW, DESTROY],
  ["mycluster --num-nodes 3 --deis --data-disk --pip --ttl 2h --ssh-from 10.0.0.0/8", GROW],
  ["mycluster --num-nodes 7 --affinity-group near --nohttps --deis --vm-size Large"],
  [
    "mycluster --num-nodes 1 --coreos-image kinvolk:flatcar-container-linux-free:stable-gen2:latest --etcd-plain --availability-set racks --location eastus",
  ],
  [
    "mycluster --num-nodes 3 --location eastus --zones 1,2,3 --spot=all --max-price -1 --pip --data-disk --os-disk-size 64 --identity someone",
    GROW,
    DESTROY,
  ],
  ["mycluster --private --http", OTHERS, GROW, "mycluster --num-nodes 101 --deis --ssh-from 10.0.0.0/8"],
  ["mycluster --num-nodes 3 --http", OTHERS, GROW, "mycluster --num-nodes 101 --deis --ssh-from 10.0.0.0/8"],
  [
    "mycluster --num-nodes 4 --private --location westus2 --zones 1,2 --spot --etcd-members 1 --tag A=1 --tag B= --data-disk --ttl 3d --vm-size Standard_D2s_v5,Standard_D4s_v5",
    "mycluster --num-nodes 5 --tag A- --tag C=3 --wait-for machines",
    "replace mycluster 1 --yes --keep-data-disk",
    "reboot mycluster 2",
    "remove mycluster 3 --yes",
    "stop mycluster --yes",
    "start mycluster",
    DESTROY,
  ],
];

test("every request of the representative runs is recorded", async () => {
  const lines: string[] = [];
  for (const [argv, ...life] of some(RUNS, 1, 5, 7)) {
    const clock = createVirtualClock(START);
    const azure = life.includes(OTHERS) ? ownAzure({ clock }) : testAzure();
    if (argv.includes("--identity")) await addIdentity(azure, "mycluster", "someone");
    for (const command of [`${argv} --wait-for machines`, ...life]) {
      if (command === OTHERS) {
        await setByOthers(azure, clock);
        continue;
      }
      const { exit, stderr } = await azure.run(command);
      expect(exit, `${command}\n${stderr}`).toBe(0);
    }
    for (const { method, url, body, answer } of azure.exchanges.filter(({ headers }) => headers["authorization"] !== BY_HAND))
      lines.push(
        JSON.stringify({
          note: argv,
          method,
          url,
          ...(body === undefined || body === "" ? {} : { body: withoutSecrets(JSON.parse(body)) }),
          status: answer?.status,
        }),
      );
    azure.close();
  }
  expect(lines.length).toBeGreaterThan(500);
  mkdirSync(new URL("../test-output/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../test-output/requests.jsonl", import.meta.url), `${lines.join("\n")}\n`);
});

async function setByOthers(azure: TestAzure, clock: VirtualClock): Promise<void> {
  const network = (type: string, name: string) => inGroup("mycluster", `Microsoft.Network/${type}`, `mycluster-${name}`);
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
  const set = async (path: string, how: (properties: any) => void): Promise<void> => {
    const { body } = await byHand(azure, "GET", path);
    how(body["properties"]);
    expect((await byHand(azure, "PUT", path, body)).status).toBe(200);
    await clock.sleep(60_000);
  };
  await set(network("loadBalancers", "lb"), ({ frontendIPConfigurations: [frontend], backendAddressPools: [pool] }) => {
    const gatewayLoadBalancer = { id: `${GATEWAY}/frontendIPConfigurations/f` };
    Object.assign(frontend.properties, { gatewayLoadBalancer });
    pool.properties.drainPeriodInSeconds = 30;
  });
  await set(network("networkSecurityGroups", "nsg"), ({ securityRules: [rule] }) => {
    rule.properties.sourceAddressPrefixes = ["192.0.2.0/24", "198.51.100.0/24"];
    delete rule.properties.sourceAddressPrefix;
  });
  await set(network("virtualNetworks", "vnet"), ({ subnets: [subnet] }) => {
    subnet.properties.serviceEndpoints = [{ service: "Microsoft.Storage" }];
  });
}

const GATEWAY = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/loadBalancers/nva";

function withoutSecrets(body: unknown): unknown {
  const profile = (body as { properties?: { osProfile?: { customData?: string } } }).properties?.osProfile;
  if (profile?.customData !== undefined) profile.customData = Buffer.from("#cloud-config\n").toString("base64");
  return body;
}
