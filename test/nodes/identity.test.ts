/** Logging in with a real ssh-agent, against a real sshd: keys with a passphrase, agents full of other keys, agents that refuse. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { connect } from "../../src/nodes/connection.ts";
import { type Identity, canLogIn, usableIdentity } from "../../src/nodes/identity.ts";
import { has } from "../programs.ts";
import { type Agent, startAgent } from "./agent.ts";
import { type KeyPair, type Sshd, makeKey, startSshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const ready = has("sshd") && has("ssh-keygen") && has("ssh-agent");

/** The key as a file under a passphrase. */
function locked(key: KeyPair, form: "OpenSSH" | "PEM" | "PKCS8" = "OpenSSH"): string {
  const folder = mkdtempSync(join(tmpdir(), "locked-"));
  try {
    const file = join(folder, "key");
    writeFileSync(file, key.privateKey, { mode: 0o600 });
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", ...(form === "OpenSSH" ? [] : ["-m", form]), "-f", file]);
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!ready)("a real ssh-agent", () => {
  let agent: Agent;
  let sshd: Sshd;
  let key: KeyPair;
  /** Whose making takes longest. */
  let rsa: KeyPair;
  const strict = { clock, trust: "strict" as const };
  const logIn = async (identity: Identity, port = sshd.port): Promise<string> => {
    const connection = await connect({ ...nodeTarget(port, { privateKey: "", hostKeys: [sshd.hostKeyLine] }), identity }, strict);
    try {
      return (await connection.exec("id -un")).stdout;
    } finally {
      connection.close();
    }
  };

  beforeAll(async () => {
    key = makeKey();
    rsa = makeKey("rsa");
    // one wrong key more, and sshd ends the connection
    sshd = await startSshd({ authorizedKey: key.publicKey, config: ["MaxAuthTries 1"] });
    agent = await startAgent();
    for (let other = 0; other < 4; other++) agent.add(makeKey(other === 3 ? "ecdsa" : "ed25519").privateKey);
    agent.add(key.privateKey);
  });
  afterAll(() => Promise.all([agent?.stop(), sshd?.stop()]));

  test("logs in with its one key that is ours, of five", async () => {
    expect(await logIn({ publicKey: key.publicKey, agent: agent.socket })).toBe("root\n");
    expect(await logIn({ publicKey: `${key.publicKey} a comment`, agent: agent.socket })).toBe("root\n");
  });

  test.each(["OpenSSH", "PEM", "PKCS8"] as const)("stands in for an RSA key under a passphrase, as %s", async (form) => {
    agent.add(rsa.privateKey);
    const own = await startSshd({ authorizedKey: rsa.publicKey, hostKey: makeKey().privateKey });
    try {
      const privateKey = locked(rsa, form);
      const target = nodeTarget(own.port, { privateKey, hostKeys: [own.hostKeyLine] });
      await expect(connect(target, strict)).rejects.toMatchObject({ code: "SshKeyEncrypted", source: "user" });
      const identity = { publicKey: rsa.publicKey, privateKey, agent: agent.socket };
      const connection = await connect({ ...target, identity }, strict);
      connection.close();
    } finally {
      await own.stop();
    }
  });

  test("what is usable is known before: the key itself, else the agent that holds it, else why not", async () => {
    const { publicKey, privateKey } = key;
    const other = makeKey();
    const socket = agent.socket;
    const usable = async (offered: Identity) => {
      const { identity, lacking } = await usableIdentity(offered, { clock });
      return [identity, lacking?.code ?? canLogIn(identity)];
    };
    expect(await usable({ publicKey, privateKey, agent: socket })).toEqual([{ publicKey, privateKey }, true]);
    expect(await usable({ publicKey, agent: socket })).toEqual([{ publicKey, agent: socket }, true]);
    expect(await usable({ publicKey, privateKey: locked(key), agent: socket })).toEqual([{ publicKey, agent: socket }, true]);
    for (const form of ["OpenSSH", "PKCS8"] as const)
      expect(await usable({ publicKey, privateKey: locked(form === "OpenSSH" ? key : rsa, form) })).toEqual([
        { publicKey },
        "SshKeyEncrypted",
      ]);
    expect(await usable({ publicKey: other.publicKey, agent: socket })).toEqual([
      { publicKey: other.publicKey },
      "PrivateKeyMissing",
    ]);
    expect(await usable({ publicKey, agent: "/nowhere/agent" })).toEqual([{ publicKey }, "PrivateKeyMissing"]);
    expect(await usable({ publicKey })).toEqual([{ publicKey }, "PrivateKeyMissing"]);
  });

  test("an agent that says nothing is given up", async () => {
    const folder = mkdtempSync(join(tmpdir(), "silent-"));
    const server = createServer(() => undefined).listen(join(folder, "socket"));
    const { lacking } = await usableIdentity(
      { publicKey: key.publicKey, agent: join(folder, "socket") },
      { clock, timeoutMs: 100 },
    );
    expect(lacking?.code).toBe("PrivateKeyMissing");
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("an agent without the key, one that is gone and one that does not sign are the user's matter, not the node's", async () => {
    const refusal = (identity: Identity) => expect(logIn(identity)).rejects;
    await refusal({ publicKey: makeKey().publicKey, agent: agent.socket }).toMatchObject({ code: "SshAgentKeyMissing" });
    await refusal({ publicKey: key.publicKey, agent: "/nowhere/agent" }).toMatchObject({ code: "SshAgentUnreachable" });
    const asking = await startAgent();
    try {
      asking.add(key.privateKey, "-c"); // asks for each use, and nobody says yes
      await refusal({ publicKey: key.publicKey, agent: asking.socket }).toMatchObject({
        code: "SshAgentRefused",
        source: "user",
      });
    } finally {
      await asking.stop();
    }
  });

  test("a key of the agent that the node does not know is refused by the node", async () => {
    const stranger = makeKey();
    agent.add(stranger.privateKey);
    await expect(logIn({ publicKey: stranger.publicKey, agent: agent.socket })).rejects.toMatchObject({
      code: "SshAuthentication",
      source: "node",
    });
  });
});
