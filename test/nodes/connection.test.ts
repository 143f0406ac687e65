import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { connect } from "../../src/nodes/connection.ts";
import { freePort } from "../ports.ts";
import { has } from "../programs.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = has("sshd") && has("ssh-keygen");

describe.skipIf(!ready)("a connection to a real sshd", () => {
  let sshd: Sshd;
  let user: KeyPair;
  const target = (more = {}) => nodeTarget(sshd.port, { privateKey: user.privateKey, hostKeys: [sshd.hostKeyLine], ...more });
  const strict = { clock, trust: "strict" as const };

  beforeAll(async () => {
    user = makeKey();
    sshd = await startSshd({ authorizedKey: user.publicKey });
  });
  afterAll(() => sshd.stop());

  test.each([
    [
      "output and exit code 0",
      "echo out; echo err >&2",
      undefined,
      { code: 0, stdout: "out\n", stderr: "err\n", truncated: false },
    ],
    ["another exit code", "exit 7", undefined, { code: 7, stdout: "", stderr: "", truncated: false }],
    ["a signal", "kill -TERM $$", undefined, { code: null, signal: "SIGTERM", stdout: "", stderr: "", truncated: false }],
    ["input", "cat", "ä\n", { code: 0, stdout: "ä\n", stderr: "", truncated: false }],
    ["a command that reads no input", "exit 3", "x".repeat(100_000), { code: 3, stdout: "", stderr: "", truncated: false }],
  ])("a command gives %s", async (_, command, stdin, expected) => {
    const connection = await connect(target(), strict);
    expect(await connection.exec(command, stdin === undefined ? {} : { stdin })).toEqual(expected);
    connection.close();
  });

  test("output above the limit is cut and said to be", async () => {
    const connection = await connect(target(), strict);
    const result = await connection.exec("head -c 300000 /dev/zero | tr '\\0' x", { maxBytes: 1000 });
    expect([result.stdout.length, result.truncated, result.code]).toEqual([1000, true, 0]);
    connection.close();
  });

  test("a command that does not end is given up after its time limit, and the connection goes on", async () => {
    const connection = await connect(target(), strict);
    await expect(connection.exec("sleep 60", { timeoutMs: 100 })).rejects.toMatchObject({ code: "CommandTimeout", exit: 6 });
    expect((await connection.exec("echo on")).stdout).toBe("on\n");
    connection.close();
  });

  test("an abort ends a running command with the signal's reason", async () => {
    const connection = await connect(target(), strict);
    const controller = new AbortController();
    const running = connection.stream("echo started; sleep 60", {
      signal: controller.signal,
      onStdout: () => controller.abort(new Error("stop")),
    });
    await expect(running).rejects.toThrow("stop");
    connection.close();
  });

  test("a connection that is lost under a command is no exit code", async () => {
    const connection = await connect(target(), strict);
    // The session's parent is sshd's own child for this connection.
    await expect(connection.exec("kill -9 $PPID; sleep 60")).rejects.toMatchObject({ code: "ConnectionLost" });
    expect(connection.alive()).toBe(false);
    await expect(connection.exec("true")).rejects.toMatchObject({ code: "ConnectionLost" });
  });

  test("a wrong host key is refused before any login is tried", async () => {
    const before = sshd.log().length;
    const attempt = connect(target({ hostKeys: [makeKey().publicKey] }), strict);
    await expect(attempt).rejects.toMatchObject({
      code: "HostKeyMismatch",
      source: "node",
      // a line of known_hosts comes back from the machine's tag
      advice: expect.stringMatching(/`replace` makes the node .* tag/),
    });
    const again = connect(target({ hostKeys: [makeKey().publicKey] }), { ...strict, trust: "first-use" });
    await expect(again).rejects.toMatchObject({ code: "HostKeyMismatch" });
    const log = sshd.log().slice(before);
    expect(log).toContain("Connection from");
    expect(log).not.toMatch(/publickey|authenticating user/i);
  });

  test("without a known key: strict refuses, first use tells the key", async () => {
    await expect(connect(target({ hostKeys: [] }), strict)).rejects.toMatchObject({ code: "HostKeyUnknown" });
    const connection = await connect(target({ hostKeys: [] }), { clock, trust: "first-use" });
    expect(connection.hostKey).toBe(sshd.hostKeyLine);
    connection.close();
  });

  test("a server with several host keys is asked for the one that is known", async () => {
    const rsa = makeKey("rsa");
    const two = await startSshd({
      hostKey: rsa.privateKey,
      authorizedKey: user.publicKey,
      config: hostKeyFile(makeKey("ecdsa")),
    });
    try {
      const connection = await connect(nodeTarget(two.port, { privateKey: user.privateKey, hostKeys: [rsa.publicKey] }), strict);
      expect(connection.hostKey).toBe(rsa.publicKey);
      connection.close();
    } finally {
      await two.stop();
    }
  });

  test.each([
    ["ed25519", undefined],
    ["rsa", undefined],
    ["rsa", "PEM"],
    ["rsa", "PKCS8"],
    ["ecdsa", "PKCS8"],
  ] as const)("logs in with a private key of type %s in form %s", async (type, form) => {
    const key = makeKey(type, form);
    const own = await startSshd({ authorizedKey: key.publicKey });
    try {
      const connection = await connect(nodeTarget(own.port, { privateKey: key.privateKey, hostKeys: [own.hostKeyLine] }), strict);
      expect((await connection.exec("id -un")).stdout).toBe("root\n");
      connection.close();
    } finally {
      await own.stop();
    }
  });

  test("a key that sshd does not accept, a text that is no key, a closed port", async () => {
    await expect(connect(target({ privateKey: makeKey().privateKey }), strict)).rejects.toMatchObject({
      code: "SshAuthentication",
    });
    await expect(connect(target({ privateKey: "secret" }), strict)).rejects.toMatchObject({ code: "SshKeyUnreadable" });
    await expect(connect({ ...target(), port: await freePort() }, strict)).rejects.toMatchObject({ code: "SshRefused" });
  });

  test("a tunnel carries bytes both ways; a closed port and a forbidden tunnel have their own codes", async () => {
    const echo = await listen((server) => server.on("connection", (socket) => socket.pipe(socket)));
    const connection = await connect(target(), strict);
    const tunnel = await connection.forward("127.0.0.1", echo.port);
    const answer = new Promise<string>((resolve) => tunnel.once("data", (chunk: Buffer) => resolve(chunk.toString())));
    tunnel.write("ping");
    expect(await answer).toBe("ping");
    await expect(connection.forward("127.0.0.1", await freePort())).rejects.toMatchObject({ code: "ForwardRefused" });
    connection.close();
    await echo.close();
    const closed = await startSshd({ authorizedKey: user.publicKey, config: ["AllowTcpForwarding no"] });
    const other = await connect(nodeTarget(closed.port, { privateKey: user.privateKey, hostKeys: [closed.hostKeyLine] }), strict);
    await expect(other.forward("127.0.0.1", sshd.port)).rejects.toMatchObject({ code: "ForwardForbidden" });
    other.close();
    await closed.stop();
  });
});

describe("something else on the port", () => {
  const key = ready ? makeKey() : { privateKey: "", publicKey: "" };
  test.skipIf(!ready).each([
    ["cuts at once", (server: Server) => server.on("connection", (socket) => socket.destroy()), "SshReset"],
    [
      "speaks HTTP",
      (server: Server) => server.on("connection", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      "SshHandshake|SshReset",
    ],
    ["says nothing", (server: Server) => server, "SshHandshakeTimeout"],
  ])("that %s", async (_, behave, codes) => {
    const server = await listen(behave);
    const attempt = connect(nodeTarget(server.port, { privateKey: key.privateKey, hostKeys: [key.publicKey] }), {
      clock,
      trust: "strict",
      timeoutMs: 300,
    });
    const error = await attempt.catch((error: unknown) => error as { code: string });
    expect(codes.split("|")).toContain((error as { code: string }).code);
    await server.close();
  });
});

async function listen(behave: (server: Server) => unknown): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer();
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  behave(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A second HostKey line: the file is left for the process's lifetime. */
function hostKeyFile(key: KeyPair): string[] {
  const folder = mkdtempSync(join(tmpdir(), "hostkey-"));
  writeFileSync(join(folder, "key"), key.privateKey, { mode: 0o600 });
  return [`HostKey ${join(folder, "key")}`];
}
