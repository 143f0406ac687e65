/** The command as it is shipped: the bundle, as a process of its own, against the simulation on loopback. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { realClock } from "../src/operations/real-clock.ts";
import { serve } from "../src/sim/server.ts";
import { long } from "./long.ts";
import { createSimulation } from "../src/sim/simulation.ts";
import { has } from "./programs.ts";

const BIN = new URL("../bin/azure-coreos-cluster.js", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "acc-bin-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const command = (...argv: string[]): Promise<Ended> => started(BIN, argv);

async function started(file: string, argv: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env["PATH"], HOME: dir };
  return promisify(execFile)(process.execPath, [file, ...argv], { cwd: dir, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );
}

// `npm test` builds the bundle first
test.skipIf(!existsSync(new URL("../dist/main.js", import.meta.url))).concurrent("it starts, and says its version", async () => {
  expect(await command("--version")).toMatchObject({ code: 0, stdout: "1.0.0\n" });
});

test
  .skipIf(!existsSync(new URL("../dist/main.js", import.meta.url)))
  .concurrent("a working directory that was removed is called that", async () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec '${process.execPath}' '${BIN}' list --simulate`;
    const { code, stderr } = await promisify(execFile)("/bin/sh", ["-c", script], { cwd: dir }).then(
      () => ({ code: 0, stderr: "" }),
      (error: Ended) => error,
    );
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Error: the working directory is not there any more\n/)]);
  });

test
  .skipIf(!has("script"))
  .concurrent("a question that was put aside with Ctrl-Z stands again after `fg`", async ({ onTestFinished }) => {
    const world = new URL("../src/cli/world.ts", import.meta.url).pathname;
    const asks = join(dir, "asks.mjs");
    writeFileSync(
      asks,
      `import { realWorld } from "${world}";
     process.stdout.write("pid " + process.pid + "\\n");
     process.on("newListener", (event) => void (event === "SIGCONT" && console.log("put aside")));
     console.log("given: " + (await realWorld().ask("Sure? ")));`,
    );
    // in a terminal without a shell the process is not stopped, and hears the key and that it goes on all the same
    const terminal = spawn("script", ["-qefc", `exec '${process.execPath}' '${asks}'`, "/dev/null"], { cwd: dir });
    onTestFinished(() => void terminal.kill("SIGKILL"));
    let shown = "";
    const shows = (text: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => void (text.test(shown) && resolve());
        terminal.stdout.on("data", look);
        look();
      });
    terminal.stdout.on("data", (data: Buffer) => (shown += data.toString()));
    await shows(/Sure\? /);
    terminal.stdin.write("\u001A");
    const pid = Number(/pid (\d+)/.exec(shown)?.[1]);
    await shows(/put aside/);
    process.kill(pid, "SIGCONT");
    terminal.stdin.write("yes\n");
    const [code] = (await once(terminal, "close")) as [number];
    expect([code, /given: .*/.exec(shown)?.[0].trim()]).toEqual([0, "given: yes"]);
  });

test.concurrent("a checkout that is not built says how it is", async () => {
  const checkout = join(dir, "checkout");
  mkdirSync(join(checkout, "bin"), { recursive: true });
  writeFileSync(join(checkout, "package.json"), '{ "type": "module" }');
  cpSync(BIN, join(checkout, "bin/run.js"));
  const { code, stderr } = await started(join(checkout, "bin/run.js"), ["--version"]);
  expect([code, stderr]).toEqual([1, "This checkout is not built: `npm run build` makes dist/, and so does `npm ci`.\n"]);
});

/** The command on a Node that says it is an old one, and what that one and the one that it starts make of a signal. */
const onOldNode = (signal: NodeJS.Signals) =>
  test
    .skipIf(!existsSync(new URL("../dist/main.js", import.meta.url)))
    .concurrent(`an older Node passes ${signal} on: nothing goes on behind it`, async ({ onTestFinished }) => {
      const old = join(dir, `old-${signal}.cjs`);
      writeFileSync(old, 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } });');
      const env = { PATH: process.env["PATH"], HOME: dir };
      const started = spawn(process.execPath, ["--require", old, BIN, "emulate", "--port", "0", "--dir", signal], {
        cwd: dir,
        env,
      });
      onTestFinished(() => void started.kill("SIGKILL"));
      await once(started.stdout, "data");
      started.kill(signal);
      // the pipes close when the last who has them is gone
      const [code, by] = await once(started, "close");
      expect([code, by]).toEqual(signal === "SIGKILL" ? [null, "SIGKILL"] : [0, null]);
    });
onOldNode("SIGKILL");
onOldNode("SIGTERM");

/** What is loaded with a part of the bundle, whatever is asked. */
function loadedWith(part: string, seen = new Set<string>()): Set<string> {
  if (seen.has(part)) return seen;
  seen.add(part);
  const text = readFileSync(new URL(`../dist/${part}`, import.meta.url), "utf8");
  for (const [, to = ""] of text.matchAll(/\b(?:from|import)"\.\/([^"]+)"/g)) loadedWith(to, seen);
  return seen;
}

// in files, for those are what a start costs, and milliseconds depend on the machine
test
  .skipIf(!existsSync(new URL("../dist/main.js", import.meta.url)))
  .concurrent("the command line is a handful of files, and imports nothing of Node's whole", () => {
    const parts = [...loadedWith("main.js")].map((part) => readFileSync(new URL(`../dist/${part}`, import.meta.url), "utf8"));
    expect(parts.length).toBeLessThanOrEqual(8);
    expect(parts.join("").length).toBeLessThan(200_000);
    expect(parts.filter((text) => /\bfrom"node:/.test(text))).toEqual([]);
  });

test
  .skipIf(!existsSync(new URL("../dist/main.js", import.meta.url)))
  .concurrent("a whole create, through the SDK over HTTP and on to SSH, where nobody answers", async () => {
    const simulation = createSimulation({ clock: realClock, pace: 0.005, latencyMs: [1, 2], publicAddress: "127.0.0.1" });
    const served = await serve(simulation, { port: 0 });
    try {
      // ports that nothing listens on: SSH itself is proven in test/nodes; here, that the bundle brings it along
      const { code, stderr } = await command(
        "mycluster",
        "--num-nodes",
        "1",
        "--ssh",
        "47",
        "--timeout",
        "15s",
        "--wait-for",
        "ssh",
        "--arm-endpoint",
        served.url,
      );
      expect(stderr).toContain("refuses connections");
      expect(stderr).not.toMatch(/ReferenceError|fault of azure-coreos-cluster/);
      expect(code).toBe(6);
    } finally {
      await served.close();
    }
  });

// slow
test.runIf(long).concurrent("`npm run dev` runs the sources", async () => {
  const script = new URL("../.ci/dev.mjs", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, "plan", "from-sources", "--simulate", "--json"], {
    cwd: dir,
  });
  expect(JSON.parse(stdout)).toMatchObject({ schema: "azure-coreos-cluster/plan/1", name: "from-sources" });
});
