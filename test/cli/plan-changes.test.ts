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

test.each<{ name: string; first?: string; later: string; changes: Record<string, unknown[]> }>([
  {
    name: "growth",
    later: "--num-nodes 5",
    changes: {
      publicAddress: ["+ nodes 3, 4", "+ etcd members 3, 4", "~ --num-nodes 3 -> 5"],
      loadBalancer: ["+ SSH 22004, 22005"],
    },
  },
  {
    name: "growth by many, in ranges",
    later: "--num-nodes 60",
    changes: {
      publicAddress: ["+ nodes 3-59", "+ etcd members 3, 4", "~ --num-nodes 3 -> 60"],
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
  {
    name: "endpoints that are closed",
    first: "--num-nodes 3 --deis --kube-api 10.0.0.0/8",
    later: "--nohttps --kube-api none",
    changes: {
      publicAddress: ["~ --kube-api 10.0.0.0/8 -> none", "~ --nohttps no -> yes"],
      securityGroup: ["~ rule allow-builder: priority 130 -> 120", "- rule allow-https", "- rule allow-kube-api"],
      loadBalancer: ["- https 443", "- kube-api 6443"],
    },
  },
  {
    name: "the way out of many",
    first: "--num-nodes 1",
    later: "--num-nodes 101",
    changes: {
      publicAddress: ["+ nodes 1-100", "+ etcd members 1-4", "~ --num-nodes 1 -> 101"],
      network: ["~ subnet nodes: NAT gateway none -> abc-nat"],
      loadBalancer: ["+ SSH 22002-22101", "~ outbound ports of a node: 1248 -> none"],
    },
  },
  {
    name: "how an endpoint is looked at",
    first: "--num-nodes 3 --http",
    later: "--deis",
    changes: {
      publicAddress: ["~ --deis no -> yes"],
      securityGroup: ["+ rule allow-builder"],
      loadBalancer: ["~ web 80: probe TCP -> HTTP /health-check", "+ builder 2222"],
    },
  },
  {
    name: "a private cluster's, whose security group is its claim, and its life",
    first: "--num-nodes 1 --private",
    later: "--num-nodes 2 --ttl 2h",
    changes: {
      resourceGroup: [expect.stringMatching(/^\+ expires 20/)],
      securityGroup: ["+ node 1", "~ --num-nodes 1 -> 2", expect.stringMatching(/^\+ expires 20/)],
      loadBalancer: ["+ SSH 22002"],
    },
  },
  { name: "nothing", later: "", changes: {} },
  {
    name: "nothing: the same in other words",
    first:
      "--num-nodes 1 --affinity-group ppg --vm-size Standard_D2s_v5,Standard_D4s_v5 --ssh-from 10.0.0.0/8,2001:db8::/32 --kube-api 10.0.0.0/8,11.0.0.0/8",
    later:
      "--affinity-group PPG --vm-size standard_d2s_v5,STANDARD_D4S_v5 --ssh-from 2001:db8:0:0::/32 --ssh-from 10.0.0.0/8 --kube-api 11.0.0.0/8,10.0.0.0/8 --zones none",
    changes: {},
  },
])("$name", async ({ first = "--num-nodes 3", later, changes }) => {
  expect((await planned(first, later)).changes).toEqual(changes);
});

test("on a screen it stands behind the name", async () => {
  const { screen } = await planned("--num-nodes 3", "--num-nodes 5");
  expect(screen).toContain("  ~ load balancer: + SSH 22004, 22005\n");
});

test("of several alike it stands there once, with how many it meets where that is not all", async () => {
  const { screen } = await planned(
    "--num-nodes 3 --tag Owner=me --tag env=x",
    "--num-nodes 3 --tag CostCenter=1 --tag Owner- --tag Env=x",
  );
  expect(screen).toMatch(
    /~ 3 interfaces: abc-coreos-0, abc-coreos-1, abc-coreos-2: \+ tag CostCenter=1; ~ tag env -> Env; - tag Owner\n/,
  );
  expect(screen).toMatch(
    /~ 3 machines: abc-coreos-0, abc-coreos-1, abc-coreos-2: \+ tag CostCenter=1; ~ tag env -> Env; - tag Owner\n/,
  );
});
