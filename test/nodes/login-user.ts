/**
 * The user `core`, as whom the tool logs in. Images have it; this machine may not: then it is made before the tests, and removed
 * after them. Root only.
 */
import { execFileSync } from "node:child_process";
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

/** For vitest: makes the user when it is missing. Returns the way to remove what was made. */
export function setup(): () => void {
  if (process.getuid?.() !== 0 || find("useradd") === undefined || exists()) return () => undefined;
  // a password that nothing matches, but not "!": sshd takes that for a locked account
  execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", "--password", "*", USER]);
  return () => void execFileSync("userdel", ["--force", "--remove", USER], { stdio: "ignore" });
}

function canMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
