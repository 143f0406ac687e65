/** gc over the simulated Azure: what has passed its time goes, and nothing else. */
import { expect, test } from "vitest";
import { addForeign, addGroup, addLock, byHand, deletes, everything } from "./azure-hand.ts";
import { steady } from "./steady.ts";
import { START, type TestAzure, ownAzure } from "./world.ts";

/** Two clusters past their time, one with time left, one without a time, a group of somebody's own that has such a tag. */
async function withClusters(): Promise<TestAzure> {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await addForeign(azure, "shared");
  await addGroup(azure, "theirs", { "aoc-expires": "2020-01-01T00:00:00Z" });
  for (const argv of ["old --ttl 1s", "older --ttl 1s --resource-group shared", "young --ttl 10h", "eternal"]) {
    const { exit, stderr } = await azure.run(`${argv} --num-nodes 1 --wait-for machines`);
    if (exit !== 0) throw new Error(stderr);
  }
  return azure;
}

const clusters = async (azure: TestAzure): Promise<string[]> =>
  (await azure.json<{ name: string }[]>("list")).document.map((one) => one.name);

test("--dry-run shows what has passed its time, and deletes nothing", async () => {
  const azure = await withClusters();
  const before = everything(azure);
  const { exit, stderr, stdout } = await azure.run("gc --dry-run");
  expect(exit).toBe(0);
  expect(stdout).toBe("");
  expect(steady(stderr)).toMatchInlineSnapshot(`
    "Subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in)
    2 clusters past their time to live:

    NAME  GROUP  LOCATION  NODES  ADDRESS  AGE  EXPIRES  STATE
    old  old  westus  1  IP  TIME  TIME ago  expired
    older  shared  westus  1  IP  TIME  TIME ago  expired
    "
  `);
  expect((await azure.json<{ name: string; state: string }[]>("gc --dry-run")).document).toMatchObject([
    { name: "old", state: "expired" },
    { name: "older", state: "expired" },
  ]);
  expect(everything(azure)).toEqual(before);
  expect(deletes(azure)).toEqual([]);
});

test("what has passed its time is destroyed, and nothing else", async () => {
  const azure = await withClusters();
  const { exit, document } = await azure.json<{ name: string; left: unknown[]; deleted: unknown[] }[]>("gc --yes");
  expect(exit).toBe(0);
  expect(document).toMatchObject([
    { schema: "azure-coreos-cluster/destroy/1", name: "old", left: [] },
    { name: "older", resourceGroup: "shared", left: [] },
  ]);
  expect(document.every((one) => one.deleted.length > 5)).toBe(true);
  expect(await clusters(azure)).toEqual(["eternal", "young"]);
  expect(everything(azure)).toEqual(
    expect.arrayContaining([
      "/resourceGroups/shared",
      "/resourceGroups/shared/providers/Microsoft.Network/networkSecurityGroups/theirs",
      "/resourceGroups/theirs",
    ]),
  );
  expect(await azure.run("gc --yes")).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining("No cluster has passed its time to live."),
  });
});

test.each([
  ["yes", 0, ["eternal", "young"]],
  ["no", 1, ["eternal", "old", "older", "young"]],
])("on a terminal it asks: %s", async (answer, exit, left) => {
  const azure = await withClusters();
  expect((await azure.run("gc", { answers: [answer] })).exit).toBe(exit);
  expect(await clusters(azure)).toEqual(left);
});

test("nothing is destroyed because this machine's clock is ahead of Azure's", async () => {
  const azure = await withClusters();
  const before = everything(azure);
  const { exit, stderr } = await azure.run("gc --yes", {
    azure: async (request) => {
      const { headers, ...answer } = await azure.simulation.handle(request);
      const date = new Date(Date.parse(headers["date"] ?? "") - 26 * 3_600_000).toUTCString();
      return { ...answer, headers: { ...headers, date } };
    },
  });
  expect([exit, stderr]).toEqual([0, expect.stringMatching(/clock is 26 h .*ahead of Azure's[^]*No cluster has passed/)]);
  expect(everything(azure)).toEqual(before);
});

test.each([
  ["behind", 3],
  ["ahead of", -3],
])("--ttl counts by Azure's clock where this machine's is %s it", async (word, hours) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("young --num-nodes 1 --wait-for machines --ttl 2h", {
    azure: async (request) => {
      const { headers, ...answer } = await azure.simulation.handle(request);
      const date = new Date(Date.parse(headers["date"] ?? "") + hours * 3_600_000).toUTCString();
      return { ...answer, headers: { ...headers, date } };
    },
  });
  expect([exit, stderr]).toEqual([
    0,
    expect.stringMatching(new RegExp(`clock is 3 h .*${word} Azure's: --ttl counts by Azure's`)),
  ]);
  const at = Date.parse(azure.puts().get("resourcegroups/young").tags["aoc-expires"]);
  expect(Math.abs(at - START - (2 + hours) * 3_600_000)).toBeLessThan(10_000);
});

test("where nobody can answer it needs --yes, unless there is nothing to do", async () => {
  const azure = await withClusters();
  expect(await azure.run("gc")).toMatchObject({ exit: 2, stderr: expect.stringContaining("--yes") });
  expect(await clusters(azure)).toHaveLength(4);
  await azure.run("gc --yes");
  expect((await azure.run("gc")).exit).toBe(0);
});

test("one that is locked stops no other; the exit code is that of what is partly done", async () => {
  const azure = await withClusters();
  await addLock(azure, "/resourceGroups/old", "keep");
  const { exit, document, stderr } = await azure.json<Record<string, unknown>[]>("gc --yes");
  expect(exit).toBe(3);
  expect(document).toMatchObject([
    { name: "old", error: { code: "ScopeLocked" } },
    { name: "older", left: [] },
  ]);
  expect(stderr).toContain("old: a lock forbids it: keep (CanNotDelete)");
  expect(await clusters(azure)).toEqual(["eternal", "old", "young"]);
});

test("one that was given more time since the list was read is left alone", async () => {
  const azure = await withClusters();
  const claim = everything(azure).find((id) => id.includes("/old-ip-")) ?? "";
  let renewed: Promise<unknown> | undefined;
  const { exit, stderr } = await azure.run("gc --yes", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (renewed === undefined && /\/virtualMachines\?/.test(request.url)) {
        const { tags } = (await byHand(azure, "GET", claim)).body;
        renewed = byHand(azure, "PATCH", claim, { tags: { ...(tags as object), "aoc-expires": "2030-01-01T00:00:00Z" } });
        await renewed;
      }
      return answer;
    },
  });
  expect(exit).toBe(0);
  expect(stderr).toContain("old was given more time");
  expect(await clusters(azure)).toEqual(["eternal", "old", "young"]);
});

test("a half-made cluster whose time is over goes too; an unreadable time is no time", async () => {
  const azure = ownAzure();
  const ours = (name: string, expires: string): Record<string, string> => ({
    "managed-by": "azure-coreos-cluster",
    "aoc-cluster": name,
    "aoc-expires": expires,
  });
  await addGroup(azure, "begun", ours("begun", "2026-01-01T00:00:00Z"));
  await addGroup(azure, "odd", ours("odd", "soon"));
  expect((await azure.run("gc --yes")).exit).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/odd"]);
});

test.each(["old", "older"])("%s, which is given more time between the look and the mark, stays whole", async (name) => {
  const azure = await withClusters();
  const before = everything(azure);
  let given = false;
  const answer = await azure.json<{ name: string; deleted: unknown[] }[]>(
    `gc --yes --resource-group ${name === "old" ? "old" : "shared"}`,
    {
      azure: async (request) => {
        const { pathname } = new URL(request.url);
        if (!given && request.method === "PATCH" && pathname.includes("/publicIPAddresses/")) {
          given = true;
          const path = pathname.slice(pathname.indexOf("/resourceGroups/"));
          const { body } = await byHand(azure, "GET", path);
          const tags = { ...(body["tags"] as object), "aoc-expires": "2099-01-01T00:00:00.000Z" };
          expect((await byHand(azure, "PATCH", path, { tags })).status).toBe(200);
        }
        return azure.simulation.handle(request);
      },
    },
  );
  expect(given).toBe(true);
  expect(answer).toMatchObject({ exit: 0, document: [{ name, deleted: [] }] });
  expect(answer.stderr).toContain("was given more time");
  expect(everything(azure)).toEqual(before);
  expect((await azure.json<{ name: string; state: string }[]>("list")).document.find((one) => one.name === name)?.state).toBe(
    "complete",
  );
});
