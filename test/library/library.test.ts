/** The library as a program meets it, over the simulation: options, events, ends, and every example of a docstring as it stands. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { openAzure } from "../../src/library/azure.ts";
import { lockRehearsal } from "../../src/operations/rehearsal/rehearsal-lock.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import { eventStream } from "../../src/library/events.ts";
import { runsOf } from "../../src/library/runs.ts";
import { long } from "../long.ts";
import { ClusterError, type Event, create, destroy, gc, list, open, plan, reboot, remove, status } from "../../src/index.ts";

const dir = mkdtempSync(join(tmpdir(), "acc-library-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const refused = (work: () => unknown): Promise<ClusterError> =>
  Promise.resolve()
    .then(work)
    .then(
      () => expect.unreachable("it was not refused"),
      (error: ClusterError) => error,
    );

describe("a cluster's life", () => {
  const azure = { simulate: true, dir } as const;

  test("is made, seen, shrunk and destroyed, each by one call", async () => {
    const planned = await plan("life", { ...azure, numNodes: 4 });
    expect(planned.resources.filter(({ kind, action }) => kind === "machine" && action === "create")).toHaveLength(4);
    expect(await list(azure)).toEqual([]);
    const made = await create("life", { ...azure, numNodes: 4, ttl: 3_600_000 });
    expect(made).toMatchObject({ schema: "azure-coreos-cluster/1", name: "life", resources: { unchanged: 0 } });
    expect((await status("life", azure)).nodes.map(({ state }) => state)).toEqual(["ready", "ready", "ready", "ready"]);
    expect(await reboot("life", [3], azure)).toMatchObject({ rebooted: ["life-coreos-3"], left: [] });
    expect(await remove("life", [3], azure)).toMatchObject({ removed: ["life-coreos-3"], nodes: [0, 1, 2] });
    expect(await list(azure)).toMatchObject([{ name: "life", nodes: 3, wanted: 3, state: "complete" }]);
    expect(await gc(azure)).toEqual([]);
    expect((await destroy("life", azure)).left).toEqual([]);
    expect((await destroy("life", azure)).deleted).toEqual([]);
  });

  test("a state file takes no other file's place", async () => {
    const file = join(dir, "somebodys");
    writeFileSync(file, "{}");
    const error = await refused(() => create("other", { ...azure, output: file }));
    expect([error.code, error.exit, readFileSync(file, "utf8")]).toEqual(["FileNotWritten", 2, "{}"]);
    expect(existsSync(join(dir, "other"))).toBe(false);
  });

  test("what an error advises goes where the call went: another group may have a cluster of the name", async () => {
    const where = { simulate: true, dir: join(dir, "where"), resourceGroup: "shared" } as const;
    await create("twice", { ...where, numNodes: 1 });
    const { code, advice } = await refused(() => destroy("twice", { ...where, timeout: 3000 }));
    expect([code, advice]).toEqual([
      "Timeout",
      expect.stringContaining(`destroy twice --simulate --resource-group shared --dir ${where.dir}`),
    ]);
  });

  test("two rehearsals at once in one folder work one after the other", async () => {
    const both = { ...azure, dir: join(dir, "both"), numNodes: 1 };
    await Promise.all([create("aaa", both), create("bbb", both)]);
    expect((await list({ ...azure, dir: both.dir })).map(({ name }) => name)).toEqual(["aaa", "bbb"]);
  });

  test("what happens is called back and streamed, and the stream ends with the work", async () => {
    const heard: Event[] = [];
    const one = open({ ...azure, onEvent: (event) => heard.push(event) });
    const streamed = (async () => {
      const all: Event[] = [];
      for await (const event of one.events()) all.push(event);
      return all;
    })();
    await one.create("heard", { numNodes: 1 });
    await one.destroy("heard");
    await one.close();
    expect(await streamed).toEqual(heard);
    expect(heard.filter(({ kind, change }) => kind === "done" && change === "created").length).toBeGreaterThan(5);
    await expect(one.list()).rejects.toMatchObject({ code: "Interrupted", exit: 130 });
  });

  test.each([
    [{}, {}, 1800],
    [{}, { limitMs: 7_200_000 }, 7200],
    [{ timeout: 60_000 }, { limitMs: 7_200_000 }, 60],
  ])("open(%j), work(%j): a piece of work has %i seconds", async (given, how, seconds) => {
    const outside = { env: {}, cwd: ".", clock: realClock, signal: undefined, onEvent: undefined };
    const runs = runsOf({ ...outside, given: { ...azure, ...given } });
    const has = await runs.work({ looks: true, ...how }, ({ deadline, startedAt }) => Promise.resolve(deadline - startedAt));
    expect(has).toBe(seconds * 1000);
    runs.close();
  });

  test("events that are asked for after the end are none", async () => {
    const one = open(azure);
    await one.close();
    for await (const _ of one.events()) expect.unreachable("nothing happens any more");
  });

  test.each([
    ["throws", () => expect.unreachable("a listener's fault")],
    ["rejects", () => Promise.reject(new Error("a listener's fault"))],
  ])("a listener that %s is warned of once, and ends no work", async (_, onEvent) => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
    try {
      expect((await create("deaf", { ...azure, numNodes: 1, onEvent })).nodes).toHaveLength(1);
      expect(warned.mock.calls.map(([what]) => what)).toEqual([expect.stringContaining("a listener's fault")]);
    } finally {
      warned.mockRestore();
      await destroy("deaf", azure);
    }
  });

  test("an error of the network comes with the command's advice", async () => {
    const error = await refused(() =>
      openAzure({ armEndpoint: "http://127.0.0.1:9", subscription: randomUUID(), dir }, createVirtualClock(0)).list(),
    );
    expect(error).toMatchObject({ code: "ECONNREFUSED", advice: expect.stringContaining("--arm-endpoint") });
    expect(error).toBeInstanceOf(ClusterError);
  });

  test("an abort ends it at once, and the same call goes on", async () => {
    const stop = new AbortController();
    const onEvent = ({ kind }: Event): void => void (kind === "started" && stop.abort(new Error("enough")));
    const ended = await refused(() => create("cut", { ...azure, numNodes: 1, signal: stop.signal, onEvent }));
    expect(ended).toMatchObject({ code: "Interrupted", exit: 130 });
    expect((await create("cut", { ...azure, numNodes: 1 })).nodes).toHaveLength(1);
    await destroy("cut", azure);
  });

  test("it ends a wait for another rehearsal, too", async () => {
    const stop = new AbortController();
    const busy = mkdtempSync(join(dir, "busy-"));
    const state = join(busy, ".simulated-azure.json");
    const leave = await lockRehearsal(state, { clock: realClock });
    // by another way to the same folder, so that it looks at the file again and again
    symlinkSync(busy, `${busy}-too`);
    const sleep = (): Promise<never> => (stop.abort(new Error("enough")), new Promise(() => undefined));
    const waiting = openAzure({ ...azure, dir: `${busy}-too`, signal: stop.signal }, { ...realClock, sleep });
    expect(await refused(() => waiting.create("late", { numNodes: 1 }))).toMatchObject({ code: "Interrupted", exit: 130 });
    leave();
  });

  test("what only partly came up is thrown, with the exit code of the command", async () => {
    const error = await refused(() => create("partly", { ...azure, numNodes: 3, fault: "machine-1:SkuNotAvailable" }));
    expect(error).toMatchObject({ code: "SkuNotAvailable", exit: 3, message: expect.stringContaining("2 of 3 nodes are ready") });
    await destroy("partly", azure);
  });
});

describe("options", () => {
  test.each([
    [{ numNodes: 0 }, "numNodes"],
    [{ numNodes: "3 or so" }, "numNodes"],
    [{ deis: "yes" }, "deis"],
    [{ ttl: -5 }, "ttl"],
    [{ ttl: "2h" }, "ttl"],
    [{ location: { name: "westus" } }, "location"],
    [{ sshFrom: [4711] }, "sshFrom"],
    [{ sshFrom: [] }, "sshFrom"],
    [{ zones: ["1", "none"] }, "zones"],
    [{ nodes: 3 }, "nodes"],
    [{ json: true }, "json"],
    [{ force: true }, "force"],
    [{ constructor: 1 }, "constructor"],
    [{ timeout: Infinity }, "the option timeout cannot be Infinity"],
    [{ signal: {} }, "signal"],
    [{ onEvent: "x" }, "onEvent"],
    [{ env: "x" }, "env"],
    [{ env: { HOME: 5 } }, "env"],
    [{ cwd: 5 }, "cwd"],
    [{ dir: 5 }, "dir"],
  ])("%j is refused, and named", async (options, name) => {
    const error = await refused(() => create("nobody", { simulate: true, dir, ...options } as object));
    expect(error).toMatchObject({ code: "Usage", exit: 2, message: expect.stringContaining(name) });
  });

  test("a value goes through the parser of its flag", async () => {
    expect((await plan("parsed", { simulate: true, dir, location: "West Europe", numNodes: 1 })).location).toBe("westeurope");
  });

  test("several read what happens at once, and all come to the end of it", async () => {
    const stream = eventStream();
    const read = async (): Promise<number> => {
      let count = 0;
      for await (const _ of stream) count += 1;
      return count;
    };
    const readers = [read(), read(), read()];
    for (const label of ["a", "b"]) {
      await new Promise(setImmediate);
      stream.push({ kind: "note", id: label, label, message: label, at: 0 } as unknown as Event);
    }
    await new Promise(setImmediate);
    stream.end();
    expect((await Promise.all(readers)).reduce((sum, one) => sum + one, 0)).toBe(2);
  });

  test("what is refused holds the simulation up for nobody", async () => {
    const one = open({ simulate: true, dir, env: {} });
    expect(await refused(() => one.plan("refused", { sshKey: "~/key" }))).toMatchObject({ code: "Usage" });
    expect((await one.plan("refused", { numNodes: 1 })).name).toBe("refused");
  });

  const simulated = { simulate: true, dir } as const;
  const azure = open(simulated);
  test.each<[what: string, work: (any: never) => unknown, named: string]>([
    ["no name", (any) => create(any), "undefined"],
    ["null for a name", (any) => azure.status(any ?? null), "null"],
    ["null for options", () => plan("tests", null as never), "null"],
    ["a list for options", () => azure.create("tests", [] as never), "options"],
    ["no nodes to reboot", () => reboot("tests", [], simulated), "empty"],
    ["no nodes to replace", () => azure.replace("tests", []), "empty"],
    ["no nodes to remove", () => remove("tests", [], simulated), "empty"],
    ["a text for nodes", () => azure.remove("tests", "0" as never), '"0"'],
    ["nodes left out", (any) => azure.replace("tests", any), "undefined"],
    ["a node that is none", () => azure.reboot("tests", [1.5]), "1.5"],
    ["words for a command", () => azure.run("tests", ["echo", "x"] as never), '["echo","x"]'],
    ["no command", (any) => azure.run("tests", any), "undefined"],
    ["an empty command", () => azure.run("tests", " "), '" "'],
    ["a node of logs that is none", () => azure.logs("tests", {} as never), "{}"],
    ["an option of none, at once", () => list({ foo: 1 } as never), "foo"],
    ...(["list", "gc"] as const).map((what): [string, () => unknown, string] => [
      what,
      () => azure[what]({ foo: 1 } as never),
      "foo",
    ]),
    ...(["status", "stop", "start", "destroy", "platformStatus", "installPlatform", "create", "plan", "exportPlan"] as const).map(
      (what): [string, () => unknown, string] => [what, () => azure[what]("tests", { foo: 1 } as never), "foo"],
    ),
    ...(["remove", "reboot", "replace"] as const).map((what): [string, () => unknown, string] => [
      what,
      () => azure[what]("tests", [2], { foo: 1 } as never),
      "foo",
    ]),
    ["a choice of the installation", () => azure.upgradePlatform("tests", { domain: "example.org" } as never), "domain"],
    ["one argument more", () => (azure.stop as (...all: unknown[]) => unknown)("tests", {}, {}), "stop takes no"],
  ])("%s is refused, and named, before anything is done", async (_, work, named) => {
    const error = await refused(() => work(undefined as never));
    expect(error).toMatchObject({ code: "Usage", exit: 2, message: expect.stringContaining(named) });
    expect(error).toBeInstanceOf(ClusterError);
  });

  test("what a function has is told where an option is none of it", async () => {
    const told = async (work: () => unknown) => (await refused(work)).advice;
    expect(await told(() => status("tests", { foo: 1 } as object))).toMatch(/^There are noNodes; /);
    expect(await told(() => azure.list({ foo: 1 } as never))).toMatch(/^It has none of its own: /);
  });

  test("a command that has no such option refuses it too", async () => {
    expect(await refused(() => status("x", { simulate: true, dir, numNodes: 3 } as object))).toMatchObject({ code: "Usage" });
    expect(await refused(() => open({ numNodes: 3 } as object))).toMatchObject({ code: "Usage" });
  });
});

describe("examples", () => {
  const source = readFileSync(new URL("../../src/index.ts", import.meta.url), "utf8");
  const documented = [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:const|async function) (\w+)/g)].map(
    ([, comment = "", name = ""]) => ({
      name,
      code: /@example\n([\s\S]*?)(?=\n \*\s*\n \* @|$)/.exec(comment)?.[1]?.replaceAll(/^ \* ?/gm, ""),
    }),
  );

  const page = readFileSync(new URL("../../docs/library.md", import.meta.url), "utf8");
  const onPage = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""], index) => ({ name: `page-${index}`, code }));

  test("the page names every function, and its table no other", () => {
    const told = [...page.matchAll(/^\| `(\w+)\(/gm)].map(([, name = ""]) => name);
    expect([...told, "open"].sort()).toEqual(documented.map(({ name }) => name).sort());
    expect(onPage.length).toBeGreaterThan(0);
  });

  test("every function has one", () => {
    const functions = [...source.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm)].map(([, name]) => name);
    expect(documented.map(({ name }) => name)).toEqual(functions);
    expect(documented.filter(({ code }) => code === undefined)).toEqual([]);
  });

  // one process for all: the package by its own name, as it is built
  test.runIf(long)("each of them runs", async () => {
    const folder = new URL("../../test-output/examples/", import.meta.url).pathname;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const examples = [...documented, ...onPage];
    for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), code ?? "");
    const all = examples.map(({ name }) => `await import("./${name}.ts");\nconsole.log("${name} ran");\n`).join("");
    writeFileSync(join(folder, "all.ts"), all);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "all.ts")], { cwd: dir });
    expect(examples.filter(({ name }) => !stdout.includes(`${name} ran`))).toEqual([]);
  });
});

test.skipIf(!existsSync(new URL("../../dist/index.js", import.meta.url)))(
  "a CommonJS program requires it by its name",
  async () => {
    mkdirSync(join(dir, "node_modules"), { recursive: true });
    symlinkSync(new URL("../..", import.meta.url).pathname, join(dir, "node_modules/azure-coreos-cluster"));
    const program = `
    const { ClusterError, list } = require("azure-coreos-cluster");
    list({ simulate: true, dir: ${JSON.stringify(join(dir, "from-cjs"))} }).then((found) => console.log(typeof ClusterError, found));`;
    writeFileSync(join(dir, "user.cjs"), program);
    expect(await promisify(execFile)(process.execPath, [join(dir, "user.cjs")])).toEqual({ stdout: "function []\n", stderr: "" });
  },
);
