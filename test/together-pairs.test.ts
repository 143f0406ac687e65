/**
 * Every two commands at once: one stands still before any of its requests, the other goes through, the first goes on. What is there in
 * the end is what the two bring about one after the other, body for body; a further create has nothing to do, and status finds no
 * fault. Why it is so: src/operations/cluster/shared-changes.ts. `TOGETHER=all` takes every request of every pair; a number
 * takes every nth.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Tags, wordOf } from "../src/core/plan/tags.ts";
import type { CloudState } from "../src/sim/cloud.ts";
import { type Beginning, beginning } from "./beginning.ts";
import { flawsOf, shapeOf } from "./cluster-state.ts";
import { createVirtualClock } from "../src/sim/clock.ts";
import { addGroup } from "./cli/azure-hand.ts";
import { START, testAzure } from "./cli/world.ts";
import { stoppable } from "./stoppable.ts";

const COMMANDS = {
  create: "mycluster --wait-for machines",
  grow: "mycluster --num-nodes 6 --wait-for machines",
  remove: "remove mycluster 1 --yes",
  "remove of another": "remove mycluster 3 --yes",
  replace: "replace mycluster 1 --yes",
  destroy: "destroy mycluster --yes",
  gc: "gc --yes",
  status: "status mycluster",
} as const;
type Command = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as Command[];

/**
 * A group of its own goes whole, with everything in it; in somebody's group destroy takes one piece after the other; and a private cluster's
 * claim is its security group, which no DNS label makes the only one.
 */
const GROUPS = { own: "", shared: " --resource-group shared", private: " --resource-group shared" } as const;
type Group = keyof typeof GROUPS;

const lineOf = (command: Command, group: Group): string => COMMANDS[command] + (command === "gc" ? "" : GROUPS[group]);

const TOGETHER = process.env["TOGETHER"];
const STEP = TOGETHER === "all" ? 1 : Number(TOGETHER ?? 0);

/**
 * By default those that write the same, once each: where the first has read what the second changes, and has not written.
 * A growth during a destroy is in together.test.ts.
 */
const SAMPLE: readonly (readonly [Command, Command, Group, at: number])[] = [
  ["grow", "remove", "own", 28],
  ["remove", "grow", "own", 28],
  // the node is made again between the look at it and its end
  ["remove", "grow", "own", 35],
  ["remove", "remove of another", "own", 23],
  ["create", "remove", "own", 22],
  ["grow", "grow", "own", 28],
  ["remove", "destroy", "own", 30],
  ["gc", "create", "own", 50],
  // the machine is gone: what comes back is the node, and no node or cluster that was taken away meanwhile
  ["replace", "create", "own", 87],
  ["replace", "remove", "own", 105],
  ["replace", "destroy", "own", 65],
  // a node that somebody has removed is not waited for
  ["replace", "remove of another", "shared", 95],
  // it has looked, and has written nothing yet
  ["create", "destroy", "shared", 22],
  // the claim is gone: what there is by the last look is of a cluster that was made since
  ["destroy", "create", "shared", 88],
  ["gc", "grow", "shared", 91],
  ["destroy", "create", "private", 97],
  // its machine was seen by one read, and the claim without it by another
  ["replace", "remove of another", "private", 95],
];
const PAIRS =
  STEP === 0
    ? SAMPLE
    : NAMES.filter((first) => first !== "status").flatMap((first) =>
        NAMES.flatMap((second) => (Object.keys(GROUPS) as Group[]).map((group) => [first, second, group, 0] as const)),
      );

/** Four nodes, three of them members; its time is over, so that gc has something to do. */
const madeIn = (group: Group): Promise<Beginning> => {
  const clock = createVirtualClock(START);
  return beginning(
    async (azure) => {
      if (group !== "own") await addGroup(azure, "shared");
      const made = await azure.run(
        `mycluster --num-nodes 4 --etcd-plain --ttl 1h --wait-for machines${GROUPS[group]}${group === "private" ? " --private" : ""}`,
      );
      expect(made.exit, made.stderr).toBe(0);
      expect(ofAnother(azure.simulation.save())).toEqual([]);
    },
    { azure: testAzure({ clock, pace: PACE }), clock },
  );
};
/** The requests of SAMPLE are counted at this pace. */
const PACE = 0.2;
/** The word of the creation that all begin with. */
const CREATION = "a7f1d92a";
let base: Readonly<Record<Group, Beginning>>;
beforeAll(async () => {
  const all = await Promise.all((Object.keys(GROUPS) as Group[]).map(async (group) => [group, await madeIn(group)] as const));
  base = Object.fromEntries(all) as Record<Group, Beginning>;
}, 60_000);
afterAll(async () => {
  for (const one of Object.values(base)) one.close();
  for (const { left } of await Promise.all(alone.values())) left.close();
});

const LATER = 2 * 3_600_000;

/** Another one was in the way; for a create, a replacement that is under way (HalfReplaced). */
const IN_THE_WAY = [5, 7];

interface Alone {
  readonly left: Beginning;
  readonly exit: number;
  readonly requests: number;
  readonly shape: Record<string, unknown>;
}

/** What each command does by itself. */
const alone = new Map<string, Promise<Alone>>();
function aloneOf(command: Command, group: Group): Promise<Alone> {
  const line = lineOf(command, group) + group;
  const known = alone.get(line) ?? runAlone(command, group);
  alone.set(line, known);
  return known;
}
async function runAlone(command: Command, group: Group): Promise<Alone> {
  const from = base[group].open({ seed: 1, pace: PACE }, LATER);
  const { exit } = await from.azure.run(lineOf(command, group));
  const shape = bodiesOf(from.azure.simulation.save());
  return { left: await beginning(undefined, from), exit, requests: from.azure.exchanges.length, shape };
}

interface Ended {
  readonly exits: readonly [first: number, second: number];
  readonly shape: Record<string, unknown>;
  /** After the first alone. */
  readonly between: Record<string, unknown>;
}

/**
 * All bodies, but for the list of members in the claim's tags: a growth that sees a node missing in the middle of its removal may choose it
 * as a member, and fewer are left when it goes. That each of them is a node `status` checks.
 */
const bodiesOf = (state: CloudState): Record<string, unknown> =>
  JSON.parse(JSON.stringify(shapeOf(ours(state))).replaceAll(/"aoc-members":"[^"]*",?/g, "")) as Record<string, unknown>;

/** Without the group that is somebody else's. */
const ours = (state: CloudState): CloudState => ({ ...state, entries: state.entries.filter((entry) => entry.name !== "shared") });

async function inTurn(first: Command, second: Command, group: Group): Promise<Ended> {
  const { left, exit, shape: between } = await aloneOf(first, group);
  const { azure } = left.open({ pace: PACE });
  const other = base[group].folder();
  try {
    const { exit: last } = await azure.run(lineOf(second, group), { dir: other });
    return { exits: [exit, last], shape: bodiesOf(azure.simulation.save()), between };
  } finally {
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
}

/** Ids, in lower case, of what belongs to a creation of the name that has begun since. */
const ofAnother = ({ entries }: CloudState): string[] =>
  entries.filter(({ resource }) => (wordOf(resource["tags"] as Tags | undefined) ?? CREATION) !== CREATION).map(({ key }) => key);

/** What is wrong with the meeting of the two; undefined when nothing is, or they did not meet. */
async function meet(
  [first, second, group]: readonly [Command, Command, Group],
  request: number,
  turns: readonly Ended[],
): Promise<string | undefined> {
  const { azure, clock } = base[group].open({ seed: request, pace: PACE }, LATER);
  const other = base[group].folder();
  try {
    const way = stoppable(azure, clock, { request });
    const a = azure.run(lineOf(first, group), way.options);
    await Promise.race([way.stopped, a]);
    const y = await azure.run(lineOf(second, group), { dir: other });
    const anothers = new Set(ofAnother(azure.simulation.save()));
    const since = azure.exchanges.length;
    way.goOn();
    const x = await a;
    const label = `${first} | ${second} at ${request}\n(${x.exit}) ${x.stderr}\n(${y.exit}) ${y.stderr}`;
    const state = azure.simulation.save();
    const shape = bodiesOf(state);
    const faults: string[] = [];
    if (`${x.stderr}${y.stderr}`.includes("This is a fault of")) faults.push("a bug");
    for (const { method, url } of azure.exchanges.slice(since))
      if (method === "DELETE" && anothers.has(new URL(url).pathname.toLowerCase())) faults.push(`${first} asks ${url} to go`);
    const exits = new Set([0, ...IN_THE_WAY, ...turns.flatMap((turn) => turn.exits)]);
    for (const [exit, command] of [
      [x.exit, first],
      [y.exit, second],
    ] as const)
      // what it sees in the middle is not healthy, and it says so
      if (!exits.has(exit) && !(command === "status" && (exit === 1 || exit === 3))) faults.push(`${command} ends with ${exit}`);
    // who says so has done nothing, or a part that is whole
    const alone = [x.exit, y.exit].some((exit) => IN_THE_WAY.includes(exit))
      ? turns.map((turn) => ({ ...turn, shape: turn.between }))
      : [];
    if (![...turns, ...alone].some((turn) => JSON.stringify(turn.shape) === JSON.stringify(shape)))
      faults.push(`ends otherwise: ${differences(shape, turns)}`);
    if (Object.keys(shape).length > 0) {
      const since = azure.exchanges.length;
      const further = await azure.run(lineOf("create", group));
      const writes = azure.exchanges.slice(since).filter(({ method }) => method !== "GET" && method !== "POST");
      if (further.exit !== 0) faults.push(`a further create: ${further.exit}\n${further.stderr}`);
      if (writes.length > 0) faults.push(`a further create writes ${writes.map((one) => `${one.method} ${one.url}`).join()}`);
      const nodes = state.entries.filter((entry) => entry.type.endsWith("virtualMachines")).length;
      faults.push(...flawsOf(ours(azure.simulation.save()), nodes));
      const { exit, document } = await azure.json<{ drift: { kind: string }[] }>(lineOf("status", group));
      const drift = document.drift.filter(({ kind }) => kind !== "expired");
      if (exit !== 0 || drift.length > 0) faults.push(`status ${exit}: ${JSON.stringify(drift)}`);
    }
    return faults.length === 0 ? undefined : `${faults.join("\n")}\n${label}`;
  } finally {
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
}

/** Where it differs from the nearer of two. */
function differences(shape: Record<string, unknown>, turns: readonly Ended[]): string {
  const of = (turn: Ended): string[] =>
    [...new Set([...Object.keys(shape), ...Object.keys(turn.shape)])].filter(
      (key) => JSON.stringify(shape[key]) !== JSON.stringify(turn.shape[key]),
    );
  const [near] = turns.toSorted((a, b) => of(a).length - of(b).length);
  return near === undefined
    ? "nothing to compare with"
    : of(near)
        .map((key) => `\n${key}\n  ${JSON.stringify(shape[key])}\n  ${JSON.stringify(near.shape[key])}`)
        .join("");
}

const tally = { meetings: 0, faults: 0 };

test.each(PAIRS)(
  "%s, while %s goes through, %s group",
  async (first, second, group, at) => {
    const turns = [await inTurn(first, second, group), await inTurn(second, first, group)];
    const { requests } = await aloneOf(first, group);
    const boundaries = STEP > 0 ? Array.from({ length: Math.ceil(requests / STEP) }, (_, i) => 1 + i * STEP) : [at];
    if (at > requests) throw new Error(`${first} asks ${requests} times only`);
    const faults: string[] = [];
    for (const request of boundaries) {
      const fault = await meet([first, second, group], request, turns);
      tally.meetings += 1;
      if (fault !== undefined) faults.push(fault);
    }
    tally.faults += faults.length;
    expect(faults.length, `${faults.length} of ${boundaries.length}:\n${faults.slice(0, 3).join("\n\n")}`).toBe(0);
  },
  Math.max(60_000, STEP > 0 ? 1_200_000 : 0),
);

afterAll(() => {
  if (TOGETHER !== undefined)
    process.stderr.write(`together: ${PAIRS.length} pairs, ${tally.meetings} meetings, ${tally.faults} faults\n`);
});
