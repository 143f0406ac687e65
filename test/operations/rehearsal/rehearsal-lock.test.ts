/** Who may change a rehearsal's state: one at a time, and nobody is held up by a process that is no more. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid, ppid } from "node:process";
import { expect, test } from "vitest";
import { lockRehearsal } from "../../../src/operations/rehearsal/rehearsal-lock.ts";
import { createVirtualClock } from "../../../src/sim/clock.ts";

const inFolder = () => join(mkdtempSync(join(tmpdir(), "lock-")), "state.json");
const clock = createVirtualClock(0);
const startOf = (process: number | string) => readFileSync(`/proc/${process}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];

test("the second of a process enters when the first has left, and nothing is left behind", async () => {
  const state = inFolder();
  const leave = await lockRehearsal(state, { clock });
  const order: string[] = [];
  const second = lockRehearsal(state, { clock }).then((next) => (order.push("second"), next));
  await lockRehearsal(inFolder(), { clock }).then((other) => other());
  order.push("first");
  leave();
  (await second)();
  expect(order).toEqual(["first", "second"]);
  expect(readdirSync(join(state, ".."))).toEqual([]);
});

test.skipIf(!existsSync("/proc/self/stat")).each([
  ["of a process that is no more", () => `4194305 77 rehearsal abc\n`],
  ["of a number that another process has now", () => `${ppid} 1 rehearsal abc\n`],
  ["of this one's number, in an earlier life", () => `${pid} 1 rehearsal abc\n`],
  ["that says nothing", () => ""],
])("a lock %s is taken over", async (_, text) => {
  const state = inFolder();
  writeFileSync(`${state}.lock`, text());
  (await lockRehearsal(state, { clock }))();
  expect(readdirSync(join(state, ".."))).toEqual([]);
});

test("one that can be neither read nor taken away is named, and not tried for ever", async () => {
  const state = inFolder();
  mkdirSync(`${state}.lock`);
  await expect(lockRehearsal(state, { clock })).rejects.toMatchObject({
    code: "SimulationNotKept",
    advice: expect.stringContaining(`rm -r ${state}.lock`),
  });
});

test.skipIf(!existsSync("/proc/self/stat")).each([
  ["rehearsal", "another rehearsal", [expect.stringContaining("it is waited for")]],
  ["emulate", "`emulate`", []],
])("one of a process that lives (%s) is not: it is named", async (what, named, said) => {
  const state = inFolder();
  const text = `${ppid} ${startOf(ppid)} ${what} abc\n`;
  writeFileSync(`${state}.lock`, text);
  const heard: string[] = [];
  await expect(lockRehearsal(state, { clock, say: (one) => heard.push(one) })).rejects.toMatchObject({
    code: "RehearsalAtWork",
    exit: 7,
    message: expect.stringContaining(named),
  });
  expect(heard).toEqual(said);
  expect(readFileSync(`${state}.lock`, "utf8")).toBe(text);
});
