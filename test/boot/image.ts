/**
 * The image that the machines boot: Debian with systemd as PID 1, made once by debootstrap and kept in the system's temporary folder,
 * and over it a layer of stand-ins for what Flatcar has on Azure: etcd-member and its wrapper, docker, chrony, locksmith, and a
 * oneshot that applies the custom data at every boot; and etcd2 and fleet of CoreOS. Units are named, ordered and enabled as
 * there; what they run is small. Longer than most: it is a folder of small files.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { find } from "../programs.ts";
import { applierScript } from "./applier.ts";
import type { BootImage, Provision } from "./machine.ts";

const NEEDED: Readonly<Record<string, string>> = {
  debootstrap: "debootstrap",
  "systemd-nspawn": "systemd-container",
  ip: "iproute2",
  losetup: "mount",
  nsenter: "util-linux",
  setpriv: "util-linux",
};
const PACKAGES = "systemd,systemd-sysv,dbus,iproute2,procps,etcd-server,etcd-client,e2fsprogs,openssh-server,sudo";
/** Where bases are kept. */
export const CACHE = join(tmpdir(), "azure-coreos-cluster-boot");

/** A sentence for what keeps machines from being booted here; undefined when nothing does. */
export function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return "machines are booted in namespaces of the kernel: run this as root";
  const packages = Object.entries(NEEDED).flatMap(([program, name]) => (find(program) === undefined ? [name] : []));
  if (packages.length > 0)
    return `to boot machines: apt-get install -y --no-install-recommends ${[...new Set(packages)].join(" ")}`;
  return undefined;
}

/** The layer before the base. The first time takes a minute or two and 330 MB. */
export function image(platform: "flatcar" | "coreos"): BootImage {
  const base = join(CACHE, "bookworm-2");
  if (!existsSync(base)) {
    const half = `${base}.${process.pid}`;
    execFileSync("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, "bookworm", half], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    forget(half);
    renameSync(half, base);
  }
  const layer = join(CACHE, platform);
  rmSync(layer, { recursive: true, force: true });
  for (const [path, text] of Object.entries(FILES)) write(join(layer, path), text);
  for (const unit of [...ENABLED, NTP_CLIENT[platform]])
    link(join(layer, "etc/systemd/system/multi-user.target.wants", unit), `/usr/lib/systemd/system/${unit}`);
  link(join(layer, "etc/systemd/system/sockets.target.wants/ssh.socket"), "/usr/lib/systemd/system/ssh.socket");
  for (const program of ["etcd", "etcdctl"]) {
    const newer = find(program);
    if (newer !== undefined && newer !== `/usr/bin/${program}`) copy(newer, join(layer, "usr/bin", program));
  }
  return { lower: `${layer}:${base}`, provision };
}

/** As Azure's agent leaves it: the custom data, and the key of the user that the image has. */
function provision(root: string, { userData, authorizedKey }: Provision): void {
  mkdirSync(join(root, "var/lib/waagent"), { recursive: true });
  writeFileSync(join(root, "var/lib/waagent/apply"), applierScript(userData), { mode: 0o600 });
  const home = join(root, "home/core");
  const { uid, gid } = statSync(home);
  mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, ".ssh/authorized_keys"), `${authorizedKey}\n`, { mode: 0o600 });
  for (const path of [".ssh", ".ssh/authorized_keys"]) chownSync(join(home, path), uid, gid);
}

/** What Debian's packages enable by themselves, and the host keys that their installation made. */
function forget(root: string): void {
  const inEtc = join(root, "etc/systemd/system");
  for (const name of [
    "etcd2.service",
    "sshd.service",
    "multi-user.target.wants/etcd.service",
    "multi-user.target.wants/ssh.service",
  ])
    rmSync(join(inEtc, name), { force: true });
  rmSync(join(root, "usr/lib/systemd/system/etcd.service"), { force: true });
  rmSync(join(root, "lib/systemd/system/etcd.service"), { force: true });
  // systemd makes a unit of it when there is none of that name
  rmSync(join(root, "etc/init.d/etcd"), { force: true });
  for (const name of readdirSync(join(root, "etc/ssh"))) if (name.startsWith("ssh_host_")) rmSync(join(root, "etc/ssh", name));
  execFileSync("chroot", [
    root,
    "useradd",
    "--create-home",
    "--shell",
    "/bin/bash",
    "--groups",
    "systemd-journal",
    "--password",
    "*",
    "core",
  ]);
}

const unit = (lines: string): string => `${lines.trim()}\n`;

const FILES: Readonly<Record<string, string>> = {
  // as the image: ordering, restarts, and the variables that drop-ins may replace
  "usr/lib/systemd/system/etcd-member.service": unit(`
[Unit]
Description=etcd (stand-in for the container)
Wants=network-online.target network.target
After=network-online.target
Requires=docker.service
After=docker.service
[Service]
Type=notify
NotifyAccess=all
Restart=on-failure
RestartSec=2s
TimeoutStartSec=0
Environment=ETCD_NAME=%m ETCD_DATA_DIR=/var/lib/etcd ETCD_SSL_DIR=/etc/ssl/certs
ExecStart=/usr/lib/coreos/etcd-wrapper
[Install]
WantedBy=multi-user.target`),
  // the container sees ETCD_SSL_DIR of the node as /etc/ssl/certs, and runs as etcd
  "usr/lib/coreos/etcd-wrapper": `#!/bin/bash
exec unshare --mount --propagation private /bin/bash -c '
  mount --bind "$ETCD_SSL_DIR" /etc/ssl/certs && exec setpriv --reuid=etcd --regid=etcd --init-groups /usr/bin/etcd'
`,
  // of CoreOS
  "usr/lib/systemd/system/etcd2.service": unit(`
[Unit]
Description=etcd2 (stand-in)
[Service]
User=etcd
Type=notify
Restart=always
RestartSec=2s
Environment=ETCD_DATA_DIR=/var/lib/etcd ETCD_ENABLE_V2=true
ExecStart=/usr/bin/etcd`),
  "usr/lib/systemd/system/fleet.service": unit(`
[Unit]
Description=fleet (stand-in)
Wants=etcd2.service
After=etcd2.service
[Service]
ExecStart=/usr/bin/sleep infinity`),
  "usr/lib/systemd/system/docker.service": unit(`
[Unit]
Description=Docker (stand-in)
Requires=docker.socket
Wants=network-online.target
After=docker.socket network-online.target
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target`),
  "usr/lib/systemd/system/docker.socket": unit(`
[Socket]
ListenStream=/run/docker.sock
[Install]
WantedBy=sockets.target`),
  // "docker run ... IMAGE ARGS" with an entry point of etcd's image runs Debian's etcd with ARGS
  "usr/bin/docker": `#!/bin/bash
[ "$1" = run ] || exit 0
entry=
while [ $# -gt 0 ]; do
  case $1 in --entrypoint=*) entry=\${1##*/} ;; quay.io/*) shift; exec "/usr/bin/$entry" "$@" ;; esac
  shift
done
exit 125
`,
  "etc/sudoers.d/core": "core ALL=(ALL) NOPASSWD: ALL\n",
  "usr/lib/systemd/system/chronyd.service": unit(`
[Unit]
Description=NTP client (stand-in)
Conflicts=systemd-timesyncd.service ntpd.service
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target`),
  "usr/lib/systemd/system/systemd-timesyncd.service": unit(`
[Unit]
Description=another NTP client (stand-in)
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=sysinit.target`),
  "usr/lib/systemd/system/ntpd.service": unit(`
[Unit]
Description=a third NTP client (stand-in)
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target`),
  "usr/lib/systemd/system/locksmithd.service": unit(`
[Unit]
Description=Reboots after updates (stand-in)
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target`),
  // keys that are there are kept; sshd is started for each connection, as there
  "usr/lib/systemd/system/sshd-keygen.service": unit(`
[Unit]
Description=Host keys that are missing
Before=ssh.socket
DefaultDependencies=no
After=local-fs.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A
[Install]
WantedBy=multi-user.target`),
  "usr/lib/systemd/system/oem-cloudinit.service": unit(`
[Unit]
Description=Apply the custom data, at every boot
Wants=network-online.target
After=network-online.target dbus.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash /var/lib/waagent/apply
[Install]
WantedBy=multi-user.target`),
  "etc/ssl/certs/README": "the folder that ETCD_SSL_DIR covers\n",
  "etc/ssh/sshd_config.d/test.conf": "UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
};

/** What keeps the clock unless somebody says otherwise. */
const NTP_CLIENT: Record<"flatcar" | "coreos", string> = { flatcar: "chronyd.service", coreos: "systemd-timesyncd.service" };

const ENABLED = ["locksmithd.service", "sshd-keygen.service", "oem-cloudinit.service"];

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, text.startsWith("#!") ? 0o755 : 0o644);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
