/**
 * The requests of a set of representative runs, written as JSON lines to test-output/requests.jsonl: for a check against
 * Azure's own resource types, and for a person to read. Custom data is left out: it holds private host keys.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addIdentity } from "./cli/azure-hand.ts";
import { testAzure } from "./cli/world.ts";

const GROW = "mycluster --num-nodes 5 --wait-for machines";
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
  ["mycluster --private --http"],
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
  for (const [argv, ...life] of RUNS) {
    const azure = testAzure();
    if (argv.includes("--identity")) await addIdentity(azure, "mycluster", "someone");
    for (const command of [`${argv} --wait-for machines`, ...life]) {
      const { exit, stderr } = await azure.run(command);
      expect(exit, `${command}\n${stderr}`).toBe(0);
    }
    for (const { method, url, body, answer } of azure.exchanges)
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

function withoutSecrets(body: unknown): unknown {
  const profile = (body as { properties?: { osProfile?: { customData?: string } } }).properties?.osProfile;
  if (profile?.customData !== undefined) profile.customData = Buffer.from("#cloud-config\n").toString("base64");
  return body;
}
