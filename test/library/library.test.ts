/** The library as a program meets it, over the simulation: options, events, ends, and every example of a docstring as it stands. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { realClock } from "../../src/operations/real-clock.ts";
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

  test("an abort ends it at once, and the same call goes on", async () => {
    const stop = new AbortController();
    const onEvent = ({ kind }: Event): void => void (kind === "started" && stop.abort(new Error("enough")));
    const ended = await refused(() => create("cut", { ...azure, numNodes: 1, signal: stop.signal, onEvent }));
    expect(ended).toMatchObject({ code: "Interrupted", exit: 130 });
    expect((await create("cut", { ...azure, numNodes: 1 })).nodes).toHaveLength(1);
    await destroy("cut", azure);
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
  ])("%j is refused, and named", async (options, name) => {
    const error = await refused(() => create("nobody", { simulate: true, dir, ...(options as object) }));
    expect(error).toMatchObject({ code: "Usage", exit: 2, message: expect.stringContaining(name) });
  });

  test("a value goes through the parser of its flag", async () => {
    expect((await plan("parsed", { simulate: true, dir, location: "West Europe", numNodes: 1 })).location).toBe("westeurope");
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
