/**
 * Debian 13 and Ubuntu 24.04 as Azure boots them, made by debootstrap and kept beside image.ts's: with their own cloud-init, which finds the
 * user-data in a folder (its NoCloud data source) where Azure's data source would ask Azure. Nothing of what the user-data brings is in them:
 * the packages lie in a repository on the disk, for a machine here has no way out.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE } from "./image.ts";
import type { BootImage, Provision } from "./machine.ts";

export type CloudSystem = "debian" | "ubuntu";

interface Bootstrap {
  readonly suite: string;
  readonly options: readonly string[];
  /** debootstrap's own script for a suite that it does not know by name; the empty mirror is the script's. */
  readonly script: readonly string[];
}

/** The first time takes some minutes and 400 MB. @throws where the system's packages are not to be had */
export function cloudImage(system: CloudSystem): BootImage {
  const base = join(CACHE, `${system}-cloud-2`);
  if (!existsSync(base)) {
    const half = `${base}.${process.pid}`;
    try {
      make(half, BOOTSTRAP[system]());
      renameSync(half, base);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  }
  return {
    lower: base,
    provision,
    // systemd of 2024 wants to be told that cgroups as old as some hosts' will do
    words: ["SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"],
  };
}

// --- internal ---

const INCLUDE =
  "systemd,systemd-sysv,dbus,iproute2,procps,e2fsprogs,openssh-server,sudo,systemd-timesyncd,ca-certificates,openssl,locales,lsb-release";

/** What the user-data asks for, and what Azure's images of these systems bring along. */
const LATER = ["etcd-server", "etcd-client", "chrony"];

const BOOTSTRAP: Readonly<Record<CloudSystem, () => Bootstrap>> = {
  debian: () => ({ suite: "trixie", options: [], script: [] }),
  ubuntu: () => ({
    suite: "noble",
    options: ["--components=main,universe", `--keyring=${ubuntuKeys()}`],
    script: ["", "gutsy"],
  }),
};

/** Debian's package of them. */
function ubuntuKeys(): string {
  const { lower } = cloudImage("debian");
  const keys = join(lower, "usr/share/keyrings/ubuntu-archive-keyring.gpg");
  if (!existsSync(keys)) throw new Error("Ubuntu's keys are not there");
  return keys;
}

function make(root: string, { suite, options, script }: Bootstrap): void {
  const quiet = { stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  execFileSync("debootstrap", ["--variant=minbase", `--include=${INCLUDE}`, ...options, suite, root, ...script], quiet);
  put(root, "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755);
  execFileSync("cp", ["--dereference", "/etc/resolv.conf", join(root, "etc/resolv.conf")]);
  const keys = suite === "trixie" ? "ubuntu-archive-keyring" : "";
  const apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends";
  execFileSync(
    "chroot",
    [
      root,
      "sh",
      "-ec",
      `apt-get -qq update; ${apt} install cloud-init ${keys} >/dev/null; apt-get clean
       ${apt} install --download-only ${LATER.join(" ")} >/dev/null
       mkdir -p ${REPOSITORY}; mv /var/cache/apt/archives/*.deb ${REPOSITORY}; cd ${REPOSITORY}; ${INDEX}
       rm -rf /var/lib/apt/lists/*`,
    ],
    quiet,
  );
  settle(root);
}

const REPOSITORY = "/srv/packages";

/** Makes a repository of a folder of packages. */
export const INDEX = `for file in *.deb; do
  dpkg-deb --field "$file"
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done >Packages`;

function settle(root: string): void {
  for (const path of ["usr/sbin/policy-rc.d", "etc/apt/sources.list", "etc/resolv.conf"])
    rmSync(join(root, path), { force: true });
  rmSync(join(root, "etc/apt/sources.list.d"), { recursive: true, force: true });
  for (const name of readdirSync(join(root, "etc/ssh"))) if (name.startsWith("ssh_host_")) rmSync(join(root, "etc/ssh", name));
  put(root, "etc/apt/sources.list", `deb [trusted=yes] file:${REPOSITORY} ./\n`);
  // the clock is the host's: it is not to be set from in here
  put(root, "etc/default/chrony", 'DAEMON_OPTS="-F 1 -x"\n');
  // the admin user, whose name Azure's data source takes from the machine's profile
  put(
    root,
    "etc/cloud/cloud.cfg.d/95-azure.cfg",
    `datasource_list: [NoCloud, None]
network: {config: disabled}
apt: {preserve_sources_list: true}
system_info:
  default_user: {name: core, gecos: core, lock_passwd: true, groups: [adm, sudo], sudo: ["ALL=(ALL) NOPASSWD:ALL"], shell: /bin/bash}
`,
  );
  // what a machine without a kernel of its own cannot do
  for (const unit of ["systemd-modules-load.service", "systemd-resolved.service"])
    link(join(root, "etc/systemd/system", unit), "/dev/null");
}

function provision(root: string, { name, userData, authorizedKey, disks }: Provision): void {
  const seed = "var/lib/cloud/seed/nocloud";
  put(root, `${seed}/user-data`, userData, 0o600);
  put(
    root,
    `${seed}/meta-data`,
    `${JSON.stringify({ "instance-id": `${name}-${disks}`, "local-hostname": name, "public-keys": [authorizedKey] })}\n`,
    0o600,
  );
}

function put(root: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
