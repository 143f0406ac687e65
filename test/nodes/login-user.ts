/**
 * The user `core`, as whom the tool logs in. Images have it; this machine may not: then it is made before the tests, and removed
 * after the last of the suites that use it. Root only.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { find } from "../programs.ts";

const USER = "core";
const exists = (): boolean => {
  try {
    execFileSync("id", [USER], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Whether the user is there or can be made, and sessions can have an /etc of their own; says once on stderr what is missing. */
export function canLogIn(): boolean {
  const missing = [
    ...(process.getuid?.() === 0 && find("useradd") !== undefined ? [] : ["root, for sshd and useradd"]),
    ...(find("sudo") === undefined ? ["sudo (Debian: apt-get install sudo)"] : []),
    ...(canMount() ? [] : ["the right to mount"]),
  ];
  if (missing.length > 0) console.error(`skipped: tests that log in as ${USER} (they need ${missing.join(", ")})`);
  return missing.length === 0;
}

/**
 * For vitest: makes the user when it is missing. It stays as long as a suite on this machine uses it: each leaves a file with its process
 * id, and the last one removes what the first has made. Who was killed is counted no more.
 * @returns the way to remove what was made
 */
export function setup(): () => void {
  if (process.getuid?.() !== 0 || find("useradd") === undefined) return () => undefined;
  const use = join(USES, String(process.pid));
  let ours = false;
  alone(() => {
    // an account that nobody here has made is none of ours
    ours = !exists() || existsSync(USES);
    if (!ours) return;
    mkdirSync(USES, { recursive: true });
    writeFileSync(use, "");
    // a password that nothing matches, but not "!": sshd takes that for a locked account
    if (!exists()) make(["--create-home", "--shell", "/bin/sh", "--password", "*", USER]);
  });
  return () =>
    alone(() => {
      rmSync(use, { force: true });
      if (!ours || readdirSync(USES).some((pid) => existsSync(`/proc/${pid}`))) return;
      rmSync(USES, { recursive: true, force: true });
      execFileSync("userdel", ["--force", "--remove", USER], { stdio: "ignore" });
    });
}

/** Where suites say that they use the account; beside /etc/passwd, it is this machine's. */
const USES = `/tmp/login-user-${USER}`;

/** One suite at a time makes it, or finds that it was the last. */
function alone(act: () => void): void {
  const lock = `${USES}.lock`;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      if (!isHeld(lock)) rmSync(lock, { force: true });
    }
  }
  try {
    act();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** By one who lives: who was killed holds nothing. A name without a number is being written. */
function isHeld(lock: string): boolean {
  try {
    return existsSync(`/proc/${readFileSync(lock, "utf8")}`);
  } catch {
    return true;
  }
}

/** Somebody else may make it at the same moment: then it is there. */
function make(options: readonly string[]): void {
  try {
    execFileSync("useradd", options, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if (!exists()) throw error;
  }
}

function canMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
