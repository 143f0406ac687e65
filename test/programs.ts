/** Which real programs this machine has. A test that needs a missing one is skipped, and this says what to install. */
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { diskFolder } from "./suite-folder.ts";

const PACKAGE: Record<string, string> = {
  etcd: "etcd-server",
  etcdctl: "etcd-client",
  "discovery.etcd.io": "etcd-discovery",
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  puttygen: "putty-tools",
  "systemd-analyze": "systemd",
  "cloud-init": "cloud-init",
};

const said = new Set<string>();

/** A newer etcd than stable Debian's, where `.ci/etcd` has put one. */
const NEWER_ETCD = "azure-coreos-cluster-etcd/usr/bin";

/** Where a program is, or undefined; sbin folders count, as sshd lives there. */
export function find(program: string): string | undefined {
  const folders = [
    join(dirname(diskFolder()), NEWER_ETCD),
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/sbin",
    "/usr/local/sbin",
  ];
  return folders
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** True when the program is there; says once on stderr what to install when it is not. */
export function has(program: string): boolean {
  if (find(program) !== undefined) return true;
  if (!said.has(program)) {
    said.add(program);
    console.error(`skipped: tests that need ${program} (Debian: apt-get install ${PACKAGE[program] ?? program})`);
  }
  return false;
}
