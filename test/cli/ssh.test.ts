/**
 * `ssh` and `run` against SSH servers that stand for the nodes, behind the simulation's public address 127.0.0.1. The servers have the host
 * keys of the machines' own user-data and let in who the machine's key lets in; commands are run by this machine's sh.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { generateHostKey } from "../../src/prepare/host-keys.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { freePort, freePorts } from "../ports.ts";
import { startAgent } from "../nodes/agent.ts";
import { has } from "../programs.ts";
import { hostKeyOf, serveNode } from "./node-server.ts";
import { type Result, type RunOptions, START, type TestAzure, testAzure } from "./world.ts";

/** The first node's; the others have the next two. And one for a cluster of its own. */
const [PORT = 0] = await freePorts(3);

/** Listens as soon as the port is free: a server that was closed a moment ago may hold it for another. */
async function listen(server: ssh2.Server, port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      server.listen(port, "127.0.0.1");
      return void (await once(server, "listening"));
    } catch (error) {
      if ((error as { code?: string }).code !== "EADDRINUSE" || tries >= 100) throw error;
      await realClock.sleep(50);
    }
  }
}

/** Virtual while the cluster is made, real when nodes are reached. */
let now: Clock = createVirtualClock(START);
function inRealTime(): void {
  const ahead = now.now() - realClock.now();
  now = { now: () => realClock.now() + ahead, sleep: (ms, signal) => realClock.sleep(ms, signal) };
}
const clock: Clock = { now: () => now.now(), sleep: (ms, signal) => now.sleep(ms, signal) };

describe("a cluster of three nodes", () => {
  let azure: TestAzure;
  const servers: ssh2.Server[] = [];
  const machine = (index: number): string => `mycluster-coreos-${index}`;

  beforeAll(async () => {
    azure = testAzure({ clock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2] });
    const { exit, stderr } = await azure.run(`mycluster --wait-for machines --ssh ${PORT} --resource-group shared`);
    expect(exit, stderr).toBe(0);
    for (const index of [0, 1, 2]) {
      servers.push(
        await serveNode(
          PORT + index,
          index,
          hostKeyOf(azure, machine(index)),
          readFileSync(join(azure.dir, "ssh-cert.pub"), "utf8"),
        ),
      );
    }
    inRealTime();
  });
  afterAll(() => {
    for (const server of servers) server.close();
    azure.close();
  });
  // found from Azure alone: what create wrote down is not needed
  beforeEach(() => rmSync(join(azure.dir, "mycluster"), { recursive: true, force: true }));

  test("reboot goes through the jump host to every node, or to none", async () => {
    let straight = 0;
    const count = (): void => void straight++;
    for (const server of servers) server.on("connection", count);
    const { exit, stderr } = await azure.run(`reboot mycluster 0 --jump core@127.0.0.1:${await freePort()}`);
    for (const server of servers) server.off("connection", count);
    expect([exit, straight, stderr]).toEqual([1, 0, expect.stringContaining("(JumpUnreachable)")]);
  });

  describe("run", () => {
    const run = (command: string, flags = ""): Promise<Result> => azure.run(`run mycluster ${flags} -- ${command}`);

    test("labels the output, in the order of nodes, and tells stdout from stderr", async () => {
      const { exit, stdout, stderr } = await run("echo one; echo node $NODE; echo no >&2");
      expect([exit, stderr.trim().split("\n")]).toEqual([0, [0, 1, 2].map((index) => `${machine(index)} | no`)]);
      expect(stdout).toBe([0, 1, 2].map((index) => `${machine(index)} | one\n${machine(index)} | node ${index}\n`).join(""));
    });
    test("gives the worst exit code", async () => expect((await run("exit $((NODE * 3))")).exit).toBe(6));
    test("--json is one document", async () => {
      const { exit, stdout } = await run("echo $NODE; exit $NODE", "--json");
      expect([exit, JSON.parse(stdout)]).toMatchObject([
        2,
        {
          schema: "azure-coreos-cluster/run/1",
          name: "mycluster",
          command: "echo $NODE; exit $NODE",
          exit: 2,
          nodes: [{ index: 0, code: 0, stdout: "0\n" }, { code: 1 }, { name: machine(2), code: 2 }],
        },
      ]);
    });
    test("--json keeps the beginning of a long output, and says how long it was", async () => {
      const { stdout } = await run("head -c 3000000 /dev/zero | tr '\\0' x", "--json");
      const [first] = JSON.parse(stdout).nodes as { stdout: string }[];
      expect(first).toMatchObject({ code: 0, stdoutBytes: 3_000_000, truncated: true });
      expect(first?.stdout).toBe("x".repeat(1 << 20));
    });
    const hostile = "printf '\\033]0;owned\\007\\033[2J\\377a\\rmycluster-coreos-1 | forged\\n'";
    test("on a terminal nobody steers it, or writes under another's name", async () => {
      const { stdout } = await azure.run(`run mycluster -- ${hostile}`, { terminal: { columns: 80, rows: 24 } });
      expect(stdout).toBe(
        [0, 1, 2].map((index) => `${machine(index)} | ^[]0;owned^G^[[2J\uFFFDa^Mmycluster-coreos-1 | forged\n`).join(""),
      );
    });
    test("elsewhere the bytes are the node's own", async () => {
      const chunks: Buffer[] = [];
      await azure.run(`run mycluster -- ${hostile}`, { onStdout: (_, raw) => chunks.push(Buffer.from(raw)) });
      expect(Buffer.concat(chunks).toString("latin1")).toBe(
        [0, 1, 2]
          .map((index) => `${machine(index)} | \u001B]0;owned\u0007\u001B[2J\u00FFa\rmycluster-coreos-1 | forged\n`)
          .join(""),
      );
    });
    test("a line that is cut is said to be", async () => {
      const { stdout, stderr } = await run("test $NODE = 0 && head -c 70000 /dev/zero | tr '\\0' x");
      expect(stdout).toBe(`${machine(0)} | ${"x".repeat(65_536)}\n`);
      expect(stderr).toContain(`${machine(0)} | (a line of 70000 bytes was cut to 65536;`);
    });
    test("--node-timeout ends the node that is too slow, and no other", async () => {
      const { exit, stdout } = await run("test $NODE = 1 && sleep 60; echo done", "--node-timeout 2s --json");
      expect([exit, JSON.parse(stdout).nodes.map(({ code }: { code: number }) => code)]).toEqual([124, [0, 124, 0]]);
    });
    test("a node with another host key than its machine's tag is not talked to, nor one that is away", async () => {
      const swap = new ssh2.Server({ hostKeys: [(await generateHostKey("swap")).privateKey] }, (client) =>
        client.on("error", () => undefined),
      );
      for (const index of [0, 1]) servers[index]?.close();
      try {
        await listen(swap, PORT);
        const { exit, stdout } = await run("echo $NODE", "--json");
        const codes = JSON.parse(stdout).nodes.map(({ error }: { error?: { code: string } }) => error?.code);
        expect([exit, codes]).toEqual([255, ["HostKeyMismatch", "SshRefused", undefined]]);
      } finally {
        swap.close();
        for (const index of [0, 1]) {
          const server = servers[index];
          if (server !== undefined) await listen(server, PORT + index);
        }
      }
    });
    test("a way through a hop is kept when it has led somewhere, and not when it has not", async () => {
      const kept = join(azure.dir, "mycluster", "jump");
      const wrong = await azure.run(`run mycluster --jump core@127.0.0.1:${await freePort()} -- true`);
      expect([wrong.exit, existsSync(kept)], wrong.stderr).toEqual([255, false]);
      await azure.run(`run mycluster --jump core@127.0.0.1:${PORT} -- true`);
      expect(readFileSync(kept, "utf8")).toBe(`core@127.0.0.1:${PORT}\n`);
    });
    test("ends when nobody reads it", async () => {
      let gone = (): void => undefined;
      const unread = { onUnread: (callback: () => void) => (gone = callback), onStdout: () => gone() };
      expect(await azure.run("run mycluster -- yes | head; exec sleep 60", unread)).toMatchObject({ exit: 141, stderr: "" });
    });
    test("who stops it is told that the command may go on", async () => {
      let stop = (): void => undefined;
      const stopped = { onInterrupt: (callback: () => void) => (stop = callback), onStdout: () => stop() };
      const { exit, stderr } = await azure.run("run mycluster -- yes | head; exec sleep 60", stopped);
      expect([exit, stderr]).toEqual([130, expect.stringContaining("may still be running")]);
      expect(stderr).not.toMatch(/let finish|continue/);
    });
    test("without a command it is bad usage", async () => expect((await azure.run("run mycluster")).exit).toBe(2));
    test("without the private key it says so", async () => {
      const file = join(azure.dir, "ssh-cert.key");
      renameSync(file, `${file}.away`);
      const result = await run("true");
      renameSync(`${file}.away`, file);
      expect(result).toMatchObject({ exit: 1, stderr: expect.stringContaining("PrivateKeyMissing") });
    });
  });

  describe.skipIf(!has("ssh"))("ssh", () => {
    /** Runs the real ssh, without a terminal. */
    const ssh = async (
      argv: string,
      env: Record<string, string> = {},
    ): Promise<Result & { output: string; args: readonly string[] }> => {
      let output = "";
      let args: readonly string[] = [];
      const result = await azure.run(argv, {
        env,
        spawn: async (program, given) => {
          args = given;
          const child = spawn(program, ["-F", "none", "-o", "BatchMode=yes", ...given], {
            stdio: ["ignore", "pipe", "pipe"],
            env: { PATH: process.env["PATH"], ...env },
          });
          for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
          const [code] = (await once(child, "close")) as [number];
          return code;
        },
      });
      return { ...result, output, args };
    };

    test.each([
      ["", 0],
      ["2", 2],
      ["coreos-1", 1],
      ["mycluster-coreos-2", 2],
    ])("reaches node %j, and gives the command's exit code", async (node, index) => {
      const { exit, output } = await ssh(`ssh mycluster ${node} -- echo on $NODE; exit 7`);
      expect([exit, output]).toEqual([7, `on ${index}\n`]);
    });
    test("a login has no command", async () => {
      const { args } = await ssh("ssh mycluster 1");
      expect(args.slice(-2)).toEqual(["--", "127.0.0.1"]);
      expect(args).toContain(`Port=${PORT + 1}`);
      expect(args).toContain("StrictHostKeyChecking=yes");
    });
    const untilEnded: NonNullable<RunOptions["spawn"]> = (_program, _args, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(255), { once: true }));
    const stopped = (argv: string): Promise<Result> => {
      let interrupt = (): void => undefined;
      return azure.run(argv, {
        onInterrupt: (callback) => (interrupt = callback),
        spawn: (...program) => {
          const ended = untilEnded(...program);
          interrupt();
          return ended;
        },
      });
    };
    test("one stop ends it, and nobody is told that the command has ended, or that it is continued", async () => {
      const { exit, stderr } = await stopped("ssh mycluster 1 -- sleep 60");
      expect([exit, stderr]).toEqual([130, expect.stringContaining("may still be running")]);
      expect(stderr).not.toMatch(/let finish|continue/);
      expect((await stopped("ssh mycluster 1")).stderr).toContain("The login was ended.");
    });
    test("--timeout ends a command, and no login of somebody who sits there", async () => {
      // its hour is over at once
      const hasty: Clock = { ...clock, sleep: (ms, signal) => clock.sleep(ms > 1_800_000 ? 0 : ms, signal) };
      const limited = (argv: string, spawn: NonNullable<RunOptions["spawn"]>): Promise<Result> =>
        azure.run(argv, { clock: hasty, spawn });
      const { exit, stderr } = await limited("ssh mycluster 1 --timeout 1h -- sleep 60", untilEnded);
      expect([exit, stderr]).toEqual([6, expect.stringContaining("may still be running")]);
      const login = await limited("ssh mycluster 1 --timeout 1h", async (_program, _args, signal) => {
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        return signal.aborted ? 255 : 0;
      });
      expect(login).toMatchObject({ exit: 0, stderr: "" });
    });
    test("where OpenSSH is missing a command runs all the same", async () => {
      const spawn = (): Promise<number> => Promise.reject(new ClusterError("SshProgramMissing", "ssh could not be started"));
      expect(await azure.run("ssh mycluster 1 -- echo on $NODE; exit 7", { spawn })).toMatchObject({ exit: 7, stdout: "on 1\n" });
      const raw: Buffer[] = [];
      const bytes = ["ssh", "mycluster", "1", "--", "printf '\\377\\r\\033[2J'"];
      await azure.run(bytes, { spawn, onStdout: (_, written) => raw.push(Buffer.from(written)) });
      expect(Buffer.concat(raw).toString("latin1")).toBe("\u00FF\r\u001B[2J");
      const shown = await azure.run(bytes, { spawn, terminal: { columns: 80, rows: 24 } });
      expect(shown.stdout).toBe("\uFFFD^M^[[2J");
      expect(await azure.run("ssh mycluster 1", { spawn })).toMatchObject({
        stderr: expect.stringContaining("SshProgramMissing"),
      });
    });
    test("without the private key it is the agent's, which is asked by the public half; without either it is refused", async () => {
      const file = join(azure.dir, "ssh-cert.key");
      const agent = await startAgent();
      const half = join(azure.dir, "mycluster", "ssh-key.pub");
      agent.add(readFileSync(file, "utf8"));
      renameSync(file, `${file}.away`);
      try {
        const missing = { exit: 1, args: [], stderr: expect.stringContaining("PrivateKeyMissing") };
        expect(await ssh("ssh mycluster -- true")).toMatchObject(missing);
        const held = await ssh("ssh mycluster -- echo on $NODE", { SSH_AUTH_SOCK: agent.socket });
        expect(held).toMatchObject({ exit: 0, stderr: "", output: "on 0\n" });
        expect(held.args.join(" ")).toContain(half);
        expect(readFileSync(half, "utf8").trim()).toBe(readFileSync(join(azure.dir, "ssh-cert.pub"), "utf8").trim());
        // ssh may know an agent that we do not
        mkdirSync(join(azure.dir, ".ssh"));
        writeFileSync(join(azure.dir, ".ssh", "config"), "Host *\n  IdentityAgent ~/agent\n");
        const other = await ssh("ssh mycluster -- true", { HOME: azure.dir });
        expect(other).toMatchObject({ exit: 255, output: expect.not.stringContaining("UNPROTECTED") });
      } finally {
        renameSync(`${file}.away`, file);
        await agent.stop();
      }
    });
    test.each([
      ["ssh mycluster 9 -- true", 2, "It has 0, 1, 2"],
      ["ssh mycluster master -- true", 2, "no node"],
      ["ssh other -- true", 1, "no cluster other"],
      ["ssh mycluster --resource-group elsewhere -- true", 1, "no cluster mycluster"],
    ])("%s is refused", async (argv, exit, message) =>
      expect(await ssh(argv)).toMatchObject({ exit, stderr: expect.stringContaining(message), args: [] }),
    );
  });
});

test("a host key that a node made itself is asked of it, said, and expected from then on", async () => {
  now = createVirtualClock(START);
  const port = await freePort();
  const azure = testAzure({ clock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2] });
  try {
    expect((await azure.run(`mycluster --num-nodes 1 --no-host-keys --wait-for machines --ssh ${port}`)).exit).toBe(0);
    inRealTime();
    const server = await serveNode(
      port,
      50,
      (await generateHostKey("swap")).privateKey,
      readFileSync(join(azure.dir, "ssh-cert.pub"), "utf8"),
    );
    const first = await azure.run("run mycluster -- true");
    const second = await azure.run("run mycluster -- true");
    await new Promise((resolve) => server.close(resolve));
    expect([first.exit, first.stderr, second.exit, second.stderr]).toEqual([
      0,
      expect.stringContaining("trusted from now on"),
      0,
      "",
    ]);
    const other = await serveNode(
      port,
      50,
      (await generateHostKey("swap")).privateKey,
      readFileSync(join(azure.dir, "ssh-cert.pub"), "utf8"),
    );
    const third = await azure.run("run mycluster -- true");
    other.close();
    expect([third.exit, third.stderr]).toEqual([255, expect.stringContaining("host key")]);
  } finally {
    azure.close();
  }
});

test.each(["ssh mycluster", "run mycluster -- true"])("in a rehearsal `%s` says that there is no machine", async (argv) => {
  const azure = testAzure();
  expect((await azure.run("mycluster --num-nodes 1")).exit).toBe(0);
  const result = await azure.run(argv);
  azure.close();
  expect(result).toMatchObject({ exit: 1, stderr: expect.stringContaining("NothingBooted") });
});
