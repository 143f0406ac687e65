/**
 * Which units an image brings along, as far as a cloud-config has reason to name them. Only GONE is sure; a unit that is in
 * neither list gives a warning, no error, for images change.
 */
import type { Platform } from "../../node-config.ts";
import type { CloudinitPlatform } from "./finding.ts";

const BOTH =
  "docker.service docker.socket containerd.service update-engine.service locksmithd.service sshd.service sshd.socket sshd-keygen.service " +
  "ntpd.service ntpdate.service chronyd.service flanneld.service etcd-member.service coreos-metadata.service dbus.service dbus.socket " +
  "iscsid.service iscsid.socket nfs-server.service rpcbind.service rpcbind.socket rpc-statd.service mdmonitor.service sssd.service " +
  "iptables-restore.service iptables-store.service ip6tables-restore.service ip6tables-store.service waagent.service " +
  "update-engine-stub.timer ldconfig.service logrotate.timer audit-rules.service tcsd.service motdgen.path issuegen.service";

const COREOS =
  "etcd.service etcd2.service fleet.service fleet.socket early-docker.service early-docker.socket early-docker.target rkt-api.service";

const SHIPPED: Readonly<Record<CloudinitPlatform, ReadonlySet<string>>> = {
  flatcar: new Set(BOTH.split(" ")),
  coreos: new Set(`${BOTH} ${COREOS}`.split(" ")),
};

/** Removed from CoreOS in 2018 and never in Flatcar (coreos/overlay#3025, coreos/fleet#1731); rkt left in 2021. */
const GONE = /^(etcd2?|fleet|early-docker|rkt-[a-z]+)\.(service|socket|target)$/;

/** Of the services that are shipped, those that run on, and so have one ExecStart= (the others are of Type=oneshot). */
const RUNS_ON =
  /^((docker|containerd|update-engine|locksmithd|sshd|ntpd|chronyd|flanneld|etcd-member|dbus|iscsid|rpcbind|rpc-statd|mdmonitor|sssd|waagent|tcsd|etcd2?|fleet|early-docker|rkt-api|systemd-(networkd|resolved|timesyncd|journald|logind|udevd)|(serial-)?getty@.*)\.service)$/;

/** The same of Ubuntu and Debian, and of Docker's packages there. */
const RUNS_ON_DEBIAN =
  /^((docker|containerd|ssh|cron|rsyslog|dbus|chrony|walinuxagent|unattended-upgrades|systemd-(networkd|resolved|timesyncd|journald|logind|udevd)|(serial-)?getty@.*)\.service)$/;

export const hasOneCommand = (name: string, platform: Platform): boolean =>
  platform === "flatcar" || platform === "coreos"
    ? RUNS_ON.test(name) && whereabouts(name, platform) === "shipped"
    : RUNS_ON_DEBIAN.test(name);

export function whereabouts(name: string, platform: CloudinitPlatform): "shipped" | "gone" | "unknown" {
  if (platform === "flatcar" && GONE.test(name)) return "gone";
  const systemds = /^(systemd-[a-z0-9@-]+\.[a-z]+|[a-z0-9-]+\.target|getty@.*|serial-getty@.*)$/.test(name);
  return systemds || SHIPPED[platform].has(name) ? "shipped" : "unknown";
}
