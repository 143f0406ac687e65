/** logs over the simulated Azure: consoles of one node and of all, what is missing, and who is not there. Journals: test/boot. */
import { expect, test } from "vitest";
import type { LogsDocument } from "../../src/core/documents.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

async function withCluster(): Promise<TestAzure> {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 3 --wait-for machines");
  if (exit !== 0) throw new Error(stderr);
  return azure;
}

test("one node's console as it is, all nodes' with their names", async () => {
  const azure = await withCluster();
  const one = await azure.run("logs abc 1");
  expect([one.exit, one.stderr]).toEqual([0, ""]);
  expect(one.stdout).not.toBe("");
  expect(one.stdout).not.toContain("abc-coreos-1 | ");
  const all = await azure.run("logs abc");
  expect([
    ...new Set(
      all.stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" | ")[0]),
    ),
  ]).toEqual(["abc-coreos-0", "abc-coreos-1", "abc-coreos-2"]);
  expect(all.stdout).toContain(`abc-coreos-1 | ${one.stdout.split("\n")[0]}\n`);
});

test("where an answer was lost it is asked for again", async () => {
  const azure = await withCluster();
  let lost = 0;
  const { exit, stderr } = await azure.run("logs abc", {
    azure: (request) =>
      /retrieveBootDiagnosticsData/.test(request.url) && ++lost <= 2
        ? Promise.resolve({ status: 503, headers: {}, body: "" })
        : azure.simulation.handle(request),
  });
  expect([exit, lost]).toEqual([0, 5]);
  expect(stderr).toContain("asking again");
});

test("what storage refuses is no empty console", async () => {
  const azure = await withCluster();
  const { exit, stderr, stdout } = await azure.run("logs abc 1", {
    azure: (request) =>
      /serialconsole/i.test(request.url)
        ? Promise.resolve({ status: 403, headers: {}, body: "<Error><Code>AuthorizationFailure</Code></Error>" })
        : azure.simulation.handle(request),
  });
  expect([exit, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("storage answered 403 for the console of abc-coreos-1");
});

test("where storage keeps silent --timeout ends it, too", async () => {
  const azure = await withCluster();
  const { exit, stderr } = await azure.run("logs abc 1 --timeout 1s", {
    clock: realClock,
    azure: (request) => {
      if (!/serialconsole/i.test(request.url)) return azure.simulation.handle(request);
      const { signal } = request;
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    },
  });
  expect([exit, stderr]).toEqual([6, expect.stringContaining("not done within 1 s")]);
});

test("--lines, and --json", async () => {
  const { exit, document } = await (await withCluster()).json<LogsDocument>("logs abc coreos-2 --lines 1");
  expect(exit).toBe(0);
  expect(document).toMatchObject({
    schema: "azure-coreos-cluster/logs/1",
    source: "console",
    nodes: [{ index: 2, name: "abc-coreos-2" }],
  });
  expect(document.nodes[0]?.text.match(/\n/g)).toHaveLength(1);
});

test("a console that Azure has not is said of its node, and the others' are printed", async () => {
  const azure = await withCluster();
  const path = inGroup("abc", "Microsoft.Compute/virtualMachines", "abc-coreos-0");
  const { body } = await byHand(azure, "GET", path);
  const properties = { ...(body.properties as object), diagnosticsProfile: { bootDiagnostics: { enabled: false } } };
  await byHand(azure, "PUT", path, { ...body, properties });
  const { exit, stdout, stderr } = await azure.run("logs abc");
  expect(exit).toBe(3);
  expect(stderr).toMatch(/^abc-coreos-0: \S/m);
  expect(stdout).toContain("abc-coreos-1 | ");
});

test.each([
  ["logs nix", 1, "there is no cluster nix"],
  ["logs abc 7", 2, "abc has no node 7"],
  ["logs abc seven", 2, "is no node of abc"],
  ["logs abc 0 --unit $(reboot)", 2, "is no name of a systemd unit"],
  ["logs abc 0 --unit -x", 2, "is no name of a systemd unit"],
  ["logs abc --unit etcd-member", 1, "no machine of abc was booted"],
])("%s: exit code %i", async (argv, code, message) => {
  const { exit, stderr } = await (await withCluster()).run(argv);
  expect([exit, stderr]).toEqual([code, expect.stringContaining(message)]);
});
