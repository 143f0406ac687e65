/** Ctrl-C twice during a create: what is said of the machines that Azure goes on making, and what to type next. */
import { stripVTControlCharacters } from "node:util";
import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { has } from "../programs.ts";
import { some } from "../long.ts";
import { type Result, type RunOptions, ownAzure } from "./world.ts";

/** Interrupted twice when Azure has accepted the second machine. */
async function interruptedTwice(options: RunOptions = {}): Promise<Result> {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  let machines = 0;
  return azure.run("mycluster --num-nodes 3 --wait-for machines", {
    ...options,
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT" && request.url.includes("/virtualMachines/")) machines += 1;
      // a poll, of one or by the list of all: the machines are accepted by then
      if (machines === 3 && request.method === "GET" && /operations|virtualMachines\?/.test(request.url)) {
        interrupt();
        interrupt();
      }
      return answer;
    },
  });
}

test.each([
  ["grown", "--num-nodes 4", "Take the new nodes away: azure-coreos-cluster remove mycluster 2 3"],
  ["changed", "--num-nodes 2 --http", "Run the same command again to continue"],
])("of a cluster that stands and is %s, Ctrl-C twice advises no destroy", async (_, flags, advised) => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 2 --wait-for machines")).exit).toBe(0);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(`mycluster ${flags} --wait-for machines`, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT") {
        interrupt();
        interrupt();
      }
      return answer;
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).not.toContain("destroy");
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(advised);
});

test("a log says that the machines are left to Azure, and names the cluster in what to type", async () => {
  const { exit, stderr } = await interruptedTwice();
  expect(exit).toBe(130);
  expect(stderr).toMatch(/machine mycluster-coreos-\d {2}left to Azure, which goes on with it/);
  expect(stderr).toMatch(/3 machines left to Azure, which goes on; .* in all\./);
  expect(stderr).not.toMatch(/machine mycluster-coreos-\d {2}skipped/);
  expect(stderr).toContain("Remove it: azure-coreos-cluster destroy mycluster");
});

test("so does the summary of a live screen", async () => {
  const { stderr } = await interruptedTwice({ terminal: { columns: 80, rows: 24 } });
  const shown = stripVTControlCharacters(stderr).replaceAll(/\s+/g, " ");
  expect(shown).toMatch(/3 machines left to Azure, which goes on; [\d a-z]+ in all\. Error: interrupted/);
  expect(shown).not.toContain("machines skipped");
});

test("Ctrl-C while it is planned is answered at once, and nothing is made", async () => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      interrupt();
      interrupt = () => undefined;
      return azure.simulation.handle(request);
    },
  });
  expect(exit).toBe(130);
  expect(stderr).toMatch(/^Stopping: /m);
  expect(stderr).not.toMatch(/to make|are ready/);
  expect(azure.puts().size).toBe(0);
});

test.each<[string, pressed: RegExp, exit: number, stdout: RegExp, stderr: RegExp]>([
  ["before a node has an address: no file of theirs is named", /networkSecurityGroups\//, 130, /^$/, /0 of 2 nodes are ready\./],
  ["when all has been asked for: what is complete is done", /operations|virtualMachines\?/, 0, /^# 2 nodes in /, /Next:/],
])("Ctrl-C once on a terminal, %s", async (_, pressed, code, shown, told) => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  let machines = 0;
  const { exit, stdout, stderr } = await azure.run("mycluster --num-nodes 2", {
    terminal: { columns: 200, rows: 24 },
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT" && request.url.includes("/virtualMachines/")) machines += 1;
      if (pressed.test(request.url) && (code !== 0 || machines === 2)) {
        interrupt();
        interrupt = () => undefined;
      }
      return answer;
    },
  });
  expect(exit, stderr).toBe(code);
  expect(stdout).toMatch(shown);
  expect(stderr).toMatch(told);
  expect(stderr.includes("Continue: the same command again")).toBe(code !== 0);
});

test("Ctrl-C once with 24 nodes that wait for their turn: what was not asked for is not, and is called skipped", async () => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  let [asked, before] = [0, 0];
  const { exit, stderr } = await azure.run("mycluster --num-nodes 24 --wait-for machines", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "PUT" && /networkInterfaces|virtualMachines/.test(request.url) && ++asked === 12) {
        before = asked;
        interrupt();
      }
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(130);
  // those that were on their way already
  expect(asked - before).toBeLessThan(10);
  expect(stderr).toMatch(/24 machines and \d+ interfaces skipped/);
  expect(stderr).not.toContain("left to Azure");
  const again = await azure.run("mycluster --num-nodes 24 --wait-for machines");
  expect(again.exit, again.stderr).toBe(0);
});

const OF_A_CLUSTER = [
  "stop mycluster --yes",
  "reboot mycluster",
  "replace mycluster 1 --yes",
  "remove mycluster 2 --yes",
  "status mycluster",
] as const;
test.each(some(OF_A_CLUSTER, 2, 4))("who interrupts %s is not told how to destroy the cluster", async (argv) => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 3 --wait-for machines")).exit).toBe(0);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(argv, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      interrupt();
      interrupt();
      return azure.simulation.handle(request);
    },
  });
  expect(exit).toBe(130);
  expect(stderr).toContain("Run the same command again to continue.");
  expect(stderr).not.toContain("destroy");
});

test.each([
  "mycluster",
  "plan mycluster",
  "list",
  "status mycluster",
  "destroy mycluster --yes",
  "gc --yes",
  "remove mycluster 1 --yes",
  "replace mycluster 1 --yes",
  "stop mycluster --yes",
  "start mycluster",
  "reboot mycluster",
  "platform status mycluster",
  "platform install mycluster --yes",
  "logs mycluster",
  "run mycluster -- true",
  "ssh mycluster",
  "kubeconfig mycluster",
  "export mycluster",
])("one Ctrl-C ends %s, which has written nothing, where Azure does not answer", async (argv) => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run(argv, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: ({ signal }) => {
      interrupt();
      interrupt = () => undefined;
      return unanswered(signal);
    },
  });
  expect([exit, stderr], stderr).toEqual([130, expect.stringContaining("Stopping: nothing was written.\n")]);
  expect(stderr).toContain("Nothing was changed.");
  expect(stderr).not.toContain("asking again");
});

test("one Ctrl-C after a write ends it where Azure has stopped answering: each request alone would be asked again for minutes", async () => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  let puts = 0;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --wait-for machines", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "PUT" && ++puts === 4) interrupt();
      return puts < 4 ? azure.simulation.handle(request) : unanswered(request.signal);
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).toContain("Azure answers no more: it is not waited for.");
  expect(stderr).toContain("What was made stays.");
});

test("machines that Azure has accepted before it fell silent are left to it, and not called skipped", async () => {
  const azure = ownAzure();
  let interrupt = (): void => undefined;
  let machines = 0;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3 --wait-for machines", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      if (machines === 3 && request.method === "GET" && /operations|virtualMachines\?/.test(request.url)) {
        interrupt();
        interrupt = () => undefined;
        return unanswered(request.signal);
      }
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT" && request.url.includes("/virtualMachines/")) machines += 1;
      return answer;
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).toContain("Azure answers no more: it is not waited for.");
  expect(stderr).toMatch(/3 machines left to Azure, which goes on/);
  expect(stderr).not.toContain("skipped");
});

test.skipIf(!has("mkfifo"))("one Ctrl-C ends a create that waits for a pipe whose writer is silent", async () => {
  const azure = ownAzure();
  const pipe = join(azure.dir, "pipe");
  execFileSync("mkfifo", [pipe]);
  const writer = openSync(pipe, "r+");
  onTestFinished(() => closeSync(writer));
  let interrupt = (): void => undefined;
  const running = azure.run("mycluster --custom-data pipe", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      interrupt();
      interrupt = () => undefined;
      return azure.simulation.handle(request);
    },
  });
  const { exit, stderr } = await running;
  expect(exit, stderr).toBe(130);
  expect(azure.puts().size).toBe(0);
});

const unanswered = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, refuse) => signal?.addEventListener("abort", () => refuse(signal.reason as Error)));
