/** The proof of the keys: a real sshd with our host key lets a real ssh in with our key, and ssh knows the host. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { generateHostKey } from "../../src/prepare/host-keys.ts";
import { prepareSshKey } from "../../src/prepare/ssh-keys.ts";
import { startSshd } from "../nodes/sshd.ts";
import { has } from "../programs.ts";
import { freePorts } from "../ports.ts";
import { newFolder, runIn } from "./folder.ts";

const run = promisify(execFile);

test.skipIf(!has("ssh-keygen")).each(["n", "node-1", "mycluster-coreos-12", "x".repeat(63)])(
  "ssh-keygen reads the host key of %s",
  async (name) => {
    const folder = newFolder();
    const key = await generateHostKey(name);
    writeFileSync(join(folder, "key"), key.privateKey, { mode: 0o600 });
    const ssh = runIn(folder);
    expect(ssh("ssh-keygen", "-y", "-f", "key")).toBe(`${key.publicKey}\n`);
    expect(key.publicKey).toMatch(new RegExp(`^ssh-ed25519 \\S+ ${name}$`));
    // A signature proves the private part, which -y does not look at.
    writeFileSync(join(folder, "text"), "text");
    writeFileSync(join(folder, "allowed"), `me ${key.publicKey}\n`);
    ssh("ssh-keygen", "-Y", "sign", "-q", "-f", "key", "-n", "file", "text");
    expect(ssh("sh", "-c", "ssh-keygen -Y verify -n file -f allowed -I me -s text.sig < text")).toContain("Good");
  },
);

test("host keys differ", async () => {
  const keys = await Promise.all(Array.from({ length: 5 }, () => generateHostKey("n")));
  expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(5);
});

test.skipIf(!has("sshd") || !has("ssh") || process.getuid?.() !== 0)(
  "ssh logs in with the made key, strictly checking the made host key",
  async () => {
    const folder = newFolder();
    const key = await prepareSshKey({ dir: folder, now: Date.now() });
    const [host, wrong] = await Promise.all([generateHostKey("node"), generateHostKey("other")]);
    const [port = 0] = await freePorts(1);
    const sshd = await startSshd({
      port,
      hostKey: host.privateKey,
      authorizedKey: readFileSync(join(folder, "ssh-cert.pub"), "utf8").trim(),
    });
    onTestFinished(() => sshd.stop());
    const login = (known: string): Promise<{ stdout: string }> => {
      const knownHosts = join(folder, "known_hosts");
      writeFileSync(knownHosts, `[127.0.0.1]:${port} ${known}\n`);
      const options = [
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "StrictHostKeyChecking=yes",
        `UserKnownHostsFile=${knownHosts}`,
        "GlobalKnownHostsFile=/dev/null",
      ];
      const flags = options.flatMap((option) => ["-o", option]);
      return run("ssh", [
        "-F",
        "none",
        ...flags,
        "-i",
        String(key.privateKeyFile),
        "-p",
        String(port),
        "root@127.0.0.1",
        "echo in",
      ]);
    };
    expect((await login(host.publicKey)).stdout).toBe("in\n");
    await expect(login(wrong.publicKey)).rejects.toMatchObject({
      stderr: expect.stringContaining("Host key verification failed"),
    });
  },
);
