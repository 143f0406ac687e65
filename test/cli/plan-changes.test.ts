/** The plan says what a change changes, before anybody agrees to it: over the simulated Azure, from whole commands. */
import { expect, test } from "vitest";
import { ownAzure } from "./world.ts";

async function planned(first: string, then: string): Promise<{ screen: string; changes: Record<string, string[]> }> {
  const azure = ownAzure();
  expect((await azure.run(`abc --wait-for machines ${first}`)).exit).toBe(0);
  const { stderr, document } = await azure.json<{ resources: { kind: string; changes?: string[] }[] }>(`plan abc ${then}`);
  const changed = document.resources.filter((one) => one.changes !== undefined);
  return { screen: stderr, changes: Object.fromEntries(changed.map(({ kind, changes = [] }) => [kind, changes])) };
}

test.each([
  {
    name: "growth",
    later: "--num-nodes 5",
    changes: {
      publicAddress: ["+ nodes 3, 4", "~ --num-nodes 3 -> 5"],
      loadBalancer: ["+ SSH 22004, 22005"],
    },
  },
  {
    name: "growth by many, in ranges",
    later: "--num-nodes 60",
    changes: {
      publicAddress: ["+ nodes 3-59", "~ --num-nodes 3 -> 60"],
      loadBalancer: ["+ SSH 22004-22060", "~ outbound ports of a node: 1248 -> 624"],
    },
  },
  {
    name: "endpoints, and who may reach SSH",
    later: "--deis --ssh-from 10.0.0.0/8",
    changes: {
      publicAddress: ["~ --ssh-from * -> 10.0.0.0/8", "~ --deis no -> yes"],
      securityGroup: [
        "~ rule allow-ssh: source * -> 10.0.0.0/8",
        "+ rule allow-web",
        "+ rule allow-https",
        "+ rule allow-builder",
      ],
      loadBalancer: ["+ web 80", "+ https 443", "+ builder 2222"],
    },
  },
  { name: "nothing", later: "", changes: {} },
])("$name", async ({ later, changes }) => {
  expect((await planned("--num-nodes 3", later)).changes).toEqual(changes);
});

test("on a screen it stands behind the name", async () => {
  const { screen } = await planned("--num-nodes 3", "--num-nodes 5");
  expect(screen).toContain("  ~ load balancer: + SSH 22004, 22005\n");
});

test("of several alike it stands there once, with how many it meets where that is not all", async () => {
  const { screen } = await planned("--num-nodes 3 --tag Owner=me", "--num-nodes 3 --tag CostCenter=1 --tag Owner-");
  expect(screen).toMatch(/~ 3 interfaces: abc-coreos-0, abc-coreos-1, abc-coreos-2: \+ tag CostCenter=1; - tag Owner\n/);
  expect(screen).toMatch(/~ 3 machines: abc-coreos-0, abc-coreos-1, abc-coreos-2: \+ tag CostCenter=1; - tag Owner\n/);
});
