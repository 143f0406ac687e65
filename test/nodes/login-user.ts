/**
 * The user `core`, as whom the tool logs in. Images have it; this machine may not: then it is made for the tests, and removed
 * again by those who made it. Root only.
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

/** Whether the user is there or can be made; says once on stderr what is missing. */
export function canLogIn(): boolean {
  if (process.getuid?.() === 0 && find("useradd") !== undefined) return true;
  console.error(`skipped: tests that log in as ${USER} (they need root, for sshd and useradd)`);
  return false;
}

/** Makes the user when it is missing. Returns the way to remove what was made. */
export function provideLogin(): () => void {
  if (exists()) return () => undefined;
  // a password that nothing matches, but not "!": sshd takes that for a locked account
  execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", "--password", "*", USER]);
  return () => void execFileSync("userdel", ["--force", "--remove", USER], { stdio: "ignore" });
}
