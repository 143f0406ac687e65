/** Jump hosts, by real sshds in networks one behind the other: this machine reaches the first hop, it the second, and that the nodes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { sshConfig } from "../../src/core/outputs.ts";
import { connect } from "../../src/nodes/connection.ts";
import { type JumpHop, createJump } from "../../src/nodes/jump.ts";
import { renderKnownHosts } from "../../src/nodes/known-hosts.ts";
import { runOnAll } from "../../src/nodes/run.ts";
import type { Via } from "../../src/nodes/via.ts";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { has } from "../programs.ts";
import { type Chain, canChain, chain } from "./hops.ts";
import { type KeyPair, type Sshd, makeKey, startSshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = has("sshd") && has("ssh-keygen") && canChain();
const PORT = 22;

describe.skipIf(!ready)("two hops", () => {
  let hosts: Chain;
  /** Who may log in to the hops, and to the nodes. */
  let [person, cluster]: KeyPair[] = [];
  let sshds: Sshd[] = [];
  const ways: Via[] = [];
  const start = (at: number, key: KeyPair, config: string[] = []): Promise<Sshd> =>
    startSshd({
      host: hosts.addresses[at] ?? "",
      port: PORT,
      netns: hosts.names[at] ?? "",
      authorizedKey: key.publicKey,
      config: ["MaxSessions 1", "MaxStartups 2:100:2", ...config],
    });
  const hop = (at: number, more: Partial<JumpHop> = {}): JumpHop => ({
    user: "root",
    host: hosts.addresses[at] ?? "",
    port: PORT,
    hostKeys: [sshds[at]?.hostKeyLine ?? ""],
    ways: [{ privateKey: makeKey().privateKey }, { privateKey: person?.privateKey ?? "" }],
    ...more,
  });
  const way = (hops: readonly JumpHop[], nodeKeys: readonly string[] = []): Via => {
    const made = createJump(hops, { clock, signal: AbortSignal.timeout(20_000), nodeKeys: () => nodeKeys });
    ways.push(made);
    return made;
  };
  const node = (via: Via, more: Partial<Parameters<typeof nodeTarget>[1]> = {}) =>
    nodeTarget(PORT, {
      host: hosts.addresses[2] ?? "",
      hostKeys: [sshds[2]?.hostKeyLine ?? ""],
      privateKey: cluster?.privateKey ?? "",
      via,
      ...more,
    });
  /** What the first hop has sent to nobody: 02 is SYN_SENT. */
  const attemptsAt = (last: number): string[] =>
    execFileSync("ip", ["netns", "exec", hosts.names[0] ?? "", "cat", "/proc/net/tcp"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(` ${hex(last)}01${hex(hosts.network)}0A:0016 02 `));
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const loggedIn = (log: string): number => log.split("Accepted publickey").length - 1;

  beforeAll(async () => {
    hosts = await chain(3);
    [person, cluster] = [makeKey(), makeKey()];
    sshds = [await start(0, person), await start(1, person), await start(2, cluster, ["MaxStartups 100"])];
  });
  afterEach(() => {
    for (const one of ways.splice(0)) one.close();
  });
  afterAll(async () => {
    for (const one of sshds) await one.stop();
    hosts.remove();
  });

  test("one connection to each hop carries five nodes, whatever MaxSessions and MaxStartups are", async () => {
    const via = way([hop(0), hop(1)]);
    const before = sshds.map((one) => loggedIn(one.log()));
    const targets = Array.from({ length: 5 }, (_, index) => node(via, { index }));
    const { exit, nodes } = await runOnAll(targets, "echo $SSH_CONNECTION", { clock, timeoutMs: 20_000 });
    expect(exit, nodes[0]?.error?.message).toBe(0);
    expect(new Set(nodes.map(({ stdout }) => stdout.split(" ")[0]))).toEqual(new Set([`10.${hosts.network}.2.1`]));
    expect(sshds.map((one, at) => loggedIn(one.log()) - (before[at] ?? 0))).toEqual([1, 1, 5]);
  });

  const wrong = makeKey().publicKey;
  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      "hop 1 shows another key",
      () => way([hop(0, { hostKeys: [wrong] }), hop(1)]).check(),
      "JumpHostKeyMismatch",
      /10\.\d+\.0\.2 shows/,
    ],
    [
      "hop 2 shows another key",
      () => way([hop(0), hop(1, { hostKeys: [wrong] })]).check(),
      "JumpHostKeyMismatch",
      /10\.\d+\.1\.2 shows/,
    ],
    [
      "hop 1 is not known",
      () => way([hop(0, { hostKeys: [] })]).check(),
      "JumpHostKeyUnknown",
      /not in your ~\/\.ssh\/known_hosts; it shows SHA256:/,
    ],
    [
      "hop 2 lets nobody in",
      () => way([hop(0), hop(1, { ways: [] })]).check(),
      "JumpAuthentication",
      /accepts none of your SSH keys/,
    ],
    ["nobody is at hop 1", () => way([hop(0, { port: 23 })]).check(), "JumpUnreachable", /refuses connections/],
    ["nobody is at hop 2", () => way([hop(0), hop(1, { port: 23 })]).check(), "JumpUnreachable", /:23 refuses connections/],
    [
      "the node shows another key",
      () => connect(node(way([hop(0), hop(1)]), { hostKeys: [wrong] }), { clock, trust: "strict" }),
      "HostKeyMismatch",
      /node-0 \(10\.\d+\.2\.2 port 22\) shows/,
    ],
    [
      "nobody is at the node",
      () => connect({ ...node(way([hop(0), hop(1)])), port: 23 }, { clock, trust: "strict" }),
      "SshRefused",
      /node-0/,
    ],
  ])("%s: it is said, by its name", async (_, work, code, says) => {
    await expect(work()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test("a hop that dies mid-way ends what runs over it, and the next command has it again", async () => {
    const via = way([hop(0), hop(1)]);
    const connection = await connect(node(via), { clock, trust: "strict" });
    const running = connection.exec("sleep 30");
    running.catch(() => undefined);
    // its own id alone: the sshd of this connection, which the log names
    const pid = /session opened|Accepted publickey/.test(sshds[0]?.log() ?? "") && childOf(sshds[0]?.pid ?? 0);
    process.kill(Number(pid), "SIGKILL");
    await expect(running).rejects.toMatchObject({ code: "ConnectionLost" });
    expect(connection.alive()).toBe(false);
    const again = await connect(node(via), { clock, trust: "strict" });
    expect((await again.exec("echo back")).stdout).toBe("back\n");
    again.close();
  });

  test("a node that is silent is asked for once in a while, and not with every look", async () => {
    const via = way([hop(0)]);
    const silent = `10.${hosts.network}.1.77`;
    const attempts = (): string[] => attemptsAt(77);
    const stop = new AbortController();
    const first = expect(via.open(silent, 22, stop.signal)).rejects.toThrow("seen");
    await vi.waitFor(() => expect(attempts()).toHaveLength(1), { timeout: 20_000, interval: 20 });
    stop.abort(new Error("seen"));
    await first;
    for (let look = 0; look < 2; look++)
      await expect(via.open(silent, 22, AbortSignal.timeout(50))).rejects.toThrow("aborted due to timeout");
    expect(attempts()).toHaveLength(1);
  });

  test("a second hop that is silent is waited for no longer than the signal lets", async () => {
    const stop = new AbortController();
    const via = createJump([hop(0), hop(1, { host: `10.${hosts.network}.1.78` })], {
      clock,
      signal: stop.signal,
      nodeKeys: () => [],
    });
    ways.push(via);
    const checked = expect(via.check?.()).rejects.toThrow("enough");
    await vi.waitFor(() => expect(attemptsAt(78)).toHaveLength(1), { timeout: 20_000, interval: 20 });
    stop.abort(new Error("enough"));
    await checked;
  });

  test("a hop that is a node of the cluster is known by the node's key; plain ssh goes the same way by the printed config", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jump-"));
    try {
      const nodeKeys = sshds.map(({ hostKeyLine }) => hostKeyLine);
      await way([hop(0, { hostKeys: [] }), hop(1, { hostKeys: [] })], nodeKeys).check();
      const [mine, theirs, known] = ["person", "cluster", "known_hosts"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(mine, person?.privateKey ?? "", { mode: 0o600 });
      writeFileSync(theirs, cluster?.privateKey ?? "", { mode: 0o600 });
      writeFileSync(
        known,
        renderKnownHosts(hosts.addresses.map((host, at) => ({ hosts: [host], port: 22, keys: [nodeKeys[at] ?? ""] }))),
      );
      const config = sshConfig(
        {
          nodes: [
            {
              index: 0,
              name: "n0",
              host: hosts.addresses[2] ?? "",
              port: 22,
              user: "root",
              identityFile: theirs,
              privateIp: "",
              state: "ready",
            },
          ],
        },
        { knownHostsFile: known, jump: { cluster: "abc", hops: [hop(0), hop(1)], keyFiles: [mine] } },
      );
      writeFileSync(join(folder, "ssh_config"), config);
      const said = execFileSync("ssh", ["-F", join(folder, "ssh_config"), "-o", "BatchMode=yes", "n0", "echo $SSH_CONNECTION"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      expect(said.split(" ")[0]).toBe(`10.${hosts.network}.2.1`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A process of the one that has this id. */
const childOf = (pid: number): string =>
  execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
    .trim()
    .split("\n")[0] ?? "";
