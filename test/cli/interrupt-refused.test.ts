/** Ctrl-C while Azure refuses what was asked for: nothing of that is running, so nothing of it is asked for again. */
import { expect, test } from "vitest";
import { addForeign, addGroup, everything } from "./azure-hand.ts";
import { type Result, type TestAzure, ownAzure } from "./world.ts";

const REFUSED = {
  status: 429,
  headers: { "retry-after": "2" },
  body: JSON.stringify({ error: { code: "TooManyRequests", message: "Too many requests." } }),
};

/** Requests like that are refused from the first on, and at the first one Ctrl-C is pressed. */
async function refusing(azure: TestAzure, argv: string, like: RegExp): Promise<Result & { readonly sent: string[] }> {
  let interrupt = (): void => undefined;
  const sent: string[] = [];
  const result = await azure.run(argv, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      const line = `${request.method} ${request.url}`;
      if (!like.test(line)) return azure.simulation.handle(request);
      if (sent.push(line) === 1) interrupt();
      return Promise.resolve(REFUSED);
    },
  });
  return { ...result, sent };
}

test.each<[string, like: RegExp, said: RegExp]>([
  ["destroy mycluster --yes", /^DELETE /, /resource group mycluster {2}skipped/],
  ["destroy mycluster --yes", /^(PATCH|PUT) /, /Error: interrupted/],
  ["remove mycluster 1 --yes", /^DELETE /, /Error: interrupted/],
  ["replace mycluster 1 --yes", /^DELETE /, /The same command goes on with mycluster-coreos-1/],
  ["stop mycluster --yes", /^POST .*deallocate/, /2 of 2 machines of mycluster still run/],
  ["reboot mycluster", /^POST .*restart/, /node mycluster-coreos-1 {2}skipped/],
])("%s: what is there stays when %s is refused", async (argv, like, said) => {
  const azure = ownAzure();
  const made = await azure.run("mycluster --num-nodes 2 --wait-for machines");
  expect(made.exit, made.stderr).toBe(0);
  const before = everything(azure);
  const { exit, stderr, sent } = await refusing(azure, argv, like);
  expect([exit, new Set(sent).size], stderr).toEqual([130, sent.length]);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/failed|may go on/);
  expect(everything(azure)).toEqual(before);
  const { document } = await azure.json<{ nodes: { power: string }[] }>("status mycluster");
  expect(document.nodes.map(({ power }) => power)).toEqual(["running", "running"]);
});

test("destroy in somebody's group, too: and the cluster is no longer marked", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await addForeign(azure, "shared");
  const where = "--resource-group shared";
  expect((await azure.run(`mycluster ${where} --num-nodes 2 --wait-for machines`)).exit).toBe(0);
  const before = everything(azure);
  const { exit, stderr } = await refusing(azure, `destroy mycluster --yes ${where}`, /^DELETE /);
  expect(exit, stderr).toBe(130);
  expect(everything(azure)).toEqual(before);
  const again = await azure.run(`mycluster ${where} --num-nodes 3 --wait-for machines`);
  expect(again.exit, again.stderr).toBe(0);
});

test("of stop the second look is not repeated: what it has done is said", async () => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 2 --wait-for machines")).exit).toBe(0);
  let off = 0;
  const refused: string[] = [];
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("stop mycluster --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      if (/deallocate/.test(request.url)) off += 1;
      else if (off === 2 && request.method === "GET" && !/operations|virtualMachines\?/i.test(request.url)) {
        if (refused.push(request.url) === 1) interrupt();
        return REFUSED;
      }
      return azure.simulation.handle(request);
    },
  });
  expect([exit, new Set(refused).size], stderr).toEqual([0, refused.length]);
  expect(stderr).toContain("2 machines deallocated");
});
