/** Commands on real nodes: `run`, `ssh`, a fetched file, and what explains a node that is not ready. */
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { connect } from "../../src/nodes/connection.ts";
import { PLATFORMS } from "../../src/core/plan/platforms.ts";
import { diagnoseNodes } from "../../src/nodes/diagnose.ts";
import { fetchFile } from "../../src/nodes/fetch-file.ts";
import { renderKnownHosts } from "../../src/nodes/known-hosts.ts";
import { login, sshArguments } from "../../src/nodes/login.ts";
import { shownOutput } from "../../src/nodes/shown-output.ts";
import { runOnAll, type RunOptions } from "../../src/nodes/run.ts";
import { freePorts } from "../ports.ts";
import { has } from "../programs.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = has("sshd") && has("ssh-keygen");

describe.skipIf(!ready).concurrent("commands on real nodes", () => {
  /** Node i has the one after i others; nobody listens at the fourth. */
  let firstPort = 0;
  let user: KeyPair;
  let sshds: Sshd[];
  let folder: string;
  const target = (index: number) =>
    nodeTarget(firstPort + index, {
      index,
      privateKey: user.privateKey,
      hostKeys: [sshds[index]?.hostKeyLine ?? makeKey().publicKey],
    });
  const run = async (indexes: readonly number[], command: string, more: Partial<RunOptions> = {}) => {
    const lines: string[] = [];
    const onLine: RunOptions["onLine"] = ({ stream, name, bytes }) =>
      lines.push(`${stream === "stderr" ? "!" : ""}${name.padEnd(7)} | ${bytes.toString()}`);
    return { lines, ...(await runOnAll(indexes.map(target), command, { clock, onLine, ...more })) };
  };

  beforeAll(async () => {
    user = makeKey();
    [firstPort = 0] = await freePorts(4);
    folder = mkdtempSync(join(tmpdir(), "nodes-"));
    // What a node says of itself: programs of the test, found first.
    const bin = join(folder, "bin with systemd");
    mkdirSync(bin);
    const script = (name: string, text: string): void => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    script("systemctl", "echo 'etcd-member.service loaded failed failed etcd'");
    script("journalctl", 'case "$*" in *etcd-member*) echo "etcd: member 8983aadec219cc47 has already been bootstrapped";; esac');
    sshds = await Promise.all(
      [0, 1, 2].map((index) =>
        startSshd({
          port: firstPort + index,
          authorizedKey: user.publicKey,
          config: [`SetEnv SHLVL=1 NODE=${index} "PATH=${bin}:/usr/bin:/bin"`],
        }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(sshds.map((sshd) => sshd.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  test("output is labelled and in the order of nodes, though the first ends last", async () => {
    const { lines, exit, nodes } = await run([2, 0, 1], "[ $NODE = 0 ] && sleep 0.3; echo a$NODE; printf b$NODE");
    expect(lines).toEqual([0, 1, 2].flatMap((index) => [`node-${index}  | a${index}`, `node-${index}  | b${index}`]));
    expect(exit).toBe(0);
    expect(nodes.map(({ stdout }) => stdout)).toEqual(["a0\nb0", "a1\nb1", "a2\nb2"]);
  });

  test("the exit code is the worst; every node has its own", async () => {
    const { exit, nodes, lines } = await run([0, 1, 2], "echo no >&2; exit $((NODE * 2))");
    expect([exit, nodes.map(({ code }) => code), lines[1]]).toEqual([4, [0, 2, 4], "!node-1  | no"]);
  });

  test("a node that hangs, one that is killed and one that is away do not hold the others up", async () => {
    const { exit, nodes } = await run(
      [0, 1, 2, 3],
      "case $NODE in 0) echo ok;; 1) echo part; exec sleep 60;; 2) kill -KILL $$;; esac",
      { timeoutMs: 6000 },
    );
    expect(nodes.map(({ code, stdout, error }) => [code, stdout, error?.code])).toEqual([
      [0, "ok\n", undefined],
      [124, "part\n", "CommandTimeout"],
      [137, "", undefined],
      [255, "", "SshRefused"],
    ]);
    expect(exit).toBe(255);
  });

  test("an interruption rejects with its reason", async () => {
    const controller = new AbortController();
    const running = runOnAll([target(0)], "echo on; sleep 60", {
      clock,
      signal: controller.signal,
      onLine: () => controller.abort(new Error("stop")),
    });
    await expect(running).rejects.toThrow("stop");
  });

  test("one at a time gives the same as all at once", async () => {
    expect((await run([0, 1, 2], "echo $NODE", { concurrency: 1 })).lines).toEqual((await run([0, 1, 2], "echo $NODE")).lines);
  });

  test("a line without an end is cut and its length told; what is kept has a limit, and the exit code is the command's", async () => {
    const { lines, nodes } = await run([0], "head -c 5000000 /dev/zero | tr '\\0' x; exit 3", { keepBytes: 1000 });
    expect(lines).toEqual([`node-0  | ${"x".repeat(65_536)}`]);
    expect(nodes[0]).toMatchObject({ code: 3, stdoutBytes: 5_000_000, stderrBytes: 0, truncated: true });
    expect(nodes[0]?.stdout).toBe("x".repeat(1000));
  });

  test("who waits for the node before it loses neither lines nor time", async () => {
    const lines = 400_000;
    let seen = 0;
    const { exit, nodes } = await runOnAll(
      [0, 1].map(target),
      `if [ $NODE = 0 ]; then sleep 6; else yes | head -n ${lines}; sleep 6; fi`,
      { clock, timeoutMs: 10_000, keepBytes: 0, onLine: () => seen++ },
    );
    expect([exit, nodes.map(({ code }) => code), seen]).toEqual([0, [0, 0], lines]);
  });

  test("the time limit of a node is also that of its login", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const limits: number[] = [];
    const counted: Clock = { now: clock.now, sleep: (ms, signal) => (limits.push(ms), clock.sleep(ms, signal)) };
    const { exit, nodes } = await runOnAll([{ ...target(0), port }], "true", { clock: counted, timeoutMs: 400 });
    expect([exit, nodes[0]?.error?.code]).toEqual([255, "SshHandshakeTimeout"]);
    expect([limits.length > 0, limits.filter((ms) => ms > 400)]).toEqual([true, []]);
    const controller = new AbortController();
    const running = runOnAll([{ ...target(0), port }], "true", { clock, timeoutMs: 60_000, signal: controller.signal });
    silent.once("connection", () => controller.abort(new Error("stop")));
    await expect(running).rejects.toThrow("stop");
    silent.close();
  });

  test("a file is fetched byte by byte; what is missing or too large is said", async () => {
    const connection = await connect(target(0), { clock, trust: "strict" });
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256));
    const path = join(folder, "it's a file");
    writeFileSync(path, bytes);
    expect((await fetchFile(connection, path)).equals(bytes)).toBe(true);
    await expect(fetchFile(connection, `${path}.not`)).rejects.toMatchObject({ code: "NodeFileMissing" });
    await expect(fetchFile(connection, folder)).rejects.toMatchObject({ code: "NodeFileUnreadable" });
    await expect(fetchFile(connection, path, { maxBytes: 4999 })).rejects.toMatchObject({ code: "NodeFileTooLarge" });
    connection.close();
  });

  test("a sick node is explained by its journal, a silent one by its console; the healthy one is left alone", async () => {
    const results = (["ssh", "unreachable", "ready"] as const).map((state, index) => ({
      index,
      name: `node-${index}`,
      state,
      timings: {},
      attempts: 1,
    }));
    const serialLog = (index: number) =>
      index === 1 ? Promise.resolve("Kernel panic - not syncing") : Promise.reject(new Error("no log"));
    const { explains } = PLATFORMS.flatcar;
    const found = await diagnoseNodes([0, 1, 2].map(target), results, { clock, serialLog, explains });
    expect(found.map(({ name, class: kind }) => [name, kind])).toEqual([
      ["node-0", "already-bootstrapped"],
      ["node-1", "no-boot"],
    ]);
    // Its port is closed: the node is gone in the meantime, and that is no error.
    const gone = await diagnoseNodes([target(3)], [{ index: 3, name: "node-3", state: "ssh", timings: {}, attempts: 1 }], {
      clock,
      explains,
    });
    expect(gone).toEqual([
      expect.objectContaining({ class: "etcd-unknown", summary: expect.stringContaining("its log could not be read (node-3") }),
    ]);
    // one time limit for all that is asked: what the login leaves of it is the journal's
    const limits: number[] = [];
    const late: Clock = {
      now: clock.now,
      sleep: (ms, signal) => (limits.push(ms), limits.length === 1 ? Promise.resolve() : clock.sleep(ms, signal)),
    };
    const unread = await diagnoseNodes([target(0)], results.slice(0, 1), { clock: late, explains, timeoutMs: 2500 });
    expect(unread[0]?.summary).toBe("SSH answers, etcd is not healthy, and its log could not be read in the time that was left");
    expect(limits[0]).toBe(2500);
  });

  test.skipIf(!has("ssh"))("the real ssh logs in with our arguments, and refuses another host key", () => {
    const options = { knownHosts: join(folder, "known % hosts"), identityFile: join(folder, "my key") };
    writeFileSync(options.identityFile, user.privateKey, { mode: 0o600 });
    writeFileSync(
      options.knownHosts,
      renderKnownHosts([{ hosts: ["127.0.0.1"], port: firstPort, keys: [sshds[0]?.hostKeyLine ?? ""] }]),
    );
    const output = execFileSync("ssh", sshArguments(target(0), { ...options, command: "echo hello $NODE" }), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(output).toBe("hello 0\n");
    const refused = spawnSync("ssh", ["-o", "BatchMode=yes", ...sshArguments(target(1), { ...options, command: "true" })], {
      encoding: "utf8",
    });
    expect([refused.status, refused.stderr]).toEqual([255, expect.stringContaining("Host key verification failed")]);
  });

  test.skipIf(!has("ssh"))("what a command writes through the real ssh is shown where we are asked to show it", async () => {
    const options = { knownHosts: join(folder, "shown hosts"), identityFile: join(folder, "shown key") };
    writeFileSync(options.identityFile, user.privateKey, { mode: 0o600 });
    writeFileSync(
      options.knownHosts,
      renderKnownHosts([{ hosts: ["127.0.0.1"], port: firstPort, keys: [sshds[0]?.hostKeyLine ?? ""] }]),
    );
    let [out, err] = ["", ""];
    const output = { stdout: shownOutput((text) => (out += text)), stderr: shownOutput((text) => (err += text)) };
    const command = "printf '\\033]0;owned\\007a\\rb\\r\\n'; printf '\\033[2Jc' >&2; exit 5";
    expect(await login(target(0), { ...options, output, command })).toBe(5);
    expect([out, err]).toEqual(["^[]0;owned^Ga^Mb\n", "^[[2Jc"]);
  });

  test.skipIf(!has("ssh"))("a stop ends the real ssh, which no signal to us reaches", async () => {
    const options = { knownHosts: join(folder, "ended hosts"), identityFile: join(folder, "ended key") };
    writeFileSync(options.identityFile, user.privateKey, { mode: 0o600 });
    writeFileSync(
      options.knownHosts,
      renderKnownHosts([{ hosts: ["127.0.0.1"], port: firstPort, keys: [sshds[0]?.hostKeyLine ?? ""] }]),
    );
    const stop = new AbortController();
    const stdout = shownOutput(() => stop.abort(new Error("stopped")));
    const command = "echo up; cat /dev/zero >&2";
    await expect(login(target(0), { ...options, output: { stdout }, command, signal: stop.signal })).rejects.toThrow("stopped");
  });

  test("login gives ssh's exit code; without the program it says what to install", async () => {
    const options = { knownHosts: "k", identityFile: "i" };
    expect(await login(target(0), options, "/bin/false")).toBe(1);
    await expect(login(target(0), options, "/nowhere/ssh")).rejects.toMatchObject({ code: "SshProgramMissing" });
  });
});
