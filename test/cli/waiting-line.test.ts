/** What a terminal says before Azure has answered, and that nothing of it is left; and a rehearsal that can be watched. */
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { pacedClock } from "../../src/operations/rehearsal/paced-clock.ts";
import { ownAzure } from "./world.ts";

const terminal = { columns: 80, rows: 24 };

test.each([
  ["create abc --num-nodes 1 --wait-for machines", "Checking location, quota and name ..."],
  ["plan abc", "Checking location, quota and name ..."],
  ["list", "Asking Azure ..."],
  ["destroy abc --yes", "Looking at what is there ..."],
])("%s says at once what it is doing, and takes it away", async (argv, line) => {
  const { stderr, stdout } = await ownAzure().run(argv, { terminal });
  expect(stderr.startsWith(`${line}\r\u001B[K`)).toBe(true);
  expect(stdout).not.toContain(line);
});

test.each([0, 12, 80])(
  "on a terminal of %i columns it is seen, in one row, and again under the head while the plan is made",
  async (columns) => {
    const { stderr } = await ownAzure().run("plan abc", { terminal: { columns, rows: 24 } });
    const shown = stderr.split("\r\u001B[K").slice(0, 2);
    expect(shown[0]).toMatch(/^Checking l/);
    expect(shown[0]?.length).toBeLessThan(columns || 80);
    expect(shown[1]?.split("\n").at(-1)).toBe(shown[0]);
  },
);

test.each([
  ["no terminal", "plan abc", {}],
  ["--quiet", "plan abc --quiet", { terminal }],
  ["a terminal that draws nothing again", "plan abc", { terminal, env: { TERM: "dumb" } }],
])("with %s there is none", async (_, argv, how) => {
  expect((await ownAzure().run(argv, how)).stderr).not.toContain("Checking");
});

test("--simulate=10x goes ten times as fast as Azure, and the next word is still the name", async () => {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12));
  const began = clock.now();
  const azure = ownAzure();
  const { exit, document } = await azure.json("--simulate=10x abc --num-nodes 1 --wait-for machines", { clock });
  expect([exit, document.name]).toEqual([0, "abc"]);
  const [told, passed] = [document.seconds * 1000, clock.now() - began];
  expect(told / passed).toBeGreaterThan(9);
  expect(told / passed).toBeLessThan(11);
});

test.each(["--simulate=fast", "--simulate=", "--simulate=0", "--simulate-speed=2"])("%s is refused", async (flag) => {
  const { exit, stderr } = await ownAzure().run(`plan abc ${flag}`);
  // by the name that was typed
  expect([exit, stderr]).toEqual([2, expect.stringMatching(new RegExp(`Error: ${flag.split("=")[0]}[: ]`))]);
});

test("a paced clock's sleep is the real one's, divided", async () => {
  const real = createVirtualClock(1000);
  const clock = pacedClock(real, 50_000, 4);
  await clock.sleep(8000);
  expect([real.now(), clock.now()]).toEqual([3000, 58_000]);
});
