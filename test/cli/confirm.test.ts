/** Questions before something is lost: what they name, and what leaving them without an answer means. */
import { expect, test } from "vitest";
import { type TestAzure, ownAzure } from "./world.ts";

async function withCluster(flags = ""): Promise<TestAzure> {
  const azure = ownAzure();
  expect((await azure.run(`mycluster --wait-for machines ${flags}`)).exit).toBe(0);
  azure.exchanges.length = 0;
  return azure;
}

const deleted = ({ exchanges }: TestAzure): unknown[] => exchanges.filter(({ method }) => method !== "GET" && method !== "POST");

test.each([
  ["destroy mycluster", ""],
  ["remove mycluster 1", ""],
  ["gc", "--ttl 1s"],
])("Ctrl-C at the question of %s: nothing was deleted, exit code 130, no stack", async (argv, flags) => {
  const azure = await withCluster(flags);
  const { exit, stderr } = await azure.run(argv, { answers: [undefined] });
  expect(exit).toBe(130);
  expect(stderr).toContain("Nothing was deleted.");
  expect(stderr).not.toMatch(/fault of azure-coreos-cluster|\.ts:\d/);
  expect(deleted(azure)).toEqual([]);
  const asJson = await azure.run(`${argv} --json`, { answers: [undefined] });
  expect(asJson.exit).toBe(130);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ error: { code: "Interrupted", advice: "Nothing was deleted." } });
});

test.each(["destroy mycluster", "stop mycluster", "replace mycluster 1"])(
  "the end of the input at the question of %s is no yes: exit code 1, as for any other answer",
  async (argv) => {
    const azure = await withCluster();
    const { exit, stderr } = await azure.run(argv, { answers: [null] });
    expect([exit, stderr]).toEqual([1, expect.stringContaining("it was not confirmed")]);
    expect(deleted(azure)).toEqual([]);
  },
);

test.each([
  ["destroy mycluster --quiet", "", /mycluster to destroy it \(\d+ resources in the group mycluster, for good\)/],
  [
    "remove mycluster 1 2 --quiet",
    "",
    /to remove mycluster-coreos-1, mycluster-coreos-2, in the subscription Simulated subscription \(0{8}-/,
  ],
  ["gc --quiet", "--ttl 1s", /to destroy mycluster, in the subscription .*:/],
])("even %s names what it asks about", async (argv, flags, question) => {
  const azure = await withCluster(flags);
  expect((await azure.run(argv, { answers: ["no"] })).stderr).toMatch(question);
});

test("what remove works on is said to be removed, not made", async () => {
  const azure = await withCluster();
  const piped = await azure.run("remove mycluster 1 --yes");
  expect(piped.stderr).toMatch(/machine mycluster-coreos-1 {2}being removed/);
  expect(piped.stderr).not.toMatch(/being made|asked for/);
  const live = await azure.run("remove mycluster 2 --yes", { terminal: { columns: 80, rows: 24 } });
  expect(live.stderr).toContain("being removed");
  expect(live.stderr).not.toMatch(/being made|asked for/);
});
