/** A real ssh-agent for the tests: its own socket, its own keys. Ended by its own process id. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end } from "./sshd.ts";

export interface Agent {
  /** What SSH_AUTH_SOCK holds. */
  readonly socket: string;
  /** ssh-add with these arguments; a key is given as its text. */
  add(privateKey: string, ...more: string[]): void;
  run(...args: string[]): void;
  stop(): Promise<void>;
}

export async function startAgent(): Promise<Agent> {
  const folder = mkdtempSync(join(tmpdir(), "agent-"));
  const socket = join(folder, "socket");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  for (let look = 0; !existsSync(socket) && look < 200; look++) await new Promise((resolve) => setTimeout(resolve, 25));
  // nobody answers a question: SSH_ASKPASS says no
  const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" };
  const run = (...args: string[]): void => void execFileSync("ssh-add", args, { env, stdio: "pipe" });
  return {
    socket,
    run,
    add(privateKey, ...more) {
      const file = join(folder, "key");
      writeFileSync(file, privateKey, { mode: 0o600 });
      run(...more, file);
      rmSync(file);
    },
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
