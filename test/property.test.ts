/**
 * Whatever goes wrong, in whatever order, the last command run once more brings it about: random sequences of create, grow,
 * remove and destroy, each first under a random script of faults, then in peace. By default three lives in which every
 * command meets faults, and every kind of fault is met; `PROPERTY_RUNS` and `PROPERTY_SEED` take random ones.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  tuple,
} from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../src/core/errors.ts";
import type { CloudState } from "../src/sim/cloud.ts";
import { createVirtualClock } from "../src/sim/clock.ts";
import { parseFault } from "../src/sim/fault-script.ts";
import { timeOf } from "../src/sim/simulation.ts";
import { type Result, type TestAzure, testAzure } from "./cli/world.ts";
import { flawsOf, identities } from "./cluster-state.ts";

const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_122);

/** Keys take longest to make: one set for all. */
let keys: string;
beforeAll(async () => {
  const azure = testAzure();
  keys = mkdtempSync(join(tmpdir(), "acc-keys-"));
  await azure.run("mycluster --num-nodes 1 --wait-for machines");
  for (const file of ["ssh-cert.key", "ssh-cert.pem", "ssh-cert.cer", "ssh-cert.pub"])
    cpSync(join(azure.dir, file), join(keys, file));
  azure.close();
}, 120_000);
afterAll(() => rmSync(keys, { recursive: true, force: true }));

const target = constantFrom(
  "machine",
  "nic",
  "balancer",
  "network",
  "address",
  "nsg",
  "set",
  "group",
  "key",
  "poll",
  "any",
  "machine-0",
  "machine-1",
  "nic-0",
  "nic-1",
);
const method = constantFrom("", "", "*/", "GET/", "DELETE/", "PUT/");
const what = constantFrom(
  "429",
  "429+3",
  "500",
  "503",
  "503+2",
  "AnotherOperationInProgress",
  "RetryableError",
  "Conflict",
  "reset",
  "reset-after",
  "hang",
  "hang-after",
  "empty",
  "lost",
  "slow=30",
  "slow=200",
);
const when = oneof(
  integer({ min: 1, max: 4 }).map((times) => `x${times}`),
  integer({ min: 1, max: 6 }).map((nth) => `@${nth}`),
  integer({ min: 2, max: 15 }).map((percent) => `x*%${percent}`),
);
const failing = tuple(
  constantFrom("machine", "machine-0", "machine-1", "machine-2", "network", "nsg", "address", "DELETE/machine"),
  constantFrom("AllocationFailed", "InternalExecutionError", "NetworkingInternalOperationError", "OSProvisioningTimedOut"),
  when,
);
const fault = oneof(
  {
    weight: 5,
    arbitrary: tuple(method, target, what, when).map(([verb, where, how, times]) => `${verb}${where}:${how}${times}`),
  },
  { weight: 1, arbitrary: failing.map(([where, code, times]) => `${where}:${code}${times}`) },
);

const step = record({
  command: oneof(
    { weight: 5, arbitrary: constant("create" as const) },
    { weight: 2, arbitrary: constant("remove" as const) },
    { weight: 1, arbitrary: constant("destroy" as const) },
  ),
  size: nat(4),
  scripts: array(array(fault, { minLength: 1, maxLength: 4 }), { minLength: 0, maxLength: 2 }),
});
const life = record({
  flags: constantFrom("", "--etcd-plain", "--deis", "--pip --data-disk", "--affinity-group near --etcd-plain --pip"),
  steps: array(step, { minLength: 1, maxLength: 4 }),
  seed: integer({ min: 1, max: 1_000_000 }),
});
type Life = typeof life extends Arbitrary<infer T> ? T : never;

/** Between them every command and every kind of fault, each where it is met; one run of them leaves a node behind, and is finished under faults. */
const LIVES: Life[] = [
  {
    flags: "--deis",
    steps: [
      {
        command: "create",
        size: 3,
        scripts: [
          [
            "machine-1:AllocationFailedx1",
            "network:503+2x2",
            "nic-0:reset-after@1",
            "balancer:lostx1",
            "machine-0:slow=200@1",
            "poll:hang@2",
          ],
        ],
      },
      {
        command: "create",
        size: 1,
        scripts: [
          ["address:reset@1", "machine-3:OSProvisioningTimedOutx1", "nic-3:hang-after@1"],
          ["GET/any:429+3@7", "any:RetryableError@20", "*/machine-3:500x1"],
        ],
      },
      { command: "remove", size: 1, scripts: [["DELETE/machine:AnotherOperationInProgressx2", "DELETE/nic:resetx1"]] },
      { command: "destroy", size: 0, scripts: [["DELETE/group:503x1", "*/address:500x1"]] },
    ],
    seed: 1,
  },
  {
    flags: "--pip --data-disk",
    steps: [
      {
        command: "create",
        size: 2,
        scripts: [["machine-0:NetworkingInternalOperationErrorx1", "set:429x1", "nsg:hangx1", "key:emptyx1"]],
      },
      {
        command: "remove",
        size: 0,
        scripts: [["DELETE/machine:InternalExecutionErrorx1", "balancer:Conflict@1", "any:503+2@20"]],
      },
      { command: "create", size: 2, scripts: [["balancer:emptyx1", "GET/machine-1:slow=30x2", "machine-1:lost@1"]] },
    ],
    seed: 2,
  },
  {
    flags: "--affinity-group near --etcd-plain --pip",
    steps: [
      {
        command: "create",
        size: 2,
        scripts: [["group:RetryableErrorx1", "address:lostx1", "key:reset-afterx1", "nic-1:hang-afterx1"]],
      },
      { command: "destroy", size: 0, scripts: [["PATCH/any:reset-afterx1", "DELETE/any:hang-afterx1"]] },
      { command: "create", size: 1, scripts: [] },
    ],
    seed: 3,
  },
];
const CHOSEN = process.env["PROPERTY_RUNS"] === undefined && process.env["PROPERTY_SEED"] === undefined;
const RUNS = CHOSEN ? LIVES.length : Number(process.env["PROPERTY_RUNS"] ?? 8);

/** One Azure after another, each beginning as the last one ended, with faults of its own. */
function succession(seed: number) {
  const dir = mkdtempSync(join(tmpdir(), "acc-life-"));
  cpSync(keys, dir, { recursive: true });
  let state: CloudState | undefined;
  let count = 0;
  return {
    dir,
    state: (): CloudState | undefined => state,
    async run(argv: string, faults: readonly string[]): Promise<Result & { exchanges: TestAzure["exchanges"] }> {
      const azure = testAzure({
        seed: seed + ++count,
        faults: faults.map(parseFault),
        ...(state === undefined ? {} : { state, clock: createVirtualClock((timeOf(state) ?? 0) + 1000) }),
      });
      const result = await azure.run(argv, { dir });
      state = azure.simulation.save();
      azure.close();
      for (const { method, url, body } of azure.exchanges)
        if (method === "PUT" && url.includes("/virtualMachines/")) expect(userDataOf(body), `${argv}\n${url}`).toMatch(/etcd/);
      return { ...result, exchanges: azure.exchanges };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Whoever makes a machine, and for whatever reason, gives it what makes it a node. */
const userDataOf = (body: string | undefined): string =>
  Buffer.from(JSON.parse(body ?? "{}").properties.osProfile.customData ?? "", "base64").toString();

const machinesIn = (state: CloudState | undefined): Map<string, string> =>
  new Map([...identities(state ?? ({ entries: [] } as never))].filter(([key]) => key.includes("/virtualmachines/")));

const membersIn = (state: CloudState | undefined): number[] =>
  (state?.entries ?? [])
    .flatMap(({ resource }) =>
      ((resource["tags"] as Record<string, string> | undefined)?.["aoc-members"] ?? "").split(",").filter(Boolean),
    )
    .map((pair) => Number(pair.split("=")[0]));

const claimWord = (state: CloudState | undefined): string | undefined =>
  state?.entries
    .map((entry) => (entry.resource["tags"] as Record<string, string> | undefined)?.["aoc-id"])
    .find((word) => word !== undefined);

test(
  `a cluster's life under faults, ${RUNS} times from seed ${SEED}`,
  async () => {
    await assert(
      asyncProperty(life, async ({ flags, steps, seed }) => {
        const azure = succession(seed);
        try {
          let nodes = new Set<number>();
          for (const { command, size, scripts } of steps) {
            const before = azure.state();
            let argv: string;
            const healthy = new Map(machinesIn(before));
            const was = nodes;
            if (command === "create" || nodes.size === 0) {
              const wanted = Math.min(5, Math.max(flags === "--deis" && nodes.size === 0 ? 3 : 1, nodes.size + size));
              nodes = new Set(nodes);
              for (let index = 0; nodes.size < wanted; index++) nodes.add(index);
              argv = `mycluster --num-nodes ${wanted} --wait-for machines ${flags}`;
            } else if (command === "remove" && nodes.size > (flags === "--deis" ? 3 : 1)) {
              const members = membersIn(before);
              // etcd's last member is refused
              const able = [...nodes].filter((index) => members.some((member) => member !== index));
              const gone = able[size % able.length] as number;
              nodes = new Set([...nodes].filter((index) => index !== gone));
              argv = `remove mycluster ${gone} --yes`;
            } else {
              nodes = new Set();
              argv = "destroy mycluster --yes";
            }
            let removed = false;
            for (const script of scripts) {
              const tried = await azure.run(argv, script);
              removed ||= argv.startsWith("remove") && tried.exit === 0;
              expect(tried.stderr, `${argv}\n${script.join()}`).not.toContain("This is a fault of");
            }
            const again = await azure.run(argv, []);
            const label = `${argv} (${again.exit})\n${again.stderr}`;
            expect(again.exit, label).toBe(removed ? EXIT.usage : 0);
            if (removed) expect(again.stderr).toContain("(NodesNotFound)");
            if (nodes.size === 0) {
              expect(
                azure.state()?.entries.map((entry) => entry.key),
                label,
              ).toEqual([]);
              continue;
            }
            expect(flawsOf(azure.state() as CloudState, nodes.size), label).toEqual([]);
            expect(new Set([...machinesIn(azure.state()).keys()].map((key) => Number(key.split("-").at(-1)))), label).toEqual(
              nodes,
            );
            if (was.size > 0) {
              expect(claimWord(azure.state()), label).toBe(claimWord(before));
              for (const [key, id] of machinesIn(azure.state()))
                if (healthy.has(key)) expect(id, `${key} was touched\n${label}`).toBe(healthy.get(key));
            }
          }
          if (nodes.size === 0) return;
          const further = await azure.run(`mycluster --wait-for machines`, []);
          expect(further.exit, further.stderr).toBe(0);
          expect(
            further.exchanges
              .filter((one) => one.method !== "GET" && one.method !== "POST")
              .map((one) => `${one.method} ${one.url}`),
          ).toEqual([]);
        } finally {
          azure.close();
        }
      }),
      {
        numRuns: RUNS,
        seed: SEED,
        examples: CHOSEN ? LIVES.map((one) => [one]) : [],
        endOnFailure: process.env["PROPERTY_SHRINK"] === undefined,
      },
    );
  },
  Math.max(120_000, RUNS * 5000),
);
