/** Where a data disk may be mounted, and where it may not: a mount hides what lies below it, from the system that runs from there. */

/** Folders of the system, with everything in them. */
const WHOLE = [
  "bin boot dev efi etc lib lib32 lib64 libx32 lost+found oem ostree proc root run sbin selinux sys sysroot tmp usr",
  "var/db var/empty var/lock var/log/journal var/run var/tmp",
  "var/lib/coreos var/lib/dbus var/lib/extensions var/lib/confexts var/lib/portables var/lib/private var/lib/systemd",
  "var/lib/update_engine var/lib/hyperv var/lib/waagent var/lib/misc var/lib/NetworkManager var/lib/dhcp var/lib/selinux",
  // of Ubuntu and Debian: what is installed, what cloud-init has done already, and snaps
  "var/lib/apt var/lib/cloud var/lib/dpkg var/lib/grub var/lib/initramfs-tools var/lib/pam var/lib/polkit-1 var/lib/sudo var/lib/ucf",
  "var/cache/apt var/cache/debconf var/cache/ldconfig var/cache/private snap var/snap var/lib/snapd var/lib/update-notifier",
  "var/lib/ubuntu-advantage var/lib/unattended-upgrades",
  // our own: what a platform's installation has come to
  "var/lib/azure-coreos-cluster",
  // what user-data puts there: the script that looks for the disk
  "opt/bin",
  // etcd's own folder belongs to etcd, and a new file system to root
  "var/lib/etcd var/lib/etcd2",
  // Azure's temporary disk is mounted there by its agent
  "mnt/resource",
  // the key that lets us in
  "home/core",
].flatMap((folders) => folders.split(" ").map((folder) => `/${folder}`));

/** Folders that hold such ones: a mount below them is fine. */
const THEMSELVES = new Set("/ /home /media /mnt /opt /var /var/cache /var/lib /var/log /var/opt /var/spool".split(" "));

/** As the kernel reads it: without `//`, `/./`, `/x/..` and a last slash. Links on the node are not known here. */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** True for a place where the system lives, of a path that is normal. */
export const isSystemPlace = (path: string): boolean =>
  THEMSELVES.has(path) || WHOLE.some((folder) => path === folder || path.startsWith(`${folder}/`));
