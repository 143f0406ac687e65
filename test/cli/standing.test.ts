/** A create that cannot change nodes that run: they stay what they are, in words, documents and ssh_config; what was not changed is told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SimRequest } from "../../src/sim/message.ts";
import { type RunOptions, type TestAzure, ownAzure } from "./world.ts";

type Which = (request: SimRequest) => boolean;

const isWrite: Which = ({ method }) => method !== "GET" && method !== "HEAD";
const isTagOf = (machines: RegExp): Which => {
  const path = new RegExp(`/virtualMachines/mycluster-coreos-${machines.source}\\?`);
  return ({ method, url }) => method === "PATCH" && path.test(url);
};

/** Ctrl-C after the first write was answered. */
function stoppedAfterWrite(azure: TestAzure): RunOptions {
  let interrupt = (): void => undefined;
  return {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      // a second one would end it at once
      if (isWrite(request)) {
        interrupt();
        interrupt = () => undefined;
      }
      return answer;
    },
  };
}

const refusing = (azure: TestAzure, is: Which, status = 409, code = "ScopeLocked"): RunOptions => ({
  azure: (request) =>
    is(request)
      ? Promise.resolve({ status, headers: {}, body: JSON.stringify({ error: { code, message: "it is locked" } }) })
      : azure.simulation.handle(request),
});

/** Two nodes that run. */
async function standing(level = "machines"): Promise<TestAzure> {
  const azure = ownAzure();
  expect((await azure.run(`mycluster --num-nodes 2 --wait-for ${level}`)).exit).toBe(0);
  return azure;
}

const sshConfig = ({ dir }: TestAzure): string => readFileSync(join(dir, "mycluster/ssh_config"), "utf8");
const states = ({ nodes }: { nodes: readonly { state: string }[] }): string[] => nodes.map(({ state }) => state);

test.each(["--tag a=b", "--http", "--num-nodes 3"])("Ctrl-C after the first write of %s", async (change) => {
  const argv = `mycluster ${change} --wait-for machines`;
  const azure = await standing();
  const before = sshConfig(azure);
  const grows = change.startsWith("--num");
  const { exit, stderr, stdout } = await azure.run(argv, stoppedAfterWrite(azure));
  expect(exit, stderr).toBe(130);
  if (grows) expect(stderr).toMatch(/2 of 3 machines are made\. Not made:\n {2}mycluster-coreos-2: missing\n/);
  else expect(stderr).toMatch(/All 2 machines are made\.\nNot changed: [a-z]/);
  expect([stdout, sshConfig(azure)]).toEqual([before, before]);
  const azureToo = await standing();
  const { document } = await azureToo.json(argv, stoppedAfterWrite(azureToo));
  expect(states(document)).toEqual(["created", "created", ...(grows ? ["missing"] : [])]);
});

test.each([
  ["machines", "created", /^All 2 machines are made\.$/m],
  ["etcd", "ready", /^All 2 nodes are ready\.$/m],
])("a lock on one machine's tags, where %s are waited for", async (level, state, said) => {
  const azure = await standing(level);
  const before = sshConfig(azure);
  const argv = `mycluster --tag a=b --wait-for ${level}`;
  const { exit, stderr } = await azure.run(argv, refusing(azure, isTagOf(/0/)));
  expect(exit, stderr).toBe(3);
  expect(stderr).toMatch(said);
  expect(stderr).toMatch(/^Not changed: machine mycluster-coreos-0\.$/m);
  expect(stderr).toMatch(/^A lock forbids this\. \(ScopeLocked\)$/m);
  expect(stderr).not.toContain("Not made");
  expect(sshConfig(azure)).toBe(before);
  const { document } = await azure.json(argv, refusing(azure, isTagOf(/0/)));
  expect(states(document)).toEqual([state, state]);
  expect(document.nodes[0]?.error).toMatchObject({ code: "ScopeLocked" });
});

test("a lock on all of their tags is the failure, with its own exit code: nothing came of it", async () => {
  const azure = await standing();
  const before = sshConfig(azure);
  const { exit, stderr } = await azure.run("mycluster --tag a=b --wait-for machines", refusing(azure, isTagOf(/\d/)));
  expect(exit, stderr).toBe(1);
  expect(stderr).toMatch(/^Error: A lock forbids this\.$/m);
  expect(sshConfig(azure)).toBe(before);
});

test("a rollback of what only changed takes nothing away, and says so", async () => {
  const azure = await standing();
  const before = sshConfig(azure);
  const argv = "mycluster --tag a=b --wait-for machines --rollback";
  const said = /^Error: (?<what>.*)\n(?:.*\n)*Nothing was rolled back: /m;
  const stopped = await azure.run(argv, stoppedAfterWrite(azure));
  expect([stopped.exit, said.exec(stopped.stderr)?.groups?.["what"]]).toEqual([130, "interrupted"]);
  const refused = await azure.run(argv, refusing(azure, isTagOf(/0/)));
  expect([refused.exit, said.exec(refused.stderr)?.groups?.["what"]]).toEqual([1, "A lock forbids this."]);
  expect(sshConfig(azure)).toBe(before);
});

test("a machine that is gone when its tags are to be changed is not there", async () => {
  const azure = await standing();
  const gone = refusing(azure, isTagOf(/0/), 404, "ResourceNotFound");
  const { exit, document } = await azure.json("mycluster --tag a=b --wait-for machines", gone);
  expect([exit, ...states(document)]).toEqual([3, "failed", "created"]);
  expect(sshConfig(azure)).not.toContain("mycluster-coreos-0");
});

test("a gateway's 404 to it says nothing of the machine: it stands", async () => {
  const azure = await standing();
  const before = sshConfig(azure);
  const isTag = isTagOf(/0/);
  const gateway: RunOptions["azure"] = (request) =>
    isTag(request) ? Promise.resolve({ status: 404, headers: {}, body: "<html>" }) : azure.simulation.handle(request);
  const { document } = await azure.json("mycluster --tag a=b --wait-for machines", { azure: gateway });
  expect(states(document)).not.toContain("failed");
  expect(sshConfig(azure)).toBe(before);
});
