/**
 * A key of one's own works for life: every command that reaches nodes finds its private half, in a file or in an agent, and says so before
 * the first write where it cannot be used. Over SSH servers that let in who the machines' key lets in, and a real ssh-agent.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type ssh2 from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { type Agent, startAgent } from "../nodes/agent.ts";
import { has } from "../programs.ts";
import { freePort } from "../ports.ts";
import { hostKeyOf, serveNode } from "./node-server.ts";
import { START, type TestAzure, testAzure } from "./world.ts";

const PORT = await freePort();
const ready = has("ssh-keygen") && has("ssh-agent");

describe.skipIf(!ready)("a cluster made with keys/mine.pub", () => {
  let now: Clock = createVirtualClock(START);
  const clock: Clock = { now: () => now.now(), sleep: (ms, signal) => now.sleep(ms, signal) };
  let azure: TestAzure;
  let server: ssh2.Server;
  let agent: Agent;
  const at = (...path: string[]): string => join(azure.dir, ...path);
  const keygen = (...args: string[]): void => void execFileSync("ssh-keygen", ["-q", ...args], { cwd: azure.dir });
  const run = (flags = "", env: Record<string, string> = {}) => azure.run(`run mycluster ${flags} -- echo here`, { env });
  const here = { exit: 0, stdout: "mycluster-coreos-0 | here\n" };

  beforeAll(async () => {
    azure = testAzure({ clock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2] });
    mkdirSync(at("keys"));
    for (const [end, name] of [
      ["key", "rsa"],
      ["pub", "rsa.pub"],
      ["pem", "rsa.pem"],
    ] as const)
      cpSync(at(`ssh-cert.${end}`), at("keys", name));
    for (const end of ["key", "pub", "pem", "cer"]) rmSync(at(`ssh-cert.${end}`));
    keygen("-t", "ed25519", "-N", "", "-f", "keys/mine");
    keygen("-t", "ed25519", "-N", "", "-f", "keys/other");
    const { exit, stderr } = await azure.run(
      `mycluster --num-nodes 1 --wait-for machines --ssh ${PORT} --ssh-cert keys/mine.pub`,
    );
    expect(exit, stderr).toBe(0);
    server = await serveNode(PORT, 0, hostKeyOf(azure, "mycluster-coreos-0"), readFileSync(at("keys", "mine.pub"), "utf8"));
    agent = await startAgent();
    const ahead = now.now() - realClock.now();
    now = { now: () => realClock.now() + ahead, sleep: (ms, signal) => realClock.sleep(ms, signal) };
    cpSync(at("mycluster"), at("kept"), { recursive: true });
  });
  afterEach(() => {
    agent.run("-D");
    rmSync(at("mycluster"), { recursive: true, force: true });
  });
  afterAll(async () => {
    server.close();
    await agent.stop();
    azure.close();
  });

  test("run, status and ssh find it where create found it, and only its path is noted", async () => {
    cpSync(at("kept"), at("mycluster"), { recursive: true });
    expect(readFileSync(at("mycluster", "identity"), "utf8")).toBe(`${at("keys", "mine")}\n`);
    expect(await run()).toMatchObject(here);
    const { document, stderr } = await azure.json("status mycluster");
    expect(stderr).not.toContain("not asked");
    expect(document.nodes[0]).toMatchObject({ identityFile: at("keys", "mine") });
    let args: readonly string[] = [];
    await azure.run("ssh mycluster", { spawn: (_, given) => ((args = given), Promise.resolve(0)) });
    expect(args).toContain(`IdentityFile=${at("keys", "mine")}`);
  });

  test("out of a pipe it is read once a run, and leaves no path behind; ssh, which reads it itself, is not started", async () => {
    let pipes = 0;
    const piped = async (command: string): ReturnType<TestAzure["run"]> => {
      const pipe = at(`pipe${++pipes}`);
      execFileSync("mkfifo", [pipe]);
      const [answer] = await Promise.all([
        azure.run(command.replace("PIPE", pipe), { spawn: () => Promise.resolve(0) }),
        writeFile(pipe, readFileSync(at("keys", "mine"))),
      ]);
      return answer;
    };
    expect(await piped("run mycluster --ssh-key PIPE -- echo here")).toMatchObject(here);
    expect(await piped("ssh mycluster --ssh-key PIPE")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("is a pipe, which gives it once"),
    });
    expect(await piped("mycluster --num-nodes 1 --wait-for machines --ssh-key PIPE")).toMatchObject({ exit: 0 });
    expect(existsSync(at("mycluster", "identity"))).toBe(false);
    expect(readFileSync(at("mycluster", "ssh_config"), "utf8")).not.toContain("pipe");
  });

  test("without the cluster's folder it is named by --ssh-key, as the advice says; the flag is taken by every command that reaches nodes", async () => {
    const missing = await run();
    expect(missing).toMatchObject({ exit: 1, stderr: expect.stringContaining("--ssh-key FILE") });
    expect(await run("--ssh-key keys/mine")).toMatchObject(here);
    expect(await run("--ssh-key=~/keys/mine", { HOME: azure.dir })).toMatchObject(here);
    for (const command of ["run mycluster", "ssh mycluster", "status mycluster", "plan mycluster", "mycluster"])
      expect((await azure.run(`${command} --ssh-key keys/other${command.startsWith("run") ? " -- true" : ""}`)).stderr).toContain(
        "The cluster's SSH key is SHA256:",
      );
  });

  test("ssh's own keys are looked through, by their public halves", async () => {
    const home = { HOME: at("home") };
    mkdirSync(at("home", ".ssh"), { recursive: true });
    cpSync(at("keys", "other"), at("home", ".ssh", "id_rsa"));
    expect(await run("", home)).toMatchObject({ exit: 1 });
    cpSync(at("keys", "mine"), at("home", ".ssh", "work"));
    cpSync(at("keys", "mine.pub"), at("home", ".ssh", "work.pub"));
    expect(await run("", home)).toMatchObject(here);
    rmSync(at("home", ".ssh", "work"));
    expect(await run("", home)).toMatchObject({ exit: 1 });
    cpSync(at("keys", "mine"), at("home", ".ssh", "id_ed25519"));
    expect(await run("", home)).toMatchObject(here);
  });

  test("an agent that holds it is used, with nothing of it on this machine", async () => {
    const env = { SSH_AUTH_SOCK: agent.socket };
    expect(await run("", env)).toMatchObject({ exit: 1 });
    agent.add(readFileSync(at("keys", "other"), "utf8"));
    agent.add(readFileSync(at("keys", "mine"), "utf8"));
    expect(await run("", env)).toMatchObject(here);
    // a key on hardware has a .pub file alone
    mkdirSync(at("alone"), { recursive: true });
    cpSync(at("keys", "mine.pub"), at("alone", "mine.pub"));
    expect(await run("--ssh-key alone/mine.pub", env)).toMatchObject(here);
  });

  test.each([
    ["OpenSSH's form", []],
    ["PKCS#8, which hides its public half", ["-m", "PKCS8"]],
  ])("a passphrase is said before the first write, never put down to a machine: %s", async (form, more) => {
    const folder = `locked${more.length}`;
    mkdirSync(at(folder));
    const file = join(folder, "mine");
    for (const end of ["", ".pub"]) cpSync(at("keys", `rsa${end}`), at(`${file}${end}`));
    keygen("-p", "-P", "", "-N", "secret", ...more, "-f", file);
    const before = azure.exchanges.filter(({ method }) => method === "PUT").length;
    const create = `locked${more.length} --num-nodes 1 --ssh ${PORT + 10} --ssh-cert ${file}.pub`;
    const refused = await azure.run(create);
    expect([refused.exit, refused.stderr], form).toEqual([5, expect.stringContaining("passphrase")]);
    expect(refused.stderr.replaceAll(/\s+/g, " ")).toContain(`ssh-add ${at(file)}`);
    expect(refused.stderr).toContain("--wait-for machines");
    expect(azure.exchanges.filter(({ method }) => method === "PUT").length).toBe(before);
    expect((await azure.run(`plan ${create} --wait-for machines`)).exit).toBe(0);
  });

  test("a private half that cannot be read is said before the first write; one in another wrapping logs in", async () => {
    mkdirSync(at("wrapped"));
    const [pem, rsa] = ["mine", "rsa"].map((name) => readFileSync(at("keys", name), "utf8")) as [string, string];
    const lines = pem.trim().split("\n");
    writeFileSync(at("wrapped", "cut"), [...lines.slice(0, -3), lines.at(-1), ""].join("\n"), { mode: 0o600 });
    const before = azure.exchanges.filter(({ method }) => method === "PUT").length;
    for (const command of ["plan ", ""]) {
      const refused = await azure.run(`${command}cutkey --num-nodes 1 --ssh ${PORT + 10} --ssh-cert wrapped/cut`);
      expect([refused.exit, refused.stderr]).toEqual([
        5,
        expect.stringContaining(`cannot be read: it is damaged (${at("wrapped", "cut")})`),
      ]);
    }
    const both = `${rsa}${readFileSync(at("keys", "rsa.pem"), "utf8")}`;
    writeFileSync(at("wrapped", "both.pem"), both, { mode: 0o600 });
    expect(await azure.run(`plan both --num-nodes 1 --ssh ${PORT + 10} --ssh-cert wrapped/both.pem`)).toMatchObject({ exit: 0 });
    expect(azure.exchanges.filter(({ method }) => method === "PUT").length).toBe(before);
    for (const wrapped of [
      Buffer.from(`\uFEFF${pem.replaceAll("\n", "\r\n")}`, "utf16le"),
      JSON.stringify(pem),
      `me@here\n ${pem}`,
    ]) {
      writeFileSync(at("wrapped", "mine"), wrapped, { mode: 0o600 });
      expect(await run("--ssh-key wrapped/mine")).toMatchObject(here);
    }
  });

  test("status and run call a passphrase a passphrase", async () => {
    cpSync(at("keys", "mine"), at("keys", "spare"));
    try {
      cpSync(at("kept"), at("mycluster"), { recursive: true });
      keygen("-p", "-P", "", "-N", "secret", "-f", "keys/mine");
      const { stdout, stderr } = await azure.run("status mycluster");
      expect(`${stdout}${stderr}`.replaceAll(/\s+/g, " ")).toContain("protected by a passphrase");
      expect(await run()).toMatchObject({ exit: 1, stderr: expect.stringContaining("SshKeyEncrypted") });
      agent.add(readFileSync(at("keys", "spare"), "utf8"));
      expect(await run("", { SSH_AUTH_SOCK: agent.socket })).toMatchObject(here);
    } finally {
      cpSync(at("keys", "spare"), at("keys", "mine"));
      rmSync(at("keys", "spare"));
    }
  });
});

test.skipIf(!ready)("create takes a private key alone, and makes none", async () => {
  const azure = testAzure({ rehearsal: false });
  const at = (...path: string[]): string => join(azure.dir, ...path);
  for (const end of ["key", "pub", "pem", "cer"]) rmSync(at(`ssh-cert.${end}`));
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "mine"], { cwd: azure.dir });
  const result = await azure.run("alone --num-nodes 1 --wait-for machines --ssh-key mine");
  expect(result.exit, result.stderr).toBe(0);
  const vm = azure.puts().get("virtualMachines/alone-coreos-0");
  expect(vm.properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData).toContain(
    readFileSync(at("mine.pub"), "utf8").split(" ")[1],
  );
  expect(existsSync(at("ssh-cert.key"))).toBe(false);
  expect(readFileSync(at("alone", "identity"), "utf8")).toBe(`${at("mine")}\n`);
  expect((await azure.run("destroy alone --yes")).exit).toBe(0);
  expect(existsSync(at("alone", "identity"))).toBe(false);
  expect(existsSync(at("mine"))).toBe(true);
  azure.close();
});
