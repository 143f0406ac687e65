/**
 * docs/role.json and the table of rights in docs/sign-in.md are what whole commands ask of Azure, no more and no less. When a request is
 * new, `vitest -u` of this file writes both anew.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { makeVhd } from "./azure/vhd/vhd-file.ts";
import { actionsOf } from "./actions.ts";
import { addForeign, addGroup, addIdentity, byHand, inGroup } from "./cli/azure-hand.ts";
import { parseScript } from "../src/sim/fault-script.ts";
import { type TestAzure, testAzure } from "./cli/world.ts";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));

interface Life {
  /** What goes wrong meanwhile. */
  readonly faults?: string;
  readonly before?: (azure: TestAzure) => Promise<unknown>;
  readonly commands: readonly string[];
}

const HUB = inGroup("lan", "Microsoft.Network/virtualNetworks", "hub");
const SUBNET = { name: "apps", properties: { addressPrefix: "10.1.0.0/24" } };

/** Between them every command, every kind of resource, and a group that stays. */
const LIVES: readonly Life[] = [
  {
    commands: [
      "plan mycluster",
      "mycluster --num-nodes 4 --etcd-members 1 --deis --pip --data-disk --affinity-group near --wait-for machines --rollback",
      "status mycluster",
      "list",
      "ssh mycluster",
      "run mycluster -- true",
      "logs mycluster",
      "export mycluster",
      "reboot mycluster 3",
      "replace mycluster 3 --yes --keep-data-disk",
      "stop mycluster --yes",
      "start mycluster",
      "remove mycluster 3 --yes",
      "destroy mycluster --yes",
    ],
  },
  {
    before: async (azure) => {
      await addIdentity(azure, "shared", "someone");
      await addForeign(azure, "shared");
    },
    commands: [
      "mycluster --num-nodes 2 --private --resource-group shared --affinity-group near --identity someone --ttl 1s --wait-for machines",
      "stop mycluster --yes --resource-group shared",
      "start mycluster --resource-group shared",
      "replace mycluster 1 --yes --resource-group shared",
      "remove mycluster 1 --yes --resource-group shared",
      "destroy mycluster --yes --resource-group shared",
    ],
  },
  {
    commands: [
      "mycluster --deis --platform ubuntu --kube-api 203.0.113.7",
      "platform install mycluster",
      "platform status mycluster",
      "kubeconfig mycluster",
      "mycluster --num-nodes 5",
      "platform upgrade mycluster",
      "platform uninstall mycluster --yes",
      "destroy mycluster --yes",
    ],
  },
  // the machine is deleted and made once more
  { faults: "machine-0:AllocationFailedx1", commands: ["mycluster --num-nodes 1 --ttl 1s --wait-for machines", "gc --yes"] },
  {
    before: async (azure) => {
      await addGroup(azure, "shared");
      await addGroup(azure, "lan");
      await byHand(azure, "PUT", HUB, {
        location: "westus",
        properties: { addressSpace: { addressPrefixes: ["10.1.0.0/16"] }, subnets: [SUBNET] },
      });
      makeVhd(join(azure.dir, "disk.vhd"), 8, []);
    },
    commands: [
      "mycluster --num-nodes 1 --resource-group shared --virtual-network-name lan:hub --subnet-names apps --coreos-image disk.vhd --wait-for machines",
      "destroy mycluster --resource-group shared --yes",
    ],
  },
];

/** What these lives do not come to: the blob service, which is not simulated, and disks that a create which was killed has left without tags. */
const TAGGED_BEFORE = ["Microsoft.Compute/disks/write"];
/** No request says that it takes this: a group goes whole only for who sees all that is in it. */
const ALL_SEEN = "*/read";
const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  create: ["Microsoft.Storage/storageAccounts/listKeys/action", ALL_SEEN],
  remove: TAGGED_BEFORE,
  destroy: [...TAGGED_BEFORE, ALL_SEEN],
};

const asked = new Map<string, Set<string>>();

/** What whoever has the role of docs/role.json could not do. */
const refused: string[] = [];

/** The commands of one life, of who may do no more than `actions`. @returns false when that was too little */
async function live({ before, commands, faults = "" }: Life, actions: readonly string[]): Promise<boolean> {
  const azure = testAzure({ ...parseScript(faults), limits: { actions } });
  try {
    await before?.(azure);
    for (const command of commands) {
      const seen = azure.exchanges.length;
      const { exit, stderr } = await azure.run(command);
      // no machine was booted: there is nothing to log in to
      if (exit !== 0 && !/^(ssh|run|logs) /.test(command)) {
        refused.push(`${command}\n${stderr}`);
        return false;
      }
      const first = command.split(" ")[0] ?? "";
      const name = COMMANDS.some((one) => one.name === first) ? first : "create";
      const rights = asked.get(name) ?? new Set(UNSEEN[name]);
      asked.set(name, rights);
      for (const exchange of azure.exchanges.slice(seen)) for (const action of actionsOf(exchange)) rights.add(action);
    }
    return true;
  } finally {
    azure.close();
  }
}

beforeAll(async () => {
  const { Actions } = JSON.parse(readFileSync(join(docs, "role.json"), "utf8")) as { Actions: string[] };
  // with a right that the role lacks still, it is lived once more for that right's name
  for (const one of LIVES) if (!(await live(one, Actions))) expect(await live(one, ["*"]), refused.at(-1)).toBe(true);
  // what it does to each cluster is a destroy
  asked.set("gc", new Set([...(asked.get("gc") ?? []), ...(asked.get("destroy") ?? [])]));
});

const sorted = (actions: Iterable<string>): string[] => [...new Set(actions)].sort((a, b) => (a < b ? -1 : 1));
const everything = (): string[] => sorted([...asked.values()].flatMap((rights) => [...rights]));
const isRead = (action: string): boolean => action.endsWith("/read");

test("every command that asks Azure was run", () => {
  expect(sorted(asked.keys())).toEqual(
    sorted(COMMANDS.filter(({ scopes }) => (scopes as readonly string[]).includes("azure")).map(({ name }) => name)),
  );
});

test("the role holds what commands ask for, and nothing else", async () => {
  const role = {
    Name: "azure-coreos-cluster operator",
    IsCustom: true,
    Description: "Makes, changes and deletes clusters of azure-coreos-cluster.",
    Actions: everything(),
    NotActions: [],
    DataActions: [],
    NotDataActions: [],
    AssignableScopes: ["/subscriptions/SUBSCRIPTION"],
  };
  await expect(`${JSON.stringify(role, undefined, 2)}\n`).toMatchFileSnapshot(join(docs, "role.json"));
});

test("the table has the rights of each command", async () => {
  const page = readFileSync(join(docs, "sign-in.md"), "utf8");
  const rows = COMMANDS.flatMap(({ name }) => {
    const changing = sorted(asked.get(name) ?? []).filter((action) => !isRead(action));
    return changing.length === 0 ? [] : [`| \`${name}\` | ${changing.map((action) => `\`${action}\``).join(", ")} |`];
  });
  const reading = COMMANDS.filter(({ name }) => asked.has(name) && [...(asked.get(name) ?? [])].every(isRead));
  const table = [
    "| command | what it may change |",
    "|---|---|",
    `| ${reading.map(({ name }) => `\`${name}\``).join(", ")} | nothing |`,
    ...rows,
  ];
  const [before = "", rest = ""] = page.split("<!-- rights -->\n");
  const [, after = ""] = rest.split("<!-- /rights -->");
  const current = `${before}<!-- rights -->\n${table.join("\n")}\n<!-- /rights -->${after}`;
  await expect(current).toMatchFileSnapshot(join(docs, "sign-in.md"));
});

test("who has that role is not refused by the tool's own look at rights", () => {
  expect(refused).toEqual([]);
});

test.for([
  ["GET", "", "Microsoft.Resources/subscriptions/read"],
  ["GET", "/resourcegroups/a/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources/read"],
  ["GET", "/providers/Microsoft.Compute", "Microsoft.Resources/subscriptions/providers/read"],
  ["GET", "/providers/Microsoft.Compute/skus", "Microsoft.Compute/skus/read"],
  ["PATCH", "/resourcegroups/a", "Microsoft.Resources/subscriptions/resourceGroups/write"],
  ["GET", "/resourceGroups/a/providers/Microsoft.Authorization/locks", "Microsoft.Authorization/locks/read"],
  [
    "POST",
    "/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b/start",
    "Microsoft.Compute/virtualMachines/start/action",
  ],
  [
    "DELETE",
    "/resourceGroups/a/providers/Microsoft.Network/loadBalancers/b/inboundNatRules/c",
    "Microsoft.Network/loadBalancers/inboundNatRules/delete",
  ],
])("%s %s takes %s", ([method = "", path = "", action]) => {
  expect(actionsOf({ method, url: `https://management.azure.com/subscriptions/s${path}` })).toEqual([action]);
});
