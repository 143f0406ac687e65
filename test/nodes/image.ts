/** What a machine of machine-room.ts has as / before it is told anything: an /etc, and the programs that stand for systemd's. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of this machine's /etc: what a session, its shell and sudo read, on Debian and on Fedora. All of it would be a thousand files. */
const KEPT =
  /^(passwd|group|shadow|nsswitch\.conf|host(s|name|\.conf)|resolv\.conf|os-release|localtime|machine-id|environment|login\.defs|profile|bash\.?bashrc|pam\..*|security|sudo\.conf|authselect|crypto-policies|selinux|ld\.so\..*|services|protocols)$/;

/** An /etc as an image has it: this machine's, with sudo that asks no password, as on the images. */
export function furnish(root: string, user: string): void {
  mkdirSync(join(root, "etc"));
  const names = readdirSync("/etc").filter((name) => KEPT.test(name));
  // Debian has awk by this way
  if (existsSync("/etc/alternatives/awk")) names.push("alternatives/awk");
  execFileSync("cp", ["--archive", "--parents", "--", ...names, join(root, "etc")], { cwd: "/etc" });
  // what etcd-member's unit would do: its etcd ends, and is started again (power.ts)
  mkdirSync(join(root, "bin"));
  const restart = `#!/bin/sh\ncase "$*" in daemon-reload) ;; "restart --no-block etcd"*.service) : >${root}/restart ;; reboot) : >${root}/reboot ;; "stop etcd"*) : >${root}/stop ;; *) exit 5 ;; esac\n`;
  writeFileSync(join(root, "bin/systemctl"), restart, { mode: 0o755 });
  writeFileSync(join(root, "bin/cloud-init"), "#!/bin/sh\necho 'status: done'\n", { mode: 0o755 });
  const path = `${root}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  writeFileSync(
    join(root, "etc/sudoers"),
    `Defaults secure_path="${path}"\nroot ALL=(ALL) ALL\n${user} ALL=(ALL) NOPASSWD: ALL\n`,
    { mode: 0o440 },
  );
}
