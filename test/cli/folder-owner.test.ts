/** Two clusters of one name: each has a folder, and none the keys of the other. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type TestAzure, ownAzure } from "./world.ts";

const otherFolder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "acc-other-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const filesIn = (azure: TestAzure): Record<string, string> => {
  const folder = join(azure.dir, "web");
  return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));
};
const create = "web --num-nodes 1 --wait-for machines";

test.each([
  ["create", `create ${create} --resource-group team-b --location eastus`],
  ["plan", "plan web --resource-group team-b --location eastus"],
])("%s of one of the same name in another group is refused, and touches no file", async (_command, argv) => {
  const azure = ownAzure();
  expect((await azure.run(create)).exit).toBe(0);
  const before = filesIn(azure);
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run(argv);
  expect(exit).toBe(5);
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(
    /web has the keys of another web: of the one in resource group web of .*--resource-group web\..*--dir.*rm -r \S+web/,
  );
  expect(azure.exchanges.filter(({ method }) => method === "PUT")).toEqual([]);
  expect(filesIn(azure)).toEqual(before);
});

test("with a folder of its own it is made, and its destruction takes nothing of the other's, not even with the same authority", async () => {
  const azure = ownAzure();
  expect((await azure.run(create)).exit).toBe(0);
  const before = filesIn(azure);
  const dir = otherFolder();
  cpSync(azure.dir, dir, { recursive: true });
  // as it was copied by a version that did not know whose it is
  rmSync(join(dir, "web", "cluster.json"));
  const other = "--resource-group team-b";
  const made = await azure.run(`${create} ${other} --location eastus`, { dir });
  expect(made.exit, made.stderr).toBe(0);
  expect(readFileSync(join(dir, "web", "etcd-ca.pem"), "utf8")).toBe(before["etcd-ca.pem"]);

  const gone = await azure.run(`destroy web ${other} --yes`);
  expect(gone.exit, gone.stderr).toBe(0);
  expect(filesIn(azure)).toEqual(before);
});

test("in the same place the next one takes the folder over: the last was destroyed from elsewhere", async () => {
  const azure = ownAzure();
  expect((await azure.run(create)).exit).toBe(0);
  expect((await azure.run("destroy web --yes", { dir: otherFolder() })).exit).toBe(0);
  expect((await azure.run(create)).exit).toBe(0);
  expect((await azure.run("destroy web --yes")).exit).toBe(0);
  expect(() => filesIn(azure)).toThrow("ENOENT");
});

test("a rehearsal beside a cluster in earnest is sent to a folder of its own", async () => {
  const azure = ownAzure();
  expect((await azure.run(create)).exit).toBe(0);
  const path = join(azure.dir, "web", "cluster.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"rehearsal":true', '"rehearsal":false'));
  const { exit, stderr } = await azure.run(create);
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([
    5,
    expect.stringContaining("Rehearse in another folder: --dir rehearsal."),
  ]);
});

test.each([
  ["a rehearsal has left there is in nobody's way", false, 0],
  ["a rehearsal has left is another rehearsal's, elsewhere", true, 5],
])("what %s", async (_what, rehearsal, exit) => {
  const azure = ownAzure({ rehearsal });
  const elsewhere = azure.run(`${create} --resource-group there`);
  expect((await elsewhere).exit).toBe(0);
  const path = join(azure.dir, "web", "cluster.json");
  const owner: unknown = JSON.parse(readFileSync(path, "utf8"));
  expect(owner).toMatchObject({ resourceGroup: "there", rehearsal });
  writeFileSync(path, JSON.stringify({ ...(owner as object), rehearsal: true }));
  const ended = await azure.run(`${create} --resource-group here --location eastus`);
  expect(ended.exit, ended.stderr).toBe(exit);
});
